//! The group on the network interface: `GET /group`, and `schedule` and `nodes`
//! of `GET /settings` (network specification §3.1).

use serde_json::{Value, json};
use smartevse_core::group::{GroupStatus, Member, Schedule};
use smartevse_core::options::Priority;
use smartevse_core::registry::SettingId;
use smartevse_core::state::ChargeState;

use super::live;
use crate::view::{EvseView, View};

/// The simulated group with all its chargers; `null` without one.
#[must_use]
pub fn group(view: &View) -> Value {
    if view.evses.is_empty() {
        return Value::Null;
    }
    let known = view.group.unwrap_or_default();
    let evses = view.evses.iter().zip(known.members).enumerate();
    json!({
        "evses": evses.map(|(number, (one, member))| evse(number, one, &member)).collect::<Vec<_>>(),
        "budget_da": known.budget.as_deci(),
        "rotation_left_s": countdown(&known),
        "priority": priority(view.value(SettingId::Priority)),
        "prio_strategy": view.value(SettingId::Priority),
        "rotation_min": view.value(SettingId::Rotation),
        "idle_tmo_s": view.value(SettingId::IdleTmo),
    })
}

fn evse(number: usize, evse: &EvseView, member: &Member) -> Value {
    let charger = &evse.charger;
    json!({
        "evse": number,
        "name": name(number),
        "online": online(number, member),
        "state": charger.state.text(),
        "state_name": charger.state.name(),
        "since_s": charger.at.since(charger.since).as_secs(),
        "schedule": word(online(number, member), evse, member),
        "rank": member.rank.map(|rank| u16::from(rank) + 1),
        "set_point_da": member.set_point.as_deci(),
        "offered_da": charger.offered.as_deci(),
        "drawn_da": live::phases(evse.car.current),
        "contactors": [charger.contactor1.is_closed(), charger.contactor2.is_closed()],
        "reason": reason(evse, member),
        "faults": charger.faults.rows().map(|row| row.name).collect::<Vec<_>>(),
        "session_wh": evse.car.session.as_wh(),
        "total_wh": evse.car.total.as_wh(),
        "car": {
            "plugged": evse.car.plugged,
            "max_a": evse.car.max_a,
            "phases": evse.car.phases,
            "full": evse.car.full,
        },
    })
}

fn name(number: usize) -> String {
    match number {
        0 => "Master".to_owned(),
        node => format!("Node {node}"),
    }
}

/// Whether the master hears it; itself it always hears.
const fn online(number: usize, member: &Member) -> bool {
    number == 0 || member.online
}

/// What a charger does, in one word.
fn word(online: bool, evse: &EvseView, member: &Member) -> &'static str {
    let charges = matches!(evse.charger.state, ChargeState::C | ChargeState::D);
    match member.schedule {
        _ if !online => "lost",
        Schedule::Paused => "paused",
        Schedule::Inactive | Schedule::Active if charges => "charging",
        Schedule::Active => "waiting",
        Schedule::Inactive => "idle",
    }
}

/// The master knows why it pauses somebody; the charger itself knows the rest.
fn reason(evse: &EvseView, member: &Member) -> Value {
    let own = live::reason(&evse.charger);
    match member.block.filter(|_| member.schedule == Schedule::Paused) {
        Some(block) => json!({ "kind": "block", "text": block.text(), "remaining_s": null }),
        None => own,
    }
}

fn countdown(known: &GroupStatus) -> Option<u32> {
    let left = known.rotation.as_secs();
    (left > 0).then_some(left)
}

fn priority(number: u16) -> &'static str {
    Priority::from_raw(number).map_or("", Priority::text)
}

/// `schedule` of the status: a word for each address, and the rotation timer in
/// seconds.
#[must_use]
pub fn schedule(known: &GroupStatus) -> Value {
    json!({
        "state": known.members.map(|member| member.schedule.name()),
        "rotation_timer": known.rotation.as_secs(),
    })
}

/// `nodes` of the status: set-point in tenths of amperes, state and schedule of
/// each address.
#[must_use]
pub fn nodes(known: &GroupStatus) -> Value {
    let node = |member: Member| {
        let charges = matches!(member.state, ChargeState::C | ChargeState::D);
        let state = match member.schedule {
            _ if charges => "Charging",
            Schedule::Active | Schedule::Paused => "Request",
            Schedule::Inactive => "Idle",
        };
        json!({
            "current": member.set_point.as_deci(),
            "state": state,
            "sched": member.schedule.name(),
        })
    };
    known.members.map(node).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_types::{BlockReason, DeciAmps, LimitedBy, Seconds};

    fn member(schedule: Schedule, rank: u8) -> Member {
        Member {
            online: true,
            schedule,
            rank: Some(rank),
            ..Member::default()
        }
    }

    /// A master that charges, a node that waits for its turn, one that is gone.
    fn view() -> View {
        let mut view = View {
            evses: vec![EvseView::default(); 3],
            ..View::default()
        };
        view.evses[0].charger.state = ChargeState::C;
        view.evses[0].charger.block = None;
        view.evses[0].charger.limited_by = LimitedBy::Max;
        view.evses[1].charger.state = ChargeState::B1;
        view.evses[1].charger.block = Some(BlockReason::Cooldown(Default::default()));
        let mut known = GroupStatus {
            rotation: Seconds::from_secs(1740),
            budget: DeciAmps::from_deci(100),
            ..GroupStatus::default()
        };
        known.members[0] = member(Schedule::Active, 0);
        known.members[0].state = ChargeState::C;
        known.members[0].set_point = DeciAmps::from_deci(100);
        known.members[1] = member(Schedule::Paused, 1);
        known.members[1].block = Some(BlockReason::WaitingForPower);
        view.group = Some(known);
        view
    }

    #[test]
    fn when_there_is_no_group_then_there_is_nothing_to_show() {
        assert_eq!(group(&View::default()), Value::Null);
    }

    /// Power share 8.1: who waits, in which place, and why.
    #[test]
    fn when_one_is_paused_then_it_says_why_and_when_its_turn_comes() {
        let shown = group(&view());
        let all = shown["evses"].as_array().unwrap();
        let words: Vec<_> = all.iter().map(|one| one["schedule"].clone()).collect();
        assert_eq!(words, ["charging", "paused", "lost"]);
        assert_eq!(shown["rotation_left_s"], 1740);
        assert_eq!((&all[0]["rank"], &all[1]["rank"]), (&json!(1), &json!(2)));
        assert_eq!(all[0]["reason"]["text"], "Limited by MAX");
        assert_eq!(all[1]["reason"]["text"], "Waiting for power");
        assert_eq!(all[1]["name"], "Node 1");
        assert_eq!(all[2]["rank"], Value::Null);
    }

    #[test]
    fn when_it_has_its_share_but_does_not_charge_then_it_waits() {
        let mut view = view();
        view.evses[0].charger.state = ChargeState::B;
        assert_eq!(group(&view)["evses"][0]["schedule"], "waiting");
    }

    /// A master that has not heard its nodes yet charges alone.
    #[test]
    fn when_no_node_is_known_then_the_master_is_not_lost() {
        let mut view = view();
        view.group = None;
        let shown = group(&view);
        assert_eq!(shown["evses"][0]["schedule"], "charging");
        assert_eq!(shown["evses"][0]["online"], true);
        assert_eq!(shown["evses"][1]["schedule"], "lost");
    }

    /// network 3.1: eight words and the timer, on a master only.
    #[test]
    fn when_a_master_is_asked_then_the_schedule_has_eight_words() {
        let known = view().group.unwrap();
        let schedule = schedule(&known);
        assert_eq!(schedule["state"].as_array().unwrap().len(), 8);
        assert_eq!(schedule["state"][1], "Paused");
        assert_eq!(schedule["rotation_timer"], 1740);
        let nodes = nodes(&known);
        let first = json!({ "current": 100, "state": "Charging", "sched": "Active" });
        assert_eq!(nodes[0], first);
        assert_eq!(nodes[1]["state"], "Request");
        assert_eq!(nodes[7]["state"], "Idle");
    }
}
