//! Bring-up on the bench: walks through the checklist of the porting guide and
//! prints what it sees on the console.
//!
//! **Mains off, no vehicle.** The contactors close, the pilot runs, the lock
//! moves, and the first block of the storage is erased.
#![no_std]
#![no_main]

use embassy_futures::block_on;
use embassy_time::Delay as AsyncDelay;
use embedded_hal::pwm::SetDutyCycle;
use esp_hal::clock::CpuClock;
use esp_hal::delay::Delay;
use esp_println::println;
use smartevse_core::adapters::look_for_card;
use smartevse_core::contract::{self, Bench, Violation};
use smartevse_core::hardware::{
    CableLock, Contactors, ControlPilot, ExternalSwitch, LONGEST_WATCHDOG, ProximityPilot,
    ResidualCurrentMonitor, StatusLight, Temperature,
};
use smartevse_core::io::{PilotSwitch, Rgb};
use smartevse_core::options::LockKind;
use smartevse_esp32_v3::chip::capture::CAPTURE;
use smartevse_esp32_v3::chip::{board, capture, now, parts, safe, storage, wires};
use smartevse_types::{Duration, DutyPermille, Instant};

esp_bootloader_esp_idf::esp_app_desc!();

/// The clock of the bench; samples are taken by an interrupt meanwhile.
struct Clock;

impl Bench for Clock {
    fn now(&mut self) -> Instant {
        now()
    }

    fn wait(&mut self, span: Duration) {
        let millis = u32::try_from(span.as_millis()).unwrap_or(u32::MAX);
        Delay::new().delay_millis(millis);
    }
}

/// Seconds for each step that needs hands.
const HANDS: u32 = 20;

/// Prints the verdict of a contract.
fn verdict(name: &str, verdict: Result<(), Violation>) {
    match verdict {
        Ok(()) => println!("  pass  {name}"),
        Err(violation) => println!("  FAIL  {name}: {violation:?}"),
    }
}

/// Prints a reading once a second while hands are at work.
fn watch(step: &str, mut print: impl FnMut()) {
    println!("- {step} ({HANDS} s)");
    for _ in 0..HANDS {
        print();
        Delay::new().delay_millis(1_000);
    }
}

#[esp_rtos::main]
async fn main(_spawner: embassy_executor::Spawner) {
    safe::make_safe();
    let config = esp_hal::Config::default().with_cpu_clock(CpuClock::max());
    let claim = board::claim(esp_hal::init(config));
    esp_rtos::start(claim.system.timer, claim.system.scheduler);
    parts::start_generator(claim.ledc);
    println!("bring-up: {}", claim.name);
    println!("reset: {:?}", esp_hal::system::reset_reason());
    println!("MAINS OFF, NO VEHICLE. Starting in 10 s.");
    println!(
        "- at reset: SSR outputs low, CP floating, actuator off; rails +12.0 V and -12.0 V within 0.4 V"
    );
    Delay::new().delay_millis(10_000);

    let (switch, mut reader) = wires::switch_line(claim.switch);
    let Some(ranges) = capture::start(claim.analogue) else {
        println!("  FAIL  converter");
        return;
    };
    println!(
        "  proximity saturates at {} mV",
        ranges.proximity.as_milli()
    );
    let Some(mut parts) = parts::board(claim.control, switch, ranges) else {
        println!("  FAIL  pulse-width generator");
        return;
    };
    pilot(&mut parts.pilot);
    contactors(&mut parts.contactors);
    lock(&mut parts.lock);
    sensors(
        &mut parts.proximity,
        &mut parts.temperature,
        &mut parts.residual_current,
    );
    people(&mut parts.light, &mut parts.switch);
    watch("RFID: hold one known card", || {
        if let Some(card) = look_for_card(&mut reader) {
            println!("  card {card:?}");
        }
    });
    if let Some(mut pins) = claim.panel {
        let backlight = pins.backlight.take().and_then(parts::backlight);
        panel(wires::panel(pins), backlight).await;
    }
    if let Some(mut note) = claim.buzzer.and_then(parts::buzzer) {
        println!("- buzzer: one note of 300 ms");
        let half = note.max_duty_cycle() / 2;
        let _ = note.set_duty_cycle(half);
        Delay::new().delay_millis(300);
        let _ = note.set_duty_cycle_fully_off();
    }
    let mut store = storage::open(claim.flash);
    verdict("storage", block_on(contract::storage(&mut store)));
    let stalls = block_on(contract::storage_stalls(&mut store, &mut Clock));
    verdict("storage: stalls as stated", stalls);
    println!(
        "  RS485, power cuts while writing, lock release on power loss: with the charger firmware"
    );
    println!(
        "- watchdog: no longer fed; the reset must come within {} ms",
        LONGEST_WATCHDOG.as_millis()
    );
    let Some(mut dog) = parts::Dog::start(claim.watchdog) else {
        println!("  FAIL  watchdog");
        return;
    };
    verdict("watchdog: accepts its period", contract::watchdog(&mut dog));
    Delay::new().delay_millis(1_000);
    println!("  FAIL  watchdog: no reset");
}

fn pilot(pilot: &mut impl ControlPilot) {
    verdict("pilot: form", contract::control_pilot(pilot));
    verdict(
        "pilot: levels, connector open",
        contract::pilot_levels(pilot, &mut Clock),
    );
    let _ = pilot.set_switch(PilotSwitch::Closed);
    for permille in [100, 250, 500, 960] {
        let _ = pilot.set_duty(DutyPermille::from_permille(permille));
        println!("- scope: 1 kHz within 0.5 %, duty {permille} permille within 0.5 % (10 s)");
        Delay::new().delay_millis(10_000);
    }
    let _ = pilot.set_duty(DutyPermille::from_permille(266));
    watch(
        "loads at CP: 2.74k + diode (9 V), 1.3k parallel (6 V), 270 (3 V), short, no diode",
        || {
            if let Ok(Some(sample)) = pilot.sample(now()) {
                let high = (sample.high.min.as_milli(), sample.high.max.as_milli());
                let low = sample
                    .low
                    .map(|low| (low.min.as_milli(), low.max.as_milli()));
                println!("  high {high:?} mV, low {low:?} mV");
            }
        },
    );
    let _ = pilot.set_steady_high();
    let _ = pilot.set_switch(PilotSwitch::Isolated);
}

fn contactors(contactors: &mut impl Contactors) {
    println!("- contactors: listen for the clicks");
    verdict("contactors", contract::contactors(contactors));
    verdict(
        "contactors: slowly",
        contract::contactors_follow(contactors, &mut Clock),
    );
}

fn lock(lock: &mut impl CableLock) {
    println!("- lock: plug in the socket");
    for kind in [LockKind::Solenoid, LockKind::Motor] {
        lock.set_kind(kind);
        println!("  as {kind:?}");
        verdict("lock: travel", contract::lock_travel(lock, &mut Clock));
        Delay::new().delay_millis(5_000);
    }
}

fn sensors(
    proximity: &mut impl ProximityPilot,
    temperature: &mut impl Temperature,
    monitor: &mut impl ResidualCurrentMonitor,
) {
    watch("PP: 100, 220, 680, 1500 ohm, open", || {
        let voltage = CAPTURE.with(|capture| capture.as_mut().proximity_voltage(now()));
        println!("  {voltage:?} mV, {:?}", proximity.read_proximity());
    });
    verdict("temperature", contract::temperature(temperature));
    watch("temperature: warm the sensor", || {
        println!("  {:?}", temperature.read_temperature());
    });
    watch("RCM: unplugged must read Fault", || {
        println!("  {:?}", monitor.read_residual_current());
    });
    verdict("RCM", contract::residual_current_monitor(monitor));
}

fn people(light: &mut impl StatusLight, switch: &mut impl ExternalSwitch) {
    println!("- light: red, green, blue");
    for (red, green, blue) in [(255, 0, 0), (0, 255, 0), (0, 0, 255)] {
        let _ = light.show(Rgb { red, green, blue });
        Delay::new().delay_millis(1_500);
    }
    verdict("light", contract::status_light(light));
    watch("switch: press it", || {
        println!("  {:?}", switch.read_switch())
    });
}

/// Display pattern, backlight, buttons.
async fn panel(mut panel: wires::Panel, backlight: Option<parts::PwmChannel>) {
    println!("- display: stripes; backlight fades in");
    if panel.start().await.is_err() {
        println!("  FAIL  display");
    }
    for row in 0..8 {
        let _ = panel.write(row, 0, &[0xAA; 128]);
    }
    if let Some(mut light) = backlight {
        for percent in 0..=100 {
            let _ = light.set_duty_cycle_percent(percent);
            embedded_hal_async::delay::DelayNs::delay_ms(&mut AsyncDelay, 20).await;
        }
    }
    verdict(
        "buttons: nobody presses",
        contract::buttons(&mut panel).await,
    );
    watch("buttons: press each", || {
        println!("  {:?}", panel.pressed())
    });
}
