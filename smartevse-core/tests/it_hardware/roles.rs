//! Every hardware role through a reference, and what a part that is not fitted
//! does.

use std::pin::pin;

use embedded_hal::digital::{InputPin, OutputPin};
use embedded_io_async::{Read, Write};
use smartevse_core::adapters::NoPin;
use smartevse_core::card::Uid;
use smartevse_core::hardware::{
    ButtonSet, Buttons, Buzzer, CableLock, CardReader, ControlPilot, Error, ErrorKind, ErrorType,
    ExternalSwitch, LONGEST_WATCHDOG, NotFitted, ProximityPilot, ResidualCurrentMonitor,
    StatusLight, Temperature, Watchdog,
};
use smartevse_core::io::{
    LockDrive, LockFeedback, PilotSample, PilotSwitch, ProximityInput, ResidualCurrentInput, Rgb,
    SwitchInput, TemperatureInput,
};
use smartevse_core::types::{Duration, DutyPermille, Instant};

use super::mock::{poll_once, run};

/// Every role at once; notes what was asked of it, and fails when told to.
#[derive(Default)]
struct Everything {
    calls: Vec<String>,
    fails: Option<ErrorKind>,
}

impl Everything {
    fn note(&mut self, call: impl Into<String>) -> Result<(), ErrorKind> {
        self.calls.push(call.into());
        self.fails.map_or(Ok(()), Err)
    }
}

impl ErrorType for Everything {
    type Error = ErrorKind;
}

impl ControlPilot for Everything {
    fn set_duty(&mut self, duty: DutyPermille) -> Result<(), ErrorKind> {
        self.note(format!("duty {}", duty.as_permille()))
    }

    fn set_switch(&mut self, switch: PilotSwitch) -> Result<(), ErrorKind> {
        self.note(format!("{switch:?}"))
    }

    fn sample(&mut self, _: Instant) -> Result<Option<PilotSample>, ErrorKind> {
        self.note("sample").map(|()| None)
    }
}

impl CableLock for Everything {
    fn drive_lock(&mut self, drive: LockDrive) -> Result<(), ErrorKind> {
        self.note(format!("{drive:?}"))
    }
}

impl ProximityPilot for Everything {
    fn read_proximity(&mut self) -> Result<ProximityInput, ErrorKind> {
        self.note("proximity").map(|()| ProximityInput::Open)
    }
}

impl ResidualCurrentMonitor for Everything {
    fn read_residual_current(&mut self) -> Result<ResidualCurrentInput, ErrorKind> {
        self.note("residual").map(|()| ResidualCurrentInput::Fault)
    }

    fn take_edge(&mut self) -> bool {
        self.note("edge").is_ok()
    }

    fn set_test(&mut self, active: bool) -> Result<(), ErrorKind> {
        self.note(format!("test {active}"))
    }

    fn has_test(&self) -> bool {
        true
    }
}

impl Temperature for Everything {
    fn read_temperature(&mut self) -> Result<TemperatureInput, ErrorKind> {
        self.note("temperature").map(|()| TemperatureInput::Failed)
    }
}

impl ExternalSwitch for Everything {
    fn read_switch(&mut self) -> Result<SwitchInput, ErrorKind> {
        self.note("switch").map(|()| SwitchInput::Closed)
    }
}

impl StatusLight for Everything {
    fn show(&mut self, colour: Rgb) -> Result<(), ErrorKind> {
        self.note(format!("light {}", colour.red))
    }
}

impl Buzzer for Everything {
    fn sound(&mut self, on: bool) -> Result<(), ErrorKind> {
        self.note(format!("sound {on}"))
    }
}

impl Watchdog for Everything {
    fn start(&mut self, period: Duration) -> Result<(), ErrorKind> {
        self.note(format!("watchdog {}", period.as_millis()))
    }

    fn feed(&mut self) {
        self.calls.push("fed".to_owned());
    }
}

impl CardReader for Everything {
    async fn next_card(&mut self) -> Result<Uid, ErrorKind> {
        self.note("card").map(|()| Uid::new(&[1, 2, 3, 4]).unwrap())
    }
}

impl Buttons for Everything {
    async fn wait_change(&mut self, known: ButtonSet) -> Result<ButtonSet, ErrorKind> {
        self.note("buttons").map(|()| !known)
    }
}

fn pilot(mut part: impl ControlPilot<Error = ErrorKind>) -> Result<(), ErrorKind> {
    part.set_duty(DutyPermille::from_permille(266))?;
    part.set_switch(PilotSwitch::Closed)?;
    part.set_steady_high()?;
    part.set_steady_low()?;
    part.sample(Instant::ZERO).map(|_| ())
}

fn sensors<T>(mut part: T) -> Result<(), ErrorKind>
where
    T: ProximityPilot<Error = ErrorKind> + ResidualCurrentMonitor + Temperature + ExternalSwitch,
{
    assert_eq!(part.read_proximity()?, ProximityInput::Open);
    assert_eq!(part.read_residual_current()?, ResidualCurrentInput::Fault);
    assert!(part.take_edge() && part.has_test());
    part.set_test(true)?;
    assert_eq!(part.read_temperature()?, TemperatureInput::Failed);
    assert_eq!(part.read_switch()?, SwitchInput::Closed);
    Ok(())
}

fn others<T>(mut part: T) -> Result<(), ErrorKind>
where
    T: CableLock<Error = ErrorKind> + StatusLight + Buzzer + Watchdog + CardReader + Buttons,
{
    part.drive_lock(LockDrive::Unlock)?;
    assert_eq!(part.lock_feedback()?, LockFeedback::NotFitted);
    part.show(Rgb::default())?;
    part.sound(true)?;
    part.start(LONGEST_WATCHDOG)?;
    part.feed();
    run(part.next_card())?;
    let buttons = run(part.wait_change(ButtonSet::LEFT))?;
    assert_eq!(buttons, ButtonSet::MIDDLE | ButtonSet::RIGHT);
    Ok(())
}

#[test]
fn when_a_part_is_borrowed_then_every_call_reaches_it() {
    let mut part = Everything::default();
    pilot(&mut &mut part).unwrap();
    sensors(&mut &mut part).unwrap();
    others(&mut &mut part).unwrap();
    let expected = [
        "duty 266",
        "Closed",
        "duty 1000",
        "duty 0",
        "sample",
        "proximity",
        "residual",
        "edge",
        "test true",
        "temperature",
        "switch",
        "Unlock",
        "light 0",
        "sound true",
        "watchdog 250",
        "fed",
        "card",
        "buttons",
    ];
    assert_eq!(part.calls, expected);
}

#[test]
fn when_a_borrowed_part_fails_then_its_error_comes_through() {
    for kind in [ErrorKind::Bus, ErrorKind::Timeout] {
        let mut part = Everything {
            fails: Some(kind),
            ..Everything::default()
        };
        assert_eq!(pilot(&mut part).map_err(|error| error.kind()), Err(kind));
        assert_eq!(sensors(&mut part), Err(kind));
        assert_eq!(others(&mut part), Err(kind));
        assert_eq!(part.calls.len(), 3);
    }
}

#[test]
fn when_an_error_is_shown_then_each_kind_has_its_text() {
    let kinds = [
        ErrorKind::Output,
        ErrorKind::Input,
        ErrorKind::PulseWidth,
        ErrorKind::Bus,
        ErrorKind::Timeout,
        ErrorKind::Unsupported,
        ErrorKind::Other,
    ];
    for (number, kind) in kinds.into_iter().enumerate() {
        assert_eq!(kind.to_string(), kind.text());
        assert!(
            kinds[number + 1..]
                .iter()
                .all(|other| other.text() != kind.text())
        );
    }
}

/// A part that is not fitted accepts what it is told and never has news.
#[test]
fn when_a_part_is_not_fitted_then_it_accepts_and_waits_for_ever() {
    let mut none = NotFitted;
    assert!(none.show(Rgb::default()).is_ok() && none.sound(true).is_ok());
    assert!(none.set_test(true).is_ok() && !none.take_edge() && !none.has_test());
    assert!(poll_once(&mut pin!(none.next_card())).is_pending());
    assert!(poll_once(&mut pin!(none.wait_change(ButtonSet::LEFT))).is_pending());
    let mut buffer = [0; 4];
    assert!(poll_once(&mut pin!(none.read(&mut buffer))).is_pending());
    assert_eq!(run(none.write(&buffer)), Ok(4));
    assert_eq!(run(none.flush()), Ok(()));
}

#[test]
fn when_there_is_no_pin_then_it_accepts_every_level_and_reads_low() {
    let mut none = NoPin;
    assert!(none.set_high().is_ok() && none.set_low().is_ok());
    assert_eq!((none.is_high(), none.is_low()), (Ok(false), Ok(true)));
}
