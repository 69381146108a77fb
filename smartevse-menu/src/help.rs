//! The help line that scrolls while nobody presses a button (menu
//! specification §10.3).

use smartevse_types::Duration;

use crate::line::{COLUMNS, Line};

/// The help appears this long after the last button.
const DELAY: Duration = Duration::from_secs(5);
/// Time of the first position.
const FIRST: u64 = 1_000;
/// Time of each further position.
const STEP: u64 = 300;
/// Time of the last position.
const LAST: u64 = 2_000;
/// Beat at which positions can change.
const BEAT: u64 = 100;

/// Part of a text that is shown this long after the last button; `None` = not
/// yet.
pub(crate) fn window(text: &str, rest: Duration) -> Option<Line> {
    let shown_for = rest.as_millis().checked_sub(DELAY.as_millis())?;
    let hidden = text.len().saturating_sub(COLUMNS);
    let start = offset(u64::try_from(hidden).unwrap_or(0), shown_for);
    let start = usize::try_from(start).unwrap_or(0).min(hidden);
    let end = start.saturating_add(COLUMNS).min(text.len());
    text.get(start..end).map(Line::from)
}

/// First character that is shown: it stays, moves to the end, stays, starts
/// anew.
fn offset(hidden: u64, shown_for: u64) -> u64 {
    let moving = hidden.saturating_sub(1).saturating_mul(STEP);
    let round = FIRST.saturating_add(moving).saturating_add(LAST);
    let at = shown_for.checked_rem(round).unwrap_or(0);
    match at.checked_sub(FIRST) {
        None => 0,
        Some(moved) => (moved / STEP).saturating_add(1).min(hidden),
    }
}

/// Time after the last button at which the help may look different next.
pub(crate) fn next_step(rest: Duration) -> Duration {
    let beats = rest.as_millis() / BEAT;
    let next = Duration::from_millis(beats.saturating_add(1).saturating_mul(BEAT));
    next.max(DELAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Share Power between multiple SmartEVSEs (2-8)";

    fn at(ms: u64) -> Option<Line> {
        window(TEXT, Duration::from_millis(ms))
    }

    #[test]
    fn when_nobody_presses_then_the_help_scrolls_to_its_end_and_restarts() {
        assert_eq!(at(4999), None);
        let start = Line::from(&TEXT[..25]);
        assert_eq!((at(5000), at(5999)), (Some(start), Some(start)));
        assert_eq!(at(6000), Some(Line::from(&TEXT[1..26])));
        assert_eq!(at(6300), Some(Line::from(&TEXT[2..27])));
        let end = Some(Line::from(&TEXT[20..]));
        assert_eq!((at(11_700), at(13_699)), (end, end));
        assert_eq!(at(13_700), Some(start));
    }

    #[test]
    fn when_a_help_fits_then_it_stands_still() {
        let short = |ms| window("Contactor2 (C2) behaviour", Duration::from_millis(ms));
        for ms in [5_000, 6_000, 8_100, 60_000] {
            assert_eq!(short(ms).unwrap().as_str(), "Contactor2 (C2) behaviour");
        }
    }

    #[test]
    fn when_the_help_changes_then_a_deadline_lies_at_the_change() {
        assert_eq!(next_step(Duration::ZERO), DELAY);
        assert_eq!(next_step(DELAY), Duration::from_millis(5100));
        let mut rest = DELAY;
        for _ in 0..300 {
            let next = next_step(rest);
            let before = Duration::from_micros(next.as_micros() - 1);
            assert_eq!(window(TEXT, rest), window(TEXT, before));
            rest = next;
        }
    }
}
