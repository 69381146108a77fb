//! Adapters that make parts of any embedded-hal 1.0 HAL into hardware roles.
//!
//! A usual board is then wiring only: pins, channels and a few board facts.
//!
//! ```
//! use embedded_hal::digital::{InputPin, OutputPin};
//! use smartevse_core::adapters::{ActiveLevel, InputLine, OutputLine, PinContactors, PinSwitch};
//! use smartevse_core::hardware::{Board, ControlPilot, NotFitted, Parts};
//!
//! fn board(
//!     pilot: impl ControlPilot,
//!     relay1: impl OutputPin,
//!     relay2: impl OutputPin,
//!     switch: impl InputPin,
//! ) -> impl Board {
//!     Parts {
//!         pilot,
//!         proximity: NotFitted,
//!         contactors: PinContactors::new(
//!             OutputLine::new(relay1, ActiveLevel::High),
//!             OutputLine::new(relay2, ActiveLevel::High),
//!         ),
//!         lock: NotFitted,
//!         residual_current: NotFitted,
//!         temperature: NotFitted,
//!         switch: PinSwitch::new(InputLine::new(switch, ActiveLevel::Low)),
//!         light: NotFitted,
//!     }
//! }
//! ```
//!
//! **Not here:** anything chip-specific, such as the registers that capture
//! pilot samples in step with the pulses. When a sample is due, what it shows
//! and what its voltage means is here: [`AlarmCapture`] for conversions that
//! an interrupt starts, [`TriggeredCapture`] for those that a timer triggers in
//! hardware, [`Capture`] and [`PilotScale`] for both; [`reference_board`] joins
//! the pins of the reference circuit, [`WatchdogClock`] sets a watchdog up.

mod after_erase;
mod alarm_capture;
mod alarm_schedule;
mod buttons;
mod buzzer;
mod capture;
mod contactors;
mod display;
mod error;
mod flash;
mod flash_range;
mod half_duplex;
mod independent_watchdog;
mod light;
mod line;
mod linear;
mod lock;
mod on_change;
mod one_wire;
mod pilot;
mod pilot_scale;
mod pilot_window;
mod probe;
mod proximity;
mod read_back;
mod reference;
mod residual_current;
mod sample_point;
mod source;
mod switch;
mod temperature;
mod trigger_schedule;
mod triggered_capture;

pub use after_erase::AfterErase;
pub use alarm_capture::{AlarmCapture, SlowInput};
pub use alarm_schedule::{AlarmSchedule, duty_of_steps, pilot_position};
pub use buttons::PinButtons;
pub use buzzer::PinBuzzer;
pub use capture::{Capture, VOLTAGE_STALE};
pub use contactors::PinContactors;
pub use display::{
    DISPLAY_COLUMNS, DISPLAY_ROWS, DisplayBus, SharedBus, SharedWire, SharedWires, SpiWires, St7565,
};
pub use error::AdapterError;
pub use flash::{BlockingFlash, StatedFlash};
pub use flash_range::{FlashRange, FlashRangeError, is_blank};
pub use half_duplex::{HalfDuplex, HalfDuplexError};
pub use independent_watchdog::{WatchdogClock, WatchdogSetting};
pub use light::PwmLight;
pub use line::{ActiveLevel, InputLine, NoPin, OutputLine};
pub use linear::Linear;
pub use lock::PinLock;
pub use on_change::OnChange;
pub use one_wire::{CardError, OneWireReader, SlotLine, look_for_card};
pub use pilot::{FEWEST_TICKS, PwmPilot, ticks};
pub use pilot_scale::{PILOT_POINTS, PilotScale, converted};
pub use pilot_window::PilotWindow;
pub use probe::ProbedPin;
pub use proximity::PullUpProximity;
pub use read_back::ReadBack;
pub use reference::{LockLines, ReferenceBoard, ReferenceLines, ReferenceSources, reference_board};
pub use residual_current::PinMonitor;
pub use sample_point::{
    HIGH_POINT_US, LOW_POINT_US, PILOT_PERIOD_US, PilotPhase, phase_at, sample_point,
};
pub use source::{MilliVoltSource, PilotSampler};
pub use switch::PinSwitch;
pub use temperature::Mcp9700;
pub use trigger_schedule::{PeriodEnd, SampleOrigin, TriggerSchedule};
pub use triggered_capture::{Conversions, PeriodDone, TriggeredCapture};
