//! Properties of the conversions.

use std::convert::Infallible;

use proptest::prelude::*;
use smartevse_core::adapters::{
    ActiveLevel, AdapterError, Linear, Mcp9700, OutputLine, PilotWindow, PinContactors,
    PullUpProximity, PwmPilot, ticks,
};
use smartevse_core::hardware::{Contactors, ControlPilot};
use smartevse_core::io::{Contactor, PilotSample, PilotSwitch, ProximityInput};
use smartevse_core::types::{DutyPermille, Instant, MilliVolts};

use super::mock::{Channel, Journal, Pin, fixed};

fn no_samples(_: Instant) -> Result<Option<PilotSample>, Infallible> {
    Ok(None)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2_000, ..ProptestConfig::default() })]

    /// Charging 1.4: rounded down, by less than one step, both ends exact.
    #[test]
    fn when_any_duty_is_scaled_then_it_never_offers_more(permille: u16, max: u16) {
        let steps = u64::from(ticks(DutyPermille::from_permille(permille), max));
        let (wanted, max) = (u64::from(permille.min(1000)), u64::from(max));
        prop_assert!(steps * 1000 <= wanted * max);
        prop_assert!((steps + 1) * 1000 > wanted * max);
        prop_assert!(steps <= max);
        prop_assert_eq!(steps == max, wanted == 1000 || max == 0);
    }

    /// Charging 1.4: the scale is monotone.
    #[test]
    fn when_the_duty_rises_then_the_steps_do_not_fall(permille in 0_u16..1000, max: u16) {
        let less = ticks(DutyPermille::from_permille(permille), max);
        let more = ticks(DutyPermille::from_permille(permille + 1), max);
        prop_assert!(less <= more);
    }

    /// Decision 32, charging 1.4: without an isolation switch no pulse is seen
    /// while isolated; a coarse channel never makes a pulse.
    #[test]
    fn when_no_pulse_may_be_seen_then_the_channel_is_steady(
        max in 1_u16..2_000,
        permille in 0_u16..1_100,
        closed: bool,
    ) {
        let channel = Channel::new(max);
        let mut pilot = PwmPilot::new(channel.clone(), no_samples);
        let switch = if closed { PilotSwitch::Closed } else { PilotSwitch::Isolated };
        pilot.set_switch(switch).unwrap();
        let result = pilot.set_duty(DutyPermille::from_permille(permille));
        let pulses = closed && (1..1000).contains(&permille);
        prop_assert_eq!(result == Err(AdapterError::Resolution), pulses && max < 200);
        let steps = channel.duty.get();
        if !pulses || max < 200 {
            prop_assert!(steps == 0 || steps == max);
        }
        // A duty below one step is the only one that rounds to steady low.
        let below_one_step = u32::from(permille) * u32::from(max) < 1000;
        prop_assert!(steps != 0 || permille == 0 || pulses && below_one_step);
        prop_assert!(permille != 0 || steps == 0);
    }

    /// Charging 9: MAX TEMP is reached exactly when the voltage reaches it.
    #[test]
    fn when_a_limit_is_reached_then_the_reading_reaches_it(output: i32, limit in 40_i16..=75) {
        let reading = Mcp9700::<()>::celsius(MilliVolts::from_milli(output));
        let reached = i64::from(output) >= 500 + 10 * i64::from(limit);
        prop_assert_eq!(reading.as_celsius() >= limit, reached);
    }

    /// Charging 1.5: a higher voltage is never a smaller resistance.
    #[test]
    fn when_the_voltage_rises_then_the_resistance_does_not_fall(milli in -10_000_i32..10_000) {
        let contact = PullUpProximity::new(fixed(0));
        let ohms = |milli| match contact.input(MilliVolts::from_milli(milli)) {
            ProximityInput::Resistance(ohms) => u64::from(ohms.as_ohms()),
            ProximityInput::Open => u64::MAX,
            ProximityInput::Missing | ProximityInput::OpenOrA13 => panic!("not said"),
        };
        prop_assert!(ohms(milli) <= ohms(milli + 1));
    }

    /// Any figure converts without a panic, and a line is monotone.
    #[test]
    fn when_the_line_rises_then_the_levels_rise(a: i32, b: i32, x: i32, y: i32, v: i32) {
        let mv = MilliVolts::from_milli;
        prop_assume!(a != b);
        let (x, y) = if (a < b) == (x <= y) { (x, y) } else { (y, x) };
        let line = Linear::new((mv(a), mv(x)), (mv(b), mv(y))).unwrap();
        prop_assert!(line.at(mv(v)) <= line.at(mv(v.saturating_add(1))));
        prop_assert_eq!(line.at(mv(a)), mv(x));
        prop_assert_eq!(line.at(mv(b)), mv(y));
    }

    /// Charging 1.3: the window is what a list of the latest samples says.
    #[test]
    fn when_samples_come_then_the_window_equals_a_plain_list(levels in prop::collection::vec(-13_000_i32..13_000, 1..60)) {
        let mut window = PilotWindow::<25>::new();
        for (t, level) in levels.iter().enumerate() {
            window.push_steady(Instant::from_millis(t as u64), MilliVolts::from_milli(*level));
        }
        let latest = &levels[levels.len().saturating_sub(25)..];
        let summary = window.summary().unwrap();
        prop_assert_eq!(summary.high.min.as_milli(), *latest.iter().min().unwrap());
        prop_assert_eq!(summary.high.max.as_milli(), *latest.iter().max().unwrap());
        prop_assert_eq!(summary.at, Instant::from_millis(levels.len() as u64 - 1));
        prop_assert_eq!(summary.from, Instant::from_millis((levels.len() - latest.len()) as u64));
    }

    /// I-05: whatever is commanded and whichever output breaks, a pin that
    /// works has its commanded level or is open, and the main contactor is
    /// never closed after a refusal of the second.
    #[test]
    fn when_outputs_break_then_what_works_is_as_commanded_or_open(
        steps in prop::collection::vec((any::<[bool; 2]>(), any::<[bool; 2]>()), 1..30),
    ) {
        let journal = Journal::default();
        let pins = [Pin::new("1", &journal), Pin::new("2", &journal)];
        let line = |pin: &Pin| OutputLine::new(pin.clone(), ActiveLevel::High);
        let mut contactors = PinContactors::new(line(&pins[0]), line(&pins[1]));
        for (closed, broken) in steps {
            for (pin, broken) in pins.iter().zip(broken) {
                pin.break_it(broken);
            }
            let [one, two] = closed.map(|closed| if closed { Contactor::Closed } else { Contactor::Open });
            let driven = contactors.drive_contactors(one, two);
            prop_assert_eq!(driven.is_ok(), broken == [false, false]);
            for (number, pin) in pins.iter().enumerate() {
                prop_assert!(broken[number] || !pin.level() || closed[number]);
            }
            if broken[1] && !broken[0] {
                prop_assert!(!pins[0].level());
            }
        }
    }
}
