//! The nodes of a simulated group, and the RS-485 line that joins them with
//! their master.

mod end;
mod setup;

use std::iter;

use smartevse::Setup;
use smartevse::log::Recorder;
use smartevse::site_line::{CHARACTER_BITS, LINE_BAUD};
use smartevse_core::directive::ChargerStatus;
use smartevse_core::event::{Event, Fact};
use smartevse_core::io::{Inputs, Outputs};
use smartevse_meters::{BusConfig, Meter};
use smartevse_sim::rs485::{Line, LineFaults};
use smartevse_types::{Duration, Instant};

use crate::engine::LogFile;
use crate::plant::Plant;
use end::End;
pub use setup::{as_master, demo_node, setup_of};

/// Everybody has heard a frame so long after its end.
const HEARD: Duration = Duration::from_millis(300);

/// Shortest time between two turns on the line.
const MOMENT: Duration = Duration::from_micros(1);

/// The nodes with their line. EVSE 0 is the master, which belongs to the
/// engine; EVSE k is Node k.
pub struct Group {
    line: Line,
    /// The master's end first, then those of the nodes.
    ends: Vec<End>,
    nodes: Vec<Recorder<LogFile>>,
    now: Instant,
}

impl Group {
    /// Starts the nodes at time zero.
    #[must_use]
    pub fn new(nodes: &[Setup<'_>]) -> Self {
        let config = BusConfig::rtu(LINE_BAUD, CHARACTER_BITS);
        let start = |setup| Recorder::new(setup, Instant::ZERO, LogFile::new(None));
        Self {
            line: Line::new(config.air_time(1), LineFaults::default(), 1),
            ends: (0..=nodes.len()).map(End::new).collect(),
            nodes: nodes.iter().map(start).collect(),
            now: Instant::ZERO,
        }
    }

    /// Lets the line work until a moment, frame by frame.
    pub fn advance(&mut self, master: &mut Recorder<LogFile>, until: Instant) {
        for (end, evse) in self.ends.iter_mut().zip(everybody(master, &mut self.nodes)) {
            end.notice_orders(self.now, evse);
        }
        loop {
            self.line.forget_until(self.now - HEARD);
            for (end, evse) in self.ends.iter_mut().zip(everybody(master, &mut self.nodes)) {
                end.serve(self.now, evse, &mut self.line);
            }
            if self.now >= until {
                return;
            }
            let due = self.ends.iter().map(|end| end.next(&self.line));
            let next = due.fold(until, Instant::earliest);
            self.now = next.latest(self.now + MOMENT).earliest(until);
        }
    }

    /// Polls every node at its board.
    pub fn poll(&mut self, now: Instant, plant: &mut Plant) {
        for (evse, node) in (1..).zip(&mut self.nodes) {
            let mut inputs = Inputs::default();
            plant.sample(evse, &mut inputs);
            let outputs = node.poll(now, &inputs);
            plant.drive(evse, &outputs);
        }
    }

    /// Tells every node the time, and what its EV meter measures if it has one.
    pub fn tell(&mut self, clock: Event, plant: &Plant) {
        for (evse, node) in (1..).zip(&mut self.nodes) {
            node.event(clock);
            let meter = node.station().snapshot().in_force.ev_meter();
            if meter == Meter::Api.id() {
                node.event(plant.ev_reading(evse));
            }
        }
    }

    /// Charging control of each node, Node 1 first.
    pub fn statuses(&self) -> impl Iterator<Item = ChargerStatus> {
        self.nodes.iter().map(|node| node.station().status())
    }

    /// Leaves all boards in their safe state.
    pub fn stop(&self, plant: &mut Plant) {
        for (evse, _) in (1..).zip(&self.nodes) {
            plant.drive(evse, &Outputs::SAFE);
        }
    }
}

/// All chargers in the order of their ends.
fn everybody<'a>(
    master: &'a mut Recorder<LogFile>,
    nodes: &'a mut [Recorder<LogFile>],
) -> impl Iterator<Item = &'a mut Recorder<LogFile>> {
    iter::once(master).chain(nodes)
}

/// The fact that a second of the wall clock has begun.
#[must_use]
pub const fn clock_event(at: Instant, unix: u64) -> Event {
    Event {
        at,
        fact: Fact::WallClock(unix),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plant::{CarChange, PlantChange};
    use smartevse_core::command::{Command, Origin};
    use smartevse_core::group::{GroupStatus, Schedule};
    use smartevse_core::registry::SettingId;
    use smartevse_core::settings::{Patch, load};
    use smartevse_core::snapshot::Section;
    use smartevse_core::state::ChargeState;

    /// A group in virtual time: all cars are plugged in, Normal, CIRCUIT 16 A.
    struct Site {
        plant: Plant,
        master: Recorder<LogFile>,
        group: Group,
        now: Instant,
    }

    impl Site {
        fn new(evses: usize) -> Self {
            let settings = as_master(&load([(SettingId::Circuit, 16)]).settings);
            let nodes = (1..evses).map(|evse| setup_of(evse, demo_node(evse, &settings)));
            let mut plant = Plant::demo(25.0, evses);
            for evse in 0..evses {
                plant.change(PlantChange::Car(evse, CarChange::Plug(true)));
            }
            let setup = setup_of(0, settings);
            Self {
                plant,
                master: Recorder::new(&setup, Instant::ZERO, LogFile::new(None)),
                group: Group::new(&nodes.collect::<Vec<_>>()),
                now: Instant::ZERO,
            }
        }

        fn run(&mut self, secs: u64) {
            let end = self.now + Duration::from_secs(secs);
            while self.now < end {
                self.now += Duration::from_millis(10);
                self.plant.advance(self.now);
                self.group.advance(&mut self.master, self.now);
                if self.now.as_micros().is_multiple_of(1_000_000) {
                    self.group.tell(clock_event(self.now, 0), &self.plant);
                }
                let mut inputs = Inputs::default();
                self.plant.sample(0, &mut inputs);
                let outputs = self.master.poll(self.now, &inputs);
                self.plant.drive(0, &outputs);
                self.group.poll(self.now, &mut self.plant);
            }
        }

        fn known(&self) -> GroupStatus {
            match self.master.station().snapshot().group {
                Section::Present(known) => *known,
                Section::Absent => panic!("no master"),
            }
        }

        fn drawing(&self, evses: usize) -> Vec<bool> {
            let drawn = |evse| self.plant.car(evse).current.max().as_deci() > 50;
            (0..evses).map(drawn).collect()
        }
    }

    /// Power share 7, 8.2: as many as fit, in the order of their addresses.
    #[test]
    fn when_there_is_room_for_two_then_two_charge_and_one_waits() {
        let mut site = Site::new(3);
        site.run(60);
        assert_eq!(site.drawing(3), [true, true, false]);
        let known = site.known();
        let schedules = known.members.map(|member| member.schedule);
        let [master, one, two, ..] = schedules;
        assert_eq!(
            (master, one, two),
            (Schedule::Active, Schedule::Active, Schedule::Paused)
        );
        assert!(
            schedules[3..]
                .iter()
                .all(|schedule| *schedule == Schedule::Inactive)
        );
        assert!(known.members[1].online && known.members[2].online && !known.members[3].online);
    }

    /// L-05: with all seven addresses taken, each node is online 14 s and one
    /// round of 2 s after power-up.
    #[test]
    fn when_eight_chargers_start_then_all_are_heard_in_time() {
        let mut site = Site::new(8);
        site.run(16);
        assert_eq!(site.known().members.map(|member| member.online), [true; 8]);
    }

    /// I-15: a master that leaves the group, in the middle of a telegram or not,
    /// ends the charges of its nodes within 20 s.
    #[test]
    fn when_the_master_leaves_then_the_nodes_stop() {
        let mut site = Site::new(2);
        site.run(60);
        assert_eq!(site.drawing(2), [true, true]);
        // PWR SHARE changes when the charger itself does not charge.
        let away = PlantChange::Car(0, CarChange::Plug(false));
        site.plant.change(away);
        site.run(10);
        assert_eq!(site.drawing(2), [false, true]);
        let alone = Command::Change(Patch::new().with(SettingId::PwrShare, 0));
        site.master.command(site.now, Origin::Lcd, alone).unwrap();
        site.run(20);
        let status = site.group.statuses().next().unwrap();
        assert!(!status.contactor1.is_closed(), "{}", status.state);
        assert_ne!(status.state, ChargeState::C);
    }
}
