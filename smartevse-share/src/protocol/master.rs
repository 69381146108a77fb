//! The master's side: what to send next, and what the answers mean.

use smartevse_types::{DeciAmps, Duration, Instant};

use super::blocks::{Currents, NodeStatus, SystemConfig};
use super::effect::Grant;
use super::link::{ConfigStep, Link, NodeReport, Presence};
use super::orders::{Orders, SentOrders};
use super::registers::Block;
use super::transaction::{
    BROADCAST_UNIT, Importance, LinkError, MAX_WORDS, Operation, Tag, Transaction,
};
use super::update::{Situation, Update, update_of};

/// Nodes on a bus.
pub const NODES: usize = 7;

/// EVSEs of a group: the master and its nodes.
pub const GROUP: usize = 8;

/// Time between two polls of a node (power share 5.1).
pub const ROUND: Duration = Duration::from_secs(2);

/// Longest time between two broadcasts of the currents (power share 5.1).
pub const BROADCAST_PERIOD: Duration = Duration::from_secs(2);

/// Shortest time between two broadcasts, also when a current has to come down.
const BROADCAST_GAP: Duration = Duration::from_millis(300);

/// Time after which a transaction is given up: its fate stays open.
const GIVE_UP: Duration = Duration::from_secs(2);

/// The same for a broadcast, which only has to leave: without confirmations
/// there is still time for polls.
const GIVE_UP_BROADCAST: Duration = Duration::from_millis(500);

/// After this time every node that heard another master has stopped
/// (power share 6.2).
const SETTLE: Duration = Duration::from_secs(20);

/// How long a second master counts as present.
const CONFLICT: Duration = Duration::from_secs(60);

/// Times that the settings are sent; nobody confirms a broadcast.
const SETTINGS_REPEATS: u8 = 2;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Purpose {
    Currents,
    Settings,
    /// A poll of the node at this place of `links`.
    Status(usize),
    Update(usize, Update),
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Flight {
    tag: Tag,
    purpose: Purpose,
    since: Instant,
}

/// The master of a group on one bus.
///
/// **The calling rule:** when the line is free, ask [`Master::next`]; call
/// [`Master::sent`] when a transaction has left the wire and, unless it is a
/// broadcast, [`Master::answer`] with its outcome. One is under way at a time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Master {
    links: [Link; NODES],
    orders: Orders,
    sent: SentOrders,
    /// What the newest broadcast carried, its version, and when it was handed out.
    carried: Option<(Tag, u32, [DeciAmps; GROUP], Instant)>,
    /// The grant whose fate is open, by place of its node.
    open_grants: [Option<Tag>; NODES],
    settings: Option<SystemConfig>,
    settings_left: u8,
    flight: Option<Flight>,
    tag: Tag,
    started: Instant,
    probe_due: Instant,
    probe_place: usize,
    /// Until when a second master counts as present.
    conflict: Instant,
}

impl Master {
    /// A master that has just started and knows nobody.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self {
            links: [Link::default(); NODES],
            orders: Orders::default(),
            sent: SentOrders::default(),
            carried: None,
            open_grants: [None; NODES],
            settings: None,
            settings_left: 0,
            flight: None,
            tag: Tag::default(),
            started: now,
            probe_due: now,
            probe_place: 0,
            conflict: Instant::ZERO,
        }
    }

    /// Takes the newest orders. Levels: call it at least every few seconds,
    /// orders older than [`ORDERS_MAX_AGE`](super::ORDERS_MAX_AGE) are 0.
    pub fn set_orders(&mut self, orders: Orders) {
        if orders.mode != self.orders.mode {
            self.links.iter_mut().for_each(Link::mode_ordered);
        }
        self.orders = orders;
    }

    /// Sends the settings of the group to all, as after each save (power share 4.4).
    pub fn announce(&mut self, settings: SystemConfig) {
        self.settings = Some(settings);
        self.settings_left = SETTINGS_REPEATS;
    }

    /// Somebody else's request or broadcast was heard: there is a second
    /// master. For a minute nobody is given more than MIN (power share 6.2).
    pub fn overheard(&mut self, now: Instant) {
        self.conflict = now + CONFLICT;
    }

    /// Whether a second master was heard in the last minute: a configuration error.
    #[must_use]
    pub fn has_conflict(&self, now: Instant) -> bool {
        now < self.conflict
    }

    /// What is known about Node 1–7 (`index`); the default for any other.
    #[must_use]
    pub fn report(&self, index: usize) -> NodeReport {
        self.link(index).map(|link| link.report).unwrap_or_default()
    }

    /// Upper bound of what Node 1–7 may draw now: every set-point that it may
    /// still follow, the time of the vehicle, the reservation of a lost node
    /// (power share 6.2, 9.2). Only meaningful once [`Master::is_settled`].
    #[must_use]
    pub fn exposure(&self, index: usize, now: Instant) -> DeciAmps {
        let level = self
            .link(index)
            .map(|link| link.exposure(self.orders.min, now));
        level.unwrap_or_default()
    }

    /// The broadcasts that have left the wire.
    #[must_use]
    pub const fn orders_sent(&self) -> SentOrders {
        self.sent
    }

    /// Whether everybody who may be charging is known: all seven addresses
    /// answered, or 20 s have passed since the start. Before, nothing is
    /// granted and no set-point rises above what its node reports.
    #[must_use]
    pub fn is_settled(&self, now: Instant) -> bool {
        let all_answer = self.links.iter().all(|link| link.report.is_online());
        all_answer || now.since(self.started) >= SETTLE
    }

    /// When [`Master::next`] has something to send by itself. Ask it as well
    /// after each answer and after new orders.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        if let Some(flight) = self.flight {
            return flight.since + patience(flight.purpose);
        }
        if self.settings_left > 0 {
            return self.started;
        }
        let polls = self.links.iter().filter(|link| !is_offline(link));
        let poll = polls.map(|link| link.due).min();
        let due = self
            .carried
            .map_or(self.started, |(.., at)| at + BROADCAST_PERIOD);
        let broadcast = if self.broadcasts() {
            due
        } else {
            Instant::FAR_FUTURE
        };
        poll.unwrap_or(Instant::FAR_FUTURE)
            .earliest(self.probe_due)
            .earliest(broadcast)
    }

    /// What to send now; `None` while one is under way or nothing is due.
    ///
    /// A current that has to come down goes first, then the broadcast, then
    /// grants and corrections, then polls: at most one correction follows a
    /// poll, so nothing starves.
    pub fn next(&mut self, now: Instant) -> Option<Transaction> {
        if let Some(flight) = self.flight {
            if now.since(flight.since) < patience(flight.purpose) {
                return None;
            }
            self.give_up(flight, now);
        }
        let purpose = self.pick(now)?;
        Some(self.hand_out(purpose, now))
    }

    /// A transaction has left the wire at `now`.
    ///
    /// For a broadcast this is the end. A confirmation of the newest broadcast
    /// also counts when it comes late.
    pub fn sent(&mut self, tag: Tag, now: Instant) {
        self.confirm_currents(tag, now);
        self.confirm_grant(tag);
        let purpose = self.flight.filter(|flight| flight.tag == tag);
        if purpose.is_some_and(|flight| is_broadcast(flight.purpose)) {
            self.flight = None;
        }
    }

    /// The outcome of a transaction; `Ok` has the registers of a read and is
    /// empty after a write. An answer that nobody waits for is dropped.
    pub fn answer(&mut self, tag: Tag, result: Result<&[u16], LinkError>, now: Instant) {
        self.confirm_grant(tag);
        let Some(flight) = self.flight.filter(|flight| flight.tag == tag) else {
            return;
        };
        self.flight = None;
        match flight.purpose {
            Purpose::Currents | Purpose::Settings => {}
            Purpose::Status(place) => self.take_status(place, result, (flight.since, now)),
            Purpose::Update(place, update) => self.take_update(place, update, result),
        }
    }

    fn link(&self, index: usize) -> Option<&Link> {
        self.links.get(index.checked_sub(1)?)
    }

    fn pick(&mut self, now: Instant) -> Option<Purpose> {
        if self.broadcast_is_due(now) {
            return Some(Purpose::Currents);
        }
        if let Some((place, update)) = self.pick_update(now) {
            return Some(Purpose::Update(place, update));
        }
        if self.settings_left > 0 {
            return Some(Purpose::Settings);
        }
        self.pick_poll(now).map(Purpose::Status)
    }

    /// Whether there is something to broadcast at all (power share 5.1).
    const fn broadcasts(&self) -> bool {
        self.orders.version > 0 && !self.orders.mains_lost
    }

    fn broadcast_is_due(&self, now: Instant) -> bool {
        if !self.broadcasts() {
            return false;
        }
        let Some((_, _, carried, at)) = self.carried else {
            // Who charges is asked first, so that a restart stops nobody.
            let asked = |link: &Link| link.due > Instant::ZERO;
            return self.links.iter().all(asked);
        };
        let pairs = carried.into_iter().zip(self.currents(now));
        let falls = pairs.into_iter().any(|(before, next)| next < before);
        let wait = if falls {
            BROADCAST_GAP
        } else {
            BROADCAST_PERIOD
        };
        now.since(at) >= wait
    }

    /// Grants first, then whatever else a fresh status asks for.
    fn pick_update(&self, now: Instant) -> Option<(usize, Update)> {
        let updates = |place: usize| {
            let link = self.links.get(place)?;
            let update = update_of(link, &self.situation(place, now))?;
            Some((place, update))
        };
        let grants = |found: &(usize, Update)| matches!(found.1, Update::Grant(..));
        let granted = (0..NODES).filter_map(updates).find(grants);
        granted.or_else(|| (0..NODES).find_map(updates))
    }

    fn situation(&self, place: usize, now: Instant) -> Situation<'_> {
        let index = place.saturating_add(1);
        Situation {
            orders: &self.orders,
            index,
            allowed: self.allowed(index),
            next: self.current(index, now),
            may_grant: self.is_settled(now),
            now,
        }
    }

    /// What the last broadcast gave, if nothing newer is open.
    fn allowed(&self, index: usize) -> Option<DeciAmps> {
        let is_certain = self.sent.at.is_some() && !self.sent.loose;
        let sent = self.sent.set_points.get(index).copied();
        sent.filter(|_| is_certain)
    }

    /// The poll that is most overdue; one lost node is tried in each round.
    fn pick_poll(&mut self, now: Instant) -> Option<usize> {
        let polls = self.links.iter().enumerate();
        let due = polls.filter(|(_, link)| !is_offline(link) && link.due <= now);
        let first = due.min_by_key(|(_, link)| link.due).map(|(place, _)| place);
        if first.is_some() || now < self.probe_due {
            return first;
        }
        self.probe_due = now + ROUND;
        for _ in 0..NODES {
            self.probe_place = self.probe_place.saturating_add(1).checked_rem(NODES)?;
            if self.links.get(self.probe_place).is_some_and(is_offline) {
                return Some(self.probe_place);
            }
        }
        None
    }

    /// The set-points that may be broadcast now.
    fn currents(&self, now: Instant) -> [DeciAmps; GROUP] {
        core::array::from_fn(|index| self.current(index, now))
    }

    fn current(&self, index: usize, now: Instant) -> DeciAmps {
        let mut ordered = self.orders.set_point(index, now);
        if self.has_conflict(now) {
            ordered = ordered.min(self.orders.min.to_deci());
        }
        let Some(link) = self.link(index) else {
            return ordered;
        };
        let report = &link.report;
        if !report.is_online() || report.duplicate || report.rogue {
            DeciAmps::ZERO
        } else if self.is_settled(now) {
            ordered
        } else {
            ordered.min(report.status.set_point)
        }
    }

    fn hand_out(&mut self, purpose: Purpose, now: Instant) -> Transaction {
        self.tag = self.tag.following();
        self.flight = Some(Flight {
            tag: self.tag,
            purpose,
            since: now,
        });
        match purpose {
            Purpose::Currents => self.hand_out_currents(now),
            Purpose::Settings => self.hand_out_settings(now),
            Purpose::Status(place) => self.hand_out_poll(place, now),
            Purpose::Update(place, update) => self.hand_out_update(place, update, now),
        }
    }

    fn hand_out_currents(&mut self, now: Instant) -> Transaction {
        let set_points = self.currents(now);
        let before = self
            .carried
            .map_or(set_points, |(_, _, carried, _)| carried);
        let falls = before.iter().zip(&set_points).any(|(old, new)| new < old);
        self.carried = Some((self.tag, self.orders.version, set_points, now));
        self.sent.loose = true;
        for (link, word) in self.links.iter_mut().zip(set_points.into_iter().skip(1)) {
            link.exposure.hand_out(word, now);
        }
        let mains = self.orders.mains;
        let (words, count) = Currents { set_points, mains }.encode();
        let importance = if falls {
            Importance::Urgent
        } else {
            Importance::Regular
        };
        let start = Block::Currents.start();
        let write = (
            Operation::WriteMultiple,
            start,
            words.get(..count).unwrap_or(&[]),
        );
        self.transaction(BROADCAST_UNIT, write, importance, now)
    }

    fn hand_out_settings(&mut self, now: Instant) -> Transaction {
        self.settings_left = self.settings_left.saturating_sub(1);
        let words = self.settings.unwrap_or_default().words;
        let write = (
            Operation::WriteMultiple,
            Block::SystemConfig.start(),
            words.as_slice(),
        );
        self.transaction(BROADCAST_UNIT, write, Importance::Background, now)
    }

    fn hand_out_poll(&mut self, place: usize, now: Instant) -> Transaction {
        let mut count = Block::Status.size();
        if let Some(link) = self.links.get_mut(place) {
            link.due = now + ROUND;
            if link.short {
                count = 8;
            }
        }
        self.read(place, Block::Status.start(), count, now)
    }

    fn hand_out_update(&mut self, place: usize, update: Update, now: Instant) -> Transaction {
        if let Some(link) = self.links.get_mut(place) {
            link.fresh = false;
            if matches!(update, Update::Grant(Grant::C, _)) {
                link.exposure.grant(now);
            }
        }
        if let (Update::Grant(..), Some(open)) = (update, self.open_grants.get_mut(place)) {
            *open = Some(self.tag);
        }
        let Some((start, words, count)) = update.words() else {
            return self.read(place, 0x0108, 2, now);
        };
        let operation = if count == 1 {
            Operation::WriteSingle
        } else {
            Operation::WriteMultiple
        };
        let words = words.get(..usize::from(count)).unwrap_or(&[]);
        self.transaction(
            unit_of(place),
            (operation, start, words),
            Importance::Regular,
            now,
        )
    }

    fn read(&self, place: usize, start: u16, count: u16, now: Instant) -> Transaction {
        let read = (Operation::Read, start, [].as_slice());
        let mut transaction = self.transaction(unit_of(place), read, Importance::Regular, now);
        transaction.count = count;
        transaction
    }

    fn transaction(
        &self,
        unit: u8,
        (operation, start, values): (Operation, u16, &[u16]),
        importance: Importance,
        now: Instant,
    ) -> Transaction {
        let mut words = [0; MAX_WORDS];
        for (word, value) in words.iter_mut().zip(values) {
            *word = *value;
        }
        Transaction {
            tag: self.tag,
            unit,
            operation,
            start,
            count: u16::try_from(values.len()).unwrap_or_default(),
            deadline: now + GIVE_UP,
            importance,
            words,
        }
    }

    /// Nobody told what became of it: a poll counts as missed, anything else
    /// may have been heard and stays open.
    fn give_up(&mut self, flight: Flight, now: Instant) {
        self.flight = None;
        if let Purpose::Status(place) = flight.purpose {
            self.take_status(place, Err(LinkError::Timeout), (flight.since, now));
        }
    }

    fn confirm_currents(&mut self, tag: Tag, now: Instant) {
        let Some((newest, version, set_points, _)) = self.carried else {
            return;
        };
        // The first confirmation counts, and only that of the newest one.
        if newest != tag || !self.sent.loose {
            return;
        }
        self.sent = SentOrders {
            version,
            set_points,
            at: Some(now),
            loose: false,
        };
        for (link, word) in self.links.iter_mut().zip(set_points.into_iter().skip(1)) {
            link.exposure.sent(word, now);
        }
    }

    fn confirm_grant(&mut self, tag: Tag) {
        for (open, link) in self.open_grants.iter_mut().zip(&mut self.links) {
            if *open == Some(tag) {
                *open = None;
                link.exposure.grant_left();
            }
        }
    }

    fn take_status(
        &mut self,
        place: usize,
        result: Result<&[u16], LinkError>,
        times: (Instant, Instant),
    ) {
        let allowed = self.allowed(place.saturating_add(1));
        let mode = self.orders.mode;
        let Some(link) = self.links.get_mut(place) else {
            return;
        };
        match result.map(NodeStatus::decode) {
            Ok(Some(status)) => link.take(status, times, allowed, mode),
            Ok(None) | Err(LinkError::Corrupt) => {
                link.report.corrupt = link.report.corrupt.saturating_add(1);
                link.miss(times.1);
            }
            Err(LinkError::Exception(code)) => {
                link.short |= code == 2;
                link.miss(times.1);
            }
            Err(LinkError::Timeout) => {
                link.miss(times.1);
            }
        }
    }

    fn take_update(&mut self, place: usize, update: Update, result: Result<&[u16], LinkError>) {
        let Some(link) = self.links.get_mut(place) else {
            return;
        };
        match (update, result) {
            (Update::ReadConfig, Ok(&[kind, address])) => {
                let [[_, kind], [_, address]] = [kind.to_be_bytes(), address.to_be_bytes()];
                link.report.ev_meter = Some((kind, address));
                let is_flagged = link.report.status.config_changed;
                link.config = if is_flagged {
                    ConfigStep::Clear
                } else {
                    ConfigStep::Done
                };
                // The flag can be cleared with the same status.
                link.fresh = is_flagged;
            }
            (Update::ClearChanged, Ok(_)) => link.config = ConfigStep::Done,
            _ => {}
        }
    }
}

const fn is_broadcast(purpose: Purpose) -> bool {
    matches!(purpose, Purpose::Currents | Purpose::Settings)
}

const fn patience(purpose: Purpose) -> Duration {
    if is_broadcast(purpose) {
        GIVE_UP_BROADCAST
    } else {
        GIVE_UP
    }
}

const fn is_offline(link: &Link) -> bool {
    matches!(link.report.presence, Presence::Offline(_))
}

/// Unit address of a place: Node 1 is unit 2.
fn unit_of(place: usize) -> u8 {
    u8::try_from(place.saturating_add(2)).unwrap_or(BROADCAST_UNIT)
}

#[cfg(test)]
#[path = "master_tests.rs"]
mod tests;
