//! The readings of the meters on one line: what is asked, what comes of it.

use std::time;

use smartevse_core::event::{Fact, MeterReading};
use smartevse_meters::bus::{Bus, BusConfig, Job, Report};
use smartevse_meters::profile::Parity;
use smartevse_meters::reading::{ReadKind, Values, decode_read, plan_read};
use smartevse_meters::transaction::Tag;
use smartevse_types::{Duration, Instant};

use super::{MeterLine, MeterOnLine, Role};
use crate::desk::Desk;
use crate::spec::LineSpec;

/// Time by which USB adapters hand over bytes late.
const SLACK: Duration = Duration::from_millis(20);

/// What is asked of every meter: kind, period, largest age.
const ASKED: [(ReadKind, Duration, Duration); 4] = [
    (
        ReadKind::Currents,
        Duration::from_secs(1),
        Duration::from_secs(11),
    ),
    (
        ReadKind::Power,
        Duration::from_secs(5),
        Duration::from_secs(30),
    ),
    (
        ReadKind::Import,
        Duration::from_secs(10),
        Duration::from_secs(60),
    ),
    (
        ReadKind::Export,
        Duration::from_secs(30),
        Duration::from_secs(120),
    ),
];

/// The meters of one line and the line's clock.
#[derive(Debug)]
pub struct Readings {
    meters: Vec<MeterOnLine>,
    origin: time::Instant,
}

impl Readings {
    /// Makes the engine of a line with all its questions.
    ///
    /// # Errors
    ///
    /// One sentence on a question that cannot be asked.
    pub fn prepare(line: &MeterLine) -> Result<(Bus, Self), String> {
        let bits = if line.needs_even_parity() { 11 } else { 10 };
        let config = match line.line {
            LineSpec::Serial { baud, .. } => BusConfig::rtu(baud, bits).with_slack(SLACK),
            LineSpec::Tcp { .. } => BusConfig::tcp(),
        };
        let mut bus = Bus::new(config);
        for (index, meter) in line.meters.iter().enumerate() {
            for (question, (kind, period, max_age)) in ASKED.into_iter().enumerate() {
                let tag = tag_of(index, question);
                let Ok(transaction) = plan_read(meter.meter, kind, tag, meter.address) else {
                    // The meter has no such reading.
                    continue;
                };
                let job = Job::new(transaction, period, max_age);
                let is_mains = meter.role == Role::Mains && kind == ReadKind::Currents;
                bus.add(if is_mains { job.for_mains() } else { job })
                    .map_err(|why| format!("{}: {why}", line.line))?;
            }
        }
        let readings = Self {
            meters: line.meters.clone(),
            origin: time::Instant::now(),
        };
        Ok((bus, readings))
    }

    /// The line's time.
    #[must_use]
    pub fn now(&self) -> Instant {
        let elapsed = self.origin.elapsed().as_micros();
        // A margin at the beginning, because the engine looks back a little.
        Instant::from_secs(60) + Duration::from_micros(u64::try_from(elapsed).unwrap_or(u64::MAX))
    }

    /// The operating system's time of a moment of the line; at most a minute
    /// ahead.
    #[must_use]
    pub fn until(&self, moment: Instant) -> time::Instant {
        let wait = moment.since(self.now()).min(Duration::from_secs(60));
        time::Instant::now() + time::Duration::from_micros(wait.as_micros())
    }

    /// Takes the outcome of a question.
    pub fn take(&self, report: &Report<'_>, desk: &Desk) {
        let (index, question) = asked_by(report.transaction.tag());
        let (Some(meter), Some((kind, ..))) = (self.meters.get(index), ASKED.get(question)) else {
            return;
        };
        let values = report
            .result
            .map_err(Into::into)
            .and_then(|registers| decode_read(meter.meter, *kind, registers.bytes()));
        match values {
            Ok(values) => {
                meter.shared.update(|status| {
                    status.replies += 1;
                    status.last_reply = Some(time::Instant::now());
                });
                let age = self.now().since(report.at);
                let at = time::Instant::now() - time::Duration::from_micros(age.as_micros());
                desk.report_blocking(at, fact(meter.role, &values));
            }
            Err(why) => meter.shared.update(|status| {
                status.errors += 1;
                status.last_error = Some(why.to_string());
            }),
        }
    }
}

fn tag_of(meter: usize, question: usize) -> Tag {
    Tag::new(u16::try_from(meter * ASKED.len() + question).unwrap_or(u16::MAX))
}

fn asked_by(tag: Tag) -> (usize, usize) {
    let number = usize::from(tag.number());
    (number / ASKED.len(), number % ASKED.len())
}

fn fact(role: Role, values: &Values) -> Fact {
    let reading = MeterReading {
        currents: values.deci_amps(),
        power: values.power,
        import: values.import,
        export: values.export,
    };
    match role {
        Role::Mains => Fact::Mains(reading),
        Role::Ev => Fact::EvMeter(reading),
    }
}

impl MeterLine {
    /// Whether a meter on this line needs 8E1 instead of 8N1.
    #[must_use]
    pub fn needs_even_parity(&self) -> bool {
        self.meters.iter().any(|on_line| {
            let profile = on_line.meter.profile();
            profile.is_some_and(|profile| profile.parity == Parity::Even)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_a_tag_is_made_then_it_leads_back() {
        for meter in 0..2 {
            for question in 0..ASKED.len() {
                assert_eq!(asked_by(tag_of(meter, question)), (meter, question));
            }
        }
    }
}
