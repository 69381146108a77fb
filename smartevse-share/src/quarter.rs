//! The average import power of each quarter of an hour (regulation 10.3).

use smartevse_types::{DeciAmps, Duration, Instant, LimitedBy, PerPhase, Sample};

use crate::config::{Config, QuarterPeak};
use crate::constraint::{Constraint, Severity};
use crate::site::Site;

const LENGTH_S: u64 = 900;
const LENGTH: Duration = Duration::from_secs(LENGTH_S);
/// A clock may be off by so much before the window counts as another one.
const TOLERANCE: Duration = Duration::from_secs(30);
/// Nominal voltage, V.
const VOLTS: i64 = 230;

/// One window of a quarter of an hour.
#[derive(Clone, Copy, Debug)]
struct Window {
    start: Instant,
    /// Energy up to `upto`; W·s.
    used: i64,
    upto: Instant,
    /// Power since then; W.
    power: i64,
    /// Register reading in Wh and the energy that belongs to it.
    anchor: Option<(i64, i64)>,
    /// Latest register reading; Wh.
    register: Option<i64>,
}

/// Follows the energy of the present quarter of an hour.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Quarter {
    window: Option<Window>,
    limit: Option<DeciAmps>,
}

impl Quarter {
    /// Takes a new mains sample into account.
    pub(crate) fn observe(
        &mut self,
        config: &Config,
        site: &Site,
        sample: &Sample<PerPhase<DeciAmps>>,
    ) {
        let Some(peak) = config.quarter else {
            *self = Self::default();
            return;
        };
        let at = sample.at;
        let power = counted(&peak, i64::from(sample.value.sum().to_watts().as_watts()));
        let start = self.start_of(site, at);
        let mut window = self.window_at(start, at, &peak);
        window.advance(at, &peak, config.tuning.mains_timeout);
        window.power = power;
        window.read(register(&peak, site));
        self.window = Some(window);
        self.limit = Some(amps(window.allowed(&peak, config, at)));
    }

    /// The limit on the sum of the phases for a sample.
    pub(crate) fn constraint(
        &self,
        sample: &Sample<PerPhase<DeciAmps>>,
        tenths: u16,
    ) -> Option<Constraint> {
        Some(Constraint {
            by: LimitedBy::QuarterPeak,
            severity: Severity::Timed,
            limit: self.limit?,
            load: sample.value.sum(),
            tenths,
            measured: (sample.sequence, sample.at),
        })
    }

    /// Beginning of the window around a moment: by the clock, or by the first
    /// sample while the time is unknown.
    fn start_of(&self, site: &Site, at: Instant) -> Instant {
        if let Some(clock) = site.wall_clock.sample() {
            let seconds = clock.value.saturating_add(at.since(clock.at).as_secs());
            let into = seconds.checked_rem(LENGTH_S).unwrap_or(0);
            return at - Duration::from_secs(into);
        }
        let Some(window) = self.window else { return at };
        let whole = at.since(window.start).as_secs() / LENGTH_S;
        window.start + LENGTH.times(whole)
    }

    /// The window that begins at `start`. What is unknown of it counts as the
    /// limit.
    fn window_at(&self, start: Instant, at: Instant, peak: &QuarterPeak) -> Window {
        let apart = |a: Instant, b: Instant| a.since(b).max(b.since(a));
        let fresh = Window {
            start,
            used: 0,
            upto: start,
            power: limit_of(peak),
            anchor: None,
            register: None,
        };
        match self.window {
            Some(window) if apart(window.start, start) <= TOLERANCE => window,
            Some(window) if apart(window.start + LENGTH, start) <= TOLERANCE => Window {
                upto: window.upto.latest(start).earliest(at),
                power: window.power,
                register: window.register,
                anchor: window.register.map(|register| (register, 0)),
                ..fresh
            },
            Some(_) | None => fresh,
        }
    }
}

impl Window {
    /// Integrates up to `at`; a gap in the data counts as the limit at least.
    fn advance(&mut self, at: Instant, peak: &QuarterPeak, longest: Duration) {
        let span = at.since(self.upto);
        let power = if span > longest {
            self.power.max(limit_of(peak))
        } else {
            self.power
        };
        self.used = self.used.saturating_add(energy(power, span));
        self.upto = at;
    }

    /// A register that moved knows better than the sum of samples.
    fn read(&mut self, register: Option<i64>) {
        let moved = register.filter(|_| register != self.register);
        let first = self.register.is_none();
        self.register = register;
        let Some(reading) = moved else { return };
        match self.anchor {
            Some((begin, used)) if !first => {
                let since = reading.saturating_sub(begin).saturating_mul(3_600);
                self.used = used.saturating_add(since);
            }
            Some(_) | None => self.anchor = Some((reading, self.used)),
        }
    }

    /// Power that may be used until the end of the window; W.
    fn allowed(&self, peak: &QuarterPeak, config: &Config, at: Instant) -> i64 {
        let limit = limit_of(peak);
        let elapsed = seconds(at.since(self.start)).clamp(0, 899);
        let left = limit.saturating_mul(900).saturating_sub(self.used);
        let remaining = 900_i64.saturating_sub(elapsed);
        let allowed = left.checked_div_euclid(remaining).unwrap_or(0);
        // The last seconds must not allow a burst.
        let growth = limit.saturating_mul(2).saturating_mul(elapsed) / 900;
        let mains = i64::from(config.mains.as_amps()).saturating_mul(VOLTS * 3);
        allowed.min(limit.saturating_add(growth)).min(mains)
    }
}

fn limit_of(peak: &QuarterPeak) -> i64 {
    i64::from(peak.limit.as_watts())
}

fn counted(peak: &QuarterPeak, power: i64) -> i64 {
    if peak.gross { power.max(0) } else { power }
}

fn register(peak: &QuarterPeak, site: &Site) -> Option<i64> {
    let import = site.import_energy.sample()?.value.as_wh();
    let export = site.export_energy.sample().filter(|_| !peak.gross);
    let export = export.map_or(0, |sample| sample.value.as_wh());
    Some(import.saturating_sub(export))
}

fn energy(power: i64, span: Duration) -> i64 {
    let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    power.saturating_mul(millis) / 1_000
}

fn seconds(span: Duration) -> i64 {
    i64::try_from(span.as_secs()).unwrap_or(i64::MAX)
}

/// Current, sum of the phases, at nominal voltage.
fn amps(watts: i64) -> DeciAmps {
    let deci = watts.saturating_mul(10).div_euclid(VOLTS);
    DeciAmps::from_deci(i32::try_from(deci).unwrap_or(i32::MIN))
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_types::{WattHours, Watts};

    /// The limit after a minute without measured current in which the
    /// registers moved so many Wh; 0.1 A.
    fn limit_after(imported: Option<i64>, exported: i64, gross: bool) -> Option<i32> {
        let config = Config {
            quarter: Some(QuarterPeak {
                limit: Watts::from_watts(6_000),
                gross,
            }),
            ..Config::default()
        };
        let (mut quarter, mut site) = (Quarter::default(), Site::default());
        for second in (0..=60_u32).step_by(2) {
            let at = Instant::from_secs(1_000) + Duration::from_secs(second.into());
            let part = |sum: i64| WattHours::from_wh(sum.saturating_mul(second.into()) / 60);
            if let Some(imported) = imported {
                site.import_energy.update(part(imported), at);
                site.export_energy.update(part(exported), at);
            }
            let sample = Sample {
                value: PerPhase::splat(DeciAmps::ZERO),
                at,
                sequence: second,
            };
            quarter.observe(&config, &site, &sample);
        }
        quarter.limit.map(DeciAmps::as_deci)
    }

    /// Regulation 10.3: the registers know better than the samples; export
    /// counts unless the limit is gross.
    #[test]
    fn when_there_is_a_register_then_its_energy_counts() {
        // 6 kW · 900 s less what was used, in 840 s, at 230 V.
        assert_eq!(limit_after(None, 0, false), Some(279));
        assert_eq!(limit_after(Some(0), 0, false), Some(279));
        assert_eq!(limit_after(Some(100), 0, false), Some(260));
        assert_eq!(limit_after(Some(100), 100, false), Some(279));
        assert_eq!(limit_after(Some(100), 100, true), Some(260));
    }
}
