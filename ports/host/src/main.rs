//! The SmartEVSE charger on a PC: one simulated charger with a vehicle, a
//! house and a roof, or with real meters, and its dashboard.

mod args;
mod circuit;
mod data;
mod desk;
mod discover;
mod engine;
mod fetch;
mod group;
mod homewizard;
mod http;
mod keeper;
mod lines;
mod meter_read;
mod modbus_meter;
mod offline;
mod panel;
mod plant;
mod realtime;
mod sessions;
mod settings;
mod spec;
mod terminal;
mod view;

use std::process::ExitCode;

use args::Task;

fn main() -> ExitCode {
    let task = match args::parse(std::env::args_os().skip(1)) {
        Ok(task) => task,
        Err(why) => {
            eprintln!("smartevse-host: {why} (see --help)");
            return ExitCode::from(2);
        }
    };
    match perform(&task) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("smartevse-host: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Does the task; `false` when it found something wrong and has said so.
fn perform(task: &Task) -> Result<bool, String> {
    match task {
        Task::Run(options) => realtime::run(options).map(|()| true),
        Task::Simulate { scenario, trace } => {
            offline::play(scenario, trace.as_deref()).map(|()| true)
        }
        Task::Conformance(files) => offline::conform(files),
        Task::Replay(file) => offline::replay(file).map(|()| true),
        Task::Lcd(options) => terminal::show(options).map(|()| true),
        Task::MeterRead(spec) => meter_read::read(spec),
        Task::MeterTypes => {
            offline::say(&modbus_meter::names().join("\n"));
            Ok(true)
        }
        Task::Settings { data, action } => settings::perform(data.as_ref(), action).map(|()| true),
        Task::Help => {
            offline::say(&args::HELP.trim_end());
            Ok(true)
        }
        Task::Version => {
            offline::say(&concat!("smartevse-host ", env!("CARGO_PKG_VERSION")));
            Ok(true)
        }
    }
}
