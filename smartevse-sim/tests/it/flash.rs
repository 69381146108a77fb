//! The simulated flash: bit rules, stalls, wear and power cuts.

use embassy_futures::block_on;
use embedded_storage_async::nor_flash::{NorFlash, ReadNorFlash};
use proptest::prelude::*;
use smartevse_core::contract::{self, Clause};
use smartevse_core::hardware::{LONGEST_WATCHDOG, stalls_fit};
use smartevse_sim::clock::SimClock;
use smartevse_sim::flash::{FlashDefects, FlashError, SimFlash};
use smartevse_types::Duration;

fn flash() -> (SimFlash, SimClock) {
    let clock = SimClock::new();
    (SimFlash::new(2, clock.clone()), clock)
}

#[test]
fn when_the_flash_is_good_then_it_keeps_its_contract() {
    let (mut flash, mut clock) = flash();
    assert_eq!(block_on(contract::storage(&mut flash)), Ok(()));
    assert_eq!(
        block_on(contract::storage_stalls(&mut flash, &mut clock)),
        Ok(())
    );
    assert_eq!(flash.erasures(), [4, 0]);
    assert!(stalls_fit::<SimFlash>(
        Duration::from_millis(10),
        LONGEST_WATCHDOG
    ));
}

#[test]
fn when_the_flash_is_defective_then_its_contract_says_which_clause() {
    let none = FlashDefects::default;
    for (defects, clause) in [
        (
            FlashDefects {
                worn_bits: 1,
                ..none()
            },
            Clause::StorageErased,
        ),
        (
            FlashDefects {
                disturbs: true,
                ..none()
            },
            Clause::StorageKept,
        ),
        (
            FlashDefects {
                unbounded: true,
                ..none()
            },
            Clause::StorageBounds,
        ),
    ] {
        let (mut flash, _) = flash();
        flash.set_defects(defects);
        let found = block_on(contract::storage(&mut flash)).unwrap_err();
        assert_eq!(found.clause, clause, "{defects:?}");
    }
    let (mut flash, mut clock) = flash();
    flash.set_defects(FlashDefects {
        slower: 2,
        ..none()
    });
    let found = block_on(contract::storage_stalls(&mut flash, &mut clock)).unwrap_err();
    assert_eq!(found.clause, Clause::EraseStall);
    flash.cut_power_after(0, 1);
    let found = block_on(contract::storage(&mut flash)).unwrap_err();
    assert_eq!(found.clause, Clause::Accepts);
}

/// Writing clears bits, only erasing sets them.
#[test]
fn when_a_bit_is_clear_then_only_erasing_sets_it() {
    let (mut flash, _) = flash();
    block_on(async {
        flash.write(0, &[0xF0; 4]).await.unwrap();
        flash.write(0, &[0x30; 4]).await.unwrap();
        assert_eq!(
            flash.write(0, &[0x31; 4]).await,
            Err(FlashError::BitIsClear)
        );
        assert_eq!(flash.content()[..5], [0x30, 0x30, 0x30, 0x30, 0xFF]);
        flash.erase(0, 4096).await.unwrap();
        assert!(flash.content().iter().all(|byte| *byte == 0xFF));
    });
}

#[test]
fn when_a_request_does_not_fit_then_it_is_refused() {
    let (mut flash, _) = flash();
    block_on(async {
        assert_eq!(flash.write(2, &[0; 4]).await, Err(FlashError::NotAligned));
        assert_eq!(flash.write(0, &[0; 3]).await, Err(FlashError::NotAligned));
        assert_eq!(flash.erase(0, 100).await, Err(FlashError::NotAligned));
        assert_eq!(
            flash.write(8192, &[0; 4]).await,
            Err(FlashError::OutOfBounds)
        );
        assert_eq!(
            flash.read(8190, &mut [0; 4]).await,
            Err(FlashError::OutOfBounds)
        );
    });
}

proptest! {
    /// A cut leaves every word before it written, every word behind it
    /// erased, and the one under way between both; after it nothing works
    /// until the power returns.
    #[test]
    fn when_the_power_is_cut_then_only_the_step_under_way_is_half_done(
        cut in 0..16_u32,
        seed in any::<u64>(),
        byte in any::<u8>(),
    ) {
        let (mut flash, _) = flash();
        flash.cut_power_after(cut, seed);
        let written = block_on(flash.write(0, &[byte; 64]));
        prop_assert_eq!(written, Err(FlashError::PowerLost));
        prop_assert!(!flash.is_powered());
        prop_assert_eq!(block_on(flash.erase(0, 4096)), Err(FlashError::PowerLost));
        flash.restore_power();
        for (word, cells) in flash.content()[..64].chunks(4).enumerate() {
            let half_done = cells.iter().all(|cell| cell & byte == byte);
            prop_assert!(half_done);
            let word = word as u32;
            prop_assert!(word >= cut || cells == [byte; 4]);
            prop_assert!(word <= cut || cells == [0xFF; 4]);
        }
    }

    /// A cut while erasing leaves the block undefined and the others whole.
    #[test]
    fn when_the_power_is_cut_while_erasing_then_other_blocks_are_whole(seed in any::<u64>()) {
        let (mut flash, _) = flash();
        block_on(flash.write(0, &[0; 4096])).unwrap();
        block_on(flash.write(4096, &[0; 4096])).unwrap();
        flash.cut_power_after(0, seed);
        prop_assert_eq!(block_on(flash.erase(0, 8192)), Err(FlashError::PowerLost));
        flash.restore_power();
        prop_assert!(flash.content()[..4096].iter().any(|byte| *byte != 0));
        prop_assert!(flash.content()[4096..].iter().all(|byte| *byte == 0));
    }
}
