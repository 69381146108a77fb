//! How the members of a timeline act on the bench.
//!
//! Members that nobody knows are ignored, as the format asks; `None` is a
//! known member with a value that is not understood.

use smartevse_core::card::Uid;
use smartevse_core::command::{Command, Origin};
use smartevse_core::directive::Handshake;
use smartevse_core::event::Fact;
use smartevse_core::io::{
    ContactorFeedback, LockFeedback, MainsInput, ProximityInput, SwitchInput, TemperatureInput,
};
use smartevse_core::vehicle::VehicleId;
use smartevse_types::{Access, Celsius, DeciAmps, Mode, Ohms};

use super::bench::Bench;
use crate::vectors::Value;

/// Pilot classes with the smallest and largest sample, mV.
const LEVELS: [(&str, i32, i32); 7] = [
    ("A12", 12_000, 12_000),
    ("B9", 9_000, 9_000),
    ("C6", 6_000, 6_000),
    ("D3", 3_000, 3_000),
    ("Short0", 0, 0),
    ("Neg12", -12_000, -12_000),
    ("Mixed", 6_000, 9_000),
];

impl Bench {
    /// Applies one entry.
    pub(super) fn apply(&mut self, entry: &Value) -> Option<()> {
        self.apply_pilot(entry)?;
        for (member, value) in entry.members() {
            self.apply_level(member, value)?;
            self.apply_grant(member, value)?;
            self.apply_wish(member, value)?;
        }
        Some(())
    }

    fn apply_pilot(&mut self, entry: &Value) -> Option<()> {
        match entry.member("pilot").text() {
            None => {}
            Some("Unknown") => self.pilot.stopped = true,
            Some(class) => {
                let (_, min, max) = *LEVELS.iter().find(|(name, ..)| *name == class)?;
                self.pilot.level(min, max);
            }
        }
        let diode = entry.member("diode");
        if !diode.is_null() {
            self.pilot.diode = diode.is_true();
        }
        let min = entry.member("pilot_high_min_mv");
        if !min.is_null() {
            let max = entry.member("pilot_high_max_mv");
            self.pilot.level(min.whole()?, max.whole()?);
        }
        let low = entry.member("pilot_low_mv");
        if !low.is_null() {
            self.pilot.low = Some(low.whole()?);
        }
        Some(())
    }

    /// Levels that the board samples.
    fn apply_level(&mut self, member: &str, value: &Value) -> Option<()> {
        match member {
            "pp_ohm" => {
                let ohms = Ohms::from_ohms(value.whole()?);
                self.levels.proximity = ProximityInput::Resistance(ohms);
            }
            "rcm" => self.residual_current = value.is_true(),
            "rcm_test_response" => self.test_responds = value.is_true(),
            "temperature_c" => {
                let celsius = Celsius::from_celsius(value.whole()?);
                self.levels.temperature = TemperatureInput::Measured(celsius);
            }
            "switch" => {
                self.levels.switch = match value.text()? {
                    "closed" => SwitchInput::Closed,
                    "open" => SwitchInput::Open,
                    _ => return None,
                };
            }
            "lock_feedback" => self.levels.lock = self.lock(value)?,
            "contactor1_feedback" => {
                self.contactor1 = match value.text()? {
                    "follow" => None,
                    "closed" => Some(ContactorFeedback::Closed),
                    "open" => Some(ContactorFeedback::Open),
                    _ => return None,
                };
            }
            "mains_present" => {
                self.levels.mains = if value.is_true() {
                    MainsInput::Present
                } else {
                    MainsInput::Lost
                };
            }
            _ => {}
        }
        Some(())
    }

    fn lock(&self, value: &Value) -> Option<LockFeedback> {
        Some(match value.text() {
            _ if !self.start.lock_feedback => LockFeedback::NotFitted,
            Some("locked") => LockFeedback::Locked,
            Some("unlocked") => LockFeedback::Unlocked,
            Some("unknown") | None => LockFeedback::Unknown,
            Some(_) => return None,
        })
    }

    /// Sources of data and the power grant.
    fn apply_grant(&mut self, member: &str, value: &Value) -> Option<()> {
        match member {
            "mains_data" => self.mains_data = value.is_true(),
            "ev_data" => self.ev_data = value.is_true(),
            "current_available" => {
                self.grant.available = value.is_true();
                self.tell_grant();
            }
            "offered_da" => {
                self.grant.offered = DeciAmps::from_deci(value.whole()?);
                self.tell_grant();
            }
            "target_phases" => {
                self.three_phases = value.number()? == 3;
                self.tell_grant();
            }
            "broadcast" => {
                self.broadcast = value.is_true();
                self.tell_grant();
            }
            _ => {}
        }
        Some(())
    }

    /// Wishes and single facts.
    fn apply_wish(&mut self, member: &str, value: &Value) -> Option<()> {
        match member {
            "access" => {
                let access = access_of(value)?;
                self.command(Origin::Rest, Command::SetAccess(access));
            }
            "mode" => {
                let mode = mode_of(value)?;
                self.command(Origin::Rest, Command::SetMode(mode));
            }
            "card" => self.show_card(Uid::parse(value.text()?)?),
            "button" => self.command(Origin::Button, Command::KeyPress),
            "remote_reset" => self.command(Origin::Rest, Command::ResetResidualCurrent),
            "override_da" => {
                let current = DeciAmps::from_deci(value.whole()?);
                self.command(Origin::Rest, Command::SetOverride(current));
            }
            "schedule" => self.fact(Fact::ScheduleWindow(match value.text() {
                Some("inside") => Some(true),
                Some("outside") => Some(false),
                Some(_) => return None,
                None => None,
            })),
            "evccid" => self.fact(Fact::Vehicle(value.text().and_then(VehicleId::new))),
            "node_grant" => match value.text() {
                Some("B") => self.fact(Fact::Granted(Handshake::GrantedB)),
                Some("C") => self.fact(Fact::Granted(Handshake::GrantedC)),
                Some("none") | None => {}
                Some(_) => return None,
            },
            _ => {}
        }
        Some(())
    }
}

/// Reads an access.
pub fn access_of(value: &Value) -> Option<Access> {
    match value.text()? {
        "Off" => Some(Access::Off),
        "On" => Some(Access::On),
        "Pause" => Some(Access::Pause),
        _ => None,
    }
}

fn mode_of(value: &Value) -> Option<Mode> {
    match value.text()? {
        "Normal" => Some(Mode::Normal),
        "Smart" => Some(Mode::Smart),
        "Solar" => Some(Mode::Solar),
        _ => None,
    }
}
