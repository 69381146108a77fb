//! Mock pins, channels, flash and clock that a test holds on to.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use embedded_hal::{digital, pwm};
use smartevse_core::contract::Bench;
use smartevse_core::types::{Duration, Instant};

/// What all pins of a test did, in order: name and level.
pub type Journal = Rc<RefCell<Vec<(&'static str, bool)>>>;

/// A pin that the test and the adapter share.
#[derive(Clone, Debug, Default)]
pub struct Pin {
    name: &'static str,
    level: Rc<Cell<bool>>,
    broken: Rc<Cell<bool>>,
    journal: Journal,
}

impl Pin {
    pub fn new(name: &'static str, journal: &Journal) -> Self {
        Self {
            name,
            journal: journal.clone(),
            ..Self::default()
        }
    }

    pub fn level(&self) -> bool {
        self.level.get()
    }

    pub fn put(&self, level: bool) {
        self.level.set(level);
    }

    pub fn break_it(&self, broken: bool) {
        self.broken.set(broken);
    }

    fn set(&self, level: bool) -> Result<(), digital::ErrorKind> {
        self.journal.borrow_mut().push((self.name, level));
        if self.broken.get() {
            return Err(digital::ErrorKind::Other);
        }
        self.level.set(level);
        Ok(())
    }

    fn get(&self) -> Result<bool, digital::ErrorKind> {
        if self.broken.get() {
            Err(digital::ErrorKind::Other)
        } else {
            Ok(self.level.get())
        }
    }

    async fn wait(&self, level: bool) -> Result<(), digital::ErrorKind> {
        poll_fn(|_| match self.get() {
            Ok(now) if now != level => Poll::Pending,
            done => Poll::Ready(done.map(|_| ())),
        })
        .await
    }
}

impl digital::ErrorType for Pin {
    type Error = digital::ErrorKind;
}

impl digital::OutputPin for Pin {
    fn set_low(&mut self) -> Result<(), digital::ErrorKind> {
        self.set(false)
    }

    fn set_high(&mut self) -> Result<(), digital::ErrorKind> {
        self.set(true)
    }
}

impl digital::InputPin for Pin {
    fn is_high(&mut self) -> Result<bool, digital::ErrorKind> {
        self.get()
    }

    fn is_low(&mut self) -> Result<bool, digital::ErrorKind> {
        self.get().map(|level| !level)
    }
}

impl embedded_hal_async::digital::Wait for Pin {
    async fn wait_for_high(&mut self) -> Result<(), digital::ErrorKind> {
        self.wait(true).await
    }

    async fn wait_for_low(&mut self) -> Result<(), digital::ErrorKind> {
        self.wait(false).await
    }

    async fn wait_for_rising_edge(&mut self) -> Result<(), digital::ErrorKind> {
        Err(digital::ErrorKind::Other)
    }

    async fn wait_for_falling_edge(&mut self) -> Result<(), digital::ErrorKind> {
        Err(digital::ErrorKind::Other)
    }

    async fn wait_for_any_edge(&mut self) -> Result<(), digital::ErrorKind> {
        Err(digital::ErrorKind::Other)
    }
}

/// A pulse-width channel that the test and the adapter share.
#[derive(Clone, Debug)]
pub struct Channel {
    max: u16,
    pub duty: Rc<Cell<u16>>,
    pub broken: Rc<Cell<bool>>,
}

impl Channel {
    pub fn new(max: u16) -> Self {
        Self {
            max,
            duty: Rc::new(Cell::new(0)),
            broken: Rc::default(),
        }
    }
}

impl pwm::ErrorType for Channel {
    type Error = pwm::ErrorKind;
}

impl pwm::SetDutyCycle for Channel {
    fn max_duty_cycle(&self) -> u16 {
        self.max
    }

    fn set_duty_cycle(&mut self, duty: u16) -> Result<(), pwm::ErrorKind> {
        assert!(duty <= self.max, "duty beyond the period");
        if self.broken.get() {
            return Err(pwm::ErrorKind::Other);
        }
        self.duty.set(duty);
        Ok(())
    }
}

/// A clock that stands still until somebody waits; what it drives goes along.
#[derive(Clone, Debug, Default)]
pub struct Clock(pub Rc<Cell<Instant>>);

impl Clock {
    pub fn pass(&self, span: Duration) {
        self.0.set(self.0.get() + span);
    }
}

impl Bench for Clock {
    fn now(&mut self) -> Instant {
        self.0.get()
    }

    fn wait(&mut self, span: Duration) {
        self.pass(span);
    }
}

/// A NOR flash in memory with faults to choose from.
#[derive(Clone, Debug)]
pub struct Flash {
    pub bytes: Vec<u8>,
    pub clock: Clock,
    pub erase_time: Duration,
    pub write_time: Duration,
    pub keeps_ones: bool,
    pub forgets_erase: bool,
    pub spills: bool,
}

impl Flash {
    pub const BLOCK: usize = 1024;

    pub fn new() -> Self {
        Self {
            bytes: vec![0; 4 * Self::BLOCK],
            clock: Clock::default(),
            erase_time: Duration::from_millis(40),
            write_time: Duration::from_millis(2),
            keeps_ones: false,
            forgets_erase: false,
            spills: false,
        }
    }
}

impl embedded_storage::nor_flash::ErrorType for Flash {
    type Error = embedded_storage::nor_flash::NorFlashErrorKind;
}

impl embedded_storage::nor_flash::ReadNorFlash for Flash {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        embedded_storage::nor_flash::check_read(self, offset, bytes.len())?;
        let from = offset as usize;
        bytes.copy_from_slice(&self.bytes[from..from + bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl embedded_storage::nor_flash::NorFlash for Flash {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = Self::BLOCK;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        embedded_storage::nor_flash::check_erase(self, from, to)?;
        self.clock.pass(self.erase_time);
        if !self.forgets_erase {
            self.bytes[from as usize..to as usize].fill(0xFF);
        }
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        embedded_storage::nor_flash::check_write(self, offset, bytes.len())?;
        self.clock.pass(self.write_time);
        let from = offset as usize;
        for (cell, byte) in self.bytes[from..].iter_mut().zip(bytes) {
            *cell &= if self.keeps_ones { 0xFF } else { *byte };
        }
        if self.spills {
            self.bytes[from + bytes.len()] = 0;
        }
        Ok(())
    }
}

/// Polls a future once.
pub fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    let mut context = Context::from_waker(Waker::noop());
    pin!(future).as_mut().poll(&mut context)
}

/// Runs a future that never waits.
pub fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    match poll_once(&mut future) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("the future waits"),
    }
}

/// A source of a fixed voltage.
pub fn fixed(milli: i32) -> impl FnMut() -> Result<smartevse_core::types::MilliVolts, Infallible> {
    move || Ok(smartevse_core::types::MilliVolts::from_milli(milli))
}
