//! The node's side of the bus: arbitrary frames and arbitrary timing. A reply goes only to
//! whom the frame addressed, and an overheard reply answers the request before it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use smartevse_meters::bus::{BusConfig, Listener};
use smartevse_meters::crc::crc16;
use smartevse_meters::server::{Exception, RegisterMap, Served, Server};
use smartevse_meters::snoop::{Heard, Snoop};
use smartevse_meters::{Frame, Function};
use smartevse_types::{Duration, Instant};

/// 64 registers; every third write is refused.
struct Map([u16; 64], u8);

impl RegisterMap for Map {
    fn read(&mut self, _: Function, register: u16, values: &mut [u16]) -> Result<(), Exception> {
        assert!(!values.is_empty() && values.len() <= 125);
        let from = usize::from(register);
        let wanted = self
            .0
            .get(from..from + values.len())
            .ok_or(Exception::IllegalAddress)?;
        values.copy_from_slice(wanted);
        Ok(())
    }

    fn write(&mut self, register: u16, values: &[u16], _: bool) -> Result<u16, Exception> {
        assert!(!values.is_empty() && values.len() <= 123);
        self.1 = self.1.wrapping_add(1);
        let from = usize::from(register);
        let slots = self
            .0
            .get_mut(from..from + values.len())
            .ok_or(Exception::IllegalAddress)?;
        if self.1 % 3 == 0 {
            return Err(Exception::IllegalValue);
        }
        slots.copy_from_slice(values);
        Ok(values.len() as u16)
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((&addr, mut rest)) = data.split_first() else {
        return;
    };
    let mut line = Listener::new(BusConfig::rtu(9600, 10));
    let (server, mut snoop, mut map) = (Server::new(addr), Snoop::new(), Map([0; 64], 0));
    let mut now = Instant::from_secs(1);
    let mut take = |frame: &[u8], at| {
        let mut reply = Frame::new();
        let served = server.serve(frame, &mut map, &mut reply);
        if served == Ok(Served::Reply) {
            assert_eq!(reply.as_bytes()[0], frame[0], "a reply in another name");
            assert_eq!(crc16(reply.as_bytes()), 0, "a reply with a wrong checksum");
        } else {
            assert!(reply.as_bytes().is_empty(), "a reply that nobody asked for");
        }
        if let Ok(Heard::Reply {
            request, registers, ..
        }) = snoop.hear(frame, at)
        {
            assert_eq!(request.addr(), frame[0]);
            assert!(
                !request.function().is_read()
                    || registers.bytes().len() == 2 * usize::from(request.quantity())
            );
        }
    };
    while let Some((&[length, gap], later)) = rest.split_first_chunk::<2>() {
        let (bytes, later) = later.split_at(usize::from(length & 0x7F).min(later.len()));
        rest = later;
        let mut bytes = bytes.to_vec();
        if length & 0x80 != 0 {
            bytes.extend(crc16(&bytes).to_le_bytes());
        }
        now += Duration::from_millis(u64::from(gap));
        line.receive(now, &bytes, |frame, at| {
            if let Ok(frame) = frame {
                take(frame, at)
            }
        });
        now += Duration::from_millis(u64::from(gap & 7));
        line.poll(now, |frame, at| {
            if let Ok(frame) = frame {
                take(frame, at)
            }
        });
    }
});
