//! The simulated parts keep the contracts of their roles, and broken ones do
//! not.

use embassy_futures::block_on;
use embedded_io_async::{Read, Write};
use smartevse_core::card::Uid;
use smartevse_core::contract::{self, Clause, Violation};
use smartevse_core::hardware::{
    Board, ButtonSet, Buttons, Buzzer, CardReader, ErrorKind, LONGEST_WATCHDOG, Watchdog,
};
use smartevse_core::io::{
    Contactor, HardwareFaults, Inputs, LockDrive, Outputs, PilotSwitch, TemperatureInput,
};
use smartevse_sim::clock::SimClock;
use smartevse_sim::connector::{PilotLoad, VehicleSide};
use smartevse_sim::evse_board::{BoardFaults, BoardKit, SimBoard};
use smartevse_sim::parts::{
    LineNoise, SharedBoard, SimButtons, SimBuzzer, SimCardReader, SimParts, SimWatchdog,
    serial_line,
};
use smartevse_types::{Celsius, Duration, DutyPermille, Instant, Ohms};

fn shared(faults: BoardFaults) -> SharedBoard {
    let shared = SharedBoard::new(BoardKit::default());
    shared.with(|board| {
        board.connect(Some(VehicleSide {
            load: PilotLoad::Nothing,
            diode: true,
        }));
        board.set_faults(faults);
    });
    shared
}

/// Every contract of the roles of the 10 ms loop, in the order of bringing up
/// a board.
fn bring_up(shared: &SharedBoard) -> Result<(), Violation> {
    let (mut parts, mut bench): (SimParts, SimClock) = (shared.parts(), shared.clock());
    contract::control_pilot(&mut parts.pilot)?;
    contract::pilot_levels(&mut parts.pilot, &mut bench)?;
    contract::contactors(&mut parts.contactors)?;
    contract::contactors_follow(&mut parts.contactors, &mut bench)?;
    contract::cable_lock(&mut parts.lock)?;
    contract::lock_travel(&mut parts.lock, &mut bench)?;
    contract::proximity_pilot(&mut parts.proximity)?;
    contract::proximity_reads(&mut parts.proximity, Ohms::from_ohms(220))?;
    contract::residual_current_monitor(&mut parts.residual_current)?;
    contract::monitor_test(&mut parts.residual_current, &mut bench)?;
    contract::temperature(&mut parts.temperature)?;
    contract::external_switch(&mut parts.switch)?;
    contract::status_light(&mut parts.light)
}

#[test]
fn when_the_board_is_whole_then_every_role_keeps_its_contract() {
    assert_eq!(bring_up(&shared(BoardFaults::default())), Ok(()));
}

/// Each broken part is found, by the clause that is about it.
#[test]
fn when_a_part_is_broken_then_its_contract_says_which_clause() {
    let none = BoardFaults::default;
    let refuses = |refused| BoardFaults { refused, ..none() };
    let rows: [(BoardFaults, Clause); 15] = [
        (refuses(HardwareFaults::PILOT_OUTPUT), Clause::Accepts),
        (refuses(HardwareFaults::PILOT_SAMPLE), Clause::Reads),
        (refuses(HardwareFaults::CONTACTOR), Clause::Accepts),
        (refuses(HardwareFaults::LOCK), Clause::Accepts),
        (refuses(HardwareFaults::PROXIMITY), Clause::Reads),
        (refuses(HardwareFaults::RESIDUAL_CURRENT), Clause::Accepts),
        (refuses(HardwareFaults::TEMPERATURE), Clause::Reads),
        (refuses(HardwareFaults::SWITCH), Clause::Reads),
        (refuses(HardwareFaults::LIGHT), Clause::Accepts),
        (
            BoardFaults {
                contactor1_stuck: true,
                ..none()
            },
            Clause::ContactorFollows,
        ),
        (
            BoardFaults {
                contactor2_stuck: true,
                ..none()
            },
            Clause::ContactorFollows,
        ),
        (
            BoardFaults {
                lock_stuck: true,
                ..none()
            },
            Clause::LockFollows,
        ),
        (
            BoardFaults {
                residual_current: true,
                ..none()
            },
            Clause::MonitorNormal,
        ),
        (
            BoardFaults {
                residual_current_deaf: true,
                ..none()
            },
            Clause::MonitorTest,
        ),
        (
            BoardFaults {
                temperature_failed: true,
                ..none()
            },
            Clause::Reads,
        ),
    ];
    for (faults, clause) in rows {
        let found = bring_up(&shared(faults)).map_err(|violation| violation.clause);
        assert_eq!(found, Err(clause), "{faults:?}");
    }
}

#[test]
fn when_a_level_is_wrong_then_its_contract_says_so() {
    let frozen = shared(BoardFaults::default());
    let mut pilot = frozen.parts().pilot;
    assert_eq!(contract::control_pilot(&mut pilot), Ok(()));
    frozen.with(|board| {
        board.set_faults(BoardFaults {
            pilot_frozen: true,
            ..BoardFaults::default()
        });
    });
    let found = contract::pilot_levels(&mut pilot, &mut frozen.clock()).unwrap_err();
    assert_eq!(found.clause, Clause::SampleAge);

    let loaded = shared(BoardFaults::default());
    loaded.with(|board| {
        board.connect(Some(VehicleSide {
            load: PilotLoad::Connected,
            diode: true,
        }));
        board.set_temperature(Celsius::from_celsius(120));
        board.set_cable(Ohms::from_ohms(100));
    });
    let mut parts = loaded.parts();
    assert_eq!(contract::control_pilot(&mut parts.pilot), Ok(()));
    let found = contract::pilot_levels(&mut parts.pilot, &mut loaded.clock()).unwrap_err();
    assert_eq!(found.clause, Clause::PositiveLevel);
    let found = contract::temperature(&mut parts.temperature).unwrap_err();
    assert_eq!(found.clause, Clause::TemperaturePlausible);
    let found = contract::proximity_reads(&mut parts.proximity, Ohms::from_ohms(220)).unwrap_err();
    assert_eq!(found.clause, Clause::ProximityReading);
}

/// A board of parts and the board itself are the same board.
#[test]
fn when_a_board_is_made_of_parts_then_it_shows_the_same() {
    let shared = shared(BoardFaults::default());
    let mut parts = shared.parts();
    assert_eq!(
        contract::board(&mut parts, Instant::from_millis(20)),
        Ok(())
    );
    let mut whole = SimBoard::new(BoardKit::default());
    let vehicle = VehicleSide {
        load: PilotLoad::Ready,
        diode: true,
    };
    whole.connect(Some(vehicle));
    shared.with(|board| board.connect(Some(vehicle)));
    let outputs = Outputs {
        duty: DutyPermille::from_permille(266),
        pilot_switch: PilotSwitch::Closed,
        contactor1: Contactor::Closed,
        contactor2: Contactor::Closed,
        lock: LockDrive::Lock,
        ..Outputs::SAFE
    };
    for tick in 10..100 {
        let now = Instant::from_millis(tick * 10);
        let (mut of_parts, mut of_whole) = (Inputs::default(), Inputs::default());
        shared.clock().reach(now);
        parts.sample(now, &mut of_parts);
        whole.sample(now, &mut of_whole);
        if tick > 10 {
            assert_eq!(of_parts, of_whole, "{now}");
        }
        assert!(parts.drive(&outputs).is_empty() && whole.drive(&outputs).is_empty());
    }
}

/// Decision 3: a part that fails reads as unknown and is named.
#[test]
fn when_parts_fail_then_the_board_names_them() {
    let sensors = HardwareFaults::PILOT_SAMPLE | HardwareFaults::TEMPERATURE;
    let outputs = HardwareFaults::CONTACTOR | HardwareFaults::LIGHT;
    let broken = shared(BoardFaults {
        refused: sensors | outputs,
        ..BoardFaults::default()
    });
    let (mut of_parts, mut of_whole) = (Inputs::default(), Inputs::default());
    let mut parts = broken.parts();
    parts.sample(Instant::from_millis(10), &mut of_parts);
    assert_eq!(parts.drive(&Outputs::SAFE), outputs);
    broken.with(|board| {
        board.sample(Instant::from_millis(10), &mut of_whole);
        assert_eq!(board.drive(&Outputs::SAFE), outputs);
    });
    assert_eq!(of_parts.hardware, sensors);
    assert_eq!(of_whole.hardware, sensors);
    assert_eq!((of_parts.pilot, of_whole.pilot), (None, None));
    assert_eq!(of_parts.temperature, TemperatureInput::Missing);
    assert_eq!(of_whole.temperature, TemperatureInput::Missing);
}

#[test]
fn when_a_buzzer_or_watchdog_is_used_then_it_keeps_its_contract() {
    let mut buzzer = SimBuzzer::default();
    assert_eq!(contract::buzzer(&mut buzzer), Ok(()));
    assert_eq!((buzzer.beeps, buzzer.sounds), (1, false));
    buzzer.broken = true;
    assert_eq!(
        contract::buzzer(&mut buzzer).unwrap_err().clause,
        Clause::Accepts
    );
    assert!(buzzer.sound(true).is_err());
    let clock = SimClock::new();
    let mut watchdog = SimWatchdog::new(clock.clone(), Duration::from_secs(1));
    assert_eq!(contract::watchdog(&mut watchdog), Ok(()));
    let mut weak = SimWatchdog::new(clock, Duration::from_millis(100));
    let found = contract::watchdog(&mut weak).unwrap_err();
    assert_eq!(found.error, Some(ErrorKind::Unsupported));
}

/// Decision 52: what is not fed for its period bites.
#[test]
fn when_a_watchdog_is_not_fed_then_it_bites() {
    let clock = SimClock::new();
    let mut watchdog = SimWatchdog::new(clock.clone(), LONGEST_WATCHDOG);
    clock.pass(Duration::from_secs(5));
    assert!(!watchdog.has_bitten());
    watchdog.start(LONGEST_WATCHDOG).unwrap();
    assert_eq!(watchdog.period(), Some(LONGEST_WATCHDOG));
    for _ in 0..4 {
        clock.pass(LONGEST_WATCHDOG);
        watchdog.feed();
    }
    assert!(!watchdog.has_bitten());
    clock.pass(Duration::from_millis(251));
    watchdog.feed();
    assert!(watchdog.has_bitten());
}

#[test]
fn when_a_task_waits_then_the_roles_keep_their_contracts() {
    let uid = Uid::new(&[4, 1, 2, 3, 4, 5, 6]).unwrap();
    let other = Uid::new(&[1, 2, 3, 4]).unwrap();
    let mut reader = SimCardReader::default();
    reader.show(uid);
    assert_eq!(block_on(contract::card_reader(&mut reader, &uid)), Ok(()));
    reader.show(other);
    let found = block_on(contract::card_reader(&mut reader, &uid)).unwrap_err();
    assert_eq!(found.clause, Clause::CardRead);
    reader.set_broken(true);
    let found = block_on(contract::card_reader(&mut reader, &uid)).unwrap_err();
    assert_eq!(found.error, Some(ErrorKind::Bus));

    let mut buttons = SimButtons::default();
    assert_eq!(block_on(contract::buttons(&mut buttons)), Ok(()));
    buttons.press(ButtonSet::LEFT);
    let found = block_on(contract::buttons(&mut buttons)).unwrap_err();
    assert_eq!(found.clause, Clause::ButtonsIdle);
    buttons.set_broken(true);
    assert!(block_on(contract::buttons(&mut buttons)).is_err());
}

/// Nothing is lost when a waiting call is dropped.
#[test]
fn when_a_waiting_call_is_dropped_then_nothing_is_lost() {
    let uid = Uid::new(&[1, 2, 3, 4]).unwrap();
    let reader = SimCardReader::default();
    let mut waiting = reader.clone();
    assert!(embassy_futures::poll_once(waiting.next_card()).is_pending());
    reader.show(uid);
    assert_eq!(block_on(waiting.next_card()), Ok(uid));

    let buttons = SimButtons::default();
    let mut waiting = buttons.clone();
    assert!(embassy_futures::poll_once(waiting.wait_change(ButtonSet::empty())).is_pending());
    buttons.press(ButtonSet::MIDDLE);
    let seen = block_on(waiting.wait_change(ButtonSet::empty()));
    assert_eq!(seen, Ok(ButtonSet::MIDDLE));

    let (mut near, mut far) = serial_line();
    let mut buffer = [0; 4];
    assert!(embassy_futures::poll_once(far.read(&mut buffer)).is_pending());
    block_on(near.write(&[7, 8])).unwrap();
    assert_eq!(block_on(far.read(&mut buffer)), Ok(2));
    assert_eq!(buffer[..2], [7, 8]);
}

#[test]
fn when_a_line_is_used_then_it_keeps_its_contract_and_has_no_echo() {
    let (mut near, mut far) = serial_line();
    assert_eq!(block_on(contract::meter_bus(&mut near)), Ok(()));
    assert_eq!((near.received(), far.received()), (0, 8));
    let mut buffer = [0; 16];
    assert_eq!(block_on(far.read(&mut buffer)), Ok(8));
    assert_eq!(buffer[..8], [0x55; 8]);
    near.set_noise(LineNoise {
        loses_every: 4,
        flips_every: 3,
        dead: false,
    });
    block_on(near.write_all(&[0; 12])).unwrap();
    assert_eq!(block_on(far.read(&mut buffer)), Ok(9));
    assert_eq!(buffer[..9].iter().filter(|byte| **byte != 0).count(), 3);
    near.set_noise(LineNoise {
        dead: true,
        ..LineNoise::default()
    });
    let found = block_on(contract::meter_bus(&mut near)).unwrap_err();
    assert_eq!(found.clause, Clause::Accepts);
}
