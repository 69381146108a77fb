//! The loop of display and buttons.

use core::future::Future;

use embassy_futures::select::{Either, select};
use embedded_hal::digital::InputPin;
use embedded_hal_async::delay::DelayNs;
use smartevse_core::adapters::{DisplayBus, SharedBus, SharedWire, SharedWires, St7565};
use smartevse_core::hardware::{ButtonSet, Buttons, ErrorKind};
use smartevse_menu::remote::PAGES;
use smartevse_menu::{Frame, Model, draw};
use smartevse_types::Duration;

use super::face::Shown;
use super::hub::Hub;
use crate::tasks::Clock;

/// How often a new screen is looked for.
const LOOK: Duration = Duration::from_millis(20);

/// Pause after a change of the buttons, which may bounce, and after an error.
const PAUSE: Duration = Duration::from_millis(5);

/// Display and buttons of a board.
pub trait Panel {
    /// Initialises and clears the display.
    ///
    /// # Errors
    ///
    /// When a pin or the bus refuses.
    fn start(&mut self) -> impl Future<Output = Result<(), ErrorKind>>;

    /// Writes a page of 8 rows: 128 columns, the lowest bit on top.
    ///
    /// # Errors
    ///
    /// When a pin or the bus refuses.
    fn write(&mut self, page: u8, columns: &[u8]) -> Result<(), ErrorKind>;

    /// Waits until the buttons differ from `known`; dropping the future loses
    /// nothing.
    ///
    /// # Errors
    ///
    /// When an input cannot be read.
    fn change(&mut self, known: ButtonSet) -> impl Future<Output = Result<ButtonSet, ErrorKind>>;
}

/// Display and buttons on wires of their own.
#[derive(Debug)]
pub struct SplitPanel<B, D, K> {
    /// Display.
    pub display: St7565<B, D>,
    /// Buttons.
    pub keys: K,
}

impl<B: DisplayBus, D: DelayNs, K: Buttons> Panel for SplitPanel<B, D, K> {
    async fn start(&mut self) -> Result<(), ErrorKind> {
        self.display.start().await
    }

    fn write(&mut self, page: u8, columns: &[u8]) -> Result<(), ErrorKind> {
        self.display.write(page, 0, columns)
    }

    async fn change(&mut self, known: ButtonSet) -> Result<ButtonSet, ErrorKind> {
        self.keys
            .wait_change(known)
            .await
            .map_err(|_| ErrorKind::Input)
    }
}

impl<C, W, L, R, D> Panel for SharedBus<C, W, L, R, D>
where
    SharedWires<C, W, L, R>: DisplayBus,
    W: SharedWire,
    L: InputPin,
    D: DelayNs,
{
    async fn start(&mut self) -> Result<(), ErrorKind> {
        Self::start(self).await
    }

    fn write(&mut self, page: u8, columns: &[u8]) -> Result<(), ErrorKind> {
        Self::write(self, page, 0, columns)
    }

    async fn change(&mut self, known: ButtonSet) -> Result<ButtonSet, ErrorKind> {
        self.wait_change(known).await
    }
}

/// What was sent to the display last.
#[derive(Default)]
struct Sent {
    drawing: Option<u32>,
    restart: u32,
    backlight: Option<u8>,
}

impl Hub {
    /// Serves display and buttons; `light` sets the brightness behind the
    /// display, 0 to 255. `board` is its name after power-up, at most 14
    /// characters.
    ///
    /// A display that is not fitted or refuses is tried again with the next
    /// screen; the buttons work without it.
    pub async fn serve_panel(
        &self,
        mut panel: impl Panel,
        board: &str,
        mut light: impl FnMut(u8),
        clock: &impl Clock,
    ) -> ! {
        let mut frame = Frame::new();
        let mut sent = Sent::default();
        let mut known = ButtonSet::empty();
        let boot = Model::boot("SmartEVSE", board);
        if panel.start().await.is_ok() {
            let _ = send(&mut panel, &mut frame, &boot);
        }
        loop {
            let pause = clock.wait_until(clock.now() + LOOK);
            if let Either::First(changed) = select(panel.change(known), pause).await {
                known = changed.unwrap_or_default();
                self.take_levels(known);
                clock.wait_until(clock.now() + PAUSE).await;
            }
            if let Some(shown) = self.shown() {
                sent.update(&mut panel, &mut frame, &shown, &mut light)
                    .await;
            }
        }
    }
}

impl Sent {
    async fn update(
        &mut self,
        panel: &mut impl Panel,
        frame: &mut Frame,
        shown: &Shown,
        light: &mut impl FnMut(u8),
    ) {
        if self.backlight.replace(shown.backlight) != Some(shown.backlight) {
            light(shown.backlight);
        }
        if self.drawing == Some(shown.drawing) {
            return;
        }
        let restart = core::mem::replace(&mut self.restart, shown.restart) != shown.restart;
        if restart && panel.start().await.is_err() {
            return;
        }
        if send(panel, frame, &shown.model).is_ok() {
            self.drawing = Some(shown.drawing);
        }
    }
}

/// Draws a screen and sends it.
fn send(panel: &mut impl Panel, frame: &mut Frame, model: &Model) -> Result<(), ErrorKind> {
    let Ok(()) = draw(frame, model);
    (0..PAGES).try_for_each(|page| {
        let row = u8::try_from(page).unwrap_or(u8::MAX);
        panel.write(row, frame.page(page))
    })
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use core::cell::{Cell, RefCell};
    use core::future::poll_fn;
    use core::pin::{Pin, pin};
    use core::task::{Context, Poll, Waker};
    use embassy_futures::join::join;
    use smartevse_types::{Access, Instant};
    use std::string::{String, ToString};
    use std::vec::Vec;

    use crate::station::{Setup, Stored};

    /// Time, buttons and display memory.
    struct Bench {
        now: Cell<Instant>,
        pressed: Cell<ButtonSet>,
        pages: RefCell<Vec<Vec<u8>>>,
        broken: Cell<bool>,
        light: Cell<u8>,
    }

    impl Bench {
        fn new() -> Self {
            Self {
                now: Cell::new(Instant::ZERO),
                pressed: Cell::default(),
                pages: RefCell::new(std::vec![Vec::new(); PAGES]),
                broken: Cell::new(false),
                light: Cell::new(0),
            }
        }

        fn run(&self, firmware: Pin<&mut impl Future>, ms: u64) {
            let mut firmware = firmware;
            let mut context = Context::from_waker(Waker::noop());
            for _ in 0..ms {
                self.now.set(self.now.get() + Duration::from_millis(1));
                assert!(firmware.as_mut().poll(&mut context).is_pending());
            }
        }

        /// What the screen says, once the display is seen to show just that.
        fn text(&self, hub: &Hub) -> String {
            let model = hub.shown().unwrap().model;
            let mut frame = Frame::new();
            let Ok(()) = draw(&mut frame, &model);
            assert_eq!(self.pages.borrow().concat(), frame.as_bytes());
            model.to_string()
        }
    }

    impl Clock for &Bench {
        fn now(&self) -> Instant {
            self.now.get()
        }

        async fn wait_until(&self, at: Instant) {
            let due = |_: &mut Context<'_>| match self.now.get() >= at {
                true => Poll::Ready(()),
                false => Poll::Pending,
            };
            poll_fn(due).await;
        }
    }

    impl Panel for &Bench {
        async fn start(&mut self) -> Result<(), ErrorKind> {
            Ok(())
        }

        fn write(&mut self, page: u8, columns: &[u8]) -> Result<(), ErrorKind> {
            if self.broken.get() {
                return Err(ErrorKind::Output);
            }
            self.pages.borrow_mut()[usize::from(page)] = columns.to_vec();
            Ok(())
        }

        async fn change(&mut self, known: ButtonSet) -> Result<ButtonSet, ErrorKind> {
            poll_fn(|_| match self.pressed.get() {
                pressed if pressed == known => Poll::Pending,
                pressed => Poll::Ready(Ok(pressed)),
            })
            .await
        }
    }

    /// Menu 5.2: "o" held opens the menu, "<" held takes the access away; the
    /// display shows what the menu says.
    #[test]
    fn when_buttons_are_held_then_menu_and_access_follow() {
        let (bench, hub) = (Bench::new(), Hub::new());
        let clock = &bench;
        let setup = Setup {
            stored: Stored::Blank,
            ..Setup::default()
        };
        let light = |level| bench.light.set(level);
        let panel = hub.serve_panel(&bench, "bench", light, &clock);
        let mut firmware = pin!(join(hub.plan(&setup, &clock), panel));
        bench.run(firmware.as_mut(), 200);
        assert!(!bench.text(&hub).contains('<'));
        bench.pressed.set(ButtonSet::MIDDLE);
        bench.run(firmware.as_mut(), 1_000);
        assert!(bench.text(&hub).starts_with("Hold 2 sec"));
        bench.run(firmware.as_mut(), 1_200);
        bench.pressed.set(ButtonSet::empty());
        bench.run(firmware.as_mut(), 100);
        assert!(bench.text(&hub).starts_with("< MODE >\nNormal"));
        assert!(bench.light.get() > 0);
        // EXIT is the row before the first one.
        for button in [ButtonSet::LEFT, ButtonSet::MIDDLE] {
            bench.pressed.set(button);
            bench.run(firmware.as_mut(), 100);
            bench.pressed.set(ButtonSet::empty());
            bench.run(firmware.as_mut(), 100);
        }
        assert!(!bench.text(&hub).contains('<'));
        assert_eq!(hub.current_plan().directive.access, Access::On);
        bench.pressed.set(ButtonSet::LEFT);
        bench.run(firmware.as_mut(), 2_200);
        assert_eq!(hub.current_plan().directive.access, Access::Off);
    }

    #[test]
    fn when_the_display_refuses_then_it_gets_the_screen_later() {
        let (bench, hub, setup) = (Bench::new(), Hub::new(), Setup::default());
        let clock = &bench;
        bench.broken.set(true);
        let panel = hub.serve_panel(&bench, "bench", |_| (), &clock);
        let mut firmware = pin!(join(hub.plan(&setup, &clock), panel));
        bench.run(firmware.as_mut(), 500);
        assert!(bench.pages.borrow().concat().is_empty());
        bench.broken.set(false);
        bench.run(firmware.as_mut(), 100);
        assert!(!bench.text(&hub).is_empty());
    }
}
