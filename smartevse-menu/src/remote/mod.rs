//! Remote LCD (menu specification §11): the picture and the buttons of a web
//! page, without sockets.

mod buttons;
mod pin;

#[cfg(feature = "graphics")]
mod bmp;
#[cfg(feature = "graphics")]
mod frame;

#[cfg(feature = "graphics")]
pub use bmp::{BLACK, BMP_SIZE, Ink, write_bmp};
pub use buttons::{ButtonMessage, LcdError, RemoteButton};
#[cfg(feature = "graphics")]
pub use frame::{Frame, HEIGHT, PAGES, WIDTH};
pub use pin::{LcdSession, PinGate, PinRefused};
