//! Each adapter against mock pins.

use std::cell::Cell;
use std::task::Poll;

use embedded_hal::{digital, pwm};
use smartevse_core::adapters::{
    ActiveLevel, AdapterError, InputLine, Mcp9700, NoPin, OutputLine, PinButtons, PinBuzzer,
    PinContactors, PinLock, PinMonitor, PinSwitch, PullUpProximity, PwmLight, PwmPilot, ticks,
};
use smartevse_core::hardware::{
    ButtonSet, Buttons, Buzzer, CableLock, Contactors, ControlPilot, Error, ErrorKind,
    ExternalSwitch, ProximityPilot, ResidualCurrentMonitor, StatusLight, Temperature,
};
use smartevse_core::io::{
    Contactor, ContactorFeedback, LockDrive, LockFeedback, PilotSample, PilotSwitch,
    ProximityInput, ResidualCurrentInput, Rgb, SwitchInput, TemperatureInput,
};
use smartevse_core::options::LockKind;
use smartevse_core::types::{Celsius, DutyPermille, Instant, MilliVolts, Ohms};

use super::mock::{Channel, Journal, Pin, fixed, poll_once, run};

const OPEN: Contactor = Contactor::Open;
const CLOSED: Contactor = Contactor::Closed;

pub fn high(pin: &Pin) -> OutputLine<Pin> {
    OutputLine::new(pin.clone(), ActiveLevel::High)
}

fn pins() -> (Journal, Pin, Pin) {
    let journal = Journal::default();
    let first = Pin::new("1", &journal);
    let second = Pin::new("2", &journal);
    (journal, first, second)
}

/// I-05, charging 4.2: contactor 2 never makes or breaks load current.
#[test]
fn when_both_contactors_change_then_the_second_closes_first_and_opens_last() {
    let (journal, k1, k2) = pins();
    let mut contactors = PinContactors::new(high(&k1), high(&k2));
    contactors.drive_contactors(CLOSED, CLOSED).unwrap();
    contactors.drive_contactors(OPEN, OPEN).unwrap();
    let order = [("2", true), ("1", true), ("1", false), ("2", false)];
    assert_eq!(*journal.borrow(), order);
}

/// I-05: a failure never leaves the main contactor closed over a second one
/// that does not obey.
#[test]
fn when_the_second_contactor_refuses_then_the_main_one_opens() {
    let (_, k1, k2) = pins();
    let mut contactors = PinContactors::new(high(&k1), high(&k2));
    contactors.drive_contactors(CLOSED, OPEN).unwrap();
    assert!(k1.level());
    k2.break_it(true);
    let refused = contactors.drive_contactors(CLOSED, OPEN);
    assert_eq!(
        refused,
        Err(AdapterError::Output(digital::ErrorKind::Other))
    );
    assert!(!k1.level());
}

#[test]
fn when_the_main_contactor_refuses_to_open_then_the_second_still_opens() {
    let (_, k1, k2) = pins();
    let mut contactors = PinContactors::new(high(&k1), high(&k2));
    contactors.drive_contactors(CLOSED, CLOSED).unwrap();
    k1.break_it(true);
    assert!(contactors.drive_contactors(OPEN, OPEN).is_err());
    assert!(!k2.level());
}

#[test]
fn when_feedback_is_fitted_then_its_active_level_means_closed() {
    let (_, k1, k2) = pins();
    let (_, f1, f2) = pins();
    let mut contactors = PinContactors::new(high(&k1), high(&k2))
        .with_feedback1(InputLine::new(f1.clone(), ActiveLevel::Low))
        .with_feedback2(InputLine::new(f2.clone(), ActiveLevel::High));
    let seen = contactors.contactor_feedback().unwrap();
    assert_eq!(seen.contactor1, ContactorFeedback::Closed);
    assert_eq!(seen.contactor2, ContactorFeedback::Open);
    f1.put(true);
    f2.put(true);
    let seen = contactors.contactor_feedback().unwrap();
    assert_eq!(seen.contactor1, ContactorFeedback::Open);
    assert_eq!(seen.contactor2, ContactorFeedback::Closed);
    f2.break_it(true);
    assert_eq!(
        contactors.contactor_feedback().map_err(|e| e.kind()),
        Err(ErrorKind::Input)
    );
}

#[test]
fn when_a_board_has_one_contactor_then_the_second_is_no_pin() {
    let (_, k1, _) = pins();
    let none = OutputLine::new(NoPin, ActiveLevel::High);
    let mut contactors = PinContactors::new(OutputLine::new(k1.clone(), ActiveLevel::Low), none);
    contactors.drive_contactors(CLOSED, CLOSED).unwrap();
    assert!(!k1.level());
    let seen = contactors.contactor_feedback().unwrap();
    assert_eq!(seen.contactor2, ContactorFeedback::NotFitted);
}

/// Charging 5.1: the polarity table, the same for both types.
#[test]
fn when_the_lock_is_driven_then_the_levels_are_those_of_the_table() {
    for kind in [LockKind::Solenoid, LockKind::Motor] {
        let (_, a, b) = pins();
        let mut lock = PinLock::new(a.clone(), b.clone(), kind);
        for (drive, levels) in [
            (LockDrive::Lock, (false, true)),
            (LockDrive::Off, (true, true)),
            (LockDrive::Unlock, (true, false)),
            (LockDrive::Off, (true, true)),
        ] {
            lock.drive_lock(drive).unwrap();
            assert_eq!((a.level(), b.level()), levels, "{kind:?} {drive:?}");
        }
    }
}

/// Charging 5.1: the motor type inverts the feedback.
#[test]
fn when_the_feedback_is_read_then_its_type_decides_the_meaning() {
    let (_, a, b) = pins();
    let feedback = Pin::default();
    let lock = PinLock::new(a, b, LockKind::Disabled);
    let mut lock = lock.with_feedback(feedback.clone());
    for (kind, level, meaning) in [
        (LockKind::Solenoid, true, LockFeedback::Unlocked),
        (LockKind::Solenoid, false, LockFeedback::Locked),
        (LockKind::Motor, true, LockFeedback::Locked),
        (LockKind::Motor, false, LockFeedback::Unlocked),
        (LockKind::Disabled, true, LockFeedback::NotFitted),
    ] {
        lock.set_kind(kind);
        feedback.put(level);
        assert_eq!(lock.lock_feedback().unwrap(), meaning);
    }
    feedback.break_it(true);
    assert!(lock.lock_feedback().is_err());
}

#[test]
fn when_a_lock_pin_is_stuck_then_no_voltage_stays_at_the_actuator() {
    let drives = [LockDrive::Off, LockDrive::Lock, LockDrive::Unlock];
    for before in [None, Some(drives[0]), Some(drives[1]), Some(drives[2])] {
        for (drive, stuck_is_red) in drives.iter().flat_map(|d| [(*d, false), (*d, true)]) {
            let (_, a, b) = pins();
            let mut lock = PinLock::new(a.clone(), b.clone(), LockKind::Motor);
            if let Some(before) = before {
                lock.drive_lock(before).unwrap();
            }
            let stuck = if stuck_is_red { &a } else { &b };
            stuck.break_it(true);
            assert!(lock.drive_lock(drive).is_err());
            assert_eq!(a.level(), b.level(), "{before:?} then {drive:?}");
        }
    }
}

thread_local! {
    static EDGE: Cell<bool> = const { Cell::new(false) };
}

/// Charging 8: high or a broken wire (pulled up) is a fault.
#[test]
fn when_the_fault_line_is_active_then_the_monitor_says_fault() {
    let (_, fault, test) = pins();
    let line = InputLine::new(fault.clone(), ActiveLevel::High);
    let mut monitor = PinMonitor::new(line)
        .with_test(OutputLine::new(test.clone(), ActiveLevel::Low))
        .with_edge_latch(|| EDGE.replace(false));
    let normal = monitor.read_residual_current().unwrap();
    assert_eq!(normal, ResidualCurrentInput::Normal);
    fault.put(true);
    let tripped = monitor.read_residual_current().unwrap();
    assert_eq!(tripped, ResidualCurrentInput::Fault);
    EDGE.set(true);
    assert!(monitor.take_edge());
    assert!(!monitor.take_edge());
    assert!(monitor.has_test());
    monitor.set_test(false).unwrap();
    assert!(test.level());
    monitor.set_test(true).unwrap();
    assert!(!test.level());
    fault.break_it(true);
    assert!(monitor.read_residual_current().is_err());
}

#[test]
fn when_a_monitor_has_no_extras_then_they_do_nothing() {
    let line = InputLine::new(Pin::default(), ActiveLevel::High);
    let mut monitor = PinMonitor::new(line);
    assert!(!monitor.take_edge() && !monitor.has_test());
    monitor.set_test(true).unwrap();
}

/// Charging 7: pulled low = contact closed.
#[test]
fn when_the_switch_line_is_low_then_the_contact_is_closed() {
    let pin = Pin::default();
    let mut switch = PinSwitch::new(InputLine::new(pin.clone(), ActiveLevel::Low));
    assert_eq!(switch.read_switch().unwrap(), SwitchInput::Closed);
    pin.put(true);
    assert_eq!(switch.read_switch().unwrap(), SwitchInput::Open);
    pin.break_it(true);
    assert!(switch.read_switch().is_err());
}

#[test]
fn when_the_buzzer_sounds_then_its_line_is_active() {
    let pin = Pin::default();
    let mut buzzer = PinBuzzer::new(high(&pin));
    buzzer.sound(true).unwrap();
    assert!(pin.level());
    buzzer.sound(false).unwrap();
    assert!(!pin.level());
}

#[test]
fn when_a_colour_is_shown_then_each_channel_gets_its_share() {
    for (active, expected) in [
        (ActiveLevel::High, [0, 501, 1000]),
        (ActiveLevel::Low, [1000, 499, 0]),
    ] {
        let [r, g, b] = [(); 3].map(|()| Channel::new(1000));
        let mut light = PwmLight::new(r.clone(), g.clone(), b.clone(), active);
        let (red, green, blue) = (0, 128, 255);
        light.show(Rgb { red, green, blue }).unwrap();
        assert_eq!([&r, &g, &b].map(|c| c.duty.get()), expected);
        r.broken.set(true);
        let dark = light.show(Rgb::default());
        assert_eq!(dark, Err(AdapterError::PulseWidth(pwm::ErrorKind::Other)));
        assert_eq!(
            b.duty.get(),
            if active == ActiveLevel::High { 0 } else { 1000 }
        );
    }
}

fn no_samples(_: Instant) -> Result<Option<PilotSample>, ErrorKind> {
    Ok(None)
}

fn duty(permille: u16) -> DutyPermille {
    DutyPermille::from_permille(permille)
}

/// Charging 1.4: the figures of the 0..1024 scale.
#[test]
fn when_the_duty_is_scaled_then_it_rounds_down() {
    for (permille, steps) in [(100, 102), (266, 272), (533, 545), (850, 870), (960, 983)] {
        assert_eq!(ticks(duty(permille), 1024), steps);
    }
    assert_eq!(ticks(duty(1000), 1024), 1024);
    assert_eq!(ticks(duty(0), 1024), 0);
    assert_eq!(ticks(duty(u16::MAX), u16::MAX), u16::MAX);
}

#[test]
fn when_the_pilot_is_isolated_then_the_line_is_active_and_the_duty_stays() {
    let channel = Channel::new(1000);
    let line = Pin::default();
    let mut pilot = PwmPilot::new(channel.clone(), no_samples).with_isolation(high(&line));
    pilot.set_duty(duty(266)).unwrap();
    pilot.set_switch(PilotSwitch::Isolated).unwrap();
    assert!(line.level());
    assert_eq!(channel.duty.get(), 266);
    pilot.set_switch(PilotSwitch::Closed).unwrap();
    assert!(!line.level());
    line.break_it(true);
    assert!(pilot.set_switch(PilotSwitch::Isolated).is_err());
}

/// Charging 6.1, decision 32: a board without the switch offers nothing while
/// it should be isolated.
#[test]
fn when_there_is_no_isolation_switch_then_isolated_means_steady() {
    let channel = Channel::new(1000);
    let mut pilot = PwmPilot::new(channel.clone(), no_samples);
    pilot.set_duty(duty(266)).unwrap();
    assert_eq!(channel.duty.get(), 1000);
    pilot.set_switch(PilotSwitch::Closed).unwrap();
    assert_eq!(channel.duty.get(), 266);
    pilot.set_switch(PilotSwitch::Isolated).unwrap();
    assert_eq!(channel.duty.get(), 1000);
    pilot.set_steady_low().unwrap();
    assert_eq!(channel.duty.get(), 0);
}

#[test]
fn when_the_channel_is_too_coarse_then_the_pilot_stays_steady() {
    let channel = Channel::new(199);
    let mut pilot = PwmPilot::new(channel.clone(), no_samples);
    pilot.set_switch(PilotSwitch::Closed).unwrap();
    assert_eq!(pilot.set_duty(duty(266)), Err(AdapterError::Resolution));
    assert_eq!(channel.duty.get(), 199);
    pilot.set_duty(duty(0)).unwrap();
    assert_eq!(channel.duty.get(), 0);
}

#[test]
fn when_the_sampler_fails_then_the_pilot_says_so() {
    let failing = |_: Instant| Err::<Option<PilotSample>, _>(ErrorKind::Timeout);
    let mut pilot = PwmPilot::new(Channel::new(1000), failing);
    let error = pilot.sample(Instant::ZERO).unwrap_err();
    assert_eq!(error, AdapterError::Source(ErrorKind::Timeout));
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

/// Charging 9: 500 mV at 0 °C, 10 mV/°C, signed.
#[test]
fn when_the_sensor_is_converted_then_whole_degrees_are_reached_exactly() {
    for (milli, degrees) in [
        (750, 25),
        (500, 0),
        (499, -1),
        (100, -40),
        (1_149, 64),
        (1_150, 65),
        (0, -50),
        (3_300, 280),
    ] {
        let mut sensor = Mcp9700::new(fixed(milli));
        let measured = TemperatureInput::Measured(Celsius::from_celsius(degrees));
        assert_eq!(sensor.read_temperature().unwrap(), measured);
    }
}

/// Charging 1.5: 1 kΩ to 3.3 V gives 1.98, 1.34, 0.60 and 0.30 V.
#[test]
fn when_a_cable_is_coded_then_its_resistance_is_found() {
    for (milli, ohms) in [(300, 100), (595, 220), (1_336, 680), (1_980, 1_500), (0, 0)] {
        let seen = PullUpProximity::new(fixed(milli)).read_proximity().unwrap();
        let ProximityInput::Resistance(seen) = seen else {
            panic!("{milli} mV is a resistance");
        };
        assert!(seen.as_ohms().abs_diff(ohms) <= 1, "{milli} mV: {seen}");
    }
    for open in [3_300, 3_400] {
        let seen = PullUpProximity::new(fixed(open)).read_proximity();
        assert_eq!(seen, Ok(ProximityInput::Open));
    }
}

/// Charging 1.5: a converter that saturates near 1.94 V cannot tell 1.5 kΩ
/// from open.
#[test]
fn when_the_converter_saturates_then_open_and_13_a_look_alike() {
    let ceiling = MilliVolts::from_milli(1_900);
    let mut saturated = PullUpProximity::new(fixed(1_940)).with_ceiling(ceiling);
    assert_eq!(saturated.read_proximity(), Ok(ProximityInput::OpenOrA13));
    let supply = MilliVolts::from_milli(5_000);
    let mut other = PullUpProximity::new(fixed(2_500)).with_pull_up(Ohms::from_ohms(330), supply);
    assert_eq!(
        other.read_proximity(),
        Ok(ProximityInput::Resistance(Ohms::from_ohms(330)))
    );
}

#[test]
fn when_a_button_changes_then_waiting_ends_with_the_new_set() {
    let [l, m, r] = [(); 3].map(|()| Pin::default());
    for pin in [&l, &m, &r] {
        pin.put(true);
    }
    let line = |pin: &Pin| InputLine::new(pin.clone(), ActiveLevel::Low);
    let mut buttons = PinButtons::new(line(&l), line(&m), line(&r));
    let idle = run(buttons.wait_change(ButtonSet::all())).unwrap();
    assert!(idle.is_empty());
    for (pin, button) in [
        (&l, ButtonSet::LEFT),
        (&m, ButtonSet::MIDDLE),
        (&r, ButtonSet::RIGHT),
    ] {
        let mut waiting = Box::pin(buttons.wait_change(ButtonSet::empty()));
        assert!(poll_once(&mut waiting).is_pending());
        pin.put(false);
        assert_eq!(poll_once(&mut waiting), Poll::Ready(Ok(button)));
        drop(waiting);
        let mut waiting = Box::pin(buttons.wait_change(button));
        assert!(poll_once(&mut waiting).is_pending());
        pin.put(true);
        assert_eq!(poll_once(&mut waiting), Poll::Ready(Ok(ButtonSet::empty())));
    }
    m.break_it(true);
    assert!(run(buttons.wait_change(ButtonSet::empty())).is_err());
}

#[test]
fn when_an_error_is_shown_then_it_names_the_part() {
    let (pin, channel) = (digital::ErrorKind::Other, pwm::ErrorKind::Other);
    for (error, text, kind) in [
        (
            AdapterError::Resolution,
            "pulse width has too few steps for a pilot".to_owned(),
            ErrorKind::Unsupported,
        ),
        (
            AdapterError::Source(ErrorKind::Bus),
            "source: part does not answer".to_owned(),
            ErrorKind::Bus,
        ),
        (
            AdapterError::Output(pin),
            format!("output pin: {pin}"),
            ErrorKind::Output,
        ),
        (
            AdapterError::Input(pin),
            format!("input pin: {pin}"),
            ErrorKind::Input,
        ),
        (
            AdapterError::PulseWidth(channel),
            format!("pulse width: {channel}"),
            ErrorKind::PulseWidth,
        ),
    ] {
        assert_eq!((error.to_string(), error.kind()), (text, kind));
    }
}
