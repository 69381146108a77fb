//! The side of a node on a serial line: serves a block of registers to a client.
//!
//! `serve_registers PATH UNIT` opens a serial line that is already set to the right speed and to raw mode, and serves
//! the status block of a node: registers 0x0000 to 0x000B, of which 0x0000 to 0x0006 can be written, and the currents of
//! a broadcast at 0x0020. Everything that happens is a line on standard output.

use std::env;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time;

use smartevse_meters::bus::{BusConfig, Listener};
use smartevse_meters::server::{Exception, RegisterMap, Served, Server};
use smartevse_meters::{Frame, Function, ModbusError};
use smartevse_types::{Duration, Instant};

/// Registers that can be read.
const STATUS: usize = 12;
/// The first of them that can be written.
const WRITABLE: usize = 7;
/// First register of the broadcast currents, and how many there are at most.
const CURRENTS: (u16, usize) = (0x20, 11);

/// Status and broadcast currents.
#[derive(Default)]
struct Node {
    status: [u16; STATUS],
    currents: [u16; CURRENTS.1],
}

impl RegisterMap for Node {
    fn read(&mut self, _: Function, register: u16, values: &mut [u16]) -> Result<(), Exception> {
        let from = usize::from(register);
        let all = self.status.get(from..);
        let wanted = all.and_then(|all| all.get(..values.len()));
        values.copy_from_slice(wanted.ok_or(Exception::IllegalAddress)?);
        Ok(())
    }

    fn write(&mut self, register: u16, values: &[u16], broadcast: bool) -> Result<u16, Exception> {
        let block = match register.checked_sub(CURRENTS.0) {
            Some(from) if broadcast => self.currents.get_mut(usize::from(from)..),
            Some(_) => None,
            None => self.status.get_mut(usize::from(register)..WRITABLE),
        };
        let places = block.and_then(|block| block.get_mut(..values.len()));
        places
            .ok_or(Exception::IllegalAddress)?
            .copy_from_slice(values);
        u16::try_from(values.len()).map_err(|_| Exception::IllegalValue)
    }
}

fn main() -> io::Result<()> {
    let mut words = env::args().skip(1);
    let (Some(path), Some(Ok(unit))) = (words.next(), words.next().map(|unit| unit.parse())) else {
        eprintln!("usage: serve_registers PATH UNIT");
        std::process::exit(2);
    };
    let line = OpenOptions::new().read(true).write(true).open(path)?;
    let bytes = arriving(line.try_clone()?);
    println!("ready");
    serve(line, &bytes, &Server::new(unit))
}

/// Bytes as they come, read by a thread of their own.
fn arriving(mut line: File) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok(count) = line.read(&mut buffer) {
            let heard = buffer.iter().copied().take(count).collect();
            if sender.send(heard).is_err() {
                break;
            }
        }
    });
    receiver
}

fn serve(mut line: File, bytes: &Receiver<Vec<u8>>, server: &Server) -> io::Result<()> {
    let start = time::Instant::now();
    // An operating system hands bytes over late.
    let config = BusConfig::rtu(9_600, 10).with_slack(Duration::from_millis(10));
    let mut listener = Listener::new(config);
    let mut node = Node::default();
    loop {
        let now = Instant::from_micros(start.elapsed().as_micros() as u64);
        let wait = listener
            .deadline()
            .map_or(1_000_000, |end| end.since(now).as_micros());
        let heard = bytes.recv_timeout(time::Duration::from_micros(wait));
        let now = Instant::from_micros(start.elapsed().as_micros() as u64);
        let mut replies = Vec::new();
        let mut judge = |frame: Result<&[u8], ModbusError>, _| {
            let mut reply = Frame::new();
            let served = frame.and_then(|frame| server.serve(frame, &mut node, &mut reply));
            println!("{served:?}");
            if served == Ok(Served::Reply) {
                replies.push(reply);
            }
        };
        match heard {
            Ok(heard) => listener.receive(now, &heard, &mut judge),
            Err(RecvTimeoutError::Timeout) => listener.poll(now, &mut judge),
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
        for reply in &replies {
            line.write_all(reply.as_bytes())?;
            line.flush()?;
        }
    }
}
