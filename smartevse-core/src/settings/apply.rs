//! The one way to change settings.

use super::values::{Values, set_value};
use super::{ConfigWarnings, Notices, Patch, SettingEvents, Settings, rules};
use crate::command::{Origin, Refused};
use crate::options::{ReadFunction, RfidMode, Role};
use crate::registry::{RoleRule, SettingId, SettingSet, Writers};

/// What the firmware can do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct ApplyContext {
    /// OCPP is built in; without it RFID has no Rmt/OCPP.
    pub ocpp: bool,
}

/// A patch that was taken over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Applied {
    /// The new settings.
    pub settings: Settings,
    /// Settings whose value is another one now.
    pub changed: SettingSet,
    /// What was changed besides the patch.
    pub notices: Notices,
    /// What is doubtful about the new settings, changed now or before.
    pub warnings: ConfigWarnings,
    /// What has to be done once.
    pub events: SettingEvents,
}

/// Applies a patch completely or not at all.
///
/// Each value is judged in this order: may `origin` write the setting, does
/// the role allow it, is the value legal. Then the rules between settings (menu
/// specification §4) are applied. Applying the same patch to the result gives
/// the same settings again.
///
/// Two rules follow the way the menu works, where a draft is applied as a
/// whole: a patch that sets PWR SHARE may also hold settings and options of
/// the other role, and Smart or Solar without a mains meter become Normal
/// instead of being refused.
///
/// # Examples
///
/// ```
/// use smartevse_core::command::{Origin, Refused};
/// use smartevse_core::registry::SettingId;
/// use smartevse_core::settings::{ApplyContext, Notices, Patch, Settings, apply};
///
/// let settings = Settings::default();
/// let patch = Patch::new()
///     .with(SettingId::Max, 10)
///     .with(SettingId::Min, 12);
/// let applied = apply(&settings, &patch, Origin::Lcd, ApplyContext::default())?;
/// assert_eq!(applied.settings.value(SettingId::Min), 10);
/// assert_eq!(applied.notices, Notices::MIN_LOWERED);
///
/// let refused = apply(&settings, &patch, Origin::Rest, ApplyContext::default());
/// assert_eq!(refused, Err(Refused::NotPermitted(SettingId::Max)));
/// # Ok::<(), Refused>(())
/// ```
///
/// # Errors
///
/// - [`Refused::NotPermitted`]: the origin may not write the setting.
/// - [`Refused::NotForThisRole`]: the role hides the setting or the option.
/// - [`Refused::OutOfRange`]: the value is not legal.
/// - [`Refused::NoMainsMeter`]: Smart or Solar without a mains meter, from
///   elsewhere than the menu (X1).
pub fn apply(
    settings: &Settings,
    patch: &Patch,
    origin: Origin,
    context: ApplyContext,
) -> Result<Applied, Refused> {
    let request = Request {
        patch,
        origin,
        context,
        role: settings.role(),
    };
    let mut values = *settings.values();
    let mut notices = Notices::empty();
    for (id, wanted) in patch.iter() {
        request.check_rights(id)?;
        let value = coerced(id, wanted, &mut notices);
        request.check_value(id, value)?;
        take_over(&mut values, id, value, &mut notices);
    }
    request.check_mode(&values)?;
    notices |= rules::normalise(&mut values);
    Ok(summary(settings, &Settings::trusted(values), notices))
}

fn summary(before: &Settings, after: &Settings, notices: Notices) -> Applied {
    let mut events = SettingEvents::between(before, after);
    events.set(
        SettingEvents::ERASE_CARDS,
        notices.contains(Notices::CARDS_ERASED),
    );
    Applied {
        settings: *after,
        changed: before.differences(after),
        notices,
        warnings: after.warnings(),
        events,
    }
}

/// A FUNCTION other than 3 becomes 4 (X13).
fn coerced(id: SettingId, value: u16, notices: &mut Notices) -> u16 {
    if id == SettingId::EmFunction && ReadFunction::from_raw(value).is_none() {
        *notices |= Notices::FUNCTION_SET;
        return ReadFunction::Input.raw();
    }
    value
}

/// Stores a legal value; transient modes of the reader are not stored (X11,
/// X12).
fn take_over(values: &mut Values, id: SettingId, value: u16, notices: &mut Notices) {
    let mode = RfidMode::from_raw(value).filter(|_| id == SettingId::Rfid);
    match mode {
        Some(RfidMode::Learn | RfidMode::Delete) => *notices |= Notices::READER_MODE_NOT_STORED,
        Some(RfidMode::DeleteAll) => {
            set_value(values, id, RfidMode::Disabled.raw());
            *notices |= Notices::CARDS_ERASED;
        }
        Some(RfidMode::Disabled | RfidMode::EnableAll | RfidMode::EnableOne | RfidMode::Remote)
        | None => set_value(values, id, value),
    }
}

/// Who wants what.
struct Request<'a> {
    patch: &'a Patch,
    origin: Origin,
    context: ApplyContext,
    role: Role,
}

impl Request<'_> {
    fn sets(&self, id: SettingId) -> bool {
        self.patch.ids().contains(id)
    }

    fn check_rights(&self, id: SettingId) -> Result<(), Refused> {
        let facts = id.facts();
        if !facts.writers.contains(Writers::of(self.origin)) {
            return Err(Refused::NotPermitted(id));
        }
        if self.role_allows(facts.role) {
            Ok(())
        } else {
            Err(Refused::NotForThisRole)
        }
    }

    fn role_allows(&self, rule: RoleRule) -> bool {
        let draft = self.origin == Origin::Lcd && self.sets(SettingId::PwrShare);
        if draft || self.origin == Origin::Bus {
            return true;
        }
        match rule {
            RoleRule::Any => true,
            RoleRule::NotOnNode => !self.role.is_node(),
            RoleRule::MasterOnly if self.origin == Origin::Rest => !self.role.is_node(),
            RoleRule::MasterOnly => self.role == Role::Master,
        }
    }

    fn check_value(&self, id: SettingId, value: u16) -> Result<(), Refused> {
        let remote_reader = id == SettingId::Rfid && value == RfidMode::Remote.raw();
        if !id.facts().kind.accepts(value) || (remote_reader && !self.context.ocpp) {
            return Err(Refused::OutOfRange(id));
        }
        let stays_node = self.role.is_node() && !self.sets(SettingId::PwrShare);
        if stays_node && rules::is_option_off_nodes(id, value) {
            return Err(Refused::NotForThisRole);
        }
        Ok(())
    }

    fn check_mode(&self, values: &Values) -> Result<(), Refused> {
        let asks = self.sets(SettingId::Mode) && self.origin != Origin::Lcd;
        if asks && rules::lacks_mains_meter(values) {
            return Err(Refused::NoMainsMeter);
        }
        Ok(())
    }
}
