//! Numbers in parameters (network specification §2).

/// Reads `[ws][+-]digits{1,10}[.digits*][ws]`, rounded half away from zero.
///
/// Decimals are needed: home automation sends `161.00000000000003`.
#[must_use]
pub fn parse(text: &str) -> Option<i32> {
    let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !(1..=10).contains(&whole.len()) || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let round_up = fraction.bytes().next().is_some_and(|digit| digit >= b'5');
    let size = whole.parse::<i64>().ok()? + i64::from(round_up);
    i32::try_from(if negative { -size } else { size }).ok()
}

/// Reads a number that must lie in a range.
#[must_use]
pub fn within(text: &str, range: std::ops::RangeInclusive<i32>) -> Option<i32> {
    parse(text).filter(|number| range.contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_a_number_is_written_usually_then_it_is_read() {
        for (text, number) in [
            ("0", 0),
            (" 7\t", 7),
            ("+12", 12),
            ("-5.000000", -5),
            ("83.0", 83),
            ("161.00000000000003", 161),
            ("0.5", 1),
            ("-0.5", -1),
            ("123.400002", 123),
            ("3.", 3),
            ("2147483647", i32::MAX),
        ] {
            assert_eq!(parse(text), Some(number), "{text:?}");
        }
    }

    #[test]
    fn when_it_is_no_number_then_none() {
        for text in [
            "", " ", "abc", "1e3", "-", "+-1", "1 2", ".5", "0x1", "1,5", "3abc",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
        assert_eq!(parse("2147483648"), None);
        assert_eq!(parse("12345678901"), None);
        assert_eq!(within("5", 6..=16), None);
        assert_eq!(within("16", 6..=16), Some(16));
    }
}
