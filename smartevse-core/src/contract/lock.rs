//! Contract of the cable lock.

use smartevse_types::Duration;

use super::{Bench, Clause, Violation, accept, demand};
use crate::hardware::CableLock;
use crate::io::{LockDrive, LockFeedback};

/// Checks that a lock accepts every drive and that its feedback can be read.
///
/// # Errors
///
/// The first clause that does not hold: `Accepts`, `Reads`.
pub fn cable_lock(lock: &mut impl CableLock) -> Result<(), Violation> {
    let verdict = accepts_commands(lock);
    verdict.and(park(lock))
}

/// Checks that a fitted feedback follows pulses of 600 ms, over about 2 s.
///
/// Needs a plug in the socket; the lock ends unlocked.
///
/// # Errors
///
/// The first clause that does not hold: `Accepts`, `Reads`, `LockFollows`.
pub fn lock_travel(lock: &mut impl CableLock, bench: &mut impl Bench) -> Result<(), Violation> {
    let verdict = pulse(lock, bench, LockDrive::Lock, LockFeedback::Locked)
        .and_then(|()| pulse(lock, bench, LockDrive::Unlock, LockFeedback::Unlocked));
    verdict.and(park(lock))
}

fn accepts_commands(lock: &mut impl CableLock) -> Result<(), Violation> {
    for drive in [LockDrive::Off, LockDrive::Lock, LockDrive::Unlock] {
        accept(lock.drive_lock(drive), Clause::Accepts)?;
        accept(lock.drive_lock(LockDrive::Off), Clause::Accepts)?;
        accept(lock.lock_feedback(), Clause::Reads)?;
    }
    Ok(())
}

fn pulse(
    lock: &mut impl CableLock,
    bench: &mut impl Bench,
    drive: LockDrive,
    expected: LockFeedback,
) -> Result<(), Violation> {
    accept(lock.drive_lock(drive), Clause::Accepts)?;
    bench.wait(Duration::from_millis(600));
    accept(lock.drive_lock(LockDrive::Off), Clause::Accepts)?;
    bench.wait(Duration::from_millis(200));
    let seen = accept(lock.lock_feedback(), Clause::Reads)?;
    let holds = seen == expected || seen == LockFeedback::NotFitted;
    demand(holds, Clause::LockFollows)
}

fn park(lock: &mut impl CableLock) -> Result<(), Violation> {
    accept(lock.drive_lock(LockDrive::Off), Clause::Accepts)
}
