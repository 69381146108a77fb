//! A strict scanner over the top level of one JSON object.

use crate::decimal::Decimal;
use crate::error::MeterError;

/// Deepest nesting of objects and arrays.
const MAX_DEPTH: u32 = 120;
/// Longest key that can be known; longer ones are read and forgotten.
const MAX_KEY: usize = 32;

/// A key of the object, decoded; `None` in the text of longer or foreign keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    bytes: [u8; MAX_KEY],
    len: usize,
    foreign: bool,
}

impl Key {
    pub(crate) fn name(&self) -> Option<&str> {
        let bytes = self.bytes.get(..self.len)?;
        let name = core::str::from_utf8(bytes).ok()?;
        (!self.foreign).then_some(name)
    }

    fn push(&mut self, byte: u8) {
        match self.bytes.get_mut(self.len) {
            Some(slot) => {
                *slot = byte;
                self.len = self.len.saturating_add(1);
            }
            None => self.foreign = true,
        }
    }
}

/// Calls `member` for each member of the object in `text`, with its value if
/// that is a number.
///
/// The whole text is checked before the answer is `Ok`; members may have been
/// told before an error is found.
pub(crate) fn scan(
    text: &[u8],
    mut member: impl FnMut(&Key, Option<Decimal>),
) -> Result<(), MeterError> {
    // The scanner works on bytes; a text that is no UTF-8 is no JSON.
    core::str::from_utf8(text).map_err(|_| MeterError::Json)?;
    let mut scanner = Scanner { rest: text };
    scanner.take(b'{')?;
    if !scanner.try_take(b'}') {
        loop {
            let key = scanner.key()?;
            scanner.take(b':')?;
            let value = scanner.value()?;
            member(&key, value);
            if scanner.try_take(b'}') {
                break;
            }
            scanner.take(b',')?;
        }
    }
    scanner.skip_space();
    if scanner.rest.is_empty() {
        Ok(())
    } else {
        Err(MeterError::Json)
    }
}

struct Scanner<'a> {
    rest: &'a [u8],
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn next(&mut self) -> Result<u8, MeterError> {
        let (first, rest) = self.rest.split_first().ok_or(MeterError::Json)?;
        self.rest = rest;
        Ok(*first)
    }

    fn skip_space(&mut self) {
        let space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        self.take_while(space);
    }

    /// Takes the longest beginning of bytes that fit.
    fn take_while(&mut self, fits: impl Fn(&u8) -> bool) -> &'a [u8] {
        let length = self.rest.iter().take_while(|byte| fits(byte)).count();
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or_default();
        self.rest = rest;
        taken
    }

    /// Takes a mark after any white space, if it comes next.
    fn try_take(&mut self, mark: u8) -> bool {
        self.skip_space();
        let found = self.peek() == Some(mark);
        if found {
            self.rest = self.rest.get(1..).unwrap_or_default();
        }
        found
    }

    fn take(&mut self, mark: u8) -> Result<(), MeterError> {
        if self.try_take(mark) {
            Ok(())
        } else {
            Err(MeterError::Json)
        }
    }

    fn key(&mut self) -> Result<Key, MeterError> {
        let mut key = Key {
            bytes: [0; MAX_KEY],
            len: 0,
            foreign: false,
        };
        self.take(b'"')?;
        while let Some(byte) = self.character()? {
            match byte {
                Ok(byte) => key.push(byte),
                Err(Foreign) => key.foreign = true,
            }
        }
        Ok(key)
    }

    /// The next byte inside a string, `None` at its end.
    fn character(&mut self) -> Result<Option<Result<u8, Foreign>>, MeterError> {
        match self.next()? {
            b'"' => Ok(None),
            b'\\' => self.escape().map(Some),
            0..=0x1F => Err(MeterError::Json),
            byte => Ok(Some(Ok(byte))),
        }
    }

    fn escape(&mut self) -> Result<Result<u8, Foreign>, MeterError> {
        match self.next()? {
            byte @ (b'"' | b'\\' | b'/') => Ok(Ok(byte)),
            b'b' | b'f' | b'n' | b'r' | b't' => Ok(Err(Foreign)),
            b'u' => self.code_point(),
            _ => Err(MeterError::Json),
        }
    }

    /// Four hexadecimal digits; only ASCII matters for the keys that are known.
    fn code_point(&mut self) -> Result<Result<u8, Foreign>, MeterError> {
        let mut code = 0_u32;
        for _ in 0..4 {
            let digit = char::from(self.next()?).to_digit(16);
            code = (code << 4) | digit.ok_or(MeterError::Json)?;
        }
        Ok(u8::try_from(code).ok().filter(u8::is_ascii).ok_or(Foreign))
    }

    /// Any value; its number if it is one.
    fn value(&mut self) -> Result<Option<Decimal>, MeterError> {
        self.skip_space();
        match self.peek() {
            Some(b'-' | b'0'..=b'9') => self.number().map(Some),
            Some(b'{' | b'[') => self.nested().map(|()| None),
            _ => self.plain().map(|()| None),
        }
    }

    /// A string or a word.
    fn plain(&mut self) -> Result<(), MeterError> {
        match self.peek() {
            Some(b'"') => self.key().map(|_| ()),
            Some(b't') => self.word(b"true"),
            Some(b'f') => self.word(b"false"),
            Some(b'n') => self.word(b"null"),
            _ => Err(MeterError::Json),
        }
    }

    fn word(&mut self, word: &[u8]) -> Result<(), MeterError> {
        self.rest = self.rest.strip_prefix(word).ok_or(MeterError::Json)?;
        Ok(())
    }

    fn number(&mut self) -> Result<Decimal, MeterError> {
        let negative = self.peek() == Some(b'-');
        if negative {
            self.next()?;
        }
        let whole = self.digits()?;
        if whole.len() > 1 && whole.first() == Some(&b'0') {
            return Err(MeterError::Json);
        }
        let mut fraction: &[u8] = &[];
        if self.peek() == Some(b'.') {
            self.next()?;
            fraction = self.digits()?;
        }
        let exponent = self.exponent()?;
        Ok(Decimal::new(negative, whole, fraction, exponent))
    }

    /// One digit or more.
    fn digits(&mut self) -> Result<&'a [u8], MeterError> {
        let digits = self.take_while(u8::is_ascii_digit);
        if digits.is_empty() {
            Err(MeterError::Json)
        } else {
            Ok(digits)
        }
    }

    fn exponent(&mut self) -> Result<i64, MeterError> {
        if !matches!(self.peek(), Some(b'e' | b'E')) {
            return Ok(0);
        }
        self.next()?;
        let negative = self.peek() == Some(b'-');
        if matches!(self.peek(), Some(b'+' | b'-')) {
            self.next()?;
        }
        let magnitude = self.digits()?.iter().fold(0_i64, |sum, digit| {
            let value = i64::from(digit.wrapping_sub(b'0'));
            sum.saturating_mul(10).saturating_add(value)
        });
        Ok(if negative {
            magnitude.saturating_neg()
        } else {
            magnitude
        })
    }

    /// An object or array with everything in it, checked without recursion.
    fn nested(&mut self) -> Result<(), MeterError> {
        let mut open = Open::default();
        loop {
            match self.enter(&mut open)? {
                Step::Value => self.value_of(&open)?,
                Step::Opened => continue,
                Step::Closed => {}
            }
            while !open.is_empty() {
                if self.try_take(open.end()) {
                    open.close();
                } else {
                    self.take(b',')?;
                    self.member_key(&open)?;
                    break;
                }
            }
            if open.is_empty() {
                return Ok(());
            }
        }
    }

    /// Opens an object or array if one comes next.
    fn enter(&mut self, open: &mut Open) -> Result<Step, MeterError> {
        self.skip_space();
        let is_object = match self.peek() {
            Some(b'{') => true,
            Some(b'[') => false,
            _ => return Ok(Step::Value),
        };
        self.next()?;
        open.push(is_object)?;
        if self.try_take(open.end()) {
            open.close();
            return Ok(Step::Closed);
        }
        self.member_key(open)?;
        Ok(Step::Opened)
    }

    /// In an object, the key and the colon before a value.
    fn member_key(&mut self, open: &Open) -> Result<(), MeterError> {
        if open.is_object() {
            self.key()?;
            self.take(b':')?;
        }
        Ok(())
    }

    /// A value that is neither object nor array.
    fn value_of(&mut self, open: &Open) -> Result<(), MeterError> {
        debug_assert!(!open.is_empty());
        match self.peek() {
            Some(b'-' | b'0'..=b'9') => self.number().map(|_| ()),
            _ => self.plain(),
        }
    }
}

/// A character that no known key has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Foreign;

enum Step {
    Value,
    Opened,
    Closed,
}

/// The objects and arrays that are open, one bit each (1 = object).
#[derive(Default)]
struct Open {
    kinds: u128,
    depth: u32,
}

impl Open {
    fn push(&mut self, is_object: bool) -> Result<(), MeterError> {
        if self.depth >= MAX_DEPTH {
            return Err(MeterError::Json);
        }
        self.depth = self.depth.saturating_add(1);
        self.kinds = (self.kinds << 1) | u128::from(is_object);
        Ok(())
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.kinds >>= 1;
    }

    const fn is_empty(&self) -> bool {
        self.depth == 0
    }

    const fn is_object(&self) -> bool {
        self.kinds & 1 == 1
    }

    const fn end(&self) -> u8 {
        if self.is_object() { b'}' } else { b']' }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_valid(text: &str) -> bool {
        scan(text.as_bytes(), |_, _| {}).is_ok()
    }

    /// meters 9.2
    #[test]
    fn when_the_text_is_valid_then_it_is_taken() {
        for text in [
            "{}",
            " {\n\t} \r\n",
            r#"{"a":1,"b":-0.5e+3,"c":[1,[],{},[{"x":[true,false,null]}],"\u00e9\"\\\/"],"d":""}"#,
            r#"{"a":{"b":{"c":[[[]]]}},"e":0}"#,
        ] {
            assert!(is_valid(text), "{text}");
        }
    }

    /// meters 9.2: invalid JSON is refused
    #[test]
    fn when_the_text_is_invalid_then_it_is_refused() {
        for text in [
            "",
            " ",
            "{",
            "}",
            "[]",
            "1",
            "null",
            "{}x",
            "{,}",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            r#"{"a":+1}"#,
            r#"{"a":01}"#,
            r#"{"a":-}"#,
            r#"{"a":.5}"#,
            r#"{"a":1.}"#,
            r#"{"a":1e}"#,
            r#"{"a":1e+}"#,
            r#"{"a":NaN}"#,
            r#"{"a":Infinity}"#,
            r#"{"a":-Infinity}"#,
            r#"{"a":[1,]}"#,
            r#"{"a":[1 2]}"#,
            r#"{"a":{"b"}}"#,
            r#"{"a":[}]"#,
            r#"{"a":[1}}"#,
            r#"{"a":{"b":1]}"#,
            r#"{"a":tru}"#,
            r#"{"a":"\x"}"#,
            r#"{"a":"\u12g4"}"#,
            "{\"a\":\"\n\"}",
            r#"{'a':1}"#,
            r#"{"a":1 "b":2}"#,
            r#"{a:1}"#,
            r#"{"a":[],}"#,
            r#"{"a":0x1}"#,
            "\u{feff}{}",
        ] {
            assert!(!is_valid(text), "{text}");
        }
        assert!(scan(&[b'{', 0xFF, b'}'], |_, _| {}).is_err());
    }

    #[test]
    fn when_nested_too_deep_then_it_is_refused() {
        let nested = |depth: usize| {
            let mut text = [0_u8; 600];
            let mut at = 0;
            let mut put = |bytes: &[u8]| {
                text[at..at + bytes.len()].copy_from_slice(bytes);
                at += bytes.len();
            };
            put(b"{\"a\":");
            (0..depth).for_each(|_| put(b"["));
            (0..depth).for_each(|_| put(b"]"));
            put(b"}");
            scan(&text[..at], |_, _| {}).is_ok()
        };
        assert!(nested(120));
        assert!(!nested(121));
    }

    #[test]
    fn when_a_key_is_escaped_then_it_is_the_same_key() {
        let mut seen = 0;
        scan(br#"{"a\u0062":1,"ab":2,"a\u00e9":3,"\n":4}"#, |key, _| {
            seen += u8::from(key.name() == Some("ab"));
        })
        .unwrap();
        assert_eq!(seen, 2);
    }
}
