//! Tables that the build script made.

use super::Value;

include!(concat!(env!("OUT_DIR"), "/tables.rs"));
