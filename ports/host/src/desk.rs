//! Where front ends meet the control thread: wishes and facts go in through
//! bounded channels, a published view comes out.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use smartevse_core::command::{Accepted, Command, Origin, Refused};
use smartevse_core::event::Fact;
use smartevse_menu::remote::ButtonMessage;
use tokio::sync::{mpsc, oneshot};

use crate::panel::Hand;
use crate::plant::PlantChange;
use crate::sessions::Sessions;
use crate::view::{HistoryPoint, View};

/// Facts that may wait for the control thread.
const FACTS: usize = 64;

/// Messages of buttons that may wait.
const PRESSES: usize = 8;

/// Seconds of history.
pub const HISTORY: usize = 300;

/// A wish that waits for its answer.
pub struct Wish {
    /// What is wished.
    pub command: Command,
    /// Where the answer goes.
    pub reply: oneshot::Sender<Result<Accepted, Refused>>,
}

/// A fact with the moment at which it was true.
pub struct Report {
    /// When it was true.
    pub at: Instant,
    /// What was true.
    pub fact: Fact,
    /// Told when it is taken over and visible.
    pub done: Option<oneshot::Sender<()>>,
}

/// A change of the simulated site that waits to be done.
pub struct Change {
    /// What changes.
    pub change: PlantChange,
    /// Told when it is done and visible.
    pub done: oneshot::Sender<()>,
}

/// A button that was pressed or released.
pub struct Press {
    /// Whose button.
    pub hand: Hand,
    /// What happened.
    pub message: ButtonMessage,
    /// Told when it is taken over.
    pub done: oneshot::Sender<()>,
}

/// What the control thread publishes.
#[derive(Default)]
struct Published {
    view: Mutex<Arc<View>>,
    history: Mutex<VecDeque<HistoryPoint>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The front ends' side.
#[derive(Clone)]
pub struct Desk {
    rest: mpsc::Sender<Wish>,
    button: mpsc::Sender<Wish>,
    facts: mpsc::Sender<Report>,
    changes: mpsc::Sender<Change>,
    presses: mpsc::Sender<Press>,
    /// Who may use the remote display.
    pub sessions: Arc<Sessions>,
    published: Arc<Published>,
}

/// The control thread's side.
pub struct DeskEnd {
    slots: [(Origin, mpsc::Receiver<Wish>); 2],
    facts: mpsc::Receiver<Report>,
    changes: mpsc::Receiver<Change>,
    presses: mpsc::Receiver<Press>,
    published: Arc<Published>,
}

/// Makes both sides.
#[must_use]
pub fn open() -> (Desk, DeskEnd) {
    // One slot per origin, so that no front end can starve another.
    let (rest, from_rest) = mpsc::channel(1);
    let (button, from_button) = mpsc::channel(1);
    let (facts, from_facts) = mpsc::channel(FACTS);
    let (changes, from_changes) = mpsc::channel(1);
    let (presses, from_presses) = mpsc::channel(PRESSES);
    let published = Arc::new(Published::default());
    let desk = Desk {
        rest,
        button,
        facts,
        changes,
        presses,
        sessions: Arc::default(),
        published: Arc::clone(&published),
    };
    let end = DeskEnd {
        slots: [(Origin::Button, from_button), (Origin::Rest, from_rest)],
        facts: from_facts,
        changes: from_changes,
        presses: from_presses,
        published,
    };
    (desk, end)
}

impl Desk {
    /// Hands a wish of the network interface over and waits for its answer.
    ///
    /// # Errors
    ///
    /// The rule that denies it, or `Busy` while the program ends.
    pub async fn wish(&self, command: Command) -> Result<Accepted, Refused> {
        hand_over(&self.rest, command).await
    }

    /// Presses the key of the simulated charger.
    ///
    /// # Errors
    ///
    /// The rule that denies it, or `Busy` while the program ends.
    pub async fn press_key(&self) -> Result<Accepted, Refused> {
        hand_over(&self.button, Command::KeyPress).await
    }

    /// Reports a fact that is true now and waits until it is visible.
    pub async fn report(&self, fact: Fact) {
        let (done, wait) = oneshot::channel();
        let report = Report {
            at: Instant::now(),
            fact,
            done: Some(done),
        };
        if self.facts.send(report).await.is_ok() {
            // An error says that the program ends.
            let _ = wait.await;
        }
    }

    /// Reports a fact that was true at a moment, from a thread of its own.
    pub fn report_blocking(&self, at: Instant, fact: Fact) {
        let report = Report {
            at,
            fact,
            done: None,
        };
        // The control thread ends only with the program.
        let _ = self.facts.blocking_send(report);
    }

    /// Changes the simulated site and waits until that is visible.
    pub async fn change(&self, change: PlantChange) {
        let (done, wait) = oneshot::channel();
        if self.changes.send(Change { change, done }).await.is_ok() {
            // An error says that the program ends.
            let _ = wait.await;
        }
    }

    /// Presses or releases a button and waits until that is taken over.
    pub async fn press(&self, hand: Hand, message: ButtonMessage) {
        let (done, wait) = oneshot::channel();
        let press = Press {
            hand,
            message,
            done,
        };
        if self.presses.send(press).await.is_ok() {
            // An error says that the program ends.
            let _ = wait.await;
        }
    }

    /// The latest view.
    #[must_use]
    pub fn view(&self) -> Arc<View> {
        Arc::clone(&lock(&self.published.view))
    }

    /// One point per second, the oldest first.
    #[must_use]
    pub fn history(&self) -> Vec<HistoryPoint> {
        lock(&self.published.history).iter().copied().collect()
    }
}

async fn hand_over(slot: &mpsc::Sender<Wish>, command: Command) -> Result<Accepted, Refused> {
    let (reply, answer) = oneshot::channel();
    if slot.send(Wish { command, reply }).await.is_err() {
        return Err(Refused::Busy);
    }
    answer.await.unwrap_or(Err(Refused::Busy))
}

impl DeskEnd {
    /// The next wish and its origin.
    pub fn take_wish(&mut self) -> Option<(Origin, Wish)> {
        self.slots
            .iter_mut()
            .find_map(|(origin, slot)| Some((*origin, slot.try_recv().ok()?)))
    }

    /// The next fact.
    pub fn take_fact(&mut self) -> Option<Report> {
        self.facts.try_recv().ok()
    }

    /// The next change of the simulated site.
    pub fn take_change(&mut self) -> Option<Change> {
        self.changes.try_recv().ok()
    }

    /// The next message of a button.
    pub fn take_press(&mut self) -> Option<Press> {
        self.presses.try_recv().ok()
    }

    /// Replaces the view.
    pub fn publish(&self, view: View) {
        *lock(&self.published.view) = Arc::new(view);
    }

    /// Adds a point to the history; the oldest one leaves.
    pub fn remember(&self, point: HistoryPoint) {
        let mut history = lock(&self.published.history);
        if history.len() >= HISTORY {
            history.pop_front();
        }
        history.push_back(point);
    }
}
