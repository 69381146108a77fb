//! The charger.
#![no_std]
#![no_main]

use embassy_executor::Spawner;
use esp_hal::clock::CpuClock;
use esp_hal::interrupt::Priority;
use esp_println::println;
use esp_rtos::embassy::InterruptExecutor;
use smartevse::port::{Keeper, LastWords};
use smartevse_esp32_v3::chip::tasks::{self, ControlStart};
use smartevse_esp32_v3::chip::{board, capture, parts, safe, started, storage, wires};
use static_cell::StaticCell;

esp_bootloader_esp_idf::esp_app_desc!();

static CONTROL: StaticCell<InterruptExecutor<1>> = StaticCell::new();
static PLANNING: StaticCell<InterruptExecutor<2>> = StaticCell::new();

#[esp_rtos::main]
async fn main(spawner: Spawner) {
    safe::make_safe();
    let config = esp_hal::Config::default().with_cpu_clock(CpuClock::max());
    let claim = board::claim(esp_hal::init(config));
    let (reason, words) = (esp_hal::system::reset_reason(), safe::KEPT.take_word());
    let words = LastWords::read(words);
    println!("{}, reset: {reason:?}, last words: {words:?}", claim.name);
    parts::start_generator(claim.ledc);
    esp_rtos::start(claim.system.timer, claim.system.scheduler);

    let (switch, reader) = wires::switch_line(claim.switch);
    // A part that cannot be started panics: contactors open, then reset.
    let ranges = started(capture::start(claim.analogue), "converter");
    let (keeper, restored) = Keeper::open(storage::open(claim.flash)).await;
    println!("storage: {:?}", restored.stored);
    let control = CONTROL.init(InterruptExecutor::new(claim.system.control));
    let control = control.start(Priority::Priority2);
    let start = ControlStart {
        pins: claim.control,
        switch,
        ranges,
        watchdog: claim.watchdog,
        stored: restored.boot,
    };
    control.spawn(started(tasks::control(start).ok(), "control"));

    let planning = PLANNING.init(InterruptExecutor::new(claim.system.planning));
    let planning = planning.start(Priority::Priority1);
    planning.spawn(started(tasks::planning(restored, keeper).ok(), "planning"));
    planning.spawn(started(tasks::line(claim.line).ok(), "line"));

    spawner.spawn(started(tasks::cards(reader).ok(), "cards"));
    if let Some(mut pins) = claim.panel {
        let backlight = pins.backlight.take().and_then(parts::backlight);
        let panel = wires::panel(pins);
        spawner.spawn(started(tasks::panel(panel, backlight).ok(), "panel"));
    }
    // The network joins here: a task on this executor that reads
    // `tasks::HUB` and hands its wishes over through a slot of its own. It needs the radio, a heap for it and a stack; it must
    // not touch anything above.
}
