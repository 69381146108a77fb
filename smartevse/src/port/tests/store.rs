//! The store in the loops of a firmware: over restarts, power cuts and flash
//! that fails.

use embedded_storage_async::nor_flash::{
    ErrorType as FlashErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash,
};
use smartevse_core::command::Teach;
use smartevse_core::faults::Faults;
use smartevse_core::hardware::Storage;
use smartevse_core::settings::Settings;

use super::*;
use crate::port::Keeper;
use crate::storage::Restored;

const BLOCK: usize = 4096;
const BLOCKS: usize = 2;

/// Flash whose content outlives the firmware.
struct Chip {
    bytes: RefCell<Vec<u8>>,
    /// Writes until the power is cut in the middle of one.
    cut: Cell<Option<u32>>,
    refuses: Cell<bool>,
    writes: Cell<u32>,
    erases: Cell<u32>,
}

impl Chip {
    fn new() -> Self {
        Self {
            bytes: RefCell::new(std::vec![0xFF; BLOCK * BLOCKS]),
            cut: Cell::new(None),
            refuses: Cell::new(false),
            writes: Cell::new(0),
            erases: Cell::new(0),
        }
    }

    /// Whether the power is still there.
    fn is_powered(&self) -> bool {
        self.cut.get() != Some(0)
    }
}

/// The chip on the board of a bench.
struct Flash<'a>(&'a Bench, &'a Chip);

impl FlashErrorType for Flash<'_> {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Flash<'_> {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        let from = offset as usize;
        bytes.copy_from_slice(&self.1.bytes.borrow()[from..from + bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        BLOCK * BLOCKS
    }
}

impl NorFlash for Flash<'_> {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = BLOCK;

    /// Decisions 52, 70 and 73: only with open contactors and the long
    /// watchdog.
    async fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        let Self(bench, chip) = self;
        assert!(!bench.closed() && bench.period.get() == ERASE);
        if chip.refuses.get() || !chip.is_powered() {
            return Err(NorFlashErrorKind::Other);
        }
        chip.erases.set(chip.erases.get() + 1);
        chip.bytes.borrow_mut()[from as usize..to as usize].fill(0xFF);
        Ok(())
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        let chip = self.1;
        if chip.refuses.get() || !chip.is_powered() {
            return Err(NorFlashErrorKind::Other);
        }
        chip.writes.set(chip.writes.get() + 1);
        let left = chip.cut.get().map(|writes| writes - 1);
        chip.cut.set(left);
        let kept = if left == Some(0) {
            bytes.len() / 8 * 4
        } else {
            bytes.len()
        };
        for (place, byte) in chip.bytes.borrow_mut()[offset as usize..]
            .iter_mut()
            .zip(&bytes[..kept])
        {
            *place &= *byte;
        }
        Ok(())
    }
}

impl Storage for Flash<'_> {
    const LONGEST_APPEND: Duration = Duration::from_millis(6);
    const LONGEST_ERASE: Duration = Duration::from_millis(800);
}

/// The outcome of a future that never waits.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut future = core::pin::pin!(future);
    match future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the flash waits"),
    }
}

/// Starts a firmware on the chip, lets a test act, and takes the power away.
fn session<T>(chip: &Chip, act: impl FnOnce(&mut Firmware<'_>, &Hub, &Restored) -> T) -> T {
    let (bench, hub) = (Bench::new(), Hub::new());
    let (keeper, restored) = at_once(Keeper::open(Flash(&bench, chip)));
    let setup = restored.setup_of(BoardFacts::default());
    let plan = Box::pin(async { hub.plan_stored(&setup, keeper, &PlanningTime(&bench)).await });
    let mut firmware = Firmware::with_plan(&bench, &hub, plan, setup.boot);
    act(&mut firmware, &hub, &restored)
}

fn settings(chip: &Chip) -> Settings {
    session(chip, |_, _, restored| restored.loaded.settings)
}

fn access(hub: &Hub) -> Access {
    hub.current_plan().directive.access
}

/// Charging 11.2 rules 2 and 4: the value of before and the access of before.
#[test]
fn when_settings_and_access_change_then_they_outlive_the_power() {
    let chip = Chip::new();
    session(&chip, |firmware, hub, restored| {
        assert_eq!(restored.stored, Stored::Blank);
        firmware.run(1_000);
        assert_eq!(access(hub), Access::On);
        assert_eq!(firmware.type_line("set max 10"), "ok\r\n");
        firmware.run(1_000);
        assert_eq!(firmware.type_line("access off"), "ok\r\n");
        // Within 1 s.
        firmware.run(500);
    });
    session(&chip, |firmware, hub, restored| {
        assert_eq!(restored.stored, Stored::Intact);
        assert_eq!(restored.loaded.settings.max().as_amps(), 10);
        firmware.run(1_000);
        assert_eq!(access(hub), Access::Off);
        let writes = chip.writes.get();
        firmware.run(60_000);
        assert_eq!(chip.writes.get(), writes, "nothing is written twice");
    });
}

/// Charging 11.2 rule 4: also while a vehicle charges, where nothing is erased.
#[test]
fn when_access_is_taken_while_charging_then_it_is_stored_within_a_second() {
    let chip = Chip::new();
    session(&chip, |firmware, _, _| {
        firmware.charge();
        firmware.type_line("access off");
        firmware.run(500);
    });
    assert_eq!(chip.erases.get(), 0);
    session(&chip, |firmware, hub, _| {
        firmware.run(100);
        assert_eq!(access(hub), Access::Off);
    });
}

/// A power cut in the middle of any write leaves the old value or the new one.
#[test]
fn when_the_power_is_cut_then_the_value_is_the_old_or_the_new_one() {
    let mut new = 0;
    for writes in 1..8 {
        let chip = Chip::new();
        session(&chip, |firmware, _, _| {
            firmware.run(1_000);
            firmware.type_line("set max 12");
            firmware.run(2_000);
        });
        chip.cut.set(Some(writes));
        session(&chip, |firmware, _, _| {
            firmware.run(1_000);
            firmware.type_line("set max 10");
            firmware.type_line("access off");
            firmware.run(2_000);
        });
        chip.cut.set(None);
        let max = settings(&chip).max().as_amps();
        assert!(matches!(max, 10 | 12), "{max} A after {writes} writes");
        new += u32::from(max == 10);
    }
    assert!((1..7).contains(&new));
}

/// Charging 11.2 rule 2: scraps give factory values, access off and a fault;
/// they are erased once nobody is there, and the store stays broken until the
/// settings are saved (D-226).
#[test]
fn when_the_store_is_broken_then_nothing_closes_and_it_is_mended() {
    let chip = Chip::new();
    chip.bytes.borrow_mut().fill(0x5A);
    session(&chip, |firmware, hub, restored| {
        assert_eq!(restored.stored, Stored::Broken);
        assert_eq!(restored.loaded.settings, Settings::default());
        firmware.bench.level.set(6_000);
        firmware.run(30_000);
        assert!(!firmware.bench.closed() && firmware.bench.feeds());
        assert_eq!(access(hub), Access::Off);
        assert!(hub.status().faults.contains(Faults::STORAGE_FAULT));
        assert_eq!((chip.writes.get(), chip.erases.get()), (0, 0));
        firmware.bench.level.set(12_000);
        firmware.run(20_000);
        assert_eq!(chip.erases.get(), 2);
        assert_eq!(firmware.bench.period.get(), LONGEST_WATCHDOG);
    });
    session(&chip, |firmware, hub, restored| {
        assert_eq!(restored.stored, Stored::Broken);
        firmware.run(1_000);
        assert_eq!(access(hub), Access::Off);
        assert!(hub.status().faults.contains(Faults::STORAGE_FAULT));
        firmware.type_line("set max 10");
        firmware.run(2_000);
    });
    session(&chip, |firmware, hub, restored| {
        assert_eq!(restored.stored, Stored::Intact);
        assert_eq!(restored.loaded.settings.max().as_amps(), 10);
        firmware.run(1_000);
        assert_eq!(access(hub), Access::Off);
    });
}

/// Decision 73: erasing waits until a vehicle has been gone for 10 s.
#[test]
fn when_the_store_fills_up_while_charging_then_it_is_erased_after_the_vehicle_left() {
    let chip = Chip::new();
    session(&chip, |firmware, _, _| {
        firmware.charge();
        for _ in 0..40 {
            firmware.type_line("set max 11");
            firmware.type_line("set max 12");
        }
        assert!(chip.erases.get() == 0 && firmware.bench.closed());
        firmware.bench.level.set(12_000);
        firmware.run(9_000);
        assert_eq!(chip.erases.get(), 0);
        firmware.run(6_000);
        assert!(chip.erases.get() > 0 && firmware.bench.feeds());
    });
    assert_eq!(settings(&chip).max().as_amps(), 12);
}

/// A flash that refuses keeps nothing, and nothing else changes.
#[test]
fn when_the_flash_refuses_then_the_charge_goes_on_and_it_is_tried_again() {
    let chip = Chip::new();
    session(&chip, |firmware, _, _| {
        firmware.charge();
        firmware.type_line("set max 12");
        chip.refuses.set(true);
        assert_eq!(firmware.type_line("set min 7"), "ok\r\n");
        firmware.run(20_000);
        assert!(firmware.bench.closed() && firmware.bench.feeds());
        chip.refuses.set(false);
        firmware.run(6_000);
    });
    assert_eq!(settings(&chip).min().as_amps(), 7);
}

/// A flash that does not fit or cannot be read is a broken store.
#[test]
fn when_the_flash_cannot_be_used_then_access_is_off_and_nothing_is_written() {
    struct Tiny<'a>(Flash<'a>);
    impl FlashErrorType for Tiny<'_> {
        type Error = NorFlashErrorKind;
    }
    impl ReadNorFlash for Tiny<'_> {
        const READ_SIZE: usize = 1;
        async fn read(&mut self, _: u32, _: &mut [u8]) -> Result<(), NorFlashErrorKind> {
            Err(NorFlashErrorKind::Other)
        }
        fn capacity(&self) -> usize {
            self.0.capacity()
        }
    }
    impl NorFlash for Tiny<'_> {
        const WRITE_SIZE: usize = 4;
        const ERASE_SIZE: usize = BLOCK;
        async fn erase(&mut self, _: u32, _: u32) -> Result<(), NorFlashErrorKind> {
            panic!("erased")
        }
        async fn write(&mut self, _: u32, _: &[u8]) -> Result<(), NorFlashErrorKind> {
            panic!("written")
        }
    }
    impl Storage for Tiny<'_> {
        const LONGEST_APPEND: Duration = Duration::ZERO;
        const LONGEST_ERASE: Duration = Duration::ZERO;
    }
    let (bench, hub, chip) = (Bench::new(), Hub::new(), Chip::new());
    let (keeper, restored) = at_once(Keeper::open(Tiny(Flash(&bench, &chip))));
    let setup = restored.setup();
    assert_eq!(
        (setup.stored, setup.first_access()),
        (Stored::Broken, Access::Off)
    );
    let plan = Box::pin(async { hub.plan_stored(&setup, keeper, &PlanningTime(&bench)).await });
    let mut firmware = Firmware::with_plan(&bench, &hub, plan, setup.boot);
    firmware.run(20_000);
    firmware.type_line("set max 10");
    firmware.run(1_000);
    assert!(hub.status().faults.contains(Faults::STORAGE_FAULT) && bench.feeds());
}

/// I-23: a latched fault outlives a power cut, whichever of RAM and flash knows it.
#[test]
fn when_a_latched_fault_is_stored_then_the_charger_starts_with_it() {
    let latched = Faults::CONTACTOR_FAULT;
    let kept = crate::port::Kept::new();
    let facts = BoardFacts::default();
    for (ram, flash) in [(latched, Faults::empty()), (Faults::empty(), latched)] {
        kept.keep(ram);
        let stored = BootRecord { latched: flash };
        let setup = ControlSetup::after_reset(facts, ERASE, &kept).with_stored(stored);
        assert_eq!(setup.boot.latched, latched);
    }
}

/// Menu rule X12: the reader works while cards are taught, also with RFID =
/// Disabled; a card that was taught outlives the power.
#[test]
fn when_a_card_is_taught_then_it_is_known_after_a_power_cut() {
    let chip = Chip::new();
    let card = Uid::new(&[4, 1, 2, 3, 4, 5, 6]).unwrap();
    session(&chip, |firmware, hub, _| {
        firmware.run(500);
        assert!(hub.ask(Command::TeachCards(Some(Teach::Learn))));
        firmware.bench.card.set(Some(card));
        firmware.run(3_000);
    });
    session(&chip, |_, _, restored| {
        assert!(restored.cards.iter().any(|known| *known == card));
    });
}
