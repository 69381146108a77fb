//! Contracts of the adapters that every board needs around its chip, and of the
//! board with the reference circuit.

use smartevse_core::adapters::{
    AfterErase, BlockingFlash, FlashRange, HalfDuplex, LockLines, OnChange, ReferenceLines,
    ReferenceSources, SharedWire, SharedWires, St7565, reference_board,
};
use smartevse_core::contract;
use smartevse_core::hardware::{Board, ButtonSet, CableLock, NotFitted, StatusLight};
use smartevse_core::io::{
    HardwareFaults, Inputs, LockFeedback, MilliVoltRange, Outputs, PilotSample, ProximityInput,
    ResidualCurrentInput, Rgb,
};
use smartevse_core::options::LockKind;
use smartevse_core::types::{DutyPermille, Instant, MilliVolts};

use super::mock::{Channel, Flash, Pin, fixed, run};

/// A port that takes three bytes at a time.
struct Slow;

impl embedded_io_async::ErrorType for Slow {
    type Error = embedded_io_async::ErrorKind;
}

impl embedded_io_async::Read for Slow {
    async fn read(&mut self, _: &mut [u8]) -> Result<usize, Self::Error> {
        std::future::pending().await
    }
}

impl embedded_io_async::Write for Slow {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, Self::Error> {
        Ok(buf.len().min(3))
    }

    async fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

#[test]
fn when_the_line_has_a_direction_pin_then_its_contract_holds() {
    let direction = Pin::default();
    let mut line = HalfDuplex::new(Slow, Slow, direction.clone()).unwrap();
    run(contract::meter_bus(&mut line)).unwrap();
    assert!(!direction.level());
    direction.break_it(true);
    assert!(run(contract::meter_bus(&mut line)).is_err());
    assert!(HalfDuplex::new(Slow, Slow, direction).is_err());
}

/// Design 3.10: the storage contract, and nothing outside the range changes.
#[test]
fn when_a_range_of_a_flash_is_used_then_its_contract_holds() {
    const BLOCK: u32 = 1_024;
    let flash = AfterErase::new(Flash::new(), || {});
    let range = FlashRange::<_, BLOCK, { 2 * BLOCK }>::new(flash);
    let mut range = BlockingFlash::<_, 2_000, 40_000>(range);
    run(contract::storage(&mut range)).unwrap();
}

struct NoWait;

impl embedded_hal_async::delay::DelayNs for NoWait {
    async fn delay_ns(&mut self, _: u32) {}
}

struct Wire(Pin);

impl SharedWire for Wire {
    fn drive(&mut self, _: bool) {}

    fn look(&mut self) -> bool {
        self.0.level()
    }
}

#[test]
fn when_display_and_buttons_share_wires_then_the_contract_of_buttons_holds() {
    let wires = [(); 3].map(|()| Pin::default());
    for pin in &wires {
        pin.put(true);
    }
    let [data, select, left] = wires.clone();
    let mut panel = St7565::new(
        SharedWires {
            clock: Pin::default(),
            data: Wire(data),
            select: Wire(select),
            left,
            reset: None::<Pin>,
        },
        NoWait,
    );
    run(panel.start()).unwrap();
    run(contract::buttons(&mut panel)).unwrap();
    wires[1].put(false);
    assert_eq!(panel.pressed(), Ok(ButtonSet::MIDDLE));
    assert!(run(contract::buttons(&mut panel)).is_err());
}

/// Pins of a board: isolation, contactors, lock leads, monitor test; lock
/// feedback, monitor, switch.
struct Pins([Pin; 9]);

impl Pins {
    fn new() -> Self {
        let pins = Self([(); 9].map(|()| Pin::default()));
        for index in [0, 5, 8] {
            pins.0[index].put(true);
        }
        pins
    }

    fn board(&self, fitted: bool, ceiling: Option<i32>) -> impl Board + use<> {
        let [
            isolation,
            c1,
            c2,
            red,
            white,
            test,
            feedback,
            monitor,
            switch,
        ] = self.0.clone();
        let lines = ReferenceLines {
            isolation,
            contactor1: c1,
            contactor2: c2,
            lock: fitted.then_some(LockLines {
                red,
                white,
                feedback,
            }),
            monitor,
            monitor_test: fitted.then_some(test),
            switch,
        };
        let sources = ReferenceSources {
            pilot: |at| -> Result<_, std::convert::Infallible> {
                let level = MilliVoltRange::from_milli(12_000, 12_000);
                Ok(Some(PilotSample {
                    from: at,
                    at,
                    high: level,
                    low: None,
                }))
            },
            proximity: fixed(1_980),
            proximity_ceiling: ceiling.map(MilliVolts::from_milli),
            temperature: fixed(750),
        };
        let channel = OnChange::new(Channel::new(1_000), |_| ());
        reference_board(channel, sources, lines, NotFitted)
    }
}

#[test]
fn when_the_reference_circuit_is_wired_then_the_contract_of_a_board_holds() {
    for fitted in [true, false] {
        let pins = Pins::new();
        let mut board = pins.board(fitted, None);
        contract::board(&mut board, Instant::from_millis(10)).unwrap();
        assert!(pins.0[0].level() && !pins.0[1].level() && !pins.0[2].level());
    }
}

/// Boards 1.5: where the converter saturates, 1.5 kΩ looks like an open contact.
#[test]
fn when_proximity_saturates_then_the_board_says_so() {
    for (ceiling, open) in [(Some(1_900), true), (Some(2_500), false), (None, false)] {
        let mut inputs = Inputs::default();
        let mut board = Pins::new().board(true, ceiling);
        board.sample(Instant::ZERO, &mut inputs);
        assert_eq!(inputs.proximity == ProximityInput::OpenOrA13, open);
        assert_eq!(inputs.residual_current, ResidualCurrentInput::Normal);
    }
}

/// Charging 5.1: the outputs say of which type the lock is.
#[test]
fn when_the_settings_name_a_lock_then_its_feedback_means_that_type() {
    let pins = Pins::new();
    let mut board = pins.board(true, None);
    pins.0[6].put(true);
    for (kind, meaning) in [
        (LockKind::Solenoid, LockFeedback::Unlocked),
        (LockKind::Motor, LockFeedback::Locked),
        (LockKind::Disabled, LockFeedback::NotFitted),
    ] {
        let outputs = Outputs {
            lock_kind: kind,
            ..Outputs::SAFE
        };
        assert_eq!(board.drive(&outputs), HardwareFaults::empty());
        let mut inputs = Inputs::default();
        board.sample(Instant::ZERO, &mut inputs);
        assert_eq!(inputs.lock, meaning);
    }
}

/// Charging 11.2 rule 5: what a pad refuses is a hardware fault.
#[test]
fn when_a_vital_pin_fails_then_the_board_reports_it() {
    for (index, fault) in [
        (0, HardwareFaults::PILOT_OUTPUT),
        (1, HardwareFaults::CONTACTOR),
        (2, HardwareFaults::CONTACTOR),
    ] {
        let pins = Pins::new();
        let mut board = pins.board(true, None);
        pins.0[index].break_it(true);
        let outputs = Outputs {
            duty: DutyPermille::from_permille(1000),
            ..Outputs::SAFE
        };
        assert_eq!(board.drive(&outputs), fault);
    }
}

#[test]
fn when_a_part_is_absent_then_its_contract_holds() {
    let mut lock = None::<NotFitted>;
    contract::cable_lock(&mut lock).unwrap();
    lock.set_kind(LockKind::Motor);
    assert_eq!(lock.lock_feedback(), Ok(LockFeedback::NotFitted));
    let mut light = None::<NotFitted>;
    contract::status_light(&mut light).unwrap();
    assert!(light.show(Rgb::default()).is_ok());
    contract::cable_lock(&mut Some(NotFitted)).unwrap();
    contract::status_light(&mut Some(NotFitted)).unwrap();
}
