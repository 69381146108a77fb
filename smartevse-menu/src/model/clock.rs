//! Local time as people read it.

use core::fmt;

const DAY: i64 = 86_400;
const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A moment in local time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct LocalTime {
    seconds: i64,
}

/// Hours and minutes: `22:05`.
pub(super) struct Clock(LocalTime);

/// Weekday and day of the month: `Wed 28`.
pub(super) struct Day(LocalTime);

/// Weekday, day and month: `Wed 28 Nov`.
pub(super) struct Date(LocalTime);

impl LocalTime {
    /// Local time of a moment in UTC, seconds since 1970-01-01.
    pub fn new(utc: u64, zone_minutes: i16) -> Self {
        let utc = i64::try_from(utc).unwrap_or(i64::MAX);
        let zone = i64::from(zone_minutes).saturating_mul(60);
        Self {
            seconds: utc.saturating_add(zone),
        }
    }

    pub const fn clock(self) -> Clock {
        Clock(self)
    }

    pub const fn day(self) -> Day {
        Day(self)
    }

    pub const fn date(self) -> Date {
        Date(self)
    }

    const fn days(self) -> i64 {
        self.seconds.div_euclid(DAY)
    }

    fn weekday(self) -> &'static str {
        // 1970-01-01 was a Thursday.
        let day = self.days().saturating_add(4).rem_euclid(7);
        name(&WEEKDAYS, day)
    }

    /// Day (1..=31) and month (0..=11) in the Gregorian calendar, with years
    /// that begin in March, so that the leap day is the last one.
    fn day_and_month(self) -> (i64, i64) {
        let days = self.days().saturating_add(719_468);
        let of_era = days.rem_euclid(146_097);
        let leaps = of_era / 1_460;
        let years = of_era
            .saturating_sub(leaps)
            .saturating_add(of_era / 36_524)
            .saturating_sub(of_era / 146_096)
            / 365;
        let before = years
            .saturating_mul(365)
            .saturating_add(years / 4)
            .saturating_sub(years / 100);
        let of_year = of_era.saturating_sub(before);
        let month = of_year.saturating_mul(5).saturating_add(2) / 153;
        let start = month.saturating_mul(153).saturating_add(2) / 5;
        let day = of_year.saturating_sub(start).saturating_add(1);
        (day, month.saturating_add(2).rem_euclid(12))
    }
}

fn name(names: &[&'static str], at: i64) -> &'static str {
    let at = usize::try_from(at).unwrap_or(0);
    names.get(at).copied().unwrap_or("")
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of_day = self.0.seconds.rem_euclid(DAY);
        write!(f, "{:02}:{:02}", of_day / 3_600, of_day / 60 % 60)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (day, _) = self.0.day_and_month();
        write!(f, "{} {day}", self.0.weekday())
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, month) = self.0.day_and_month();
        write!(f, "{} {}", self.0.day(), name(&MONTHS, month))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::format;

    #[test]
    fn when_a_moment_is_told_then_it_is_the_one_of_the_calendar() {
        for (utc, zone, text) in [
            (0, 0, "Thu 1 Jan 00:00"),
            (951_782_400, 0, "Tue 29 Feb 00:00"),
            (951_868_800, 0, "Wed 1 Mar 00:00"),
            (1_709_164_799, 0, "Wed 28 Feb 23:59"),
            (1_735_603_140, 60, "Tue 31 Dec 00:59"),
            (1_735_689_540, 60, "Wed 1 Jan 00:59"),
            (1_795_903_320, -90, "Sat 28 Nov 20:32"),
            (60, -1, "Thu 1 Jan 00:00"),
            (0, -1, "Wed 31 Dec 23:59"),
        ] {
            let time = LocalTime::new(utc, zone);
            assert_eq!(format!("{} {}", time.date(), time.clock()), text, "{utc}");
        }
    }

    #[test]
    fn when_the_time_is_absurd_then_it_is_still_text() {
        let time = LocalTime::new(u64::MAX, i16::MAX);
        assert!(!format!("{} {}", time.date(), time.clock()).is_empty());
    }
}
