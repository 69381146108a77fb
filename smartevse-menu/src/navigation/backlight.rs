//! Light behind the display (menu specification §9.4).

use smartevse_types::{Duration, Instant};

/// The light stays on for this time after something happened.
pub const LIGHT_TIME: Duration = Duration::from_secs(120);

/// Length of one step of the fade.
const STEP: Duration = Duration::from_millis(10);
/// Steps of the fade: 255 down by 3.
const STEPS: u64 = 85;
/// Darker by this much with each step.
const DARKER: u64 = 3;

/// Until when the light is on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Backlight {
    until: Instant,
    held: bool,
}

impl Backlight {
    /// On after power-up.
    pub fn new(now: Instant) -> Self {
        Self {
            until: now + LIGHT_TIME,
            held: false,
        }
    }

    /// Lights for a time.
    pub fn light(&mut self, now: Instant, time: Duration) {
        self.until = now + time;
    }

    /// Keeps the light on as long as something holds it; the time starts when
    /// it lets go.
    pub fn hold(&mut self, now: Instant, held: bool) {
        if held || self.held {
            self.until = self.until.latest(now + LIGHT_TIME);
        }
        self.held = held;
    }

    /// Brightness for the PWM, 0 to 255.
    pub fn level(&self, now: Instant) -> u8 {
        let left = if self.held {
            LIGHT_TIME
        } else {
            self.until.since(now)
        };
        let steps = left.as_micros().div_ceil(STEP.as_micros()).min(STEPS);
        let level = steps.saturating_mul(DARKER);
        eased(u8::try_from(level).unwrap_or(u8::MAX))
    }

    /// When the brightness changes next.
    pub fn deadline(&self, now: Instant) -> Instant {
        if self.held || self.until <= now {
            return Instant::FAR_FUTURE;
        }
        let fade = self.until - STEP.times(STEPS);
        if now < fade {
            // Exactly at its start the light is still full.
            return fade + STEP;
        }
        let left = self.until.since(now).as_micros();
        let steps = left.div_ceil(STEP.as_micros()).saturating_sub(1);
        self.until - STEP.times(steps)
    }
}

/// Quadratic ease-in-out on 8 bit: the eye sees an even fade.
fn eased(level: u8) -> u8 {
    let mirrored = level >= 128;
    let half = u16::from(if mirrored { !level } else { level });
    let curve = half.saturating_mul(half.saturating_add(1)) >> 7;
    let curve = u8::try_from(curve).unwrap_or(u8::MAX);
    if mirrored { !curve } else { curve }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Menu specification §9.4: 120 s, then a fade in the last second.
    #[test]
    fn when_the_time_ends_then_the_light_fades() {
        let light = Backlight::new(Instant::ZERO);
        let level = |ms| light.level(Instant::from_millis(ms));
        assert_eq!((level(0), level(119_150), level(120_000)), (255, 255, 0));
        let mut now = Instant::ZERO;
        let mut last = light.level(now);
        let mut changes = 0;
        while light.deadline(now) < Instant::FAR_FUTURE {
            let next = light.deadline(now);
            assert!(next > now);
            let just_before = next - Duration::from_micros(1);
            assert_eq!(light.level(just_before), last);
            now = next;
            assert!(light.level(now) <= last);
            last = light.level(now);
            changes += 1;
        }
        assert_eq!((changes, last), (85, 0));
    }

    #[test]
    fn when_something_holds_the_light_then_its_time_starts_at_the_end() {
        let mut light = Backlight::new(Instant::ZERO);
        light.hold(Instant::from_secs(100), true);
        assert_eq!(light.level(Instant::from_secs(900)), 255);
        light.hold(Instant::from_secs(900), false);
        assert_eq!(light.level(Instant::from_secs(1019)), 255);
        assert_eq!(light.level(Instant::from_secs(1020)), 0);
        light.light(Instant::from_secs(2000), LIGHT_TIME);
        assert_eq!(light.level(Instant::from_secs(2001)), 255);
    }
}
