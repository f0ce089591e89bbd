//! Top-level domains: `com`, `jp`, `みんな`.
//!
//! The names and where they are from stand in `tlds.txt`; the table is built from it when this crate is
//! compiled. Names in Punycode (`xn--p1ai`) are taken unseen: nobody writes one by chance.

use super::characters::{byte_at, char_at, has_at, run_of};

const FILE: &[u8] = include_bytes!("tlds.txt");

/// The names, sorted by their bytes, so those of ASCII come first.
static NAMES: [&[u8]; COUNT] = names();

/// `BUCKETS[n]`: where the names that begin with the n-th letter (`a` is 0) begin in [`NAMES`]; the last
/// is where those outside ASCII begin.
static BUCKETS: [u16; 27] = buckets(&names());

const COUNT: usize = count();

/// Length of the longest name, in bytes.
const LONGEST: usize = longest(&names());

/// Whether a line of the file is a name: neither a comment nor empty.
const fn is_name(line: &[u8]) -> bool {
    !line.is_empty() && line[0] != b'#'
}

/// The first line of `file` and what follows it.
const fn split_line(file: &[u8]) -> (&[u8], &[u8]) {
    let mut end = 0;
    while end < file.len() && file[end] != b'\n' {
        end += 1;
    }
    let (line, rest) = file.split_at(end);
    (line, if rest.is_empty() { rest } else { rest.split_at(1).1 })
}

const fn count() -> usize {
    let (mut count, mut rest) = (0, FILE);
    while !rest.is_empty() {
        let (line, after) = split_line(rest);
        count += is_name(line) as usize;
        rest = after;
    }
    count
}

#[expect(clippy::large_stack_arrays, reason = "runs in the compiler")]
const fn names() -> [&'static [u8]; COUNT] {
    let mut names: [&[u8]; COUNT] = [b""; COUNT];
    let (mut at, mut rest) = (0, FILE);
    while !rest.is_empty() {
        let (line, after) = split_line(rest);
        if is_name(line) {
            names[at] = line;
            at += 1;
        }
        rest = after;
    }
    names
}

const fn longest(names: &[&[u8]; COUNT]) -> usize {
    let (mut longest, mut at) = (0, 0);
    while at < names.len() {
        if names[at].len() > longest {
            longest = names[at].len();
        }
        at += 1;
    }
    longest
}

const fn buckets(names: &[&[u8]; COUNT]) -> [u16; 27] {
    let mut buckets = [0; 27];
    let mut letter = 0;
    while letter < buckets.len() {
        // The byte after `z` is less than any lead byte outside ASCII.
        let first = b'a' + letter as u8;
        let mut at = 0;
        while at < names.len() && names[at][0] < first {
            at += 1;
        }
        buckets[letter] = at as u16;
        letter += 1;
    }
    buckets
}

/// Where the top-level domain that begins at byte `at` ends, if one begins there. It must not be
/// followed by what could carry it on (a letter, a digit, `-`) or make it something else (`@`, `+`).
/// One in letters outside ASCII may be followed by more of them: Japanese puts no space there.
pub(super) fn end_of_tld(text: &str, at: usize) -> Option<usize> {
    if has_at(text, at, "xn--") {
        let name = at + "xn--".len();
        let run = run_of(text, name, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
        return (run > 0).then_some(name + run);
    }
    let names = names_from(byte_at(text, at)?);
    let end_of_ascii = at + run_of(text, at, |byte| byte.is_ascii_alphanumeric());
    let end = if text.as_bytes().get(at..end_of_ascii).is_some_and(|name| holds(names, name)) {
        end_of_ascii
    } else if byte_at(text, end_of_ascii).is_some_and(|after| !after.is_ascii()) {
        at + length_of_longest(names, text.get(at..)?)?
    } else {
        return None;
    };
    let carried_on = char_at(text, end)
        .is_some_and(|after| after.is_ascii_alphanumeric() || matches!(after, '-' | '@' | '+'));
    (!carried_on).then_some(end)
}

/// The names that may begin with the byte `first`, in either case. An upper-case letter outside ASCII
/// may begin with another byte than its lower-case one, so all that begin with one are taken.
fn names_from(first: u8) -> &'static [&'static [u8]] {
    let bucket = match first {
        b'a'..=b'z' => usize::from(first - b'a'),
        b'A'..=b'Z' => usize::from(first - b'A'),
        0x80.. => BUCKETS.len() - 1,
        _ => return &[],
    };
    let start = BUCKETS.get(bucket).map_or(COUNT, |start| usize::from(*start));
    let end = BUCKETS.get(bucket + 1).map_or(COUNT, |end| usize::from(*end));
    NAMES.get(start..end).unwrap_or_default()
}

/// Whether `name` is one of `names`, in either case.
fn holds(names: &[&[u8]], name: &[u8]) -> bool {
    let mut lower = [0; LONGEST];
    let Some(lower) = lower.get_mut(..name.len()) else { return false };
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    names.binary_search(&&*lower).is_ok()
}

/// The length in bytes of the longest of `names` with a letter outside ASCII that `text` begins with, in
/// either case (Cyrillic and Greek have two).
fn length_of_longest(names: &[&[u8]], text: &str) -> Option<usize> {
    let mut buffer = [0; 4];
    let first = text.chars().next()?.to_lowercase().next()?.encode_utf8(&mut buffer).as_bytes();
    let mut longest = None;
    for name in names.iter().filter(|name| name.starts_with(first) && !name.is_ascii()) {
        let Ok(name) = str::from_utf8(name) else { continue };
        longest = longest.max(length_of_prefix(text, name));
    }
    longest
}

/// How long the head of `text` that is `name` in either case is.
fn length_of_prefix(text: &str, name: &str) -> Option<usize> {
    let mut characters = text.chars();
    for expected in name.chars() {
        let mut lower = characters.next()?.to_lowercase();
        if lower.next() != Some(expected) || lower.next().is_some() {
            return None;
        }
    }
    Some(text.len() - characters.as_str().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_lower_case() {
        assert!(NAMES.is_sorted_by(|a, b| a < b), "tlds.txt isn't sorted");
        for name in NAMES {
            let name = &*String::from_utf8_lossy(name);
            assert_eq!(name.to_lowercase(), name);
            assert_eq!(end_of_tld(name, 0), Some(name.len()), "{name}");
            assert_eq!(end_of_tld(&name.to_uppercase(), 0), Some(name.to_uppercase().len()), "{name}");
        }
    }

    #[test]
    fn names_that_go_on_are_none() {
        for (text, end) in [
            ("com", Some(3)),
            ("Com/x", Some(3)),
            ("comです", Some(3)),
            ("みんなです", Some(9)),
            ("com-", None),
            ("com@x", None),
            ("com1", None),
            ("co.", Some(2)),
            ("xn--p1ai/", Some(8)),
            ("xn--", None),
            ("1com", None),
            ("", None),
        ] {
            assert_eq!(end_of_tld(text, 0), end, "{text:?}");
        }
    }
}
