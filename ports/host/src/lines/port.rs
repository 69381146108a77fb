//! A serial line or a TCP connection that moves bytes.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use serial2::{CharSize, FlowControl, Parity, SerialPort, Settings, StopBits};

use crate::spec::LineSpec;

/// Longest time to wait for a TCP connection.
const CONNECT: Duration = Duration::from_secs(5);

/// Longest time to wait until bytes can be sent.
const SEND: Duration = Duration::from_secs(2);

/// An open line.
#[derive(Debug)]
pub enum Port {
    /// Serial line.
    Serial(SerialPort),
    /// TCP connection.
    Tcp(TcpStream),
}

impl Port {
    /// Opens a line.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn open(line: &LineSpec, even_parity: bool) -> io::Result<Self> {
        match line {
            LineSpec::Serial { path, baud } => {
                let mut port = SerialPort::open(path, |settings: Settings| {
                    configure(settings, *baud, even_parity)
                })?;
                port.set_write_timeout(SEND)?;
                Ok(Self::Serial(port))
            }
            LineSpec::Tcp { peer } => {
                let stream = connect(peer)?;
                stream.set_nodelay(true)?;
                stream.set_write_timeout(Some(SEND))?;
                Ok(Self::Tcp(stream))
            }
        }
    }

    /// Sends all bytes and waits until the last one has left.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn send(&mut self, frame: &[u8], discard_input: bool) -> io::Result<()> {
        match self {
            Self::Serial(port) => {
                if discard_input {
                    port.discard_input_buffer()?;
                }
                port.write_all(frame)?;
                port.flush()
            }
            Self::Tcp(stream) => stream.write_all(frame),
        }
    }

    /// Waits for bytes until a moment; 0 = nothing came.
    ///
    /// # Errors
    ///
    /// What the operating system says; the end of the stream is an error.
    pub fn receive(&mut self, buffer: &mut [u8], until: Instant) -> io::Result<usize> {
        // Less than a millisecond would mean "for ever" or "at once" to some.
        let wait = until.saturating_duration_since(Instant::now());
        let wait = wait.max(Duration::from_millis(1));
        let received = match self {
            Self::Serial(port) => {
                port.set_read_timeout(wait)?;
                port.read(buffer)
            }
            Self::Tcp(stream) => {
                stream.set_read_timeout(Some(wait))?;
                stream.read(buffer)
            }
        };
        match received {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Err(why) if is_quiet(why.kind()) => Ok(0),
            other => other,
        }
    }
}

const fn is_quiet(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TimedOut | ErrorKind::WouldBlock | ErrorKind::Interrupted
    )
}

fn configure(mut settings: Settings, baud: u32, even: bool) -> io::Result<Settings> {
    settings.set_raw();
    settings.set_baud_rate(baud)?;
    settings.set_char_size(CharSize::Bits8);
    settings.set_stop_bits(StopBits::One);
    settings.set_parity(if even { Parity::Even } else { Parity::None });
    settings.set_flow_control(FlowControl::None);
    Ok(settings)
}

fn connect(peer: &str) -> io::Result<TcpStream> {
    let mut last = io::Error::from(ErrorKind::NotFound);
    for address in peer.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT) {
            Ok(stream) => return Ok(stream),
            Err(why) => last = why,
        }
    }
    Err(last)
}
