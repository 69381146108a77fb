//! Async adapters: they move bytes and sleep until the moment they were told,
//! and decide nothing.

use embassy_futures::select::{Either, select};
use embedded_io_async::{Read, Write};
use smartevse_core::event::Event;
use smartevse_types::Instant;

use crate::meter_line::{LineAction, MeterLine, MeterRole, ReadFailure};

/// The only clock in the libraries: async adapters need one.
#[expect(
    async_fn_in_trait,
    reason = "single-threaded executors need no Send bound"
)]
pub trait Clock {
    /// The present moment.
    fn now(&self) -> Instant;
    /// Waits until a moment.
    async fn wait_until(&self, at: Instant);
}

/// What a line reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineNews {
    /// A reading for the station.
    Reading(Event),
    /// A meter gave no reading this time.
    Failed(MeterRole, ReadFailure),
}

/// Serves a line until its port fails or has to be opened again.
///
/// # Errors
///
/// The error of the port. `Ok` means that the stream lost its frames: open the
/// port again, call [`MeterLine::reconnected`] and serve on.
pub async fn serve_line<P: Read + Write>(
    port: &mut P,
    line: &mut MeterLine,
    clock: &impl Clock,
    mut news: impl FnMut(LineNews),
) -> Result<(), P::Error> {
    let mut bytes = [0; 64];
    loop {
        match line.poll(clock.now()) {
            LineAction::Transmit {
                frame,
                discard_input,
            } => {
                while discard_input
                    && let_now(port.read(&mut bytes))
                        .await
                        .transpose()?
                        .is_some_and(|n| n > 0)
                {}
                port.write_all(frame).await?;
                port.flush().await?;
                line.transmitted(clock.now());
            }
            LineAction::Listen { until } => {
                let read = select(port.read(&mut bytes), clock.wait_until(until)).await;
                if let Either::First(count) = read {
                    let count = count?;
                    if count == 0 {
                        return Ok(());
                    }
                    line.receive(clock.now(), bytes.get(..count).unwrap_or(&[]));
                }
            }
            LineAction::Reading(event) => news(LineNews::Reading(event)),
            LineAction::Failed(role, failure) => news(LineNews::Failed(role, failure)),
            LineAction::Reconnect => return Ok(()),
        }
    }
}

/// The outcome of a future that is ready now; `None` = it would have to wait.
async fn let_now<T>(future: impl Future<Output = T>) -> Option<T> {
    match select(future, core::future::ready(())).await {
        Either::First(output) => Some(output),
        Either::Second(()) => None,
    }
}
