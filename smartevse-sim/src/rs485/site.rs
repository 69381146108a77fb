//! A client and its servers on one line.

use smartevse_meters::server::RegisterMap;
use smartevse_meters::{Bus, BusAction, ModbusError, Transaction};
use smartevse_types::Instant;

use super::{Device, Line, Party};

/// The client on the line.
const CLIENT: Party = Party(0);

/// A settled question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// The question.
    pub asked: Transaction,
    /// The moment for which the answer holds.
    pub at: Instant,
    /// When its request went on the wire the last time.
    pub sent: Instant,
    /// When the answer was there.
    pub told: Instant,
    /// The registers, or why there are none.
    pub result: Result<Vec<u16>, ModbusError>,
}

/// A line with devices, at one moment.
#[derive(Clone, Debug)]
pub struct LineSite<M> {
    /// The line.
    pub line: Line,
    /// The devices.
    pub devices: Vec<Device<M>>,
    /// The present moment.
    pub now: Instant,
    /// Up to when the client has heard the line.
    heard: Instant,
    sent: Instant,
}

impl<M: RegisterMap> LineSite<M> {
    /// A line with devices; time begins at 1 s.
    #[must_use]
    pub fn new(line: Line, devices: Vec<Device<M>>) -> Self {
        let now = Instant::from_secs(1);
        Self {
            line,
            devices,
            now,
            heard: now,
            sent: now,
        }
    }

    /// The device at an address.
    pub fn device(&mut self, addr: u8) -> Option<&mut Device<M>> {
        self.devices.iter_mut().find(|device| device.addr() == addr)
    }

    /// Runs the client until `end` and tells each settled question.
    pub fn run<const J: usize, const O: usize>(
        &mut self,
        bus: &mut Bus<J, O>,
        end: Instant,
        mut tell: impl FnMut(Told),
    ) {
        while self.now < end {
            match bus.poll(self.now) {
                BusAction::Transmit { frame, .. } => {
                    let from = self.now;
                    let left = self.transmit(frame);
                    let heard = self.line.heard(CLIENT, from, left);
                    let bytes: Vec<u8> = heard.iter().map(|(_, byte)| *byte).collect();
                    bus.receive(left, &bytes);
                    bus.transmitted(left);
                }
                BusAction::Listen { until } => self.listen(bus, until.earliest(end)),
                BusAction::Report(report) => tell(Told {
                    asked: report.transaction,
                    at: report.at,
                    sent: self.sent,
                    told: self.now,
                    result: report.result.map(|registers| registers.words().collect()),
                }),
                // A serial line has no connection.
                BusAction::Reconnect => bus.reconnected(self.now),
            }
        }
    }

    /// Puts a request on the wire; those who hear it whole answer.
    fn transmit(&mut self, frame: &[u8]) -> Instant {
        let start = self.now;
        self.line.forget(start);
        let end = self.line.send(CLIENT, start, frame);
        for (index, device) in self.devices.iter_mut().enumerate() {
            let party = Party(index + 1);
            let heard = self.line.heard(party, start, end);
            let bytes: Vec<u8> = heard.into_iter().map(|(_, byte)| byte).collect();
            if let Some((wait, reply)) = device.hear(&bytes) {
                self.line.send(party, end + wait, &reply);
            }
        }
        self.sent = start;
        self.now = end;
        self.heard = end;
        end
    }

    /// Lets time pass until a frame ends or the client wants to act.
    fn listen<const J: usize, const O: usize>(&mut self, bus: &mut Bus<J, O>, until: Instant) {
        let next = self.line.next_end(CLIENT, self.heard).unwrap_or(until);
        let until = next.earliest(until).latest(self.now);
        let heard = self.line.heard(CLIENT, self.heard, until);
        self.heard = until;
        self.now = until;
        let bytes: Vec<u8> = heard.iter().map(|(_, byte)| *byte).collect();
        if let Some((last, _)) = heard.last() {
            bus.receive(*last, &bytes);
        }
    }
}
