//! How many members of the archives were read whole, and how many ended otherwise.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::container::End;

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

    /// States that occur, with their counts.
    pub fn states(&self) -> impl Iterator<Item = (&str, u64)> {
        let occurring = self.0.iter().filter(|(_, members)| *members > 0);
        occurring.map(|(state, members)| (state.as_str(), *members))
    }

    /// The same but for `complete`.
    pub fn damage(&self) -> impl Iterator<Item = (&str, u64)> {
        let complete = End::Complete.name();
        self.states().filter(move |(state, _)| *state != complete)
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

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
}
