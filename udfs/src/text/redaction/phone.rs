//! Phone numbers, international and national, by how they are written.
//!
//! ```text
//!  +44 (0)20 7946 0958   (555) 123-4567   03-5298-7772   01 23 45 67 89   ０９０－１２３４－５６７８
//!  │└┘ └┬┘   └─ groups of digits, up to 6
//!  │    └ what joins them: up to three of space, hyphen, `.`, `/`, `(`, `)`, none twice in a row
//!  └ or 00, or (+
//! ```
//!
//! | begins with | is a number when it has |
//! |---|---|
//! | `+`, `00` | 8 to 15 digits behind it, the first no 0 |
//! | `0`, another digit | 9 to 12 digits in one group or in two of 3 or 4 and 7 or 8; 9 to 11 in groups of two or more, the first of 2 to 5; in pairs, five with the same between |
//! | an area in parentheses | 2 to 4 digits in them, no year; 8 to 11 in all, in groups of three or more |
//! | 1, then 3 to 9 | 11 digits in one group or 3-4-4 (Chinese mobile) |
//! | 2 to 9 | 3-3-4, also with 1 before (North America); 4-4, unless a year, a round pair or joined to digits before (Hong Kong, Singapore) |
//! | 1 to 9 | 2-4-4 or 2-5-4 with a hyphen in the last place (Brazil) |
//! | 6 to 9 | 3-3-3 or 3-2-2-2 (Spain, Portugal, Poland) or 5-5 (India), unless round |
//!
//! So neither dates, years, prices and addresses of machines are numbers nor ids, which are longer or have no
//! such beginning; and a number that could be anything, such as seven digits or ten in one group, is none.
//!
//! Whether digits are a number depends on them, on what joins them, and on the one character before and
//! behind, of which a letter or a sign makes them a part of something else. None of that is ever a part of another number, so
//! taking numbers out of a text makes no other of what was none.

mod form;

use self::form::{Lead, Number, Other};
use super::super::entities::Span;
use super::digit::digit;

/// Most groups of a number.
const MOST_GROUPS: usize = 6;

/// Most digits of a number, `00` included.
const MOST_DIGITS: usize = 17;

/// Most characters between two groups.
const LONGEST_JOINT: usize = 3;

/// The phone numbers of `text`, in order.
pub fn phones(text: &str) -> Phones<'_> {
    Phones { text, at: 0, taken_to: 0 }
}

/// Whether `character` can be in a phone number, white space aside.
pub(super) fn is_part(character: char) -> bool {
    digit(character).is_some()
        || is_plus(character)
        || Mark::of(character).is_some_and(|mark| mark != Mark::Space)
}

/// Iterator over the phone numbers of one text.
#[derive(Clone, Debug)]
pub struct Phones<'t> {
    text: &'t str,
    at: usize,
    /// Where the last number ended. What is behind it is read as if nothing were before.
    taken_to: usize,
}

impl Iterator for Phones<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        while let Some(rest) = self.text.get(self.at..) {
            let found = rest.find(|character| digit(character).is_some())?;
            let first = self.at + found;
            if let Some(span) = number_at(self.text, self.taken_to, first) {
                self.taken_to = span.end;
                self.at = span.end;
                return Some(span);
            }
            self.at = end_of_digits(self.text, first);
        }
        None
    }
}

/// What may stand between two groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Space,
    Hyphen,
    Dot,
    Slash,
    Open,
    Close,
}

impl Mark {
    fn of(character: char) -> Option<Self> {
        Some(match character {
            ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '\u{3000}' => Self::Space,
            '-' | '\u{2010}' | '\u{2011}' | '\u{2013}' | '\u{2212}' | '－' => Self::Hyphen,
            '.' => Self::Dot,
            '/' => Self::Slash,
            '(' | '（' => Self::Open,
            ')' | '）' => Self::Close,
            _ => return None,
        })
    }
}

fn is_plus(character: char) -> bool {
    matches!(character, '+' | '＋')
}

/// What stands between two groups, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Joint {
    Space,
    Hyphen,
    Dot,
    Slash,
    /// A hyphen in spaces, as between the ends of a range.
    Range,
    /// With a parenthesis in it.
    Bracket,
}

/// Groups of digits from some place on, as many as a number could have.
#[derive(Clone, Copy, Debug, Default)]
struct Groups {
    digits: [u8; MOST_DIGITS],
    lengths: [usize; MOST_GROUPS],
    /// `joints[n]` stands behind group n.
    joints: [Option<Joint>; MOST_GROUPS],
    /// Where each group ends in the text.
    ends: [usize; MOST_GROUPS],
    count: usize,
}

impl Groups {
    /// Reads the groups from the one that begins at `at` on.
    fn read(text: &str, mut at: usize) -> Self {
        let mut groups = Self::default();
        let mut digits = 0;
        while groups.count < MOST_GROUPS {
            let mut length = 0;
            for (offset, character) in text.get(at..).unwrap_or_default().char_indices() {
                let Some(value) = digit(character) else { break };
                let Some(place) = groups.digits.get_mut(digits + length) else { return groups };
                *place = value;
                length += 1;
                groups.ends[groups.count] = at + offset + character.len_utf8();
            }
            groups.lengths[groups.count] = length;
            digits += length;
            groups.count += 1;
            let end = groups.ends[groups.count - 1];
            let Some((joint, next)) = joint_at(text, end) else { return groups };
            groups.joints[groups.count - 1] = Some(joint);
            at = next;
        }
        groups
    }

    /// The first `count` of them.
    fn first(&self, count: usize) -> Number<'_> {
        let lengths = self.lengths.get(..count).unwrap_or_default();
        let digits = self.digits.get(..lengths.iter().sum()).unwrap_or_default();
        Number { digits, lengths, joints: self.joints.get(..count - 1).unwrap_or_default() }
    }
}

/// What joins the group that ends at `end` to the next, and where that begins.
fn joint_at(text: &str, end: usize) -> Option<(Joint, usize)> {
    let mut marks = [None; LONGEST_JOINT];
    for (count, (offset, character)) in text.get(end..)?.char_indices().enumerate() {
        if digit(character).is_some() {
            let has = |mark| marks.contains(&Some(mark));
            let joint = match marks.first().copied().flatten()? {
                _ if has(Mark::Open) || has(Mark::Close) => Joint::Bracket,
                _ if has(Mark::Hyphen) => {
                    if has(Mark::Space) {
                        Joint::Range
                    } else {
                        Joint::Hyphen
                    }
                }
                _ if has(Mark::Slash) => Joint::Slash,
                _ if has(Mark::Dot) => Joint::Dot,
                _ => Joint::Space,
            };
            return Some((joint, end + offset));
        }
        let mark = Mark::of(character)?;
        if count > 0 && marks.get(count - 1) == Some(&Some(mark)) {
            return None;
        }
        *marks.get_mut(count)? = Some(mark);
    }
    None
}

/// The number whose first digit stands at `first`, if one does. What stands before `from` is taken.
fn number_at(text: &str, from: usize, first: usize) -> Option<Span> {
    let before = |at: usize| text.get(from..at).unwrap_or_default();
    let plus = before(first).strip_suffix(is_plus).map(|before| from + before.len());
    let start = plus.unwrap_or(first);
    let open = before(start).strip_suffix(['(', '（']).map(|before| from + before.len());
    let groups = Groups::read(text, first);
    (1..=groups.count).rev().find_map(|count| {
        let end = groups.ends[count - 1];
        // A parenthesis before the number belongs to it if it closes in it.
        let closes = |open: &usize| text.get(*open..end).is_some_and(|number| number.contains([')', '）']));
        let open = open.filter(closes);
        let start = open.unwrap_or(start);
        let lead = Lead { plus: plus.is_some(), open: open.is_some(), other: Other::of(before(start)) };
        let is_number = groups.first(count).is_number(lead)
            && may_follow(before(start))
            && may_precede(text.get(end..).unwrap_or_default());
        is_number.then_some(Span { start, end })
    })
}

fn end_of_digits(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    rest.find(|character| digit(character).is_none()).map_or(text.len(), |length| at + length)
}

/// What makes the digits behind it something else: an amount, a tag, a part of an id or of a link. A digit before
/// says nothing, for it may be the end of another number.
fn may_follow(before: &str) -> bool {
    let Some(last) = before.chars().next_back() else { return true };
    !last.is_ascii_alphabetic()
        && !"_#＃@＠&=%.,/\\~^*$＄€£¥￥₩₹〒".contains(last)
        && Mark::of(last) != Some(Mark::Hyphen)
}

/// As [`may_follow`]. What follows a hyphen or the like can't begin a number of its own.
fn may_precede(behind: &str) -> bool {
    let mut behind = behind.chars();
    let Some(next) = behind.next() else { return true };
    let joins = matches!(Mark::of(next), Some(Mark::Hyphen | Mark::Dot | Mark::Slash)) || next == ',';
    let goes_on = joins && behind.next().is_some_and(|character| digit(character).is_some());
    !goes_on && !next.is_ascii_alphabetic() && !"_@＠%$€£¥￥円元원".contains(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        phones(text).map(|span| span.of(text)).collect()
    }

    #[test]
    fn numbers_are_found_as_they_are_written() {
        for number in [
            "+1 202 555 0143",
            "+1 (202) 555-0143",
            "+442079460958",
            "+44 (0)20 7946 0958",
            "(+44) 20 7946 0958",
            "+33 1 99 00 12 34",
            "+966-1-8011234",
            "+86 010 82351234",
            "＋８１ ３ １２３４ ５６７８",
            "0044 20 7946 0958",
            "004915123456789",
            "020 7946 0958",
            "(020) 7946 0958",
            "03-5298-1234",
            "０３－５２９８－１２３４",
            "02-735-1234",
            "010-2962-1234",
            "010 2962 1234",
            "0591 83981234",
            "030-2871234",
            "0171/1234567",
            "0532 123 45 67",
            "01 99 00 12 34",
            "01.99.00.12.34",
            "0156781234",
            "083119412345",
            "(202) 555-0143",
            "202-555-0143",
            "202.555.0143",
            "1-202-555-0143",
            "138-1234-5678",
            "13812345678",
            "6029 8123",
            "(11) 98765-4321",
            "11 98765-4321",
            "612 345 678",
            "612 34 56 78",
            "98765 43210",
            "٠١٠٢٣٤٥٦٧٨٩",
        ] {
            for (before, behind) in
                [("", ""), ("tel: ", "."), ("전화", "입니다"), ("「", "」"), ("😀", "😀"), ("\n", "\n")]
            {
                let text = format!("{before}{number}{behind}");
                assert_eq!(found(&text), [number], "{text}");
            }
        }
    }

    #[test]
    fn what_is_counted_dated_or_told_apart_by_digits_is_none() {
        for text in [
            "",
            "12345678",
            "1345059463120621570",
            "1305788021",
            "2010-2011",
            "2010-11-22",
            "22.11.2010",
            "22/11/2010 10:30",
            "01-02-2011 14:30",
            "01/02/2011 12",
            "20101217",
            "09.30 - 17.30",
            "10:30-11:45",
            "1.234.567.890",
            "12,345,678",
            "300 000 000",
            "600 000 000",
            "5000-6000",
            "8500 - 11000",
            "11000-13000",
            "1 2 3 4 5 6 7 8 9",
            "192.168.1.100",
            "116.58.163.130",
            "978-3-16-148410-0",
            "9784797355734",
            "4111 1111 1111 1111",
            "829-3461",
            "〒721-0973",
            "#0201234567",
            "$0201234567",
            "@0201234567",
            "v0201234567",
            "0201234567px",
            "0201234567%",
            "id=0201234567",
            "http://example.com/0201234567",
            "202-555-0143-99",
            "3.0201234567",
            "+1 000 000 000",
            "+100",
            "(36000+10800)-144",
            "+2075 -2292",
            "0447 6318 6850",
            "1234 6318 6850",
            "000048069158",
            "011111010110",
            "202-555  0143",
            "202\n555\n0143",
            "½²Ⅷ",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn numbers_follow_each_other() {
        assert_eq!(found("0156781234 or 0626231234"), ["0156781234", "0626231234"]);
        assert_eq!(found("612345678 612 345 678"), ["612 345 678"]);
        assert_eq!(found("(02) 735-1234, 735-5678"), ["(02) 735-1234"]);
        assert_eq!(found("24/7 202-555-0143"), ["202-555-0143"]);
        assert_eq!(found("+44 20 7946 0958+44 20 7946 0959"), ["+44 20 7946 0958", "+44 20 7946 0959"]);
        assert_eq!(found("(020 7946 0958)"), ["020 7946 0958"]);
        assert_eq!(found("me@0201234567"), [""; 0]);
    }
}
