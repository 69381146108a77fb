//! Energy of a charge from counters that may lie, reset or be replaced
//! (meters specification §10).

use smartevse_types::{Instant, WattHours};

/// Microseconds in which 100 kW, the largest plausible power, give 1 Wh.
const GUARD_US: u64 = 36_000;

/// Where the charge is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Phase {
    /// Nothing charged since power-up: nothing is counted.
    #[default]
    Boot,
    /// A charge is under way.
    Running,
    /// The car has left; the last charge stays visible.
    Armed,
}

/// What a ledger has to keep over a restart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct LedgerState {
    /// Where the charge is.
    pub phase: Phase,
    /// Imported energy of the present or last charge.
    pub imported: WattHours,
    /// Exported energy of the present or last charge.
    pub exported: WattHours,
    /// Last reading of the import counter.
    pub last_import: Option<WattHours>,
    /// Last reading of the export counter.
    pub last_export: Option<WattHours>,
}

/// One counter of a meter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Counter {
    last: Option<i64>,
    /// A reading below the last one, until the next tells what it was.
    pending: Option<i64>,
    /// When the last reading was taken.
    at: Instant,
}

impl Counter {
    /// Takes a reading and gives the energy that it adds.
    fn read(&mut self, value: i64, at: Instant, guard: bool) -> i64 {
        let Some(last) = self.last else {
            return self.take(value, value, at);
        };
        let base = match self.pending {
            _ if value >= last => last,
            // The second low reading that does not fall: another meter.
            Some(pending) if value >= pending => pending,
            Some(_) | None => {
                self.pending = Some(value);
                return 0;
            }
        };
        if guard && !is_plausible(value.saturating_sub(base), self.at, at) {
            return 0;
        }
        self.take(value, base, at)
    }

    fn take(&mut self, value: i64, base: i64, at: Instant) -> i64 {
        self.last = Some(value);
        self.pending = None;
        self.at = at;
        value.saturating_sub(base)
    }
}

fn is_plausible(delta: i64, from: Instant, to: Instant) -> bool {
    u64::try_from(delta).unwrap_or(0) <= to.since(from).as_micros() / GUARD_US
}

/// Energy of one meter and of the present or last charge.
///
/// A single reading that is too low changes nothing; two low readings in a row
/// that do not fall are a new meter and become the new base.
///
/// # Examples
///
/// ```
/// use smartevse_meters::ledger::Ledger;
/// use smartevse_types::{Instant, WattHours};
///
/// let mut ledger = Ledger::new();
/// let now = Instant::from_secs(1);
/// ledger.import(WattHours::from_wh(5_000), now);
/// ledger.charge();
/// ledger.import(WattHours::from_wh(5_200), now);
/// ledger.import(WattHours::from_wh(0), now); // a glitch
/// ledger.import(WattHours::from_wh(5_300), now);
/// assert_eq!(ledger.charged(), WattHours::from_wh(300));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ledger {
    phase: Phase,
    import: Counter,
    export: Counter,
    imported: i64,
    exported: i64,
    guard: bool,
}

impl Ledger {
    /// A ledger after power-up.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same ledger that ignores a step of more than 100 kW times the elapsed time.
    ///
    /// Off by default. An ignored reading is counted once enough time has passed.
    #[must_use]
    pub const fn with_guard(mut self) -> Self {
        self.guard = true;
        self
    }

    /// A ledger that goes on where another one was: what the meter counted
    /// meanwhile belongs to the charge. Negative energies count as 0.
    #[must_use]
    pub fn restored(state: LedgerState) -> Self {
        let counter = |last: Option<WattHours>| Counter {
            last: last.map(WattHours::as_wh),
            ..Counter::default()
        };
        Self {
            phase: state.phase,
            import: counter(state.last_import),
            export: counter(state.last_export),
            imported: state.imported.as_wh().max(0),
            exported: state.exported.as_wh().max(0),
            guard: false,
        }
    }

    /// What has to be kept over a restart.
    #[must_use]
    pub fn state(&self) -> LedgerState {
        LedgerState {
            phase: self.phase,
            imported: WattHours::from_wh(self.imported),
            exported: WattHours::from_wh(self.exported),
            last_import: self.import.last.map(WattHours::from_wh),
            last_export: self.export.last.map(WattHours::from_wh),
        }
    }

    /// Another meter counts from now on; its first readings are the base.
    pub fn change_meter(&mut self) {
        self.import = Counter::default();
        self.export = Counter::default();
    }

    /// Takes a reading of the import counter.
    pub fn import(&mut self, reading: WattHours, at: Instant) {
        let delta = self.import.read(reading.as_wh(), at, self.guard);
        if self.phase != Phase::Boot {
            self.imported = self.imported.saturating_add(delta);
        }
    }

    /// Takes a reading of the export counter.
    pub fn export(&mut self, reading: WattHours, at: Instant) {
        let delta = self.export.read(reading.as_wh(), at, self.guard);
        if self.phase != Phase::Boot {
            self.exported = self.exported.saturating_add(delta);
        }
    }

    /// Notes that the car charges (state C): a new charge after power-up or after
    /// the car had left, otherwise the same one goes on.
    pub fn charge(&mut self) {
        if self.phase != Phase::Running {
            self.phase = Phase::Running;
            self.imported = 0;
            self.exported = 0;
        }
    }

    /// Notes that the car has left (state A); its charge stays visible.
    pub fn disconnect(&mut self) {
        if self.phase == Phase::Running {
            self.phase = Phase::Armed;
        }
    }

    /// Energy of the present or last charge, never negative.
    #[must_use]
    pub fn charged(&self) -> WattHours {
        WattHours::from_wh(self.imported.saturating_sub(self.exported).max(0))
    }

    /// Imported minus exported energy as the meter counts it; `None` before the
    /// first import.
    #[must_use]
    pub fn net(&self) -> Option<WattHours> {
        let import = self.import.last?;
        let export = self.export.last.unwrap_or(0);
        Some(WattHours::from_wh(import.saturating_sub(export)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn charged(ledger: &mut Ledger, readings: &[(u64, i64)]) -> i64 {
        for (second, wh) in readings {
            ledger.import(WattHours::from_wh(*wh), Instant::from_secs(*second));
        }
        ledger.charged().as_wh()
    }

    /// meters 10 and 13.11
    #[test]
    fn when_the_meter_is_replaced_then_counting_goes_on() {
        let mut ledger = Ledger::new();
        ledger.charge();
        assert_eq!(charged(&mut ledger, &[(1, 900), (2, 1900)]), 1000);
        assert_eq!(charged(&mut ledger, &[(3, 10), (4, 5), (5, 60)]), 1055);
        assert_eq!(ledger.net(), Some(WattHours::from_wh(60)));
    }

    /// meters 10: a glitch between two falling readings is none
    #[test]
    fn when_low_readings_fall_then_the_last_of_them_is_the_base() {
        let mut ledger = Ledger::new();
        ledger.charge();
        let readings = [(1, 1000), (2, 500), (3, 400), (4, 300), (5, 1010)];
        assert_eq!(charged(&mut ledger, &readings), 10);
    }

    /// meters 10: plausibility guard
    #[test]
    fn when_guarded_then_an_impossible_step_waits() {
        let mut ledger = Ledger::new().with_guard();
        ledger.charge();
        assert_eq!(charged(&mut ledger, &[(0, 1000), (36, 1_000_000)]), 0);
        assert_eq!(charged(&mut ledger, &[(36, 2000)]), 1000);
        assert_eq!(charged(&mut ledger, &[(37, 2028)]), 1000);
        assert_eq!(charged(&mut ledger, &[(38, 2028)]), 1028);
    }

    /// meters 10: a charge goes on over a restart, with the same meter and with
    /// one that starts at 0 again.
    #[test]
    fn when_the_ledger_is_restored_then_the_charge_goes_on() {
        let mut ledger = Ledger::new();
        ledger.charge();
        assert_eq!(charged(&mut ledger, &[(1, 5_000), (2, 5_200)]), 200);
        let state = ledger.state();
        let mut restored = Ledger::restored(state);
        assert_eq!(
            (restored.state(), restored.charged()),
            (state, ledger.charged())
        );
        restored.charge();
        assert_eq!(charged(&mut restored, &[(1, 5_250)]), 250);
        let mut reset = Ledger::restored(state);
        assert_eq!(charged(&mut reset, &[(1, 0), (2, 30)]), 230);
        let odd = LedgerState {
            imported: WattHours::from_wh(-5),
            ..state
        };
        assert_eq!(Ledger::restored(odd).charged(), WattHours::ZERO);
    }

    /// meters 10: charging is shown until the next charge
    #[test]
    fn when_the_car_leaves_then_its_charge_stays_visible() {
        let mut ledger = Ledger::new();
        ledger.disconnect();
        assert_eq!(charged(&mut ledger, &[(1, 0), (2, 50)]), 0, "not charging");
        ledger.charge();
        assert_eq!(charged(&mut ledger, &[(3, 80)]), 30);
        ledger.disconnect();
        assert_eq!(charged(&mut ledger, &[(4, 85)]), 35);
        ledger.charge();
        assert_eq!(charged(&mut ledger, &[(5, 86)]), 1);
    }
}
