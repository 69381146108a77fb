//! Status light: which colour shows which condition (charging specification
//! §10.1).
//!
//! The light is a function of the state and of the time; it holds nothing, so
//! that a board may show it as often or as rarely as it likes.

use smartevse_types::{Access, Instant, Mode};

use crate::directive::ChargerStatus;
use crate::faults::Faults;
use crate::io::Rgb;
use crate::state::ChargeState;

/// Faults that blink red.
const ALARMS: Faults = Faults::RCM_TRIPPED
    .union(Faults::CT_NOCOMM)
    .union(Faults::EV_NOCOMM)
    .union(Faults::TEMP_HIGH)
    .union(Faults::CONTACTOR_FAULT)
    .union(Faults::PILOT_FAULT)
    .union(Faults::LOCK_FAULT)
    .union(Faults::SENSOR_FAULT);

/// Colours of the light.
///
/// Defaults: off and alarm apart, green for Normal and Smart, amber for Solar,
/// blue for custom.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Colours {
    /// Access is off.
    pub off: Rgb,
    /// Normal.
    pub normal: Rgb,
    /// Smart.
    pub smart: Rgb,
    /// Solar.
    pub solar: Rgb,
    /// The custom flag is set.
    pub custom: Rgb,
}

impl Default for Colours {
    fn default() -> Self {
        let green = Rgb {
            red: 0,
            green: 255,
            blue: 0,
        };
        Self {
            off: Rgb::default(),
            normal: green,
            smart: green,
            solar: Rgb {
                red: 255,
                green: 170,
                blue: 0,
            },
            custom: Rgb {
                red: 0,
                green: 0,
                blue: 255,
            },
        }
    }
}

/// How a colour is shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Pattern {
    /// Full brightness.
    Steady,
    /// 40 of 255.
    Dim,
    /// 128 ms period, half on.
    Alarm,
    /// 1.28 s period, a tenth on.
    Flash,
    /// Swelling and fading with this period in steps of 10 ms × 256.
    Breathe {
        /// 2 = 1.28 s, 1 = 2.56 s.
        speed: u8,
    },
}

/// What the light has to show.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Light {
    /// Colour at full brightness.
    pub colour: Rgb,
    /// How it is shown.
    pub pattern: Pattern,
}

impl Light {
    /// Chooses colour and pattern; the first condition of the specification's
    /// table that holds.
    #[must_use]
    pub fn of(
        status: &ChargerStatus,
        access: Access,
        mode: Mode,
        custom: bool,
        colours: &Colours,
    ) -> Self {
        let by_mode = match (custom, mode) {
            (true, _) => colours.custom,
            (false, Mode::Normal) => colours.normal,
            (false, Mode::Smart) => colours.smart,
            (false, Mode::Solar) => colours.solar,
        };
        let show = |colour, pattern| Self { colour, pattern };
        if status.faults.intersects(ALARMS) {
            return show(
                Rgb {
                    red: 255,
                    green: 0,
                    blue: 0,
                },
                Pattern::Alarm,
            );
        }
        if access == Access::Off && custom {
            return show(colours.custom, Pattern::Steady);
        }
        if access == Access::Off || status.state == ChargeState::ModemDenied {
            return show(colours.off, Pattern::Steady);
        }
        if !status.faults.is_empty() || status.charge_delay.as_micros() > 0 {
            return show(by_mode, Pattern::Flash);
        }
        show(by_mode, pattern_of(status.state, mode))
    }

    /// Brightness-corrected colour at a moment.
    #[must_use]
    pub fn at(self, now: Instant) -> Rgb {
        let n = |speed: u64| {
            let [low, ..] = (now.as_millis() / 10).wrapping_mul(speed).to_le_bytes();
            low
        };
        let brightness = match self.pattern {
            Pattern::Steady => 255,
            Pattern::Dim => 40,
            Pattern::Alarm => {
                if n(20) > 128 {
                    255
                } else {
                    0
                }
            }
            Pattern::Flash => {
                if n(2) > 230 {
                    255
                } else {
                    0
                }
            }
            Pattern::Breathe { speed } => eased(triangle(n(u64::from(speed)))),
        };
        Rgb {
            red: scaled(self.colour.red, brightness),
            green: scaled(self.colour.green, brightness),
            blue: scaled(self.colour.blue, brightness),
        }
    }
}

fn pattern_of(state: ChargeState, mode: Mode) -> Pattern {
    match state {
        ChargeState::A => Pattern::Dim,
        ChargeState::C | ChargeState::D => Pattern::Breathe {
            speed: if mode == Mode::Solar { 1 } else { 2 },
        },
        ChargeState::B
        | ChargeState::B1
        | ChargeState::C1
        | ChargeState::CommB
        | ChargeState::CommBOk
        | ChargeState::CommC
        | ChargeState::CommCOk
        | ChargeState::Activate
        | ChargeState::ModemRequest
        | ChargeState::ModemWait
        | ChargeState::ModemDone
        | ChargeState::ModemDenied => Pattern::Steady,
    }
}

/// 0 → 254 → 0 over one turn of the counter.
const fn triangle(n: u8) -> u8 {
    let rising = if n < 128 { n } else { !n };
    rising.saturating_mul(2)
}

/// Ease-in-out on 8 bit, so that the eye sees an even swell.
fn eased(level: u8) -> u8 {
    let mirrored = level >= 128;
    let j = u16::from(if mirrored { !level } else { level });
    let curve = j.saturating_mul(j.saturating_add(1)) >> 7;
    let curve = u8::try_from(curve).unwrap_or(u8::MAX);
    if mirrored { !curve } else { curve }
}

fn scaled(channel: u8, brightness: u8) -> u8 {
    let product = u16::from(channel).saturating_mul(u16::from(brightness));
    u8::try_from(product / 255).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_types::Duration;

    fn light(state: ChargeState, faults: Faults, access: Access) -> Light {
        let status = ChargerStatus {
            state,
            faults,
            ..ChargerStatus::default()
        };
        Light::of(&status, access, Mode::Solar, false, &Colours::default())
    }

    #[test]
    fn when_several_conditions_hold_then_the_alarm_comes_first() {
        let alarm = light(
            ChargeState::B1,
            Faults::RCM_TRIPPED | Faults::LESS_6A,
            Access::Off,
        );
        assert_eq!(alarm.pattern, Pattern::Alarm);
        let off = light(ChargeState::B1, Faults::LESS_6A, Access::Off);
        assert_eq!((off.colour, off.pattern), (Rgb::default(), Pattern::Steady));
        let waiting = light(ChargeState::B1, Faults::LESS_6A, Access::On);
        assert_eq!(waiting.pattern, Pattern::Flash);
        assert_eq!(waiting.colour, Colours::default().solar);
    }

    #[test]
    fn when_charging_then_it_breathes_more_slowly_in_solar() {
        let solar = light(ChargeState::C, Faults::empty(), Access::On);
        assert_eq!(solar.pattern, Pattern::Breathe { speed: 1 });
        let turn = |ms| solar.at(Instant::from_millis(ms));
        assert_eq!(turn(0), turn(2_560));
        assert_eq!(turn(0), Rgb::default());
        assert!(turn(1_270).red > 250);
    }

    #[test]
    fn when_the_custom_flag_is_set_then_its_colour_shows() {
        let status = ChargerStatus::default();
        let colours = Colours::default();
        let light = Light::of(&status, Access::Off, Mode::Normal, true, &colours);
        assert_eq!(
            (light.colour, light.pattern),
            (colours.custom, Pattern::Steady)
        );
    }

    #[test]
    fn when_it_flashes_then_a_tenth_of_the_time_is_lit() {
        let light = Light {
            colour: Colours::default().normal,
            pattern: Pattern::Flash,
        };
        let mut now = Instant::ZERO;
        let mut lit = 0;
        for _ in 0..128 {
            lit += u32::from(light.at(now).green > 0);
            now += Duration::from_millis(10);
        }
        assert_eq!(lit, 12);
    }

    #[test]
    fn when_eased_then_the_curve_is_monotone_and_complete() {
        assert_eq!((eased(0), eased(255)), (0, 255));
        assert!((0..255).all(|level| eased(level) <= eased(level + 1)));
        let dim = Light {
            colour: Rgb {
                red: 255,
                green: 0,
                blue: 0,
            },
            pattern: Pattern::Dim,
        };
        assert_eq!(dim.at(Instant::ZERO).red, 40);
    }

    /// charging 10.1: the colour follows the mode, the custom flag goes first.
    #[test]
    fn when_the_mode_changes_then_the_colour_does() {
        let status = ChargerStatus::default();
        let colours = Colours::default();
        let of = |access, mode, custom| Light::of(&status, access, mode, custom, &colours);
        for (mode, colour) in [
            (Mode::Normal, colours.normal),
            (Mode::Smart, colours.smart),
            (Mode::Solar, colours.solar),
        ] {
            let light = of(Access::On, mode, false);
            assert_eq!((light.colour, light.pattern), (colour, Pattern::Dim));
            assert_eq!(of(Access::On, mode, true).colour, colours.custom);
        }
        let off = of(Access::Off, Mode::Normal, true);
        assert_eq!((off.colour, off.pattern), (colours.custom, Pattern::Steady));
    }

    /// charging 10.1: on and off times of the alarm and of the flash.
    #[test]
    fn when_it_alarms_or_flashes_then_the_times_are_those_of_the_table() {
        let colour = Rgb {
            red: 255,
            green: 0,
            blue: 0,
        };
        let lit = |pattern| {
            let light = Light { colour, pattern };
            (0..256_u64)
                .filter(|n| light.at(Instant::from_millis(n * 10)) == colour)
                .count()
        };
        assert_eq!(lit(Pattern::Steady), 256);
        assert_eq!(lit(Pattern::Dim), 0);
        assert!(
            (118..=128).contains(&lit(Pattern::Alarm)),
            "half of the time"
        );
        assert!(
            (20..=26).contains(&lit(Pattern::Flash)),
            "a tenth of the time"
        );
        let dim = Light {
            colour,
            pattern: Pattern::Dim,
        };
        assert_eq!(dim.at(Instant::ZERO).red, 40);
    }

    /// Charging 10.1-4
    #[test]
    fn when_a_restart_is_delayed_then_it_flashes() {
        let status = ChargerStatus {
            state: ChargeState::B1,
            charge_delay: Duration::from_secs(3),
            ..ChargerStatus::default()
        };
        let shown = |status| Light::of(status, Access::On, Mode::Smart, false, &Colours::default());
        assert_eq!(shown(&status).pattern, Pattern::Flash);
        let ready = ChargerStatus {
            charge_delay: Duration::ZERO,
            ..status
        };
        assert_eq!(shown(&ready).pattern, Pattern::Steady);
    }

    /// Charging 10.1-1: the counter runs in steps of 20; on above 128, not at
    /// 128.
    #[test]
    fn when_it_alarms_then_red_for_half_of_the_time() {
        let alarm = Light {
            colour: Rgb {
                red: 255,
                green: 0,
                blue: 0,
            },
            pattern: Pattern::Alarm,
        };
        for beat in 0..256_u64 {
            let lit = alarm.at(Instant::from_millis(beat * 10)).red == 255;
            assert_eq!(lit, beat * 20 % 256 > 128, "{beat}");
        }
    }

    /// Charging 10.1-7: triangle and easing.
    #[test]
    fn when_it_breathes_then_the_curve_swells_and_fades() {
        for n in 0..=127_u8 {
            assert_eq!((triangle(n), triangle(255 - n)), (2 * n, 2 * n));
        }
        assert_eq!((eased(64), eased(127), eased(128)), (32, 127, 128));
        assert_eq!(eased(255 - 64), 255 - 32);
    }
}
