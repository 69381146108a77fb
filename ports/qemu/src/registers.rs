//! What a chip would have: pins, a pulse-width channel, a converter, a
//! watchdog and a clock, as registers in memory.

use core::sync::atomic::{AtomicU32, Ordering};

/// One register.
#[derive(Debug, Default)]
pub struct Register(AtomicU32);

impl Register {
    /// Makes a register with its level after the reset.
    #[must_use]
    pub const fn new(level: u32) -> Self {
        Self(AtomicU32::new(level))
    }

    /// Reads it.
    #[must_use]
    pub fn read(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// Writes it.
    pub fn write(&self, value: u32) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// Writes some of its bits.
    pub fn write_bits(&self, mask: u32, high: bool) {
        let others = self.read() & !mask;
        self.write(if high { others | mask } else { others });
    }

    /// Tells whether any of some bits is high.
    #[must_use]
    pub fn is_high(&self, mask: u32) -> bool {
        self.read() & mask != 0
    }
}

/// Bits of [`Registers::output`].
pub mod output {
    /// SSR1: high energises the coil of contactor 1.
    pub const CONTACTOR1: u32 = 1;
    /// SSR2: high energises the coil of contactor 2.
    pub const CONTACTOR2: u32 = 1 << 1;
    /// CPOFF: high separates the pilot from the connector.
    pub const ISOLATION: u32 = 1 << 2;
    /// Red, green and blue light: high shines.
    pub const LIGHT: [u32; 3] = [1 << 3, 1 << 4, 1 << 5];
}

/// Bits of [`Registers::input`].
pub mod input {
    /// Auxiliary contact of contactor 1: high while it is closed.
    pub const AUXILIARY1: u32 = 1;
    /// Auxiliary contact of contactor 2.
    pub const AUXILIARY2: u32 = 1 << 1;
    /// Fault of the residual-current monitor: high, so that a broken wire is
    /// one.
    pub const RESIDUAL_CURRENT: u32 = 1 << 2;
}

/// Steps of the pulse-width channel: one per microsecond.
pub const PWM_STEPS: u16 = 1_000;

/// Conversions that the converter keeps.
pub const CONVERSIONS: usize = 4;

/// One conversion of the pilot, as the hardware of a chip stores it without the
/// processor.
#[derive(Debug)]
pub struct Conversion {
    /// Moment, ms since the start; 0 = none.
    pub at: Register,
    /// Counts in the high phase, or of the steady level.
    pub high: Register,
    /// Counts in the low phase.
    pub low: Register,
    /// Compare value of the pilot at that moment.
    pub compare: Register,
}

impl Conversion {
    const fn none() -> Self {
        Self {
            at: Register::new(0),
            high: Register::new(0),
            low: Register::new(0),
            compare: Register::new(0),
        }
    }
}

/// All registers.
#[derive(Debug)]
pub struct Registers {
    /// Levels of the output pins.
    pub output: Register,
    /// Levels of the input pins.
    pub input: Register,
    /// Compare value of the pilot: high for so many steps of each period.
    pub compare: Register,
    /// Latest conversions of the pilot, a ring.
    pub conversions: [Conversion; CONVERSIONS],
    /// Place of the ring that is written next: the oldest conversion.
    pub next: Register,
    /// Counts of the temperature sensor.
    pub temperature: Register,
    /// Time since the start, ms.
    pub clock: Register,
    /// Time until the watchdog resets the chip, ms; 0 = not started.
    pub watchdog: Register,
}

impl Registers {
    /// After a reset: contactors open, pilot isolated and steady +12 V,
    /// residual-current input high.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            output: Register::new(output::ISOLATION),
            input: Register::new(input::RESIDUAL_CURRENT),
            compare: Register::new(PWM_STEPS as u32),
            conversions: [const { Conversion::none() }; CONVERSIONS],
            next: Register::new(0),
            temperature: Register::new(0),
            clock: Register::new(0),
            watchdog: Register::new(0),
        }
    }
}

impl Registers {
    /// Gives the conversions of the pilot, oldest first.
    pub fn oldest_first(&self) -> impl Iterator<Item = &Conversion> {
        let next = usize::try_from(self.next.read()).unwrap_or(0);
        let ring = self.conversions.iter().cycle();
        let all = ring.skip(next).take(CONVERSIONS);
        all.filter(|conversion| conversion.at.read() != 0)
    }
}

impl Default for Registers {
    fn default() -> Self {
        Self::new()
    }
}
