//! Energy of the present or last charge, and when it is worth a write to flash.
//!
//! A record is noted when a charge begins with a known counter, when the
//! vehicle has left, and while it charges at most once an hour and 100 Wh. The
//! counter of the meter itself bridges the time between two records, so more
//! writes would add nothing. A record takes 48 bytes of flash: a charge of 11 h
//! fits in the room that [`HEADROOM`](crate::storage::HEADROOM) leaves, and ten
//! charges a day of 3 h each wear out a store of 8 blocks of 4 KiB with 10 000
//! erases each in more than 300 years.

use smartevse_core::directive::ChargerStatus;
use smartevse_core::event::{MeterReading, Record};
use smartevse_core::records::energy::{ChargePhase, EnergyRecord};
use smartevse_core::state::ChargeState;
use smartevse_meters::ledger::{Ledger, LedgerState, Phase};
use smartevse_types::{Duration, Instant, WattHours};

use crate::manager::Manager;

/// Shortest time between two records of the same charge (decision D-219).
const PERIOD: Duration = Duration::from_minutes(60);

/// Least energy between two records of the same charge (decision D-219).
const STEP: WattHours = WattHours::from_wh(100);

/// After a restart nobody is known to have left before the pilot has been
/// judged for this time.
const LOOK: Duration = Duration::from_secs(10);

/// More than any vehicle takes: after a restart the counter is that of another
/// meter.
const OTHER_METER: WattHours = WattHours::from_wh(200_000);

/// The ledger of the EV meter and what of it is to be stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChargeEnergy {
    ledger: Ledger,
    noted: EnergyRecord,
    noted_at: Instant,
    started: Instant,
    /// A vehicle has been seen, or the time to look for one is over.
    looked: bool,
    /// No counter has been read since the start.
    fresh: bool,
}

impl ChargeEnergy {
    /// Goes on from what was stored.
    pub(crate) fn new(stored: EnergyRecord, now: Instant) -> Self {
        Self {
            ledger: Ledger::restored(state_of(&stored)),
            noted: stored,
            noted_at: now,
            started: now,
            looked: false,
            fresh: true,
        }
    }

    /// Takes the counters of a reading over.
    pub(crate) fn read(&mut self, reading: &MeterReading, at: Instant) {
        let Some(import) = reading.import else {
            return;
        };
        if core::mem::take(&mut self.fresh) {
            let last = self.ledger.state().last_import;
            if last.is_some_and(|last| import - last > OTHER_METER) {
                self.ledger.change_meter();
            }
        }
        self.ledger.import(import, at);
        if let Some(export) = reading.export {
            self.ledger.export(export, at);
        }
    }

    /// Another meter counts from now on.
    pub(crate) fn change_meter(&mut self) {
        self.ledger.change_meter();
    }

    /// Follows the vehicle; gives whether the record is to be stored anew.
    /// `clock` is the wall clock in seconds since 1970-01-01 UTC.
    pub(crate) fn follow(
        &mut self,
        now: Instant,
        state: ChargeState,
        vehicle: bool,
        clock: Option<u64>,
    ) -> bool {
        self.looked |= vehicle || now.since(self.started) >= LOOK;
        if matches!(state, ChargeState::C | ChargeState::D) {
            self.ledger.charge();
        } else if !vehicle && self.looked {
            self.ledger.disconnect();
        }
        let due = self.is_due(now);
        if due {
            self.noted = self.record(clock);
            self.noted_at = now;
        }
        due
    }

    fn is_due(&self, now: Instant) -> bool {
        let (state, noted) = (self.ledger.state(), state_of(&self.noted));
        if state.last_import.is_none() {
            return false;
        }
        let moved = state.imported - noted.imported + (state.exported - noted.exported);
        let grown = state.phase == Phase::Running && moved >= STEP;
        state.phase != noted.phase
            || (state.phase == Phase::Running && noted.last_import.is_none())
            || (grown && now.since(self.noted_at) >= PERIOD)
    }

    /// The record as it is to be stored.
    #[cfg(any(feature = "storage", test))]
    pub(crate) const fn noted(&self) -> EnergyRecord {
        self.noted
    }

    /// The record as it would be now.
    pub(crate) fn record(&self, clock: Option<u64>) -> EnergyRecord {
        let state = self.ledger.state();
        EnergyRecord {
            phase: match state.phase {
                Phase::Boot => ChargePhase::Boot,
                Phase::Running => ChargePhase::Running,
                Phase::Armed => ChargePhase::Armed,
            },
            imported: state.imported.as_wh(),
            exported: state.exported.as_wh(),
            last_import: state.last_import.map(WattHours::as_wh),
            last_export: state.last_export.map(WattHours::as_wh),
            at: clock
                .and_then(|clock| u32::try_from(clock).ok())
                .unwrap_or(0),
        }
    }

    /// Energy of the present or last charge; `None` without a counter.
    pub(crate) fn charged(&self) -> Option<WattHours> {
        self.ledger.net().map(|_| self.ledger.charged())
    }
}

impl Manager {
    pub(crate) fn follow_energy(&mut self, now: Instant, status: &ChargerStatus) {
        let clock = self.unix_time(now);
        let vehicle = status.vehicle_present;
        if self.energy.follow(now, status.state, vehicle, clock) {
            self.records.changed(Record::Energy);
        }
        self.plan.charged = self.energy.charged();
    }

    /// Energy ledger as it is now, for an orderly end of the program: what the
    /// meter has counted since the latest record goes with it.
    #[must_use]
    pub fn latest_energy(&self, now: Instant) -> EnergyRecord {
        self.energy.record(self.unix_time(now))
    }
}

fn state_of(record: &EnergyRecord) -> LedgerState {
    LedgerState {
        phase: match record.phase {
            ChargePhase::Boot => Phase::Boot,
            ChargePhase::Running => Phase::Running,
            ChargePhase::Armed => Phase::Armed,
        },
        imported: WattHours::from_wh(record.imported),
        exported: WattHours::from_wh(record.exported),
        last_import: record.last_import.map(WattHours::from_wh),
        last_export: record.last_export.map(WattHours::from_wh),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Instant {
        Instant::from_secs(secs)
    }

    fn read(energy: &mut ChargeEnergy, second: u64, wh: i64) {
        let reading = MeterReading {
            import: Some(WattHours::from_wh(wh)),
            ..MeterReading::default()
        };
        energy.read(&reading, at(second));
    }

    fn charges(energy: &mut ChargeEnergy, second: u64) -> bool {
        energy.follow(at(second), ChargeState::C, true, Some(1_800_000_000))
    }

    fn gone(energy: &mut ChargeEnergy, second: u64) -> bool {
        energy.follow(at(second), ChargeState::A, false, None)
    }

    fn charged(energy: &ChargeEnergy) -> i64 {
        energy.charged().unwrap().as_wh()
    }

    /// D-219: begin, end, and at most once an hour.
    #[test]
    fn when_a_vehicle_charges_for_a_day_then_the_record_is_written_rarely() {
        let mut energy = ChargeEnergy::new(EnergyRecord::default(), at(0));
        let mut writes = 0;
        for second in 0..86_400 {
            read(&mut energy, second, 5_000 + i64::try_from(second).unwrap());
            writes += u32::from(charges(&mut energy, second));
        }
        assert_eq!(writes, 1 + 23);
        assert!(gone(&mut energy, 86_400) && !gone(&mut energy, 86_401));
        assert_eq!(energy.noted().phase, ChargePhase::Armed);
        assert_eq!(energy.noted().imported, charged(&energy));
    }

    #[test]
    fn when_there_is_no_meter_then_nothing_is_written() {
        let mut energy = ChargeEnergy::new(EnergyRecord::default(), at(0));
        assert!(!charges(&mut energy, 1) && !gone(&mut energy, 20));
        assert_eq!(energy.charged(), None);
        // The counter comes late: it is the base of the charge.
        assert!(!charges(&mut energy, 30));
        read(&mut energy, 31, 700);
        assert!(charges(&mut energy, 31) && !charges(&mut energy, 32));
        assert_eq!(energy.noted().last_import, Some(700));
        assert_eq!(energy.noted().at, 1_800_000_000);
    }

    /// Meters 10: the charge never shrinks over a restart; the vehicle that is
    /// still there goes on, one that has left begins anew.
    #[test]
    fn when_it_restarts_in_a_charge_then_the_charge_goes_on() {
        let mut energy = ChargeEnergy::new(EnergyRecord::default(), at(0));
        read(&mut energy, 1, 5_000);
        assert!(charges(&mut energy, 1));
        read(&mut energy, 900, 5_800);
        assert!(!charges(&mut energy, 900));
        let mut next = ChargeEnergy::new(energy.noted(), at(0));
        // The charger has not judged the pilot yet.
        assert!(!gone(&mut next, 1));
        read(&mut next, 2, 5_810);
        assert!(!charges(&mut next, 3));
        assert_eq!(charged(&next), 810);
        let mut empty = ChargeEnergy::new(energy.noted(), at(0));
        read(&mut empty, 2, 5_810);
        assert!(!gone(&mut empty, 9) && gone(&mut empty, 10));
        assert!(charges(&mut empty, 60));
        assert_eq!(charged(&empty), 0);
    }

    #[test]
    fn when_the_meter_is_another_one_then_its_counter_is_no_energy() {
        let stored = EnergyRecord {
            phase: ChargePhase::Running,
            imported: 400,
            last_import: Some(1_000),
            ..EnergyRecord::default()
        };
        let mut energy = ChargeEnergy::new(stored, at(0));
        read(&mut energy, 1, 9_000_000);
        read(&mut energy, 2, 9_000_010);
        assert_eq!(charged(&energy), 410);
        energy.change_meter();
        read(&mut energy, 3, 20_000_000);
        read(&mut energy, 4, 20_000_005);
        assert_eq!(charged(&energy), 415);
    }
}
