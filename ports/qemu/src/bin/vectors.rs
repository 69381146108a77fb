//! The conformance vectors.
#![cfg_attr(target_os = "none", no_std, no_main)]

smartevse_qemu::start!(smartevse_qemu::vectors::run);
