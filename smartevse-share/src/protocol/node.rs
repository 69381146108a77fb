//! The node's side: answers reads, judges writes, notices silence.

use smartevse_types::{Access, Amps, DeciAmps, Duration, Instant, Seconds};

use super::blocks::{Code, Currents, NodeConfig, NodeStatus, SystemConfig, access_of, mode_of};
use super::cadence::Cadence;
use super::effect::{Effect, Effects, Grant};
use super::registers::Block;
use super::setting::{SettingId, SettingRow};
use super::state::{ErrorBits, NodeState};

/// Silence of the master after which the share is 0 (decision 56: stale when
/// older, raised at the latest at 12 s).
pub const COMM_TIMEOUT: Duration = Duration::from_secs(11);

/// How long a grant may wait for the charging control (I-19).
pub const GRANT_LIFETIME: Duration = Duration::from_secs(4);

/// Most current beside a second master: MIN, the smallest one there is.
const BESIDE_ANOTHER: DeciAmps = DeciAmps::from_deci(60);

/// Longest solar stop timer; s.
const LONGEST_TIMER: u16 = 3600;

/// What the host shows of itself: levels, given with each call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Image {
    /// The status. Its set-point is the one that the pilot really offers; its
    /// capacity is MAX while the cable is unknown in state A; its errors are
    /// the node's own; `config_changed` is not used.
    pub status: NodeStatus,
    /// Settings of this node.
    pub config: NodeConfig,
    /// Settings of the group as this node has them.
    pub system: SystemConfig,
}

/// Reason why an access is refused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Refusal {
    /// Exception 2: registers that do not exist, or a range that leaves its block.
    IllegalAddress,
    /// Exception 3: nothing in it could be accepted.
    IllegalValue,
}

impl Refusal {
    /// The exception code on the wire.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::IllegalAddress => 2,
            Self::IllegalValue => 3,
        }
    }
}

impl core::fmt::Display for Refusal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::IllegalAddress => "no such registers",
            Self::IllegalValue => "nothing acceptable",
        })
    }
}

impl core::error::Error for Refusal {}

/// What became of a write.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Written {
    /// Registers that were accepted: the count in the reply.
    pub accepted: u16,
    /// What the host has to do.
    pub effects: Effects,
}

/// One node on the bus.
///
/// **The calling rule:** call [`Node::poll`] at each change of the charging
/// state and at the latest at [`Node::deadline`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Node {
    /// Place in the broadcast, 1–7.
    index: usize,
    /// When the last broadcast came; at first the start.
    heard: Instant,
    /// Whether there is no master.
    alone: bool,
    /// What the last broadcast gave.
    share: DeciAmps,
    /// LESS_6A as written by the master.
    ordered: ErrorBits,
    grant: Option<(Grant, Instant)>,
    /// EV METER and EV ADR: as they are, and as the master read them last.
    meter: Option<[u16; 2]>,
    told: Option<[u16; 2]>,
    changed: bool,
    cadence: Cadence,
    /// The verdict of the cadence that the host knows.
    beside: bool,
    /// Whether the group's firmware is known to use this table.
    same_table: bool,
}

impl Node {
    /// A node for an address, 2–8; `None` for any other (power share 1).
    #[must_use]
    pub fn new(address: u8, now: Instant) -> Option<Self> {
        let index = usize::from(address.checked_sub(1)?);
        (1..=7).contains(&index).then_some(Self {
            index,
            heard: now,
            alone: false,
            share: DeciAmps::ZERO,
            ordered: ErrorBits::NONE,
            grant: None,
            meter: None,
            told: None,
            changed: false,
            cadence: Cadence::default(),
            beside: false,
            same_table: false,
        })
    }

    /// The same node in a group whose firmware uses this table: it also takes
    /// 0x020A–0x0215 (power share 4.4). Default: no.
    #[must_use]
    pub const fn with_same_table(mut self) -> Self {
        self.same_table = true;
        self
    }

    /// The share that may be offered now; 0 = nothing. It is 0 as soon as the
    /// last broadcast is too old, also between two calls of [`Node::poll`].
    #[must_use]
    pub fn share(&self, now: Instant) -> DeciAmps {
        if self.alone || self.is_silent(now) {
            DeciAmps::ZERO
        } else if self.cadence.is_crowded() {
            self.share.min(BESIDE_ANOTHER)
        } else {
            self.share
        }
    }

    /// The error bits that come from the bus.
    #[must_use]
    pub const fn errors(&self) -> ErrorBits {
        if self.alone {
            self.ordered.with(ErrorBits::CT_NOCOMM)
        } else {
            self.ordered
        }
    }

    /// The grant that counts now: at most 4 s old and still asked for (I-19).
    #[must_use]
    pub fn grant(&self, now: Instant) -> Option<Grant> {
        let (grant, at) = self.grant?;
        (now.since(at) <= GRANT_LIFETIME).then_some(grant)
    }

    /// When [`Node::poll`] has something to do by itself.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        if self.alone {
            return Instant::FAR_FUTURE;
        }
        let silence = self.heard + COMM_TIMEOUT + Duration::from_micros(1);
        let expiry = self.grant.map(|(_, at)| at + GRANT_LIFETIME);
        silence.earliest(expiry.unwrap_or(Instant::FAR_FUTURE))
    }

    /// Notices the charging state, changed settings and the silence of the master.
    pub fn poll(&mut self, image: &Image, now: Instant) -> Effects {
        self.observe(image, now);
        let mut effects = Effects::NONE;
        if !self.alone && self.is_silent(now) {
            self.leave(&mut effects);
        }
        if self.beside != self.cadence.is_crowded() {
            self.beside = self.cadence.is_crowded();
            effects.push(Effect::SecondMaster(self.beside));
            effects.push(Effect::Share(self.share(now)));
        }
        effects
    }

    /// Fills `values` with the registers from `start` on.
    ///
    /// # Errors
    ///
    /// [`Refusal::IllegalAddress`] when the range is no part of one readable block.
    pub fn read(
        &mut self,
        image: &Image,
        start: u16,
        values: &mut [u16],
        now: Instant,
    ) -> Result<(), Refusal> {
        let (block, offset) = Block::of(start, values.len()).ok_or(Refusal::IllegalAddress)?;
        self.observe(image, now);
        if start == Block::Status.start() {
            self.cadence.poll(now);
        }
        match block {
            Block::Status => copy(&self.status(image, now).encode(), offset, values),
            Block::Currents => return Err(Refusal::IllegalAddress),
            Block::NodeConfig => copy(&image.config.words, offset, values),
            Block::SystemConfig => copy(&image.system.words, offset, values),
        }
        if block == Block::NodeConfig
            && start <= 0x0108
            && values.len().saturating_add(offset) == 10
        {
            self.told = self.meter;
        }
        Ok(())
    }

    /// Judges a write; `broadcast` = it was sent to everybody.
    ///
    /// # Errors
    ///
    /// [`Refusal::IllegalAddress`] when the range leaves its block or may not
    /// be written this way, [`Refusal::IllegalValue`] when nothing in it was
    /// acceptable. Nothing has changed then.
    pub fn write(
        &mut self,
        image: &Image,
        start: u16,
        values: &[u16],
        broadcast: bool,
        now: Instant,
    ) -> Result<Written, Refusal> {
        let (block, _) = Block::of(start, values.len()).ok_or(Refusal::IllegalAddress)?;
        match block {
            Block::Currents if broadcast => self.hear(start, values, now),
            Block::NodeConfig if broadcast => Err(Refusal::IllegalAddress),
            Block::Currents => Err(Refusal::IllegalAddress),
            Block::Status | Block::NodeConfig | Block::SystemConfig => {
                self.observe(image, now);
                self.take_all(image, start, values, broadcast, now)
            }
        }
    }

    /// The status as the master sees it.
    ///
    /// A grant shows at once, although the charging control still has to act
    /// on it. The set-point is the higher one of what was heard and what is
    /// offered, so that the master never believes a decrease too early.
    fn status(&self, image: &Image, now: Instant) -> NodeStatus {
        let own = image.status;
        let granted = match self.grant(now) {
            Some(Grant::B) => NodeState::CommBOk,
            Some(Grant::C) => NodeState::CommCOk,
            None => own.state,
        };
        NodeStatus {
            state: granted,
            errors: own.errors.with(self.errors()),
            set_point: own.set_point.max(self.share(now)),
            config_changed: self.changed,
            ..own
        }
    }

    fn is_silent(&self, now: Instant) -> bool {
        now.since(self.heard) > COMM_TIMEOUT
    }

    fn observe(&mut self, image: &Image, now: Instant) {
        let asked = image.status.state.asks();
        let counts = self.grant(now).is_some_and(|grant| asked == Some(grant));
        if !counts {
            self.grant = None;
        }
        let [.., kind, address] = image.config.words;
        let meter = Some([kind, address]);
        if self.meter != meter {
            self.meter = meter;
            self.changed = true;
        }
    }

    fn leave(&mut self, effects: &mut Effects) {
        self.alone = true;
        self.grant = None;
        effects.push(Effect::Share(DeciAmps::ZERO));
        effects.push(Effect::ErrorSet(self.errors()));
    }

    /// Takes a broadcast of currents. Words that no master sends are refused
    /// as a whole: they neither raise a share nor keep one alive (I-20).
    fn hear(&mut self, start: u16, values: &[u16], now: Instant) -> Result<Written, Refusal> {
        if start != Block::Currents.start() {
            return Err(Refusal::IllegalAddress);
        }
        let currents = Currents::decode(values).ok_or(Refusal::IllegalValue)?;
        let share = currents.set_points.get(self.index).copied();
        let share = share.filter(|share| *share <= Currents::MOST);
        let share = share.ok_or(Refusal::IllegalValue)?;
        // Nobody can charge with less than 6 A: it means nothing.
        let is_usable = share >= Amps::from_amps(6).to_deci();
        self.share = if is_usable { share } else { DeciAmps::ZERO };
        self.heard = now;
        let mut effects = Effects::NONE;
        if self.alone {
            self.alone = false;
            effects.push(Effect::ErrorSet(self.errors()));
        }
        effects.push(Effect::Share(self.share(now)));
        if let Some(mains) = currents.mains {
            effects.push(Effect::MainsSeen(mains));
        }
        let accepted = u16::try_from(values.len()).unwrap_or(u16::MAX);
        Ok(Written { accepted, effects })
    }

    fn take_all(
        &mut self,
        image: &Image,
        start: u16,
        values: &[u16],
        broadcast: bool,
        now: Instant,
    ) -> Result<Written, Refusal> {
        let mut written = Written::default();
        for (address, value) in (start..).zip(values.iter().copied()) {
            // A broadcast cannot grant: everybody who asks would take it.
            let taken = match address {
                0x0000 => !broadcast && self.take_state(image, value, now, &mut written.effects),
                0x0001..=0x000B => self.take_status(image, address, value, &mut written.effects),
                _ => self.take_setting(image, address, value, &mut written.effects),
            };
            written.accepted = written.accepted.saturating_add(u16::from(taken));
        }
        if written.accepted == 0 {
            return Err(Refusal::IllegalValue);
        }
        Ok(written)
    }

    /// Register 0x0000: a grant that is asked for, or the state as it is.
    fn take_state(
        &mut self,
        image: &Image,
        value: u16,
        now: Instant,
        effects: &mut Effects,
    ) -> bool {
        if value == self.status(image, now).state.to_word() {
            return true;
        }
        let Some(asked) = image.status.state.asks() else {
            return false;
        };
        let granted = match asked {
            Grant::B => NodeState::CommBOk,
            Grant::C => NodeState::CommCOk,
        };
        if value != granted.to_word() || self.alone {
            return false;
        }
        self.grant = Some((asked, now));
        effects.push(Effect::Granted(asked));
        true
    }

    fn take_status(
        &mut self,
        image: &Image,
        address: u16,
        value: u16,
        effects: &mut Effects,
    ) -> bool {
        match address {
            0x0001 => self.take_errors(ErrorBits::from_word(value), effects),
            0x0003 => take_mode(image, value, effects),
            0x0004 if value <= LONGEST_TIMER => {
                effects.push(Effect::SolarTimer(Seconds::from_secs(u32::from(value))));
                true
            }
            0x0005 => take_access(image, value, effects),
            0x0006 if value == 0 => {
                // Only what the master has read is old news.
                self.changed = self.meter != self.told;
                true
            }
            _ => false,
        }
    }

    /// Register 0x0001: LESS_6A as written; CT_NOCOMM only sets. The node's own
    /// errors are its own: writing back what was read changes nothing.
    fn take_errors(&mut self, errors: ErrorBits, effects: &mut Effects) -> bool {
        let before = self.errors();
        self.ordered = errors.common(ErrorBits::LESS_6A);
        if errors.has(ErrorBits::CT_NOCOMM) && !self.alone {
            self.leave(effects);
        } else if self.errors() != before {
            effects.push(Effect::ErrorSet(self.errors()));
        }
        true
    }

    fn take_setting(
        &mut self,
        image: &Image,
        address: u16,
        value: u16,
        effects: &mut Effects,
    ) -> bool {
        let row = SettingRow::at(address).filter(|row| row.is_certain() || self.same_table);
        let Some(row) = row.filter(|row| row.accepts(value)) else {
            return false;
        };
        if row.id == SettingId::Mode {
            return take_mode(image, value, effects);
        }
        let present = image.config.value(row.id).or(image.system.value(row.id));
        if present != Some(value) {
            effects.push(Effect::Setting(row.id, value));
        }
        true
    }
}

fn copy(words: &[u16], offset: usize, values: &mut [u16]) {
    for (value, word) in values.iter_mut().zip(words.iter().skip(offset)) {
        *value = *word;
    }
}

fn take_mode(image: &Image, value: u16, effects: &mut Effects) -> bool {
    let Code::Known(mode) = mode_of(value) else {
        return false;
    };
    if image.status.mode != Code::Known(mode) {
        effects.push(Effect::Mode(mode));
    }
    true
}

/// Access can be lowered over the bus; a node that is off stays off.
fn take_access(image: &Image, value: u16, effects: &mut Effects) -> bool {
    let present = image.status.access;
    let wanted = access_of(value);
    let Code::Known(access) = wanted else {
        return false;
    };
    if wanted == present {
        return true;
    }
    let is_off = present == Code::Known(Access::Off);
    if !is_off {
        effects.push(Effect::Access(access));
    }
    !is_off
}

#[cfg(test)]
#[path = "node_tests.rs"]
mod tests;
