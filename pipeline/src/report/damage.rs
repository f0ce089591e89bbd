//! Which members of the archives were not read whole, named for people.

use crate::source::member_report::MemberReport;

/// Damaged members that are named in warnings; the rest are counted.
const NAMED: usize = 10;

/// Characters of a name or a finding that are shown: an archive may hold names of any length.
const SHOWN_CHARS: usize = 200;

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
    use crate::source::container::End;

    fn member(label: &str, end: &End) -> MemberReport {
        MemberReport {
            label: label.to_owned(),
            layers: "tar".to_owned(),
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
