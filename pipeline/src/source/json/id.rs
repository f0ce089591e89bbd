//! Ids as JSON gives them: numbers, strings, often both.

/// One id field of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Id {
    /// Not there, or null.
    #[default]
    Absent,
    /// Within 1..2^63-1.
    Valid(i64),
    /// Something that is no id: zero, negative, above 2^63-1, a fraction, a word.
    Bad,
}

impl Id {
    /// The id a string spells.
    pub(crate) fn parse(text: &str) -> Self {
        // `parse` alone would also take a leading plus sign.
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Self::Bad;
        }
        text.parse().map_or(Self::Bad, Self::from_number)
    }

    /// The id a number is.
    pub(crate) fn from_number(number: i64) -> Self {
        if number >= 1 { Self::Valid(number) } else { Self::Bad }
    }

    /// The value, when there is one.
    pub(crate) fn valid(self) -> Option<i64> {
        match self {
            Self::Valid(id) => Some(id),
            Self::Absent | Self::Bad => None,
        }
    }
}

/// The same id as `…id_str` and as `…id`: the string is preferred, because programs that read numbers
/// as floats have rounded the other above 2^53.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct IdPair {
    pub(crate) text: Id,
    pub(crate) number: Id,
}

impl IdPair {
    /// The string if it is valid, else the number if that is, else `Bad` if either is there.
    pub(crate) fn id(self) -> Id {
        match (self.text, self.number) {
            (Id::Valid(id), _) | (_, Id::Valid(id)) => Id::Valid(id),
            (Id::Absent, Id::Absent) => Id::Absent,
            _ => Id::Bad,
        }
    }

    /// The value, when there is one.
    pub(crate) fn valid(self) -> Option<i64> {
        self.id().valid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_exact_and_within_range() {
        assert_eq!(Id::parse("9223372036854775807"), Id::Valid(i64::MAX));
        assert_eq!(Id::parse("9007199254740993"), Id::Valid(9_007_199_254_740_993));
        for bad in ["", "0", "-1", "+1", "9223372036854775808", "1e3", "1.0", " 1", "١"] {
            assert_eq!(Id::parse(bad), Id::Bad, "{bad}");
        }
    }

    #[test]
    fn the_string_wins_over_a_rounded_number() {
        let pair = IdPair { text: Id::Valid(5), number: Id::Valid(4) };
        assert_eq!(pair.id(), Id::Valid(5));
        assert_eq!(IdPair { text: Id::Bad, number: Id::Valid(4) }.id(), Id::Valid(4));
        assert_eq!(IdPair { text: Id::Absent, number: Id::Bad }.id(), Id::Bad);
        assert_eq!(IdPair::default().id(), Id::Absent);
    }
}
