//! The register table of the documentation against the one in the code.
#![expect(
    clippy::unwrap_used,
    reason = "test code may stop at what it does not expect"
)]

use smartevse_share::protocol::REGISTERS;

const DOC: &str = include_str!("../../../docs/bus-protocol.md");

/// Rows that begin with an address in backticks: address and name.
fn rows() -> Vec<(u16, String)> {
    let lines = DOC.lines().filter_map(|line| line.strip_prefix("| `0x"));
    lines
        .map(|line| {
            let (address, rest) = line.split_once("` | ").unwrap();
            let name = rest.split(" | ").next().unwrap().trim();
            (u16::from_str_radix(address, 16).unwrap(), name.to_owned())
        })
        .collect()
}

/// Power share 4: the documentation lists every register, and no other.
#[test]
fn when_the_documentation_lists_registers_then_they_are_those_of_the_code() {
    let code = REGISTERS.map(|row| (row.address, row.name.to_owned()));
    assert_eq!(rows(), code);
}
