//! The three buttons: debounced levels, joined with the remote buttons.

use smartevse_core::hardware::ButtonSet;
use smartevse_types::{Duration, Instant};

/// A level counts when it has held for this time.
///
/// Menu specification §5.1: three equal samples of 10 ms.
const BOUNCE: Duration = Duration::from_millis(30);

/// A remote button is released this long after its last message.
///
/// Menu specification §5.7: longer than the 2 s hold.
const REMOTE_HOLD: Duration = Duration::from_secs(4);

/// Changes that wait for the next polls.
const ROOM: usize = 8;

/// A change of the pressed buttons.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Change {
    /// When it happened.
    pub at: Instant,
    /// All pressed buttons.
    pub pressed: ButtonSet,
    /// Those pressed at the device.
    pub local: ButtonSet,
}

/// Remote buttons and when they are released.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Remote {
    pressed: ButtonSet,
    until: Instant,
}

/// Levels of the buttons over time.
#[derive(Clone, Debug, Default)]
pub(super) struct Panel {
    raw: ButtonSet,
    raw_since: Instant,
    stable: ButtonSet,
    remote: Option<Remote>,
    changes: [Option<Change>; ROOM],
    told: ButtonSet,
}

impl Panel {
    /// Takes the levels at the device; bouncing contacts are filtered.
    pub fn levels(&mut self, now: Instant, raw: ButtonSet) {
        self.advance(now);
        if raw != self.raw {
            self.raw = raw;
            self.raw_since = now;
        }
    }

    /// Takes a message of a remote button.
    pub fn remote(&mut self, now: Instant, button: ButtonSet, pressed: bool) {
        self.advance(now);
        let mut set = self.remote.map_or(ButtonSet::empty(), |r| r.pressed);
        set.set(button, pressed);
        self.remote = (!set.is_empty()).then_some(Remote {
            pressed: set,
            until: now + REMOTE_HOLD,
        });
        self.note(now);
    }

    /// Releases the remote buttons.
    pub fn release_remote(&mut self, now: Instant) {
        self.remote = None;
        self.note(now);
    }

    /// The oldest change up to now; each is given once.
    pub fn next(&mut self, now: Instant) -> Option<Change> {
        self.advance(now);
        let first = self.changes.first().copied().flatten();
        if first.is_some() {
            self.changes.rotate_left(1);
            if let Some(last) = self.changes.last_mut() {
                *last = None;
            }
        }
        first
    }

    /// When the buttons can change by themselves; `now` while changes wait.
    pub fn deadline(&self, now: Instant) -> Instant {
        if self.changes.first().is_some_and(Option::is_some) {
            return now;
        }
        let settled = if self.raw == self.stable {
            Instant::FAR_FUTURE
        } else {
            self.raw_since + BOUNCE
        };
        let remote = self.remote.map_or(Instant::FAR_FUTURE, |r| r.until);
        settled.earliest(remote)
    }

    /// Whether a message of a remote button still holds.
    pub const fn is_remote(&self) -> bool {
        self.remote.is_some()
    }

    fn advance(&mut self, now: Instant) {
        let settled = self.raw_since + BOUNCE;
        let released = self.remote.map_or(Instant::FAR_FUTURE, |r| r.until);
        if released <= now && released <= settled {
            self.release_remote(released);
        }
        if self.raw != self.stable && settled <= now {
            self.stable = self.raw;
            self.note(settled);
        }
        if released <= now {
            self.release_remote(released);
        }
    }

    /// Notes a change. When nobody takes changes, the newest one replaces the
    /// one before, so that the levels are right in the end.
    fn note(&mut self, at: Instant) {
        let remote = self.remote.map_or(ButtonSet::empty(), |r| r.pressed);
        let change = Change {
            at,
            pressed: self.stable.union(remote),
            local: self.stable,
        };
        if change.pressed == self.told {
            return;
        }
        self.told = change.pressed;
        let free = self.changes.iter_mut().find(|slot| slot.is_none());
        if let Some(slot) = free {
            *slot = Some(change);
        } else if let Some(last) = self.changes.last_mut() {
            *last = Some(change);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Instant {
        Instant::from_millis(ms)
    }

    /// Menu specification §5.1: contact bounce makes no steps.
    #[test]
    fn when_contacts_bounce_then_one_press_is_told() {
        let mut panel = Panel::default();
        for ms in [0, 10, 20, 30] {
            let raw = if ms % 20 == 0 {
                ButtonSet::LEFT
            } else {
                ButtonSet::empty()
            };
            panel.levels(at(ms), raw);
        }
        panel.levels(at(35), ButtonSet::LEFT);
        assert_eq!(panel.deadline(at(35)), at(65));
        assert_eq!(panel.next(at(64)), None);
        let change = panel.next(at(70)).unwrap();
        assert_eq!((change.at, change.pressed), (at(65), ButtonSet::LEFT));
        assert_eq!(panel.next(at(1000)), None);
        assert_eq!(panel.deadline(at(1000)), Instant::FAR_FUTURE);
    }

    /// A press that ends before the next poll is not lost.
    #[test]
    fn when_polls_are_late_then_press_and_release_are_both_told() {
        let mut panel = Panel::default();
        panel.levels(at(0), ButtonSet::RIGHT);
        panel.levels(at(40), ButtonSet::empty());
        assert_eq!(panel.next(at(100)).unwrap().pressed, ButtonSet::RIGHT);
        assert_eq!(panel.next(at(100)).unwrap().at, at(70));
        assert_eq!(panel.next(at(100)), None);
    }

    /// Menu specification §11: remote presses are merged, and a client that
    /// disappears releases its button after 4 s.
    #[test]
    fn when_a_remote_client_disappears_then_its_button_is_released() {
        let mut panel = Panel::default();
        panel.remote(at(0), ButtonSet::MIDDLE, true);
        panel.levels(at(10), ButtonSet::LEFT);
        let first = panel.next(at(50)).unwrap();
        assert_eq!(
            (first.pressed, first.local),
            (ButtonSet::MIDDLE, ButtonSet::empty())
        );
        let both = panel.next(at(50)).unwrap();
        assert_eq!(both.pressed, ButtonSet::MIDDLE | ButtonSet::LEFT);
        assert_eq!(both.local, ButtonSet::LEFT);
        assert!(panel.is_remote());
        assert_eq!(panel.deadline(at(60)), at(4000));
        assert_eq!(panel.next(at(4000)).unwrap().pressed, ButtonSet::LEFT);
        assert!(!panel.is_remote());
    }

    #[test]
    fn when_nobody_takes_changes_then_the_last_level_is_kept() {
        let mut panel = Panel::default();
        for step in 0..20 {
            panel.remote(at(step), ButtonSet::LEFT, step % 2 == 0);
        }
        let mut last = None;
        while let Some(change) = panel.next(at(30)) {
            last = Some(change);
        }
        assert_eq!(last.unwrap().pressed, ButtonSet::empty());
    }
}
