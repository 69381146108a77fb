//! The user guide says what the code does.

use std::fmt::Write;

use smartevse_core::faults::{FAULT_TABLE, FaultClass, Opening};

/// Charging 3.1: the fault table of the guide is the one in the code.
#[test]
fn when_the_guide_lists_faults_then_it_is_the_table_in_the_code() {
    let guide = include_str!("../../../docs/charging.md");
    let mut rows = String::new();
    for row in FAULT_TABLE {
        let ends = match row.class {
            FaultClass::Latched => "latched",
            FaultClass::SelfClearing => "ends by itself",
            FaultClass::Warning => "warning",
        };
        let opens = match row.opening {
            Opening::Immediate => "immediate",
            Opening::Graceful => "graceful",
        };
        let (name, text, cause, action) = (row.name, row.text, row.cause, row.action);
        writeln!(
            rows,
            "| {name} | {text} | {ends} | {opens} | {cause} | {action} |"
        )
        .unwrap();
    }
    assert!(guide.contains(&rows), "docs/charging.md must hold\n{rows}");
}
