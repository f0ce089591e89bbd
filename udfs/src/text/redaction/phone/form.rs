//! The forms that numbers have: how many digits, how grouped, how joined.

use super::super::digit::digit;
use super::{Joint, Mark};

/// What stands before the first digit.
#[derive(Clone, Copy)]
pub(super) struct Lead {
    /// A plus.
    pub(super) plus: bool,
    /// A parenthesis that closes in the number.
    pub(super) open: bool,
    /// Other digits, before both.
    pub(super) other: Other,
}

/// Digits before a number that are not part of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Other {
    None,
    /// Right before it: a plus is that of a sum.
    Touching,
    /// And one space or hyphen, so that it may be the rest of something.
    Joined,
}

impl Other {
    pub(super) fn of(before: &str) -> Self {
        let ends_in_digit = |text: &str| text.ends_with(|last| digit(last).is_some());
        let joined = |character| matches!(Mark::of(character), Some(Mark::Space | Mark::Hyphen));
        if ends_in_digit(before) {
            Self::Touching
        } else if before.strip_suffix(joined).is_some_and(ends_in_digit) {
            Self::Joined
        } else {
            Self::None
        }
    }
}

/// Groups that may be a number.
pub(super) struct Number<'a> {
    pub(super) digits: &'a [u8],
    pub(super) lengths: &'a [usize],
    pub(super) joints: &'a [Option<Joint>],
}

impl Number<'_> {
    /// Whether digits so grouped and joined, behind `lead`, have the form of a number.
    pub(super) fn is_number(&self, lead: Lead) -> bool {
        let is_one = match self.digits {
            [1..=9, behind @ ..] if lead.plus => {
                lead.other != Other::Touching && self.is_international(1 + behind.len())
            }
            _ if lead.plus => false,
            [0, 0, 1..=9, behind @ ..] => {
                self.lengths.first().is_some_and(|length| *length > 2)
                    && self.is_international(1 + behind.len())
            }
            [0, 1..=9, ..] => self.has_trunk_prefix(),
            [1..=9, ..] => (lead.open && self.has_area()) || self.is_national(lead),
            _ => false,
        };
        is_one && self.is_varied()
    }

    /// `digits` of them behind the prefix.
    fn is_international(&self, digits: usize) -> bool {
        let behind = self.lengths.get(1..).unwrap_or_default();
        (8..=15).contains(&digits)
            && !self.joints.contains(&Some(Joint::Range))
            && behind.iter().filter(|length| **length == 1).count() <= 1
            && !self.digits.ends_with(&[0; 4])
    }

    fn has_trunk_prefix(&self) -> bool {
        match self.lengths {
            [length] => (9..=12).contains(length),
            [2, 2, 2, 2, 2] => self.joint().is_some(),
            // None, or a day and a month.
            [] | [2, 1 | 2, ..] => false,
            [3 | 4, 7 | 8] => true,
            [first, rest @ ..] => {
                (2..=5).contains(first)
                    && (9..=11).contains(&self.digits.len())
                    && rest.iter().all(|length| *length >= 2)
                    && !self.joints.get(1..).unwrap_or_default().contains(&Some(Joint::Slash))
            }
        }
    }

    fn has_area(&self) -> bool {
        let [first, rest @ ..] = self.lengths else { return false };
        (2..=4).contains(first)
            && !self.begins_with_year()
            && (8..=11).contains(&self.digits.len())
            && (1..=2).contains(&rest.len())
            && rest.iter().all(|length| *length >= 3)
            && self.joints.first() == Some(&Some(Joint::Bracket))
    }

    fn is_national(&self, lead: Lead) -> bool {
        let joint = self.joint();
        let spaced = matches!(joint, Some(Joint::Space | Joint::Hyphen));
        match (self.lengths, self.digits) {
            ([11], [1, 3..=9, ..]) => true,
            ([3, 4, 4], [1, 3..=9, ..]) => spaced,
            ([3, 3, 4], [2..=9, ..]) => spaced || joint == Some(Joint::Dot),
            ([1, 3, 3, 4], [1, 2..=9, ..]) => {
                self.joints.iter().all(|joint| !matches!(joint, Some(Joint::Slash | Joint::Range)))
            }
            ([4, 4], [2..=9, ..]) => {
                spaced && lead.other != Other::Joined && !self.begins_with_year() && !self.is_round()
            }
            ([2, 4 | 5, 4], _) => self.joints == [Some(Joint::Space), Some(Joint::Hyphen)],
            ([3, 3, 3] | [3, 2, 2, 2], [6..=9, ..]) => spaced && !self.digits.ends_with(&[0; 3]),
            ([5, 5], [6..=9, ..]) => spaced && !self.is_round(),
            _ => false,
        }
    }

    /// What joins all groups, if it is always the same.
    fn joint(&self) -> Option<Joint> {
        let [first, rest @ ..] = self.joints else { return None };
        first.filter(|_| rest.iter().all(|joint| joint == first))
    }

    /// A group of four digits from 1900 to 2099 comes first.
    fn begins_with_year(&self) -> bool {
        self.lengths.first() == Some(&4) && matches!(self.digits, [1, 9, ..] | [2, 0, ..])
    }

    /// Of two groups of the same length each is a number of hundreds, as in a range of prices.
    fn is_round(&self) -> bool {
        let (one, other) = self.digits.split_at(self.digits.len() / 2);
        one.ends_with(&[0, 0]) && other.ends_with(&[0, 0])
    }

    /// At least three different digits.
    fn is_varied(&self) -> bool {
        let seen = self.digits.iter().fold(0_u16, |seen, digit| seen | 1 << digit);
        seen.count_ones() >= 3
    }
}
