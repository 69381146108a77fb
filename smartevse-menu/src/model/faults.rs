//! Screens of faults (menu specification §10.5).

use smartevse_core::faults::Faults;
use smartevse_core::registry::MeterClass;

use super::Scene;
use crate::line::Line;
use crate::surroundings::IoTest;

type Lines = [&'static str; 4];

/// One fault with its screens.
struct FaultScreen {
    fault: Faults,
    /// Not shown while one of these is set.
    unless: Faults,
    texts: Lines,
    /// Shown in turn with the first one.
    alternate: Option<Lines>,
}

const fn screen(fault: Faults, texts: Lines) -> FaultScreen {
    FaultScreen {
        fault,
        unless: Faults::empty(),
        texts,
        alternate: None,
    }
}

impl FaultScreen {
    const fn then(mut self, texts: Lines) -> Self {
        self.alternate = Some(texts);
        self
    }

    const fn unless(mut self, other: Faults) -> Self {
        self.unless = other;
        self
    }
}

const NO_SERIAL: Lines = ["ERROR NO", "SERIAL COM", "CHECK CFG", "OR WIRING"];

/// The first row whose fault is set is shown. Own decision: a contactor that
/// may be welded comes first; the faults that the specification does not know
/// come last.
const SCREENS: &[FaultScreen] = &[
    screen(
        Faults::CONTACTOR_FAULT,
        ["CONTACTOR", "FAULT", "SWITCH OFF", "THE SUPPLY"],
    )
    .then(["CALL AN", "ELECTRICIAN", "", ""]),
    screen(
        Faults::EV_NOCOMM,
        ["CAN'T READ", "EV METER", "CHECK CFG", "OR WIRING"],
    ),
    screen(
        Faults::CT_NOCOMM,
        ["CAN'T READ", "MAINS METER", "CHECK CFG", "OR WIRING"],
    ),
    screen(
        Faults::TEMP_HIGH,
        ["HIGH TEMP", "ERROR", "CHARGING", "STOPPED"],
    ),
    screen(
        Faults::RCM_TRIPPED,
        ["RESIDUAL", "FAULT", "CURRENT", "DETECTED"],
    )
    .then(["PRESS", "BUTTON", "TO", "RESET"])
    .unless(Faults::RCM_TEST),
    screen(Faults::RCM_TEST, ["RESIDUAL", "SENSOR", "TEST", "FAILED"])
        .then(["REBOOT", "TO", "RESET", ""]),
    screen(Faults::TEST_IO, ["", "IO Test", "FAILED!", ""]),
    screen(Faults::BL_FLASH, ["", "BOOTLOADER", "UPDATE ERR", ""]),
    screen(
        Faults::PILOT_FAULT,
        ["PILOT", "FAULT", "CHECK CABLE", "OR VEHICLE"],
    ),
    screen(Faults::CABLE_FAULT, ["CABLE", "FAULT", "PLUG IN", "AGAIN"]),
    screen(
        Faults::LOCK_FAULT,
        ["CABLE LOCK", "FAULT", "PLUG IN", "COMPLETELY"],
    ),
    screen(
        Faults::SENSOR_FAULT,
        ["TEMPERATURE", "SENSOR", "CHARGING", "STOPPED"],
    ),
];

impl Scene<'_> {
    /// Texts of the fault that is shown; `None` without a hard fault.
    pub(super) fn fault(&self) -> Option<[Line; 4]> {
        let faults = self.faults();
        let row = SCREENS
            .iter()
            .find(|row| faults.contains(row.fault) && !faults.intersects(row.unless))?;
        if row.fault == Faults::TEST_IO {
            return Some(self.failed_test());
        }
        if row.fault == Faults::CT_NOCOMM && self.is_serial() {
            return Some(NO_SERIAL.map(Line::from));
        }
        let texts = match row.alternate {
            Some(other) if self.turn() % 2 == 1 => other,
            Some(_) | None => row.texts,
        };
        Some(texts.map(Line::from))
    }

    fn failed_test(&self) -> [Line; 4] {
        let result = match self.around.io_test {
            IoTest::Failed(step) => Line::of(format_args!("FAILED! {step}")),
            IoTest::None | IoTest::Passed => Line::from("FAILED!"),
        };
        [Line::EMPTY, Line::from("IO Test"), result, Line::EMPTY]
    }

    /// Whether the mains data comes over the bus: always on a node, which has
    /// lost its Master.
    fn is_serial(&self) -> bool {
        match MeterClass::of(self.snapshot.settings.mains_met()) {
            MeterClass::Api | MeterClass::P1 => self.role().is_node(),
            MeterClass::Off | MeterClass::Sensorbox | MeterClass::Modbus => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Menu invariant 36: every fault that prevents charging has one screen,
    /// except a shortage, which the status screens tell.
    #[test]
    fn when_a_fault_prevents_charging_then_it_has_one_screen() {
        let waiting = Faults::LESS_6A | Faults::NO_SUN;
        for row in smartevse_core::faults::FAULT_TABLE {
            let count = SCREENS.iter().filter(|s| s.fault == row.fault).count();
            let hard = row.fault.blocking() == row.fault && !waiting.contains(row.fault);
            assert_eq!(count, usize::from(hard), "{}", row.name);
        }
        for row in SCREENS {
            let all = row.texts.iter().chain(row.alternate.iter().flatten());
            for text in all {
                assert!(text.len() <= 11, "{text}");
            }
        }
    }
}
