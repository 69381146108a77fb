//! Gives the linker the memory map: only the programs need it, not the library.

use std::env::var;
use std::path::Path;

fn main() {
    let here = var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let script = Path::new(&here).join("link").join("memory.x");
    if var("TARGET")
        .is_ok_and(|target| target.ends_with("-none-elf") || target.contains("-none-eabi"))
    {
        println!("cargo:rustc-link-arg-bins=-T{}", script.display());
        println!("cargo:rustc-link-arg-bins=--gc-sections");
    }
    println!("cargo:rerun-if-changed=link/memory.x");
}
