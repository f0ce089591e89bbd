//! Which members of the archives were read whole: counted for scripts, the others named for people.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::source::container::End;
use crate::source::report::MemberReport;

/// Damaged members that are named in warnings; the rest are counted.
const NAMED: usize = 10;

/// Characters of a name or a finding that are shown: an archive may hold names of any length.
const SHOWN_CHARS: usize = 200;

/// Number of members by how reading them ended. Damage between the members of an archive counts as one.
///
/// Serialized with every state there is, in the order of [`End::NAMES`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberCounts(Vec<(String, u64)>);

impl MemberCounts {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.0.iter().map(|(_, members)| members).sum()
    }

    /// Those that were not read whole.
    pub fn damaged(&self) -> u64 {
        self.damage().map(|(_, members)| members).sum()
    }

    /// States but `complete` that occur, with their counts.
    pub fn damage(&self) -> impl Iterator<Item = (&str, u64)> {
        let complete = End::Complete.name();
        self.0
            .iter()
            .filter(move |(state, members)| state != complete && *members > 0)
            .map(|(state, members)| (state.as_str(), *members))
    }
}

impl<S: AsRef<str>> FromIterator<S> for MemberCounts {
    fn from_iter<I: IntoIterator<Item = S>>(states: I) -> Self {
        let mut counts = End::NAMES.map(|state| (state.to_owned(), 0)).to_vec();
        for state in states {
            let state = state.as_ref();
            match counts.iter_mut().find(|(known, _)| known == state) {
                Some((_, members)) => *members += 1,
                // In the record of a run of a later build.
                None => counts.push((state.to_owned(), 1)),
            }
        }
        Self(counts)
    }
}

impl Serialize for MemberCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (state, members) in &self.0 {
            map.serialize_entry(state, members)?;
        }
        map.end()
    }
}

/// One line for each of the first members that were not read whole, and one for the rest. Each member
/// comes with the URL of its object.
pub fn warnings<'a>(damaged: impl IntoIterator<Item = (String, &'a MemberReport)>) -> Vec<String> {
    let mut damaged = damaged.into_iter();
    let mut lines: Vec<String> =
        damaged.by_ref().take(NAMED).map(|(url, member)| line(&url, member)).collect();
    match damaged.count() {
        0 => {}
        1 => lines.push("1 more member could not be read whole".to_owned()),
        more => lines.push(format!("{more} more members could not be read whole")),
    }
    lines
}

fn line(url: &str, member: &MemberReport) -> String {
    let inside =
        if member.label.is_empty() { String::new() } else { format!(" › {}", shown(&member.label)) };
    format!("{url}{inside} could not be read whole: {}: {}", member.end_state, shown(&member.detail))
}

/// Text out of an archive, fit for a terminal: without control characters, and not too long.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    for character in text.chars().take(SHOWN_CHARS) {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    if text.chars().nth(SHOWN_CHARS).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn member(label: &str, end: &End) -> MemberReport {
        MemberReport {
            label: label.to_owned(),
            end_state: end.name().to_owned(),
            detail: end.detail().to_owned(),
            stored_bytes: 5,
            stored_digest: "ab".repeat(32),
            bytes: 40,
            lines: 2,
            harvested: 1,
        }
    }

    #[test]
    fn every_state_is_counted_and_shown() {
        let ends = [
            End::Truncated("a".into()),
            End::Complete,
            End::Corrupt("b".into()),
            End::Bomb("c".into()),
            End::TooLarge("d".into()),
            End::Unsupported("e".into()),
            End::Truncated("f".into()),
        ];
        let counts: MemberCounts = ends.iter().map(End::name).collect();
        assert_eq!((counts.total(), counts.damaged()), (7, 6));
        assert_eq!(
            serde_json::to_string(&counts).unwrap(),
            r#"{"complete":1,"truncated":2,"corrupt":1,"bomb":1,"too_large":1,"unsupported":1}"#
        );
        let whole: MemberCounts = ["complete"].into_iter().collect();
        assert_eq!((whole.total(), whole.damaged(), whole.damage().count()), (1, 0, 0));
    }

    #[test]
    fn the_first_damaged_members_are_named_and_the_rest_counted() {
        let cut = member("05/30.json.bz2", &End::Truncated("the bzip2 stream stops early".into()));
        let bare = member("", &End::Corrupt("crc".into()));
        let all = |members: usize| {
            let others = std::iter::repeat_n(("file:///b.gz".to_owned(), &bare), members - 1);
            warnings([("file:///a.tar".to_owned(), &cut)].into_iter().chain(others))
        };
        assert_eq!(
            all(2),
            [
                "file:///a.tar › 05/30.json.bz2 could not be read whole: truncated: the bzip2 stream stops early",
                "file:///b.gz could not be read whole: corrupt: crc",
            ]
        );
        assert_eq!(all(10).len(), 10);
        assert_eq!(all(11)[10], "1 more member could not be read whole");
        assert_eq!(all(5000)[10..], ["4990 more members could not be read whole"]);
    }

    #[test]
    fn names_out_of_archives_cannot_play_with_the_terminal() {
        let hostile = member(&format!("a\u{1b}[2J\n{}", "x".repeat(1 << 20)), &End::Corrupt("crc".into()));
        let line = &warnings([("file:///a.tar".to_owned(), &hostile)])[0];
        assert!(line.starts_with("file:///a.tar › a\\u{1b}[2J\\nxxx"), "{line}");
        assert!(line.len() < 400 && line.contains("x… could not"), "{line}");
    }
}
