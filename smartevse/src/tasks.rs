//! Async adapters: they move bytes and sleep until the moment they were told,
//! and decide nothing.

use core::future::poll_fn;
use core::task::Poll;

use embassy_futures::select::{Either, select};
use embedded_io_async::{Read, Write};
use smartevse_core::event::Event;
use smartevse_types::Instant;

use smartevse_core::command::Command;

use crate::meter_line::{LineAction, LineEnd, MeterRole, ReadFailure};

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

/// The clock of a port: what tells the time, and what waits for a moment of it.
#[derive(Clone, Copy, Debug)]
pub struct PortClock<N, W> {
    /// Tells the present moment.
    pub now: N,
    /// Waits until a moment.
    pub wait: W,
}

impl<N: Fn() -> Instant, W: AsyncFn(Instant)> Clock for PortClock<N, W> {
    fn now(&self) -> Instant {
        (self.now)()
    }

    async fn wait_until(&self, at: Instant) {
        (self.wait)(at).await;
    }
}

/// What a line reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineNews {
    /// A fact for the station.
    Fact(Event),
    /// A wish from the bus for the station.
    Wish(Command),
    /// A meter gave no reading this time.
    Failed(MeterRole, ReadFailure),
}

/// Serves a line until its port fails or has to be opened again.
///
/// # Errors
///
/// The error of the port. `Ok` means that the stream lost its frames, or that the
/// port takes no bytes: open the port again, call [`LineEnd::reconnected`] and serve on.
pub async fn serve_line<P: Read + Write>(
    port: &mut P,
    line: &mut impl LineEnd,
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
                if !send(port, frame).await? {
                    return Ok(());
                }
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
            LineAction::Fact(event) => news(LineNews::Fact(event)),
            LineAction::Wish(command) => news(LineNews::Wish(command)),
            LineAction::Failed(role, failure) => news(LineNews::Failed(role, failure)),
            LineAction::Reconnect => return Ok(()),
        }
    }
}

/// Sends all bytes; `false` when the port takes none of them although it
/// must, where `write_all` would panic.
pub(crate) async fn send<P: Write>(port: &mut P, mut bytes: &[u8]) -> Result<bool, P::Error> {
    while !bytes.is_empty() {
        let sent = port.write(bytes).await?;
        match bytes.get(sent..) {
            Some(rest) if sent > 0 => bytes = rest,
            Some(_) | None => return Ok(false),
        }
    }
    Ok(true)
}

/// The outcome of a future that is ready now; `None` = it would have to wait.
async fn let_now<T>(future: impl Future<Output = T>) -> Option<T> {
    match select(future, poll_fn(|_| Poll::Ready(()))).await {
        Either::First(output) => Some(output),
        Either::Second(()) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::convert::Infallible;
    use core::future::pending;
    use core::pin::pin;
    use core::task::{Context, Waker};
    use embedded_io_async::ErrorType;
    use smartevse_meters::{BusConfig, Meter};

    use crate::meter_line::{LineMeter, MeterLine};

    /// Takes so many bytes of each write, whatever it is given.
    struct Takes(usize);

    impl ErrorType for Takes {
        type Error = Infallible;
    }

    impl Read for Takes {
        async fn read(&mut self, _: &mut [u8]) -> Result<usize, Infallible> {
            pending().await
        }
    }

    impl Write for Takes {
        async fn write(&mut self, _: &[u8]) -> Result<usize, Infallible> {
            Ok(self.0)
        }

        async fn flush(&mut self) -> Result<(), Infallible> {
            Ok(())
        }
    }

    fn clock() -> impl Clock {
        PortClock {
            now: || Instant::from_millis(1_000),
            wait: async |_: Instant| pending().await,
        }
    }

    fn poll<T>(future: impl Future<Output = T>) -> Poll<T> {
        pin!(future).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn when_a_port_takes_nothing_or_too_much_then_the_line_ends_without_a_panic() {
        let meter = LineMeter {
            role: MeterRole::Mains,
            meter: Meter::Eastron3P,
            address: 10,
        };
        for taken in [0, 300] {
            let mut line = MeterLine::new(BusConfig::rtu(9_600, 10), &[meter]).unwrap();
            let served = poll(serve_line(&mut Takes(taken), &mut line, &clock(), |_| ()));
            assert_eq!(served, Poll::Ready(Ok(())), "{taken}");
        }
    }

    #[test]
    fn when_a_port_takes_a_byte_at_a_time_then_all_are_sent() {
        let sent = poll(send(&mut Takes(1), b"status"));
        assert_eq!(sent, Poll::Ready(Ok(true)));
    }
}
