//! Claims every peripheral and pin, once.

use embassy_stm32::exti::{self, ExtiInput};
use embassy_stm32::gpio::{Flex, Input, OutputType, Pin, Pull, Speed};
use embassy_stm32::interrupt::{self as irq, InterruptExt, Priority};
use embassy_stm32::mode::{Async, Blocking};
use embassy_stm32::peripherals::{
    ADC1, DMA1_CH5, DMA1_CH6, PA1, PA4, PA5, PA8, TIM1, USART1, USART2,
};
use embassy_stm32::spi::mode::Master;
use embassy_stm32::spi::{self, Spi};
use embassy_stm32::time::Hertz;
use embassy_stm32::timer::low_level::CountingMode;
use embassy_stm32::timer::simple_pwm::{PwmPin, SimplePwm, SimplePwmChannel};
use embassy_stm32::usart::{
    BufferedInterruptHandler, BufferedUart, ConfigError, RingBufferedUartRx, Uart, UartTx,
};
use embassy_stm32::{Peri, Peripherals, bind_interrupts, dma, peripherals, usart};
use embassy_time::Delay;
use smartevse::port::{CapturedBoard, LINE_BAUD};
use smartevse_core::adapters::{
    HalfDuplex, InputLine, LockLines, PinButtons, PwmLight, ReferenceLines, SpiWires, St7565,
};
use static_cell::StaticCell;

use super::dog::Dog;
use super::flash::{self, Sectors};
use super::pilot::{PeriodCapture, PilotChannel};
use crate::facts::{CONSOLE_BAUD, LCD_SPEED, PILOT_SAMPLES, RING, polarity};
use crate::storage::SettingsArea;

bind_interrupts!(struct Irqs {
    USART1 => BufferedInterruptHandler<USART1>;
    USART2 => usart::InterruptHandler<USART2>;
    DMA1_STREAM5 => dma::InterruptHandler<DMA1_CH5>;
    DMA1_STREAM6 => dma::InterruptHandler<DMA1_CH6>;
    EXTI0 => exti::InterruptHandler<irq::typelevel::EXTI0>;
    EXTI15_10 => exti::InterruptHandler<irq::typelevel::EXTI15_10>;
});

/// Frequency of light and backlight.
const LIGHT_FREQUENCY: Hertz = Hertz(5_000);

/// A channel of the timer of light and backlight.
pub type LightChannel = SimplePwmChannel<'static, peripherals::TIM3>;

/// The meter line.
pub type Line = HalfDuplex<UartTx<'static, Async>, RingBufferedUartRx<'static>, Flex<'static>>;

/// The buttons.
pub type Keys =
    PinButtons<ExtiInput<'static, Async>, ExtiInput<'static, Async>, ExtiInput<'static, Async>>;

/// The display.
pub type Display = St7565<SpiWires<Spi<'static, Blocking, Master>, Flex<'static>>, Delay>;

/// The status light.
pub type Light = PwmLight<LightChannel, LightChannel, LightChannel>;

/// The board of the charging control.
pub type Charging = CapturedBoard<
    PilotChannel,
    PeriodCapture,
    PILOT_SAMPLES,
    Flex<'static>,
    Input<'static>,
    Input<'static>,
    Light,
>;

/// Peripherals and pins of the pilot.
pub struct PilotParts {
    /// Timer.
    pub timer: Peri<'static, TIM1>,
    /// CP_OUT.
    pub output: Peri<'static, PA8>,
    /// Converter.
    pub converter: Peri<'static, ADC1>,
    /// CP_IN, PP_IN and TEMP.
    pub inputs: (Peri<'static, PA1>, Peri<'static, PA5>, Peri<'static, PA4>),
}

/// Parts of the charging control.
pub struct ChargingParts {
    /// Pilot.
    pub pilot: PilotParts,
    /// Digital lines.
    pub lines: ReferenceLines<Flex<'static>, Input<'static>, Input<'static>>,
    /// Status light.
    pub light: Light,
    /// Watchdog.
    pub watchdog: Dog,
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
    /// Meter line.
    pub line: Line,
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
                lines: ReferenceLines {
                    isolation: high(p.PA15),
                    contactor1: low(p.PB10),
                    contactor2: low(p.PB5),
                    lock: Some(LockLines {
                        red: low(p.PB7),
                        white: low(p.PB8),
                        feedback: Input::new(p.PB3, Pull::None),
                    }),
                    monitor: Input::new(p.PB9, Pull::None),
                    monitor_test: Some(high(p.PB6)),
                    switch: Input::new(p.PB4, Pull::None),
                },
                light: PwmLight::new(shine.ch1, shine.ch2, shine.ch3, polarity::LIGHT),
                watchdog: Dog::new(p.IWDG),
            },
            line: HalfDuplex::new(
                send,
                receive.into_ring_buffered(LINE_RING.init([0; RING])),
                low(p.PB2),
            )
            .map_err(|_| ConfigError::RxOrTxNotEnabled)?,
            front: FrontParts {
                console,
                keys: PinButtons::new(
                    key(ExtiInput::new(p.PA0, p.EXTI0, Pull::Up, Irqs)),
                    key(ExtiInput::new(p.PA11, p.EXTI11, Pull::Up, Irqs)),
                    key(ExtiInput::new(p.PA12, p.EXTI12, Pull::Up, Irqs)),
                ),
                display: St7565::new(
                    SpiWires {
                        bus: Spi::new_blocking_txonly(p.SPI2, p.PB13, p.PB15, display_config()),
                        select: high(p.PB12),
                        data: low(p.PB14),
                        reset: low(p.PC13),
                    },
                    Delay,
                ),
                backlight: shine.ch4,
            },
            storage: flash::open(p.FLASH),
        })
    }
}

static LINE_RING: StaticCell<[u8; RING]> = StaticCell::new();
static CONSOLE_SEND: StaticCell<[u8; 256]> = StaticCell::new();
static CONSOLE_RECEIVE: StaticCell<[u8; 64]> = StaticCell::new();

/// Makes an output; its pad can be read back.
fn output(mut pin: Flex<'static>) -> Flex<'static> {
    pin.set_as_output(Speed::Low);
    pin
}

fn low(pin: Peri<'static, impl Pin>) -> Flex<'static> {
    let mut pin = Flex::new(pin);
    pin.set_low();
    output(pin)
}

fn high(pin: Peri<'static, impl Pin>) -> Flex<'static> {
    let mut pin = Flex::new(pin);
    pin.set_high();
    output(pin)
}

fn key<P>(pin: P) -> InputLine<P> {
    InputLine::new(pin, polarity::BUTTON)
}

/// While the line is driven the receiver is off and its output floats: the
/// pull-up keeps that from reading as characters.
fn line_config() -> usart::Config {
    let mut config = usart::Config::default();
    config.baudrate = LINE_BAUD;
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
