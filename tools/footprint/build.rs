//! Gives the linker the memory map: only the programs need it, not the library.

use std::env::var;
use std::path::Path;

fn main() {
    println!("cargo:rerun-if-changed=link");
    let target = var("TARGET").unwrap_or_default();
    if !target.ends_with("-none-elf") && !target.contains("-none-eabi") {
        return;
    }
    // The RISC-V program that runs; the others are linked only to be measured.
    let runs = target.starts_with("riscv32") && var("CARGO_FEATURE_SPEED").is_ok();
    let here = var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let memory = if runs { "virt.x" } else { "memory.x" };
    for script in [memory, "sections.x"] {
        let script = Path::new(&here).join("link").join(script);
        println!("cargo:rustc-link-arg-bins=-T{}", script.display());
    }
    println!("cargo:rustc-link-arg-bins=--gc-sections");
}
