//! A scripted vehicle: plugs in, charges, stops, charges, is pulled out; then
//! the converter fails during a charge.

use core::fmt::{self, Write};

use smartevse::Setup;
use smartevse_core::hardware::{Board, Watchdog};
use smartevse_core::io::Outputs;
use smartevse_core::options::CableKind;
use smartevse_core::registry::SettingId;
use smartevse_core::settings::load;
use smartevse_types::Access;

use crate::board::{CountDown, FACTS, board};
use crate::control::Control;
use crate::registers::Registers;
use crate::vehicle::{STEP_MS, Vehicle, World};

/// Something that happens.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// The vehicle does this from now on.
    Vehicle(Vehicle),
    /// The converter stops.
    ConverterStops,
}

/// What happens when, ms since the start.
const SCRIPT: [(u32, Act); 8] = [
    (20_000, Act::Vehicle(Vehicle::Connected)),
    (23_000, Act::Vehicle(Vehicle::Asks)),
    (40_000, Act::Vehicle(Vehicle::Connected)),
    (65_000, Act::Vehicle(Vehicle::Asks)),
    (80_000, Act::Vehicle(Vehicle::Absent)),
    (100_000, Act::Vehicle(Vehicle::Connected)),
    (103_000, Act::Vehicle(Vehicle::Asks)),
    (120_000, Act::ConverterStops),
];

/// The script ends here, ms.
const END: u32 = 125_000;

/// State and both contactors.
type Phase = (&'static str, bool, bool);

/// The phases that must follow one another, with the earliest and the latest
/// begin of each, ms.
///
/// An opening comes in the turn that can know of its reason, and every opening
/// is over within 100 ms (I-06); contactor 2 closes before contactor 1 and
/// opens after it (I-05).
const EXPECTED: [(Phase, u32, u32); 14] = [
    (("A", false, false), 10, 10),
    (("B", false, false), 20_000, 20_500),
    (("C", false, true), 23_000, 24_000),
    (("C", true, true), 23_050, 24_200),
    (("B", false, true), 40_000, 40_100),
    (("B", false, false), 40_050, 40_250),
    (("C", false, true), 65_000, 66_000),
    (("C", true, true), 65_050, 66_200),
    (("A", false, true), 80_000, 80_100),
    (("A", false, false), 80_050, 80_250),
    (("B", false, false), 100_000, 100_500),
    (("C", false, true), 103_000, 104_000),
    (("C", true, true), 103_050, 104_200),
    (("B1", false, false), 120_000, 120_100),
];

/// Judges the phases as they come.
struct Judge<'o, O> {
    out: &'o mut O,
    now: Phase,
    index: usize,
    good: bool,
}

impl<O: Write> Judge<'_, O> {
    /// Takes the phase after a turn; writes it when it is a new one.
    fn take(&mut self, ms: u32, phase: Phase, outputs: &Outputs) -> fmt::Result {
        if self.index > 0 && phase == self.now {
            return Ok(());
        }
        let expected = EXPECTED.get(self.index);
        let fits = expected
            .is_some_and(|(wanted, from, to)| *wanted == phase && (*from..=*to).contains(&ms));
        self.good &= fits;
        self.now = phase;
        self.index = self.index.saturating_add(1);
        let (state, first, second) = phase;
        let position = |closed| if closed { "closed" } else { "open" };
        writeln!(
            self.out,
            "{ms:>7} ms  {state:<3} C1 {:<6} C2 {:<6} pilot {:>4}{}",
            position(first),
            position(second),
            outputs.duty.as_permille(),
            if fits { "" } else { "  NOT EXPECTED" }
        )
    }
}

/// What the charger starts with: a fixed cable and access.
fn setup() -> Setup<'static> {
    Setup {
        facts: FACTS,
        settings: load([(SettingId::Config, CableKind::Fixed.raw())]).settings,
        access: Access::On,
        ..Setup::default()
    }
}

/// Plays the script; gives whether every phase came as expected.
///
/// # Errors
///
/// When the output takes no more.
pub fn run(out: &mut impl Write) -> Result<bool, fmt::Error> {
    let registers = Registers::new();
    let dog = CountDown::new(&registers);
    let Ok(control) = Control::new(&registers, board(&registers), dog, &setup()) else {
        writeln!(out, "the watchdog does not start")?;
        return Ok(false);
    };
    play(&registers, control, out)
}

fn play<B: Board, W: Watchdog>(
    registers: &Registers,
    mut control: Control<'_, B, W>,
    out: &mut impl Write,
) -> Result<bool, fmt::Error> {
    let mut world = World::default();
    let mut script = SCRIPT.iter().peekable();
    let mut judge = Judge {
        out,
        now: ("", false, false),
        index: 0,
        good: true,
    };
    while registers.clock.read() < END {
        let ms = registers.clock.read().saturating_add(STEP_MS);
        while let Some((_, act)) = script.next_if(|(at, _)| *at <= ms) {
            match act {
                Act::Vehicle(vehicle) => world.vehicle = *vehicle,
                Act::ConverterStops => world.converter_stopped = true,
            }
        }
        if world.step(registers) {
            return judge.finish(ms);
        }
        let outputs = control.turn();
        let closed = (
            outputs.contactor1.is_closed(),
            outputs.contactor2.is_closed(),
        );
        let state = control.station().status().state.name();
        judge.take(ms, (state, closed.0, closed.1), &outputs)?;
    }
    writeln!(judge.out, "the watchdog did not reset the chip")?;
    Ok(false)
}

/// The reset must come in this span, ms: 250 ms after the last sample that was
/// good for feeding (50 ms old).
const RESET: (u32, u32) = (120_100, 120_310);

impl<O: Write> Judge<'_, O> {
    /// The watchdog reset the chip.
    fn finish(self, ms: u32) -> Result<bool, fmt::Error> {
        let in_time = (RESET.0..=RESET.1).contains(&ms);
        let complete = self.index == EXPECTED.len();
        let open = !self.now.1 && !self.now.2;
        let good = self.good && in_time && complete && open;
        let verdict = if good {
            "as expected"
        } else {
            "NOT AS EXPECTED"
        };
        writeln!(self.out, "{ms:>7} ms  reset by the watchdog")?;
        writeln!(self.out, "{} phases, {verdict}", self.index)?;
        Ok(good)
    }
}

#[cfg(test)]
mod tests {
    use std::string::String;

    use super::*;

    #[test]
    fn when_the_script_is_played_then_every_phase_comes_in_time() {
        let mut text = String::new();
        assert_eq!(run(&mut text), Ok(true), "{text}");
    }
}
