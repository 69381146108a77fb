//! Contracts of light, buzzer and watchdog.

use super::{Clause, Violation, accept};
use crate::hardware::{Buzzer, LONGEST_WATCHDOG, StatusLight, Watchdog};
use crate::io::Rgb;

/// Checks that a light accepts every brightness of each colour; ends dark.
///
/// # Errors
///
/// `Accepts` when it does not.
pub fn status_light(light: &mut impl StatusLight) -> Result<(), Violation> {
    let verdict = accepts_colours(light);
    verdict.and(accept(light.show(Rgb::default()), Clause::Accepts))
}

fn accepts_colours(light: &mut impl StatusLight) -> Result<(), Violation> {
    for level in 0..=u8::MAX {
        for colour in [(level, 0, 0), (0, level, 0), (0, 0, level)] {
            let (red, green, blue) = colour;
            let colour = Rgb { red, green, blue };
            accept(light.show(colour), Clause::Accepts)?;
        }
    }
    Ok(())
}

/// Checks that a buzzer accepts both commands; ends silent.
///
/// # Errors
///
/// `Accepts` when it does not.
pub fn buzzer(buzzer: &mut impl Buzzer) -> Result<(), Violation> {
    let on = accept(buzzer.sound(true), Clause::Accepts);
    on.and(accept(buzzer.sound(false), Clause::Accepts))
}

/// Checks that a watchdog accepts the period that it must have while a vehicle
/// is connected; it runs from then on.
///
/// That it resets the processor and opens the contactors is checked by hand:
/// stop feeding it and measure.
///
/// # Errors
///
/// `Accepts` when it does not.
pub fn watchdog(watchdog: &mut impl Watchdog) -> Result<(), Violation> {
    accept(watchdog.start(LONGEST_WATCHDOG), Clause::Accepts)?;
    watchdog.feed();
    Ok(())
}
