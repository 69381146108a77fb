//! A vector as constant data.

/// A value of a vector, as it stands in its file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Value {
    /// Nothing; also a member that is absent.
    Null,
    /// A truth value.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(&'static str),
    /// A list.
    List(&'static [Value]),
    /// Members with their names.
    Object(&'static [(&'static str, Value)]),
}

impl Value {
    /// Gives the member of this name; `Null` when there is none.
    #[must_use]
    pub fn member(&self, name: &str) -> Self {
        let found = self.members().iter().find(|(other, _)| *other == name);
        found.map_or(Self::Null, |(_, value)| *value)
    }

    /// Gives all members; none when this is no object.
    #[must_use]
    pub const fn members(&self) -> &'static [(&'static str, Self)] {
        match self {
            Self::Object(members) => members,
            Self::Null | Self::Flag(_) | Self::Number(_) | Self::Text(_) | Self::List(_) => &[],
        }
    }

    /// Gives the items; none when this is no list.
    #[must_use]
    pub const fn items(&self) -> &'static [Self] {
        match self {
            Self::List(items) => items,
            Self::Null | Self::Flag(_) | Self::Number(_) | Self::Text(_) | Self::Object(_) => &[],
        }
    }

    /// Gives the text, if this is one.
    #[must_use]
    pub const fn text(&self) -> Option<&'static str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::Flag(_) | Self::Number(_) | Self::List(_) | Self::Object(_) => None,
        }
    }

    /// Gives the number, if this is one.
    #[must_use]
    pub const fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Null | Self::Flag(_) | Self::Text(_) | Self::List(_) | Self::Object(_) => None,
        }
    }

    /// Gives the number in the type that is needed, if it fits.
    #[must_use]
    pub fn whole<T: TryFrom<i64>>(&self) -> Option<T> {
        T::try_from(self.number()?).ok()
    }

    /// Gives two numbers, if this is a list of two.
    #[must_use]
    pub fn pair(&self) -> Option<(i64, i64)> {
        let [first, second] = self.items() else {
            return None;
        };
        Some((first.number()?, second.number()?))
    }

    /// Tells whether this is the truth value "true".
    #[must_use]
    pub fn is_true(&self) -> bool {
        *self == Self::Flag(true)
    }

    /// Tells whether this is nothing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        *self == Self::Null
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_a_member_is_absent_then_it_is_null() {
        let value = Value::Object(&[("a", Value::Number(5)), ("b", Value::Text("x"))]);
        assert_eq!(value.member("a").whole::<u8>(), Some(5));
        assert_eq!(value.member("b").text(), Some("x"));
        assert!(value.member("c").is_null() && Value::Null.member("a").is_null());
    }

    #[test]
    fn when_a_number_does_not_fit_then_there_is_none() {
        assert_eq!(Value::Number(256).whole::<u8>(), None);
        assert_eq!(Value::Flag(true).number(), None);
        let pair = Value::List(&[Value::Number(1), Value::Number(2)]);
        assert_eq!(pair.pair(), Some((1, 2)));
        assert_eq!(Value::List(&[Value::Number(1)]).pair(), None);
    }
}
