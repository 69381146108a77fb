//! The trace of a run as comma-separated text, one row per second
//! (design §6).

use std::io::{self, Write};

use crate::metrics::{EvseSecond, Second};

/// Writes the names of the columns.
///
/// # Errors
///
/// What the writer reports.
pub fn write_header(out: &mut dyn Write, evses: usize) -> io::Result<()> {
    write!(out, "t,net1,net2,net3")?;
    for e in 0..evses {
        write!(out, ",off{e},i{e}a,i{e}b,i{e}c,c1_{e},c2_{e},st{e},wh{e}")?;
    }
    writeln!(out)
}

/// Writes one row.
///
/// # Errors
///
/// What the writer reports.
pub fn write_second(out: &mut dyn Write, second: &Second) -> io::Result<()> {
    let [net1, net2, net3] = second.net;
    write!(out, "{},{net1:.2},{net2:.2},{net3:.2}", second.t)?;
    for evse in &second.evses {
        write_evse(out, evse)?;
    }
    writeln!(out)
}

fn write_evse(out: &mut dyn Write, evse: &EvseSecond) -> io::Result<()> {
    let [a, b, c] = evse.amps;
    write!(
        out,
        ",{:.1},{a:.2},{b:.2},{c:.2},{},{},{},{:.1}",
        evse.offered_a,
        u8::from(evse.contactor1),
        u8::from(evse.contactor2),
        evse.state,
        evse.energy_wh
    )
}
