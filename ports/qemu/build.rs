//! Gives the linker the memory of the emulated machine, and makes constant
//! tables of the conformance vectors.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;

/// Vector files: name of the table, name of the file. A new file is one more
/// row here and one in `src/vectors.rs`.
const FILES: [(&str, &str); 1] = [("CHARGING", "charging.jsonl")];

/// Members for people, not for the player.
const FOR_PEOPLE: [&str; 2] = ["note", "covers"];

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    tables(&out)?;
    linker(&out)
}

fn linker(out: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=memory");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("none") {
        return Ok(());
    }
    let machine = match env::var("CARGO_CFG_TARGET_ARCH").as_deref() {
        Ok("arm") => "mps2-an386",
        Ok("riscv32") => "virt",
        _ => return Err("there is a machine for arm and for riscv32 only".into()),
    };
    fs::copy(format!("memory/{machine}.x"), out.join("memory.x"))?;
    println!("cargo::rustc-link-search={}", out.display());
    // The start-up code for RISC-V takes the memory layout as a script of its own.
    if machine == "virt" {
        println!("cargo::rustc-link-arg-bins=-Tmemory.x");
    }
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
    Ok(())
}

fn tables(out: &Path) -> Result<(), Box<dyn Error>> {
    let mut code = String::new();
    for (table, file) in FILES {
        let path = Path::new("../../vectors").join(file);
        println!("cargo::rerun-if-changed={}", path.display());
        writeln!(
            code,
            "/// Cases of `{file}`.\npub static {table}: &[Value] = &["
        )?;
        for line in fs::read_to_string(path)?
            .lines()
            .filter(|l| !l.trim().is_empty())
        {
            code.push_str("    ");
            emit(&mut code, &serde_json::from_str(line)?)?;
            code.push_str(",\n");
        }
        code.push_str("];\n");
    }
    fs::write(out.join("tables.rs"), code)?;
    Ok(())
}

/// Writes a value as a constant expression.
fn emit(code: &mut String, value: &Value) -> Result<(), Box<dyn Error>> {
    match value {
        Value::Null => code.push_str("Value::Null"),
        Value::Bool(flag) => write!(code, "Value::Flag({flag})")?,
        Value::Number(number) => match number.as_i64() {
            Some(whole) => write!(code, "Value::Number({whole})")?,
            None => return Err(format!("{number} is not a whole number").into()),
        },
        Value::String(text) => write!(code, "Value::Text({text:?})")?,
        Value::Array(items) => {
            code.push_str("Value::List(&[");
            for item in items {
                emit(code, item)?;
                code.push(',');
            }
            code.push_str("])");
        }
        Value::Object(members) => {
            code.push_str("Value::Object(&[");
            for (name, member) in members
                .iter()
                .filter(|(n, _)| !FOR_PEOPLE.contains(&n.as_str()))
            {
                write!(code, "({name:?}, ")?;
                emit(code, member)?;
                code.push_str("),");
            }
            code.push_str("])");
        }
    }
    Ok(())
}
