//! The smallest port, from plugging in to pulling the plug.
#![cfg_attr(target_os = "none", no_std, no_main)]

smartevse_qemu::start!(smartevse_qemu::session::run);
