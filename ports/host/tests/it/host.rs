//! A running program and a small HTTP client.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// A running program; it is ended with the test.
pub struct Host {
    child: Child,
    pub address: String,
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|why| panic!("{why}: {}", self.body))
    }

    /// Value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

pub fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_smartevse-host"))
}

/// Runs the program until it ends by itself.
pub fn output(args: &[&str]) -> Output {
    program().args(args).output().unwrap()
}

impl Host {
    /// Starts the program at a free port.
    pub fn start(args: &[&str]) -> Self {
        let run = ["run", "--http", "127.0.0.1:0"];
        Self::of(program().args(run).args(args))
    }

    /// Starts a command that runs the program at a free port.
    pub fn of(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://");
        let address = address
            .unwrap_or_else(|| panic!("said {line:?}"))
            .to_owned();
        Self { child, address }
    }

    /// Starts the program and plugs the vehicle in.
    pub fn plugged(args: &[&str]) -> Self {
        let host = Self::start(args);
        host.post("/sim?plug=1");
        host
    }

    /// Sends bytes and reads until the other side closes.
    pub fn raw(&self, request: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
        Answer {
            status: status.unwrap_or_else(|| panic!("answered {text:?}")),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    pub fn request(&self, method: &str, target: &str, more: &str) -> Answer {
        let host = &self.address;
        self.raw(&format!(
            "{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n"
        ))
    }

    pub fn get(&self, target: &str) -> Answer {
        self.request("GET", target, "")
    }

    pub fn post(&self, target: &str) -> Value {
        let answer = self.request("POST", target, "");
        assert_eq!(answer.status, 200, "{target}: {}", answer.body);
        answer.json()
    }

    pub fn live(&self) -> Value {
        self.get("/live").json()
    }

    /// Waits until the live data is as wanted.
    pub fn wait(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + Duration::from_secs(40);
        loop {
            let live = self.live();
            if wanted(&live) {
                return live;
            }
            assert!(Instant::now() < end, "{what} did not come: {live:#}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the end and gives the exit status.
    pub fn ended(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
