//! A running firmware as a test sees it: straight-line scripts over the
//! emulator, which runs in a thread of its own.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{MutexGuard, PoisonError};

use std::thread::JoinHandle;

use rigless::emulator::{Start, run};
use rigless::image::Image;
use rigless::session::Session;
use rigless::time::VirtualNanos;

use crate::driver::{Act, Rigged};
use crate::lcd::Screen;
use crate::machine::{Breakout, Fitting};
use crate::meter::MeterState;
use crate::record::{Edge, View};

/// Why a scenario failed.
pub type Failure = String;

/// The rig.
#[derive(Debug)]
pub struct Rig {
    acts: Sender<Act>,
    views: Receiver<View>,
    emulator: Option<JoinHandle<Result<(), Failure>>>,
    view: View,
    edges: Vec<Edge>,
    console: String,
    fitting: Fitting,
}

fn emulate(
    firmware: &Path,
    fitting: Fitting,
    acts: Receiver<Act>,
    views: Sender<View>,
) -> Result<(), Failure> {
    let settings = fitting.nor.image();
    let images = [
        Image::read(firmware, None).map_err(|error| error.to_string())?,
        settings.map_err(|error| error.to_string())?,
    ];
    let driver = Rigged::new(fitting.clone(), acts, views);
    let board = Breakout::new(fitting).map_err(|error| error.to_string())?;
    let session =
        Session::new(Box::new(board), 0, VirtualNanos(1)).map_err(|error| error.to_string())?;
    run(session, &Start::new(&images), driver)
        .map(|_| ())
        .map_err(|error| error.to_string())
}

impl Rig {
    /// Boots a firmware on a board.
    ///
    /// # Errors
    ///
    /// The firmware cannot be loaded.
    pub fn boot(firmware: &Path, fitting: Fitting) -> Result<Self, Failure> {
        let (acts, obeyed) = channel();
        let (shown, views) = channel();
        let (path, fitted) = (firmware.to_owned(), fitting.clone());
        let emulator = std::thread::spawn(move || emulate(&path, fitted, obeyed, shown));
        let mut rig = Self {
            acts,
            views,
            emulator: Some(emulator),
            view: View::default(),
            edges: Vec::new(),
            console: String::new(),
            fitting,
        };
        rig.look()?;
        Ok(rig)
    }

    fn look(&mut self) -> Result<(), Failure> {
        let Ok(view) = self.views.recv() else {
            return Err(self.why_it_ended());
        };
        self.edges.extend(&view.edges);
        self.console.push_str(&self.fitting.console.take_printed());
        self.view = view;
        Ok(())
    }

    fn why_it_ended(&mut self) -> Failure {
        match self.emulator.take().map(JoinHandle::join) {
            Some(Ok(Err(failure))) => failure,
            Some(Ok(Ok(()))) => "the emulator ended by itself".into(),
            Some(Err(_)) => "the emulator panicked".into(),
            None => "the emulator has ended".into(),
        }
    }

    /// Does something to the plant or the part.
    ///
    /// # Errors
    ///
    /// The emulator has ended.
    pub fn act(&mut self, act: Act) -> Result<(), Failure> {
        match self.acts.send(act) {
            Ok(()) => Ok(()),
            Err(_) => Err(self.why_it_ended()),
        }
    }

    /// Goes on for so many steps of the plant (1 ms of emulated time each).
    ///
    /// # Errors
    ///
    /// The emulator has ended.
    pub fn run(&mut self, steps: u32) -> Result<(), Failure> {
        for _ in 0..steps {
            self.act(Act::Step)?;
            self.look()?;
        }
        Ok(())
    }

    /// Goes on until something is so; gives the number of polls it took.
    ///
    /// # Errors
    ///
    /// It is not so within `steps`.
    pub fn wait(
        &mut self,
        what: &str,
        steps: u32,
        is_so: impl Fn(&View) -> bool,
    ) -> Result<u32, Failure> {
        let before = self.view.counts.polls;
        for _ in 0..steps {
            if is_so(&self.view) {
                return Ok(self.view.counts.polls - before);
            }
            self.run(1)?;
        }
        Err(format!("{what}: not within {steps} steps; {:?}", self.view))
    }

    /// Checks that something stays so for a number of steps.
    ///
    /// # Errors
    ///
    /// It does not.
    pub fn hold(
        &mut self,
        what: &str,
        steps: u32,
        is_so: impl Fn(&View) -> bool,
    ) -> Result<(), Failure> {
        for _ in 0..steps {
            self.run(1)?;
            if !is_so(&self.view) {
                return Err(format!("{what}: no longer; {:?}", self.view));
            }
        }
        Ok(())
    }

    /// The state after the last step.
    #[must_use]
    pub const fn view(&self) -> &View {
        &self.view
    }

    /// Changes of the contactor pins since they were last taken.
    pub fn take_edges(&mut self) -> Vec<Edge> {
        std::mem::take(&mut self.edges)
    }

    /// Types a line at the console.
    pub fn type_line(&self, line: &str) {
        self.fitting.console.type_line(line);
    }

    /// The meter on the line, to look at and to change.
    pub fn meter(&self) -> MutexGuard<'_, MeterState> {
        let meter = self.fitting.meter.lock();
        meter.unwrap_or_else(PoisonError::into_inner)
    }

    /// The display, to look at.
    pub fn lcd(&self) -> MutexGuard<'_, Screen> {
        self.fitting.lcd.screen()
    }

    /// Everything on the console so far.
    #[must_use]
    pub fn console(&self) -> &str {
        &self.console
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        let _ = self.acts.send(Act::End);
        if let Some(emulator) = self.emulator.take() {
            let _ = emulator.join();
        }
    }
}
