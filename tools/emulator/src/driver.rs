//! The link between emulator and plant: stops the part on a fine grid, moves
//! the plant, wires TIM1 to the converter, and lets a test look and act.

use std::sync::PoisonError;
use std::sync::mpsc::{Receiver, Sender};

use rigless::device::Level;
use rigless::emulator::{Access, AccessKind, Driver, Host, Settled, Stop};
use rigless::mcu::Operate;
use rigless::session::Session;
use rigless::soc::Width;
use rigless::soc::stm32f427::Stm32f427;
use rigless::time::VirtualNanos;
use smartevse_sim::car::CarModel;
use smartevse_types::Instant;

use crate::lcd::Lcd;
use crate::machine::{Breakout, Fitting};
use crate::meter::MeterHandle;
use crate::nor::Nor;
use crate::pilot::{self, Stage};
use crate::pins;
use crate::plant::{PilotFault, Plant, STEP};
use crate::record::{Counts, Edge, View};
use crate::trigger;

/// Longest time between two stops, nanoseconds.
const GRID: u64 = 100_000;

/// Ports A and B.
const GPIO: core::ops::Range<u64> = 0x4002_0000..0x4002_0800;
/// `BSRR` of port B, and the two bits of the first contactor's pin in it.
const GPIOB_BSRR: u64 = 0x4002_0418;
const SSR1_BITS: u64 = 1 << 10 | 1 << 26;
/// `KR` of the watchdog, and the key that feeds it.
const IWDG_KR: u64 = 0x4000_3000;
const FEED: u64 = 0xAAAA;
/// `JDR1` of ADC1: the pilot is the first of its group.
const ADC1_JDR1: u64 = 0x4001_203C;
/// `SR` of USART2, and its transmission complete flag.
const USART2_SR: u64 = 0x4000_4400;
const COMPLETE: u64 = 1 << 6;
/// `CR1` of TIM4 and TIM1.
const TIM4_CR1: u64 = 0x4000_0800;
const TIM1_CR1: u64 = 0x4001_0000;
/// Registers of ADC1.
const ADC1: (u64, u64) = (0x4001_2000, 0x4001_2050);

/// `SR` and `CR` of the flash, and the bits that matter.
const FLASH_SR: u64 = 0x4002_3C0C;
const FLASH_BUSY: u64 = 1 << 16;
const FLASH_CR: u64 = 0x4002_3C10;
const PROGRAM: u64 = 1;
const ERASE_SECTOR: u64 = 1 << 16 | 1 << 1;
/// The flash itself.
const FLASH: core::ops::Range<u64> = 0x0800_0000..0x0820_0000;

/// Stops a timer. One without its clock refuses the write and stands anyway.
fn stop_timer(mcu: &mut Stm32f427, now: VirtualNanos, control: u64) {
    let _ = mcu.write(now, control, Width::W32, 0);
}

/// A button of the panel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Button {
    /// "<".
    Left,
    /// "o".
    Middle,
    /// ">".
    Right,
}

impl Button {
    const fn pin(self) -> pins::PinAt {
        match self {
            Self::Left => pins::BUTTON_LEFT,
            Self::Middle => pins::BUTTON_MIDDLE,
            Self::Right => pins::BUTTON_RIGHT,
        }
    }
}

/// What a test does.
#[derive(Clone, Debug)]
pub enum Act {
    /// Goes on for one step of the plant.
    Step,
    /// Plugs a car in.
    Plug(Box<CarModel>),
    /// Takes the car away.
    Unplug,
    /// Does something to the pilot.
    Fault(PilotFault),
    /// The converter no longer hears TIM1, or hears it again.
    Deafen(bool),
    /// The core executes nothing until a reset.
    FreezeCore,
    /// TIM4 stands still until a reset: the firmware's clock.
    StopClock,
    /// TIM1 stands still until a reset: pulses, samples and rhythm.
    StopPilotTimer,
    /// The next access to the converter ends in a bus fault.
    FailConverter,
    /// Level of the residual current monitor: true = fault.
    Residual(bool),
    /// Presses a button, or lets it go.
    Press(Button, bool),
    /// Ends the run.
    End,
}

/// The driver.
#[derive(Debug)]
pub struct Rigged {
    plant: Plant,
    counts: Counts,
    contactors: [bool; 2],
    edges: Vec<Edge>,
    deaf: bool,
    held: bool,
    next_step: u64,
    next_trigger: Option<u64>,
    next_look: u64,
    residual: bool,
    fails: bool,
    meter: MeterHandle,
    lcd: Lcd,
    nor: Nor,
    /// Since when an erase keeps the core from running.
    stalled: Option<u64>,
    longest_stall: u64,
    acts: Receiver<Act>,
    views: Sender<View>,
}

impl Rigged {
    /// Makes a driver that obeys `acts` and answers each step on `views`.
    #[must_use]
    pub fn new(fitting: Fitting, acts: Receiver<Act>, views: Sender<View>) -> Self {
        Self {
            plant: Plant::default(),
            counts: Counts::default(),
            contactors: [false; 2],
            edges: Vec::new(),
            deaf: false,
            held: false,
            next_step: 0,
            next_trigger: None,
            next_look: 0,
            residual: false,
            fails: false,
            meter: fitting.meter,
            lcd: fitting.lcd,
            nor: fitting.nor,
            stalled: None,
            longest_stall: 0,
            acts,
            views,
        }
    }

    fn see_contactors(&mut self, board: &mut Breakout, now: VirtualNanos) {
        let contactors = board.contactors();
        if contactors != self.contactors {
            self.contactors = contactors;
            self.edges.push(Edge {
                contactors,
                counts: self.counts,
                at_us: now.0 / 1000,
            });
        }
    }

    fn see_resets(&mut self, session: &Session<Breakout>, host: &mut dyn Host) {
        let resets = u32::try_from(session.resets().len()).unwrap_or(u32::MAX);
        if resets != self.counts.resets && self.held {
            self.held = false;
            host.hold(false);
        }
        self.counts.resets = resets;
    }

    fn see_access(&mut self, board: &mut Breakout, access: Access, value: u64) {
        match (access.kind, access.address) {
            (AccessKind::Write, IWDG_KR) if value == FEED => self.counts.feeds += 1,
            (AccessKind::Read, ADC1_JDR1) => self.counts.samples += 1,
            (AccessKind::Write, at) if GPIO.contains(&at) => {
                let polled = at == GPIOB_BSRR && value & SSR1_BITS != 0;
                self.counts.polls += u32::from(polled);
                let data = pins::is_high(&mut board.mcu, pins::LCD_A0);
                self.lcd.screen().set_data(data);
                self.see_contactors(board, access.virtual_time);
            }
            _ => {}
        }
    }

    /// A word that is programmed, or a sector whose erase begins: the core is
    /// stalled until its end.
    fn see_flash(&mut self, board: &mut Breakout, access: Access, host: &mut dyn Host) {
        let (now, at) = (access.virtual_time, access.address);
        if FLASH.contains(&at) {
            let control = board.mcu.peek(now, FLASH_CR, Width::W32);
            let enabled = control.is_ok_and(|control| control & PROGRAM != 0);
            self.program(access, enabled, host);
        } else if at == FLASH_CR && access.value & ERASE_SECTOR == ERASE_SECTOR {
            let sector = usize::try_from(access.value >> 3 & 0x1F).unwrap_or(usize::MAX);
            self.erase(sector, host);
            self.stalled = Some(now.0);
            host.hold(true);
        }
    }

    fn program(&mut self, access: Access, enabled: bool, host: &mut dyn Host) {
        let mut area = self.nor.area();
        let is_word = enabled && access.width == Width::W32;
        let now = is_word.then(|| area.program(access.address, access.value, 4));
        let done = now
            .flatten()
            .map(|now| host.program(access.address, Width::W32, now));
        area.stray += u32::from(!matches!(done, Some(Ok(()))));
    }

    fn erase(&mut self, sector: usize, host: &mut dyn Host) {
        let mut area = self.nor.area();
        let powered = area.words_left != Some(0);
        let Some(blank) = area.erase(sector) else {
            area.stray += u32::from(powered);
            return;
        };
        let failed = blank
            .step_by(4)
            .any(|at| host.program(at, Width::W32, u64::from(u32::MAX)).is_err());
        area.stray += u32::from(failed);
    }

    /// Lets the core go on once the flash has erased.
    fn see_stall(&mut self, board: &mut Breakout, now: VirtualNanos, host: &mut dyn Host) {
        let Some(since) = self.stalled else { return };
        let status = board.mcu.peek(now, FLASH_SR, Width::W32);
        if status.is_ok_and(|status| status & FLASH_BUSY == 0) {
            self.stalled = None;
            self.longest_stall = self.longest_stall.max(now.0 - since);
            host.hold(false);
        }
    }

    /// While a character is on its way the transceiver has to send.
    fn see_line(&mut self, board: &mut Breakout, now: VirtualNanos) {
        let status = board.mcu.peek(now, USART2_SR, Width::W32);
        let busy = status.is_ok_and(|status| status & COMPLETE == 0);
        if busy && !pins::is_high(&mut board.mcu, pins::RS485_DE) {
            self.counts.sent_without_direction += 1;
        }
    }

    fn convert(&mut self, board: &mut Breakout, now: VirtualNanos) {
        let stage = pilot::stage(&mut board.mcu);
        board.feed(self.plant.analogue(stage));
        if self.next_trigger.is_some_and(|at| at <= now.0) && !self.deaf {
            self.counts.triggers += 1;
            trigger::fire(&mut board.mcu, now);
        }
        let next = trigger::next(&mut board.mcu, now);
        self.next_trigger = next.and_then(|next| next.edge).map(|wait| now.0 + wait);
        self.next_look = now.0 + next.map_or(GRID, |next| next.renewal.min(GRID));
    }

    /// The residual current monitor trips on a fault and while it is tested.
    fn monitor(&self, board: &mut Breakout, now: VirtualNanos) {
        let tested = !pins::is_high(&mut board.mcu, pins::RCM_TEST);
        let trips = Level::from(self.residual || tested);
        pins::drive(&mut board.mcu, now, pins::RCM_FAULT, trips);
    }

    fn show(&mut self, now: VirtualNanos, stage: Stage) -> View {
        View {
            now_us: now.0 / 1000,
            contactors: self.contactors,
            pilot: stage.seen,
            converter_mv: self.plant.analogue(stage).pilot,
            current_a: self.plant.current_a(),
            energy_wh: self.plant.energy_wh(),
            counts: self.counts,
            longest_stall_us: self.longest_stall / 1000,
            edges: std::mem::take(&mut self.edges),
        }
    }

    /// Moves the plant and lets the test act until it wants to go on; false
    /// when it wants no more.
    fn step(&mut self, board: &mut Breakout, now: VirtualNanos, host: &mut dyn Host) -> bool {
        let stage = pilot::stage(&mut board.mcu);
        let time = Instant::from_micros(now.0 / 1000);
        self.plant.step(time, stage.seen, self.contactors);
        self.monitor(board, now);
        let mut meter = self.meter.lock().unwrap_or_else(PoisonError::into_inner);
        meter.measure(self.plant.mains_a());
        self.counts.sent = meter.heard;
        drop(meter);
        let view = self.show(now, stage);
        if self.views.send(view).is_err() {
            return false;
        }
        while let Ok(act) = self.acts.recv() {
            if let Some(goes_on) = self.obey(act, board, now, host) {
                return goes_on;
            }
        }
        false
    }

    /// Does what a test wants; says whether the run goes on once it wants no
    /// more for now.
    fn obey(
        &mut self,
        act: Act,
        board: &mut Breakout,
        now: VirtualNanos,
        host: &mut dyn Host,
    ) -> Option<bool> {
        let mcu = &mut board.mcu;
        match act {
            Act::Plug(model) => self.plant.plug(*model),
            Act::Unplug => self.plant.unplug(),
            Act::Fault(fault) => self.plant.set_fault(fault),
            Act::Deafen(deaf) => self.deaf = deaf,
            Act::FreezeCore => {
                self.held = true;
                host.hold(true);
            }
            Act::StopClock => stop_timer(mcu, now, TIM4_CR1),
            Act::StopPilotTimer => stop_timer(mcu, now, TIM1_CR1),
            Act::Residual(fault) => self.residual = fault,
            Act::Press(button, pressed) => {
                pins::drive(mcu, now, button.pin(), Level::from(!pressed));
            }
            Act::FailConverter => self.fails = true,
            Act::Step => return Some(true),
            Act::End => return Some(false),
        }
        None
    }
}

impl Driver<Breakout> for Rigged {
    fn on_settled(
        &mut self,
        session: &mut Session<Breakout>,
        host: &mut dyn Host,
        settled: Settled,
    ) {
        if let Settled::Access { access, value } = settled {
            self.see_access(session.board_mut(), access, value);
            if access.kind == AccessKind::Write {
                self.see_flash(session.board_mut(), access, host);
            }
        }
    }

    fn on_stop(
        &mut self,
        session: &mut Session<Breakout>,
        stop: Stop,
        host: &mut dyn Host,
    ) -> Option<VirtualNanos> {
        self.see_resets(session, host);
        let board = session.board_mut();
        self.see_contactors(board, stop.at);
        self.see_line(board, stop.at);
        self.see_stall(board, stop.at, host);
        self.convert(board, stop.at);
        if self.next_step <= stop.at.0 {
            self.next_step += STEP.as_micros() * 1000;
            if !self.step(board, stop.at, host) {
                return None;
            }
        }
        if std::mem::take(&mut self.fails) {
            session.fail_next(ADC1.0, ADC1.1);
        }
        let next = self.next_look.min(self.next_step);
        Some(VirtualNanos(
            self.next_trigger.map_or(next, |at| next.min(at)),
        ))
    }
}
