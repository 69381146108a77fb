//! Claims every peripheral and pin, once.

use embassy_stm32::exti::{self, ExtiInput};
use embassy_stm32::gpio::{Input, Level, Output, OutputType, Pin, Pull, Speed};
use embassy_stm32::interrupt::{self as irq, InterruptExt, Priority};
use embassy_stm32::mode::{Async, Blocking};
use embassy_stm32::peripherals::{DMA1_CH5, DMA1_CH6, USART1, USART2};
use embassy_stm32::spi::mode::Master;
use embassy_stm32::spi::{self, Spi};
use embassy_stm32::time::Hertz;
use embassy_stm32::timer::low_level::CountingMode;
use embassy_stm32::timer::simple_pwm::{PwmPin, SimplePwm, SimplePwmChannel};
use embassy_stm32::usart::{
    BufferedInterruptHandler, BufferedUart, ConfigError, RingBufferedUartRx, Uart, UartTx,
};
use embassy_stm32::{Peri, Peripherals, bind_interrupts, dma, peripherals, usart};
use smartevse_core::adapters::{InputLine, PinButtons, PwmLight};
use static_cell::StaticCell;

use super::dog::Dog;
use super::flash::{Sectors, settings_area};
use super::pilot::PilotParts;
use crate::board::{Lines, polarity};
use crate::line::{BAUD, HalfDuplex, RING};
use crate::panel::{LCD_SPEED, Lcd};
use crate::storage::SettingsArea;

bind_interrupts!(struct Irqs {
    USART1 => BufferedInterruptHandler<USART1>;
    USART2 => usart::InterruptHandler<USART2>;
    DMA1_STREAM5 => dma::InterruptHandler<DMA1_CH5>;
    DMA1_STREAM6 => dma::InterruptHandler<DMA1_CH6>;
    EXTI0 => exti::InterruptHandler<irq::typelevel::EXTI0>;
    EXTI15_10 => exti::InterruptHandler<irq::typelevel::EXTI15_10>;
});

/// Speed of the console, bit/s.
const CONSOLE_BAUD: u32 = 115_200;

/// Frequency of light and backlight.
const LIGHT_FREQUENCY: Hertz = Hertz(5_000);

/// A channel of the timer of light and backlight.
pub type LightChannel = SimplePwmChannel<'static, peripherals::TIM3>;

/// The meter line.
pub type Line = HalfDuplex<UartTx<'static, Async>, RingBufferedUartRx<'static>, Output<'static>>;

/// The buttons.
pub type Keys =
    PinButtons<ExtiInput<'static, Async>, ExtiInput<'static, Async>, ExtiInput<'static, Async>>;

/// The display.
pub type Display = Lcd<Spi<'static, Blocking, Master>, Output<'static>>;

/// Parts of the charging control.
pub struct ChargingParts {
    /// Pilot.
    pub pilot: PilotParts,
    /// Digital lines.
    pub lines: Lines<Output<'static>, Input<'static>>,
    /// Watchdog.
    pub watchdog: Dog,
}

/// Parts of the planning context.
pub struct PlanningParts {
    /// Status light.
    pub light: PwmLight<LightChannel, LightChannel, LightChannel>,
    /// Meter line.
    pub line: Line,
}

/// Parts of the front ends.
pub struct FrontParts {
    /// Console.
    pub console: BufferedUart<'static>,
    /// Buttons.
    pub keys: Keys,
    /// Display.
    pub display: Display,
    /// Backlight of the display.
    pub backlight: LightChannel,
}

/// All parts.
pub struct Hardware {
    /// Parts of the charging control.
    pub charging: ChargingParts,
    /// Parts of the planning context.
    pub planning: PlanningParts,
    /// Parts of the front ends.
    pub front: FrontParts,
    /// Settings area of the flash.
    pub storage: SettingsArea<Sectors>,
}

impl Hardware {
    /// Claims everything. Outputs keep their safe levels.
    ///
    /// # Errors
    ///
    /// When a serial line cannot have its speed, which depends on constants
    /// only.
    pub fn claim(p: Peripherals) -> Result<Self, ConfigError> {
        for line in [irq::USART1, irq::USART2, irq::EXTI0, irq::EXTI15_10] {
            line.set_priority(Priority::P10);
        }
        let uart = Uart::new(
            p.USART2,
            p.PA3,
            p.PA2,
            p.DMA1_CH6,
            p.DMA1_CH5,
            Irqs,
            line_config(),
        )?;
        let (send, receive) = uart.split();
        let console = BufferedUart::new(
            p.USART1,
            p.PA10,
            p.PA9,
            CONSOLE_SEND.init([0; 256]),
            CONSOLE_RECEIVE.init([0; 64]),
            Irqs,
            console_config(),
        )?;
        let mut shine = SimplePwm::new(
            p.TIM3,
            Some(PwmPin::new(p.PA6, OutputType::PushPull)),
            Some(PwmPin::new(p.PA7, OutputType::PushPull)),
            Some(PwmPin::new(p.PB0, OutputType::PushPull)),
            Some(PwmPin::new(p.PB1, OutputType::PushPull)),
            LIGHT_FREQUENCY,
            CountingMode::EdgeAlignedUp,
        )
        .split();
        for channel in [
            &mut shine.ch1,
            &mut shine.ch2,
            &mut shine.ch3,
            &mut shine.ch4,
        ] {
            channel.set_duty_cycle_fully_off();
            channel.enable();
        }
        Ok(Self {
            charging: ChargingParts {
                pilot: PilotParts {
                    timer: p.TIM1,
                    output: p.PA8,
                    converter: p.ADC1,
                    inputs: (p.PA1, p.PA5, p.PA4),
                },
                lines: Lines {
                    isolation: high(p.PA15),
                    contactor1: low(p.PB10),
                    contactor2: low(p.PB5),
                    lock_red: low(p.PB7),
                    lock_white: low(p.PB8),
                    monitor_test: high(p.PB6),
                    lock_feedback: Input::new(p.PB3, Pull::None),
                    monitor: Input::new(p.PB9, Pull::None),
                    switch: Input::new(p.PB4, Pull::None),
                },
                watchdog: Dog::new(p.IWDG),
            },
            planning: PlanningParts {
                light: PwmLight::new(shine.ch1, shine.ch2, shine.ch3, polarity::LIGHT),
                line: HalfDuplex::new(
                    send,
                    receive.into_ring_buffered(LINE_RING.init([0; RING])),
                    low(p.PB2),
                ),
            },
            front: FrontParts {
                console,
                keys: PinButtons::new(
                    key(ExtiInput::new(p.PA0, p.EXTI0, Pull::Up, Irqs)),
                    key(ExtiInput::new(p.PA11, p.EXTI11, Pull::Up, Irqs)),
                    key(ExtiInput::new(p.PA12, p.EXTI12, Pull::Up, Irqs)),
                ),
                display: Lcd::new(
                    Spi::new_blocking_txonly(p.SPI2, p.PB13, p.PB15, display_config()),
                    high(p.PB12),
                    low(p.PB14),
                    low(p.PC13),
                ),
                backlight: shine.ch4,
            },
            storage: settings_area(p.FLASH),
        })
    }
}

static LINE_RING: StaticCell<[u8; RING]> = StaticCell::new();
static CONSOLE_SEND: StaticCell<[u8; 256]> = StaticCell::new();
static CONSOLE_RECEIVE: StaticCell<[u8; 64]> = StaticCell::new();

fn low(pin: Peri<'static, impl Pin>) -> Output<'static> {
    Output::new(pin, Level::Low, Speed::Low)
}

fn high(pin: Peri<'static, impl Pin>) -> Output<'static> {
    Output::new(pin, Level::High, Speed::Low)
}

fn key<P>(pin: P) -> InputLine<P> {
    InputLine::new(pin, polarity::BUTTON)
}

/// While the line is driven the receiver is off and its output floats: the
/// pull-up keeps that from reading as characters.
fn line_config() -> usart::Config {
    let mut config = usart::Config::default();
    config.baudrate = BAUD;
    config.rx_pull = Pull::Up;
    config
}

fn console_config() -> usart::Config {
    let mut config = usart::Config::default();
    config.baudrate = CONSOLE_BAUD;
    config.rx_pull = Pull::Up;
    config
}

fn display_config() -> spi::Config {
    let mut config = spi::Config::default();
    config.mode = spi::MODE_3;
    config.frequency = Hertz(LCD_SPEED);
    config
}
