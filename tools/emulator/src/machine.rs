//! The machine: one STM32F427 with the circuit of the breakout board.
//!
//! The firmware is built for the F427, which the emulator models: the same
//! source as for the default F411, with other clocks.

use std::num::{NonZeroU32, NonZeroU64};

use rigless::cpu;
use rigless::machine::{Board, Crystal, Supply, Target, armv7m};
use rigless::mcu::{Mcu, Operate};
use rigless::snapshot::Store;
use rigless::soc::Error;
use rigless::soc::stm32f427::Stm32f427;
use rigless::soc::stm32f427::peripherals::adc::Channel;

use crate::console::Console;
use crate::lcd::Lcd;
use crate::meter::{MeterHandle, ModbusMeter};
use crate::nor::{Layout, Nor};
use crate::pins;
use crate::plant::Analogue;

/// Name of the machine and of its one target.
const NAME: &str = "smartevse-breakout";

/// USART1 and USART2 among the serial ports of the part.
const USART1: usize = 0;
const USART2: usize = 1;

/// SPI2 among the interfaces of the part.
const SPI2: usize = 1;

/// Supply of the board, millivolts.
const RAIL: u32 = 3_300;

/// Crystal of a board with an F427.
const CRYSTAL: Crystal = Crystal(8_000_000);

/// Core clock that SysTick is derived from; nothing else depends on it.
const CLOCK_HZ: u64 = 96_000_000;

/// Channels of the injected group: pilot PA1, proximity PA5, temperature PA4.
const CHANNELS: [u8; 3] = [1, 5, 4];

/// Analogue-to-digital converter of the board.
const ADC1: usize = 0;

/// What differs between two boards, and who is at their lines.
#[derive(Clone, Debug)]
pub struct Fitting {
    /// Frequency of the watchdog's oscillator, hertz: 17 000 to 47 000.
    pub lsi_hz: u64,
    /// The meter on the RS-485 line.
    pub meter: MeterHandle,
    /// The operator at the console.
    pub console: Console,
    /// The display.
    pub lcd: Lcd,
    /// The settings area of the flash.
    pub nor: Nor,
}

/// Slowest oscillator of the watchdog that the data sheet allows.
pub const SLOWEST_LSI: u64 = 17_000;

/// Fastest oscillator of the watchdog that the data sheet allows.
pub const FASTEST_LSI: u64 = 47_000;

impl Default for Fitting {
    /// The oscillator that is hardest on a living firmware.
    fn default() -> Self {
        Self {
            lsi_hz: FASTEST_LSI,
            meter: MeterHandle::default(),
            console: Console::default(),
            lcd: Lcd::default(),
            nor: Nor::default(),
        }
    }
}

/// The board.
#[derive(Debug)]
pub struct Breakout {
    /// The part.
    pub mcu: Stm32f427,
    layout: Layout,
}

impl Store for Breakout {}

impl Breakout {
    /// Makes the board with a meter and an operator on its lines.
    ///
    /// # Errors
    ///
    /// The part's own description is wrong.
    pub fn new(fitting: Fitting) -> Result<Self, Error> {
        let mut mcu = Stm32f427::new()?;
        mcu.rcc.attach_crystals(CRYSTAL.0, Crystal::NONE.0);
        let lsi = fitting.lsi_hz.clamp(SLOWEST_LSI, FASTEST_LSI);
        mcu.rcc.calibrate_lsi(lsi);
        mcu.set_supply(Supply(RAIL).0);
        for converter in &mut mcu.adc {
            converter.set_reference(RAIL);
        }
        if let Some(port) = mcu.usart.get_mut(USART2) {
            port.attach(ModbusMeter::new(fitting.meter));
        }
        if let Some(port) = mcu.usart.get_mut(USART1) {
            port.attach(fitting.console);
        }
        if let (Some(bus), Some(select)) = (mcu.spi.get_mut(SPI2), pins::lcd_select()) {
            bus.attach_selected(fitting.lcd, select);
        }
        pins::fit(&mut mcu);
        let layout = Layout::of(mcu.bus())?;
        Ok(Self { mcu, layout })
    }

    /// Puts voltages on the pins of the converter.
    pub fn feed(&mut self, analogue: Analogue) {
        let values = [analogue.pilot, analogue.proximity, analogue.temperature];
        for (number, millivolts) in CHANNELS.into_iter().zip(values) {
            if let (Some(converter), Some(channel)) =
                (self.mcu.adc.get_mut(ADC1), Channel::new(number))
            {
                converter.set_input(channel, millivolts);
            }
        }
    }

    /// Levels of the two contactor pins.
    pub fn contactors(&mut self) -> [bool; 2] {
        [pins::SSR1, pins::SSR2].map(|pin| pins::is_high(&mut self.mcu, pin))
    }
}

impl Board for Breakout {
    fn name(&self) -> &'static str {
        NAME
    }

    fn target_names(&self) -> Vec<&'static str> {
        vec![NAME]
    }

    fn mcu(&mut self, target: usize) -> Option<&mut dyn Mcu> {
        (target == 0).then_some(&mut self.mcu)
    }

    fn targets(&mut self) -> Vec<Target<'_>> {
        let lines = u32::from(self.mcu.cpu().interrupt_lines);
        let core = armv7m::Core {
            variant: armv7m::Variant::M4,
            clock_hz: NonZeroU64::new(CLOCK_HZ).unwrap_or(NonZeroU64::MIN),
            interrupt_lines: NonZeroU32::new(lines).unwrap_or(NonZeroU32::MIN),
            priority_bits: 4,
            refclk_divider: NonZeroU32::new(8).unwrap_or(NonZeroU32::MIN),
            instructions_per_second: armv7m::INSTRUCTIONS_PER_SECOND,
            boot: "flash",
        }
        .spec_with_parts(
            &cpu::armv7m::windows(self.mcu.bus()),
            armv7m::Fpu::FpV4Sp,
            armv7m::MpuRegions::Eight,
        );
        vec![Target::new(NAME, &mut self.layout, core)]
    }
}
