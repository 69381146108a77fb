//! Card reader, buttons and buzzer.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use smartevse_core::card::Uid;
use smartevse_core::hardware::{ButtonSet, Buttons, Buzzer, CardReader, ErrorKind, ErrorType};

/// A value that one side changes and the other waits for.
#[derive(Debug, Default)]
struct Watched<T> {
    value: T,
    waiting: Option<Waker>,
    broken: bool,
}

impl<T> Watched<T> {
    fn change(&mut self, change: impl FnOnce(&mut T)) {
        change(&mut self.value);
        if let Some(waker) = self.waiting.take() {
            waker.wake();
        }
    }
}

/// Waits until `take` gives something.
async fn wait<T, R>(
    shared: &RefCell<Watched<T>>,
    mut take: impl FnMut(&mut T) -> Option<R>,
) -> Result<R, ErrorKind> {
    poll_fn(|context| {
        let mut watched = shared.borrow_mut();
        if watched.broken {
            return Poll::Ready(Err(ErrorKind::Bus));
        }
        match take(&mut watched.value) {
            Some(result) => Poll::Ready(Ok(result)),
            None => {
                watched.waiting = Some(context.waker().clone());
                Poll::Pending
            }
        }
    })
    .await
}

/// A reader to which a test holds cards; clones are the same reader.
#[derive(Clone, Debug, Default)]
pub struct SimCardReader(Rc<RefCell<Watched<VecDeque<Uid>>>>);

impl SimCardReader {
    /// Holds a card to the reader.
    pub fn show(&self, uid: Uid) {
        self.0.borrow_mut().change(|cards| cards.push_back(uid));
    }

    /// Makes the reader silent on its bus, or repairs it.
    pub fn set_broken(&self, broken: bool) {
        self.0.borrow_mut().broken = broken;
    }
}

impl ErrorType for SimCardReader {
    type Error = ErrorKind;
}

impl CardReader for SimCardReader {
    async fn next_card(&mut self) -> Result<Uid, ErrorKind> {
        wait(&self.0, VecDeque::pop_front).await
    }
}

/// Buttons that a test presses; clones are the same buttons.
#[derive(Clone, Debug, Default)]
pub struct SimButtons(Rc<RefCell<Watched<ButtonSet>>>);

impl SimButtons {
    /// Presses exactly these buttons.
    pub fn press(&self, pressed: ButtonSet) {
        self.0.borrow_mut().change(|buttons| *buttons = pressed);
    }

    /// Makes the inputs unreadable, or repairs them.
    pub fn set_broken(&self, broken: bool) {
        self.0.borrow_mut().broken = broken;
    }
}

impl ErrorType for SimButtons {
    type Error = ErrorKind;
}

impl Buttons for SimButtons {
    async fn wait_change(&mut self, known: ButtonSet) -> Result<ButtonSet, ErrorKind> {
        wait(&self.0, |pressed| (*pressed != known).then_some(*pressed)).await
    }
}

/// A buzzer that remembers what it was told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SimBuzzer {
    /// It sounds.
    pub sounds: bool,
    /// How often it was switched on.
    pub beeps: u32,
    /// The output refuses.
    pub broken: bool,
}

impl ErrorType for SimBuzzer {
    type Error = ErrorKind;
}

impl Buzzer for SimBuzzer {
    fn sound(&mut self, on: bool) -> Result<(), ErrorKind> {
        if self.broken {
            return Err(ErrorKind::Output);
        }
        if on && !self.sounds {
            self.beeps = self.beeps.saturating_add(1);
        }
        self.sounds = on;
        Ok(())
    }
}
