//! Query strings and form bodies (network specification §2).

/// A malformed `%` or text that is not UTF-8.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadEncoding;

/// Decoded parameters in their order.
///
/// Names are compared without regard to case, the first occurrence wins, and a
/// name without `=` counts as present with an empty value.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// Decodes `name=value&…`.
    ///
    /// # Errors
    ///
    /// [`BadEncoding`] anywhere; nothing is usable then.
    pub fn parse(text: &str) -> Result<Self, BadEncoding> {
        text.split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                Ok((decode(name)?, decode(value)?))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Names in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Adds parameters that lose against the present ones.
    pub fn extend(&mut self, weaker: Self) {
        self.0.extend(weaker.0);
    }
}

/// Decodes `%XX` and `+`.
///
/// # Errors
///
/// A malformed `%`, or bytes that are not UTF-8.
pub fn decode(text: &str) -> Result<String, BadEncoding> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => hex(bytes.next())? << 4 | hex(bytes.next())?,
            other => other,
        });
    }
    String::from_utf8(out).map_err(|_| BadEncoding)
}

fn hex(digit: Option<u8>) -> Result<u8, BadEncoding> {
    let digit = digit.and_then(|byte| char::from(byte).to_digit(16));
    digit.and_then(|d| u8::try_from(d).ok()).ok_or(BadEncoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_encoded_then_percent_and_plus_are_decoded() {
        let pairs = Pairs::parse("enable_C2=Always%20On&name=a+b%2b").unwrap();
        assert_eq!(pairs.get("enable_c2"), Some("Always On"));
        assert_eq!(pairs.get("name"), Some("a b+"));
    }

    /// network 2: names without regard to case, first occurrence wins.
    #[test]
    fn when_a_name_comes_twice_then_the_first_wins() {
        let mut pairs = Pairs::parse("MODE=1&mode=2").unwrap();
        pairs.extend(Pairs::parse("mode=3&other=4").unwrap());
        assert_eq!(pairs.get("Mode"), Some("1"));
        assert_eq!(pairs.get("other"), Some("4"));
    }

    #[test]
    fn when_there_is_no_equals_sign_then_the_name_is_present() {
        let pairs = Pairs::parse("disable_override_current&&1").unwrap();
        assert_eq!(pairs.get("disable_override_current"), Some(""));
        assert_eq!(pairs.get("1"), Some(""));
        assert_eq!(pairs.get("2"), None);
    }

    #[test]
    fn when_a_percent_is_malformed_then_nothing_is_usable() {
        for text in ["mode=%zz", "a=1&b=%", "%4=1", "x=%f", "x=%ff"] {
            assert_eq!(Pairs::parse(text), Err(BadEncoding), "{text}");
        }
    }
}
