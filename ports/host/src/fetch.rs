//! One HTTP request to a device on the local network.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// Longest response, bytes.
const MAX_RESPONSE: usize = 16 * 1024;

/// Gets a document; `peer` is HOST:PORT, `limit` counts from the first packet
/// to the last.
///
/// # Errors
///
/// One sentence: no connection, no response in time, or another status than 200.
pub fn get(peer: &str, path: &str, limit: Duration) -> Result<Vec<u8>, String> {
    request(
        peer,
        &format!("GET {path}"),
        "Accept: application/json\r\n",
        limit,
    )
}

/// Sends an empty body to a device; `headers` are more lines of the head, each
/// ended by CR LF.
///
/// # Errors
///
/// As those of [`get`].
pub fn post(peer: &str, path: &str, headers: &str, limit: Duration) -> Result<Vec<u8>, String> {
    let headers = format!("{headers}Content-Length: 0\r\n");
    request(peer, &format!("POST {path}"), &headers, limit)
}

fn request(peer: &str, what: &str, headers: &str, limit: Duration) -> Result<Vec<u8>, String> {
    let mut exchange = Exchange::open(peer, Instant::now() + limit).map_err(said)?;
    let host = peer.strip_suffix(":80").unwrap_or(peer);
    let request = format!("{what} HTTP/1.1\r\nHost: {host}\r\n{headers}Connection: close\r\n\r\n");
    exchange.send(request.as_bytes()).map_err(said)?;
    exchange.response()
}

fn said(why: io::Error) -> String {
    if matches!(why.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) {
        "no response in time".to_owned()
    } else {
        why.to_string()
    }
}

/// A connection with the moment at which everything must be done.
struct Exchange {
    stream: TcpStream,
    end: Instant,
}

impl Exchange {
    fn open(peer: &str, end: Instant) -> io::Result<Self> {
        let mut last = io::Error::from(ErrorKind::NotFound);
        for address in peer.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, left(end)?) {
                Ok(stream) => return Ok(Self { stream, end }),
                Err(why) => last = why,
            }
        }
        Err(last)
    }

    fn send(&mut self, request: &[u8]) -> io::Result<()> {
        self.stream.set_write_timeout(Some(left(self.end)?))?;
        self.stream.write_all(request)
    }

    fn response(&mut self) -> Result<Vec<u8>, String> {
        let mut text = Vec::new();
        let mut part = [0; 2048];
        loop {
            let count = self.receive(&mut part).map_err(said)?;
            text.extend(part.iter().take(count));
            if let Some(body) = body(&text, count == 0)? {
                return Ok(body);
            }
            if text.len() > MAX_RESPONSE {
                return Err("the response is too long".to_owned());
            }
        }
    }

    fn receive(&mut self, part: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(left(self.end)?))?;
        self.stream.read(part)
    }
}

/// What is left until a moment; an error when it has passed.
fn left(end: Instant) -> io::Result<Duration> {
    let left = end.saturating_duration_since(Instant::now());
    if left.is_zero() {
        Err(ErrorKind::TimedOut.into())
    } else {
        Ok(left)
    }
}

/// The body of a response, `None` while something is missing; `ended` = nothing
/// more will come.
fn body(text: &[u8], ended: bool) -> Result<Option<Vec<u8>>, String> {
    let cut_off = || {
        if ended {
            Err("the response was cut off".to_owned())
        } else {
            Ok(None)
        }
    };
    let Some(at) = text.windows(4).position(|four| four == b"\r\n\r\n") else {
        return cut_off();
    };
    let (head, rest) = text.split_at(at);
    let body = rest.get(4..).unwrap_or_default();
    let head = String::from_utf8_lossy(head);
    let mut lines = head.split("\r\n");
    check_status(lines.next().unwrap_or_default())?;
    let header = |name: &str| {
        lines.clone().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    };
    let whole = match (header("transfer-encoding"), header("content-length")) {
        (Some(coding), _) if coding.eq_ignore_ascii_case("chunked") => unchunked(body)?,
        (Some(_), _) => return Err("the response has an unknown coding".to_owned()),
        (None, Some(length)) => {
            let length: usize = length.parse().map_err(|_| malformed())?;
            body.get(..length).map(<[u8]>::to_vec)
        }
        (None, None) => ended.then(|| body.to_vec()),
    };
    whole.map_or_else(cut_off, |whole| Ok(Some(whole)))
}

fn malformed() -> String {
    "the response is no HTTP".to_owned()
}

fn check_status(line: &str) -> Result<(), String> {
    let mut words = line.split(' ');
    let is_http = words.next().is_some_and(|word| word.starts_with("HTTP/1."));
    match words.next() {
        Some("200") if is_http => Ok(()),
        Some(status) if is_http => Err(format!("HTTP status {status}")),
        Some(_) | None => Err(malformed()),
    }
}

/// Joins the chunks of a body, `None` while the last one is missing.
fn unchunked(mut rest: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let mut whole = Vec::new();
    loop {
        let Some(at) = rest.windows(2).position(|two| two == b"\r\n") else {
            return Ok(None);
        };
        let size = String::from_utf8_lossy(rest.get(..at).unwrap_or_default());
        let size = size.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| malformed())?;
        let chunk = rest.get(at + 2..).unwrap_or_default();
        if size == 0 {
            return Ok(Some(whole));
        }
        let Some(data) = chunk.get(..size) else {
            return Ok(None);
        };
        whole.extend(data);
        rest = chunk.get(size + 2..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    fn text_of(body: Result<Option<Vec<u8>>, String>) -> Option<String> {
        body.unwrap().map(|body| String::from_utf8(body).unwrap())
    }

    #[test]
    fn when_a_response_is_complete_then_its_body_is_taken() {
        for response in [
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbodyX",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nbod\r\n1;x\r\ny\r\n0\r\n\r\n",
        ] {
            let whole = text_of(body(response.as_bytes(), false));
            assert_eq!(whole.as_deref(), Some("body"), "{response}");
        }
        let open = b"HTTP/1.0 200 OK\r\n\r\nbody";
        assert_eq!(text_of(body(open, false)), None);
        assert_eq!(text_of(body(open, true)).as_deref(), Some("body"));
    }

    #[test]
    fn when_something_is_missing_then_more_is_read_and_the_end_is_an_error() {
        for response in [
            "HTT",
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbod",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbod",
        ] {
            assert_eq!(body(response.as_bytes(), false), Ok(None), "{response}");
            assert!(body(response.as_bytes(), true).is_err(), "{response}");
        }
    }

    #[test]
    fn when_a_response_is_no_document_then_the_error_says_so() {
        for (response, part) in [
            ("HTTP/1.1 403 Forbidden\r\n\r\n", "status 403"),
            ("SSH-2.0\r\n\r\n", "no HTTP"),
            ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "no HTTP"),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
                "coding",
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
                "no HTTP",
            ),
        ] {
            let why = body(response.as_bytes(), true).unwrap_err();
            assert!(why.contains(part), "{response}: {why}");
        }
    }

    #[test]
    fn when_the_device_is_slow_then_the_limit_holds_for_everything() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let peer = listener.local_addr().unwrap().to_string();
        let device = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            for _ in 0..10 {
                // A byte now and then must not make the wait longer.
                if stream.write_all(b"H").is_err() {
                    break;
                }
                thread::sleep(Duration::from_millis(50));
            }
        });
        let start = Instant::now();
        let why = get(&peer, "/", Duration::from_millis(200)).unwrap_err();
        assert!(why.contains("in time"), "{why}");
        assert!(start.elapsed() < Duration::from_millis(400));
        device.join().unwrap();
    }
}
