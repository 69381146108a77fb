//! What stays as it is in one case: the board and how it is installed.

use smartevse_core::charger::BoardFacts;
use smartevse_core::options::{Contact2, LockKind};

use crate::rng::Rng;

/// Parts of the board that a profile needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Needs {
    /// Whatever comes.
    Nothing,
    /// A second contactor that planning may close.
    Phases,
    /// A residual-current monitor.
    Monitor,
    /// A socket with a lock.
    Lock,
    /// Feedback of the contactors.
    Feedback,
    /// A temperature sensor.
    Sensor,
    /// A master that has to be asked.
    Master,
    /// A socket.
    Socket,
}

/// A board and its installation.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    pub facts: BoardFacts,
    pub node: bool,
    pub socket: bool,
    pub lock: LockKind,
    pub lock_feedback: bool,
    pub feedback: bool,
    pub monitor: bool,
    pub sensor: bool,
    pub contact2: Contact2,
    pub derating: bool,
    pub latched: bool,
}

impl Site {
    pub fn random(rng: &mut Rng, needs: Needs) -> Self {
        let mut site = Self {
            facts: BoardFacts {
                ventilation: rng.chance(30),
                modem: rng.chance(10),
                residual_current_test: rng.chance(40),
                lock_advisory: rng.chance(10),
            },
            node: rng.chance(20),
            socket: rng.chance(50),
            lock: rng.pick(LockKind::ALL),
            lock_feedback: rng.chance(50),
            feedback: rng.chance(50),
            monitor: rng.chance(50),
            sensor: rng.chance(70),
            contact2: rng.pick(Contact2::ALL),
            derating: rng.chance(30),
            latched: rng.chance(3),
        };
        site.fit(needs, rng);
        site
    }

    fn fit(&mut self, needs: Needs, rng: &mut Rng) {
        match needs {
            Needs::Nothing => {}
            Needs::Phases => {
                self.contact2 = rng.pick(&[Contact2::AlwaysOn, Contact2::Auto, Contact2::SolarOff]);
            }
            Needs::Monitor => self.monitor = true,
            Needs::Lock => {
                self.socket = true;
                self.lock = rng.pick(&[LockKind::Motor, LockKind::Solenoid]);
            }
            Needs::Feedback => self.feedback = true,
            Needs::Sensor => self.sensor = true,
            Needs::Master => self.node = true,
            Needs::Socket => self.socket = true,
        }
    }
}
