//! One charger's end of the simulated line.

use smartevse::log::Recorder;
use smartevse::meter_line::{LineAction, LineEnd};
use smartevse::site_line::{MeterChoice, SiteLine, site_line};
use smartevse_core::command::Origin;
use smartevse_sim::rs485::{Line, Party, Tap};
use smartevse_types::Instant;

use super::MOMENT;
use crate::engine::LogFile;

/// The place of a charger on the line, with what its role says there.
pub struct End {
    tap: Tap,
    line: Option<SiteLine>,
    choice: Option<MeterChoice>,
    /// The orders that the line knows.
    version: u32,
    due: Instant,
}

impl End {
    /// The end of an EVSE, counted from 0.
    pub fn new(evse: usize) -> Self {
        Self {
            tap: Tap::new(Party(evse), Instant::ZERO),
            line: None,
            choice: None,
            version: 0,
            due: Instant::ZERO,
        }
    }

    /// When it wants a turn.
    pub fn next(&self, wire: &Line) -> Instant {
        self.due.earliest(self.tap.deadline(wire))
    }

    /// New orders leave at once.
    pub fn notice_orders(&mut self, now: Instant, evse: &Recorder<LogFile>) {
        if self.version != evse.station().manager().orders().version {
            self.due = now;
        }
    }

    /// Hears what is new on the line, and says what is due.
    pub fn serve(&mut self, now: Instant, evse: &mut Recorder<LogFile>, wire: &mut Line) {
        if now < self.next(wire) {
            return;
        }
        self.follow_settings(now, evse);
        self.tap.release(wire, now);
        self.hear(now, evse, wire);
        // Nobody gets two turns at the same moment.
        self.due = self.act(now, evse, wire).latest(now + MOMENT);
    }

    /// Another role makes the line anew. The meters of a simulated group are
    /// not on its line.
    fn follow_settings(&mut self, now: Instant, evse: &Recorder<LogFile>) {
        let choice = MeterChoice {
            mains: (0, 0),
            ev: (0, 0),
            ..MeterChoice::of(evse.station().snapshot().in_force)
        };
        if self.choice.replace(choice) != Some(choice) {
            self.line = site_line(choice, now);
        }
    }

    fn hear(&mut self, now: Instant, evse: &Recorder<LogFile>, wire: &Line) {
        let station = evse.station();
        let feed = station.manager().line_feed(&station.status());
        self.version = feed.orders.version;
        let (sent, heard) = (self.tap.sent(now), self.tap.listen(wire, now));
        let Some(line) = &mut self.line else {
            return;
        };
        line.feed(&feed);
        if let Some(end) = sent {
            line.transmitted(end);
        }
        if let Some((last, bytes)) = heard {
            line.receive(last, bytes);
        }
    }

    /// Does everything that is due; gives when the next thing is.
    fn act(&mut self, now: Instant, evse: &mut Recorder<LogFile>, wire: &mut Line) -> Instant {
        while let Some(line) = &mut self.line {
            match line.poll(now) {
                LineAction::Transmit { frame, .. } => return self.tap.send(wire, now, frame),
                LineAction::Listen { until } if until > now => return until,
                LineAction::Fact(event) => evse.event(event),
                LineAction::Wish(wish) => {
                    // The bus has no way to be told why it was refused.
                    let _ = evse.command(now, Origin::Bus, wish);
                }
                LineAction::Listen { .. } | LineAction::Failed(..) | LineAction::Reconnect => {}
            }
        }
        Instant::FAR_FUTURE
    }
}
