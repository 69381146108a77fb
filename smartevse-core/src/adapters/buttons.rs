//! Three buttons on input pins.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;

use embedded_hal::digital::InputPin;
use embedded_hal_async::digital::Wait;

use super::{ActiveLevel, AdapterError, InputLine};
use crate::hardware::{ButtonSet, Buttons, ErrorType};

/// Three buttons on pins that can be waited for.
///
/// A line is active while its button is pressed (with a pull-up: low).
#[derive(Debug)]
pub struct PinButtons<L, M, R> {
    left: InputLine<L>,
    middle: InputLine<M>,
    right: InputLine<R>,
}

impl<L, M, R> PinButtons<L, M, R> {
    /// Makes the buttons "<", "o" and ">".
    #[must_use]
    pub const fn new(left: InputLine<L>, middle: InputLine<M>, right: InputLine<R>) -> Self {
        Self {
            left,
            middle,
            right,
        }
    }
}

impl<L: InputPin, M: InputPin, R: InputPin> PinButtons<L, M, R> {
    /// Reads all buttons.
    fn pressed(&mut self) -> Result<ButtonSet, AdapterError> {
        let mut set = ButtonSet::empty();
        set.set(ButtonSet::LEFT, self.left.is_active()?);
        set.set(ButtonSet::MIDDLE, self.middle.is_active()?);
        set.set(ButtonSet::RIGHT, self.right.is_active()?);
        Ok(set)
    }
}

/// Waits until a line has left the given state. Waiting for a level instead
/// of an edge loses no change between reading and waiting.
async fn wait_unlike<P: Wait>(line: &mut InputLine<P>, active: bool) -> Result<(), AdapterError> {
    let wait_low = (line.active == ActiveLevel::High) == active;
    if wait_low {
        line.pin.wait_for_low().await
    } else {
        line.pin.wait_for_high().await
    }
    .map_err(AdapterError::input)
}

/// Runs three futures until the first one ends.
async fn first_of<T>(
    a: impl Future<Output = T>,
    b: impl Future<Output = T>,
    c: impl Future<Output = T>,
) -> T {
    let (mut a, mut b, mut c) = (pin!(a), pin!(b), pin!(c));
    poll_fn(|context| {
        if let Poll::Ready(done) = a.as_mut().poll(context) {
            return Poll::Ready(done);
        }
        if let Poll::Ready(done) = b.as_mut().poll(context) {
            return Poll::Ready(done);
        }
        c.as_mut().poll(context)
    })
    .await
}

impl<L, M, R> ErrorType for PinButtons<L, M, R> {
    type Error = AdapterError;
}

impl<L, M, R> Buttons for PinButtons<L, M, R>
where
    L: InputPin + Wait,
    M: InputPin + Wait,
    R: InputPin + Wait,
{
    async fn wait_change(&mut self, known: ButtonSet) -> Result<ButtonSet, AdapterError> {
        loop {
            let pressed = self.pressed()?;
            if pressed != known {
                return Ok(pressed);
            }
            first_of(
                wait_unlike(&mut self.left, known.contains(ButtonSet::LEFT)),
                wait_unlike(&mut self.middle, known.contains(ButtonSet::MIDDLE)),
                wait_unlike(&mut self.right, known.contains(ButtonSet::RIGHT)),
            )
            .await?;
        }
    }
}
