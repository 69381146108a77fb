//! Gives the linker the memory layout of the chosen chip.

use std::path::PathBuf;
use std::{env, fs};

const CHIPS: [&str; 3] = ["stm32f405rg", "stm32f411ce", "stm32f427vg"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=memory");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("none") {
        return Ok(());
    }
    let chosen: Vec<_> = CHIPS
        .iter()
        .filter(|chip| env::var_os(format!("CARGO_FEATURE_{}", chip.to_uppercase())).is_some())
        .collect();
    let [chip] = chosen.as_slice() else {
        return Err(
            "choose exactly one chip feature; others than the default need --no-default-features"
                .into(),
        );
    };
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::copy(format!("memory/{chip}.x"), out.join("memory.x"))?;
    println!("cargo::rustc-link-search={}", out.display());
    Ok(())
}
