//! Wishes, who has them, and how they are refused.

use core::fmt;

use smartevse_types::{Access, DeciAmps, DutyPermille, Mode};

use crate::card::Uid;
use crate::registry::SettingId;
use crate::schedule::Schedule;
use crate::settings::Patch;
use crate::vehicle::VehicleId;

/// Where a wish comes from. Rights follow from it.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Origin {
    /// Menu on the LCD.
    Lcd,
    /// Key at the device.
    Button,
    /// Card reader.
    Card,
    /// REST.
    Rest,
    /// MQTT.
    Mqtt,
    /// OCPP central system.
    Ocpp,
    /// Modbus write from the bus.
    Bus,
    /// Vendor app.
    App,
    /// Delayed start or stop.
    Schedule,
}

impl Origin {
    /// Whether somebody stands in front of the device. Only these may reset a
    /// residual-current latch (I-23).
    #[must_use]
    pub const fn is_local(self) -> bool {
        matches!(self, Self::Lcd | Self::Button)
    }
}

/// A wish. It is answered with `Accepted` or [`Refused`].
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Command {
    /// Sets the access.
    SetAccess(Access),
    /// Sets the mode and gives access, like a choice on the dashboard.
    SetMode(Mode),
    /// Changes settings as a whole.
    Change(Patch),
    /// Sets the current override; 0 ends it. MIN..=MAX, Normal or Smart, not
    /// on a node.
    SetOverride(DeciAmps),
    /// Fixes the pilot duty for experiments; `None` ends it.
    SetDutyOverride(Option<DutyPermille>),
    /// Keeps the cable locked without a vehicle.
    SetCableLock(bool),
    /// Sets the custom flag.
    SetCustomButton(bool),
    /// Delays charging; `Schedule::NONE` ends the delay.
    SetSchedule(Schedule),
    /// Shows a card, as if it were held to the reader.
    ShowCard(Uid),
    /// While set, cards shown are stored or erased instead of judged
    /// (decision 44: transient, never stored). Only at the device.
    TeachCards(Option<Teach>),
    /// Requires the vehicle to have this id (boards with a modem); `None` =
    /// every vehicle may charge. Not stored.
    RequireVehicle(Option<VehicleId>),
    /// A short key press at the device.
    KeyPress,
    /// Resets the residual-current latch. Local only.
    ResetResidualCurrent,
    /// Clears a contactor fault after service.
    ResetContactorFault,
    /// Stops charging in the orderly way and restarts.
    SafeRestart,
    /// Locks the keys at the device, or frees them (menu specification §7).
    SetLcdLock(bool),
    /// Ends the restart delay and the solar stop timer, as EXIT of the menu does
    /// (menu specification §5.6). Only at the device; no fault that protects
    /// something ends.
    EndDelays,
}

/// What the reader does with cards while somebody manages the list.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Teach {
    /// Stores each card.
    Learn,
    /// Erases each card.
    Delete,
}

/// A wish was taken over. Some settings act later; see the snapshot.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Accepted;

/// Why a wish was refused.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Refused {
    /// A value lies outside its range or is not an option.
    OutOfRange(SettingId),
    /// A figure lies outside its range.
    Range,
    /// This origin may not change this setting.
    NotPermitted(SettingId),
    /// Only somebody at the device may do this.
    LocalOnly,
    /// The role of this EVSE does not allow it.
    NotForThisRole,
    /// Smart and Solar need a mains meter.
    NoMainsMeter,
    /// The present mode does not allow it.
    WrongMode,
    /// The cause is still there.
    StillActive,
    /// The card reader is disabled.
    ReaderDisabled,
    /// The part is not built into this firmware.
    Absent,
    /// The previous command of this origin has not been taken over yet.
    Busy,
}

impl Refused {
    /// One short sentence for the one who asked.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::OutOfRange(_) | Self::Range => "value out of range",
            Self::NotPermitted(_) => "this setting cannot be changed from here",
            Self::LocalOnly => "only possible at the charger itself",
            Self::NotForThisRole => "not possible in this power-share role",
            Self::NoMainsMeter => "no mains meter is configured",
            Self::WrongMode => "not possible in the present mode",
            Self::StillActive => "the cause is still present",
            Self::ReaderDisabled => "the card reader is disabled",
            Self::Absent => "not part of this firmware",
            Self::Busy => "the previous command is still being processed",
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl core::error::Error for Refused {}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    /// I-23: nobody but a person at the device is local.
    #[test]
    fn when_a_wish_has_an_origin_then_only_lcd_and_button_are_local() {
        for (origin, local) in [
            (Origin::Lcd, true),
            (Origin::Button, true),
            (Origin::Card, false),
            (Origin::Rest, false),
            (Origin::Mqtt, false),
            (Origin::Ocpp, false),
            (Origin::Bus, false),
            (Origin::App, false),
            (Origin::Schedule, false),
        ] {
            assert_eq!(origin.is_local(), local, "{origin:?}");
        }
    }

    #[test]
    fn when_a_wish_is_refused_then_the_text_names_the_reason() {
        for (refused, word) in [
            (Refused::OutOfRange(SettingId::Max), "range"),
            (Refused::Range, "range"),
            (Refused::NotPermitted(SettingId::Max), "from here"),
            (Refused::LocalOnly, "charger itself"),
            (Refused::NotForThisRole, "role"),
            (Refused::NoMainsMeter, "mains meter"),
            (Refused::WrongMode, "mode"),
            (Refused::StillActive, "cause"),
            (Refused::ReaderDisabled, "reader"),
            (Refused::Absent, "firmware"),
            (Refused::Busy, "previous"),
        ] {
            assert!(std::format!("{refused}").contains(word), "{refused:?}");
        }
    }
}
