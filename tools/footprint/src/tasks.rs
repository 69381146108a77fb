//! The loops of a firmware and the async adapters.
//!
//! The compiler puts one panic into each `async fn`: for a caller that polls
//! it again after it has ended, which the contract of `Future` forbids and no
//! executor does. It cannot be avoided, so this program is linked with the
//! feature `trace` and its calls are compared with that one exception.

#[cfg(feature = "menu")]
mod face;
mod store;

use ::core::future::{Future, poll_fn};
use ::core::pin::pin;
use ::core::task::{Context, Poll, Waker};

use embedded_hal::digital::InputPin;
use embedded_hal::spi::SpiBus;
use embedded_hal_async::delay::DelayNs;
use embedded_hal_async::digital::Wait;
use embedded_io_async::{ErrorType, Read, Write};
use embedded_storage_async::nor_flash::{NorFlash, ReadNorFlash};
use smartevse::Setup;
use smartevse::meter_line::MeterLine;
use smartevse::port::{ControlSetup, Hub, Kept};
use smartevse::tasks::{Clock, PortClock, serve_line};
use smartevse_core::adapters::{
    ActiveLevel, HalfDuplex, InputLine, OneWireReader, PinButtons, SharedWire, SharedWires,
    SpiWires, St7565,
};
use smartevse_core::charger::BoardFacts;
use smartevse_core::hardware::{ButtonSet, Buttons, CardReader, ErrorKind, Watchdog};
use smartevse_types::{Duration, Instant};

use crate::adapters::Slots;
use crate::flash::{Area, Flash};
use crate::pins::{self, Pin};
use crate::station::two_meters;
use crate::{consume, opaque};

static HUB: Hub = Hub::new();
static KEPT: Kept = Kept::new();

/// Runs everything until it ends.
pub fn exercise() {
    if let Some(line) = two_meters() {
        serve(&mut opaque(line));
    }
    control();
    planning();
    fronts();
    panel();
    storage();
    store::exercise();
    #[cfg(feature = "menu")]
    face::exercise();
}

/// Ready at some time.
fn maybe() -> impl Future<Output = ()> {
    poll_fn(|_| {
        if opaque(true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
}

/// Runs a future to its end, or gives it up.
fn run<T>(future: impl Future<Output = T>) {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    while opaque(true) {
        if let Poll::Ready(end) = future.as_mut().poll(&mut context) {
            consume(end);
            return;
        }
    }
}

/// The clock of a port.
fn clock() -> impl Clock {
    PortClock {
        now: || opaque(Instant::ZERO),
        wait: async |_: Instant| maybe().await,
    }
}

/// Both halves of a serial port that may fail.
struct Port;

impl ErrorType for Port {
    type Error = embedded_io_async::ErrorKind;
}

impl Read for Port {
    async fn read(&mut self, bytes: &mut [u8]) -> Result<usize, Self::Error> {
        maybe().await;
        bytes.fill(opaque(0));
        opaque(Ok(1))
    }
}

impl Write for Port {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        maybe().await;
        opaque(Ok(bytes.len()))
    }

    async fn flush(&mut self) -> Result<(), Self::Error> {
        maybe().await;
        opaque(Ok(()))
    }
}

fn serve(line: &mut MeterLine) {
    run(serve_line(&mut Port, line, &clock(), consume));
    if let Ok(line) = HalfDuplex::new(Port, Port, Pin) {
        run(HUB.serve_meters(line, &clock()));
    }
}

/// A watchdog that may refuse.
struct Dog;

impl smartevse_core::hardware::ErrorType for Dog {
    type Error = ErrorKind;
}

impl Watchdog for Dog {
    fn start(&mut self, period: Duration) -> Result<(), ErrorKind> {
        consume(period);
        opaque(Ok(()))
    }

    fn feed(&mut self) {
        consume(());
    }
}

fn control() {
    let facts = opaque(BoardFacts::default());
    let setup = ControlSetup::after_reset(facts, opaque(Duration::from_secs(2)), &KEPT);
    let clock = clock();
    let keep = |status: &_| KEPT.note(status);
    run(HUB.control(pins::board(), Dog, &clock, setup, maybe, keep));
}

fn planning() {
    run(HUB.plan(&opaque(Setup::default()), &clock()));
}

impl Wait for Pin {
    async fn wait_for_high(&mut self) -> Result<(), Self::Error> {
        maybe().await;
        opaque(Ok(()))
    }

    async fn wait_for_low(&mut self) -> Result<(), Self::Error> {
        self.wait_for_high().await
    }

    async fn wait_for_rising_edge(&mut self) -> Result<(), Self::Error> {
        self.wait_for_high().await
    }

    async fn wait_for_falling_edge(&mut self) -> Result<(), Self::Error> {
        self.wait_for_high().await
    }

    async fn wait_for_any_edge(&mut self) -> Result<(), Self::Error> {
        self.wait_for_high().await
    }
}

/// A delay.
struct Pause;

impl DelayNs for Pause {
    async fn delay_ns(&mut self, ns: u32) {
        consume(ns);
        maybe().await;
    }
}

fn fronts() {
    let key = || InputLine::new(Pin, opaque(ActiveLevel::Low));
    let mut keys = PinButtons::new(key(), key(), key());
    run(keys.wait_change(opaque(ButtonSet::empty())));
    run(HUB.watch_buttons(keys, &clock()));
    run(HUB.serve_console(Port, &clock(), opaque("smartevse"), || opaque(None)));
    run(OneWireReader::new(Slots, Pause).next_card());
    run(HUB.read_cards(OneWireReader::new(Slots, Pause), &clock()));
}

/// A bus that may refuse.
struct Bus;

impl embedded_hal::spi::ErrorType for Bus {
    type Error = embedded_hal::spi::ErrorKind;
}

impl SpiBus for Bus {
    fn read(&mut self, words: &mut [u8]) -> Result<(), Self::Error> {
        words.fill(0);
        opaque(Ok(()))
    }

    fn write(&mut self, words: &[u8]) -> Result<(), Self::Error> {
        consume(words);
        opaque(Ok(()))
    }

    fn transfer(&mut self, read: &mut [u8], write: &[u8]) -> Result<(), Self::Error> {
        consume(write);
        self.read(read)
    }

    fn transfer_in_place(&mut self, words: &mut [u8]) -> Result<(), Self::Error> {
        self.read(words)
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        opaque(Ok(()))
    }
}

impl SharedWire for Pin {
    fn drive(&mut self, high: bool) {
        consume(high);
    }

    fn look(&mut self) -> bool {
        self.is_high().unwrap_or(false)
    }
}

fn panel() {
    let mut display = St7565::new(
        SpiWires {
            bus: Bus,
            select: Pin,
            data: Pin,
            reset: Pin,
        },
        Pause,
    );
    run(display.start());
    consume(display.write(opaque(1), opaque(2), &opaque([0; 128])));
    let wires = SharedWires {
        clock: Pin,
        data: Pin,
        select: Pin,
        left: Pin,
        reset: opaque(Some(Pin)),
    };
    let mut panel = St7565::new(wires, Pause);
    run(panel.start());
    consume(panel.pressed());
    run(panel.wait_change(opaque(ButtonSet::empty())));
}

fn storage() {
    let mut area: Area = smartevse_core::adapters::BlockingFlash(Flash::area());
    let mut bytes = opaque([0; 64]);
    run(area.read(opaque(0), &mut bytes));
    run(area.write(opaque(0), &bytes));
    run(area.erase(opaque(0), opaque(0x4000)));
    consume(area.capacity());
    run(crate::storage::exercise());
}
