//! The orders of a master: levels with a version, and what has left of them.

use smartevse_core::group::MEMBERS;
use smartevse_share::protocol::Orders;
use smartevse_types::{Amps, DeciAmps, Instant, Mode};

/// Versions whose confirmation may still come.
const KEPT: usize = 8;

/// What was ordered in one version.
#[derive(Clone, Copy, Debug, Default)]
struct Page {
    version: u32,
    shares: [DeciAmps; MEMBERS],
}

/// The newest orders and the versions before them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OrderBook {
    orders: Orders,
    /// The shares behind the newest versions; a share is not announced before
    /// its vehicle asked, so it can differ from the set-point.
    pages: [Page; KEPT],
    /// Shares that have left the wire, and since when each one is the same.
    sent: [DeciAmps; MEMBERS],
    sent_at: [Instant; MEMBERS],
    confirmed: bool,
}

impl OrderBook {
    pub(super) const fn orders(&self) -> &Orders {
        &self.orders
    }

    /// Share of a node that has left the wire.
    pub(super) fn sent(&self, index: usize) -> DeciAmps {
        self.sent.get(index).copied().unwrap_or_default()
    }

    /// Since when it is that one.
    pub(super) fn sent_at(&self, index: usize) -> Instant {
        self.sent_at.get(index).copied().unwrap_or_default()
    }

    /// No orders yet: nobody is told anything but what it has already.
    pub(super) fn listen(&mut self, now: Instant, mode: Mode, min: Amps) {
        self.orders = Orders {
            issued: now,
            mode,
            min,
            ..Orders::default()
        };
    }

    /// Whether any orders have left the wire.
    pub(super) const fn has_sent(&self) -> bool {
        self.confirmed
    }

    /// The own share, and since when it is that one.
    pub(super) fn local(&self) -> (DeciAmps, Instant) {
        let [share, ..] = self.sent;
        let [at, ..] = self.sent_at;
        (share, at)
    }

    /// Takes new orders; they get a new version when they differ from the last.
    pub(super) fn write(&mut self, now: Instant, orders: &Orders, shares: &[DeciAmps; MEMBERS]) {
        let [newest, ..] = self.pages;
        let same = newest.version > 0
            && newest.shares == *shares
            && self.orders.set_points == orders.set_points;
        let version = match (same, newest.version.wrapping_add(1)) {
            (true, _) => newest.version,
            // 0 means that there were no orders yet.
            (false, next) => next.max(1),
        };
        if !same {
            let newest = Page {
                version,
                shares: *shares,
            };
            let pages = self.pages.iter_mut();
            pages.fold(newest, |newer, page| core::mem::replace(page, newer));
        }
        self.orders = Orders { version, ..*orders };
        let [local, ..] = *shares;
        self.note(0, local, now);
    }

    /// This version has left the wire: gives the shares in it, unless it is
    /// too old to be known.
    pub(super) fn confirm(&mut self, version: u32, at: Instant) -> Option<[DeciAmps; MEMBERS]> {
        let mut pages = self.pages.iter();
        let page = *pages.find(|page| page.version == version && version > 0)?;
        self.confirmed = true;
        for (index, share) in page.shares.into_iter().enumerate().skip(1) {
            self.note(index, share, at);
        }
        Some(page.shares)
    }

    fn note(&mut self, index: usize, share: DeciAmps, at: Instant) {
        let places = self.sent.get_mut(index).zip(self.sent_at.get_mut(index));
        if let Some((sent, since)) = places.filter(|(sent, _)| **sent != share) {
            (*sent, *since) = (share, at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(deci: [i32; MEMBERS]) -> [DeciAmps; MEMBERS] {
        deci.map(DeciAmps::from_deci)
    }

    #[test]
    fn when_nothing_changes_then_the_version_stays() {
        let mut book = OrderBook::default();
        let (a, b) = (shares([60; MEMBERS]), shares([80; MEMBERS]));
        let now = Instant::from_secs(1);
        book.write(now, &Orders::default(), &a);
        book.write(now, &Orders::default(), &a);
        assert_eq!(book.orders().version, 1);
        book.write(now, &Orders::default(), &b);
        assert_eq!(book.orders().version, 2);
        assert_eq!((book.sent(1), book.local().0), (DeciAmps::ZERO, b[0]));
        let at = Instant::from_secs(3);
        assert_eq!(book.confirm(1, at), Some(a));
        assert_eq!((book.sent(1), book.sent_at(1)), (a[1], at));
        assert_eq!(book.confirm(7, at), None);
    }
}
