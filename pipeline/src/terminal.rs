//! Text out of archives, fit for a terminal: how wide it is, cut, wrapped, and unable to play tricks.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns that everything printed for people fits into.
pub(crate) const PAGE_COLUMNS: usize = 80;

/// Columns `text` takes: two for a wide character, none for one that combines.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// `text` on one line and without control characters, which are spelled out.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || is_directional(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Marks that turn the direction of whatever follows them, also of our own words.
fn is_directional(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` as [`printable`], cut to `most` columns with a mark where it was cut.
pub(crate) fn fitted(text: &str, most: usize) -> String {
    // A text of any length is looked at no further than it can show.
    let start: String = text.chars().take(most * 4 + 1).collect();
    let whole = start.len() == text.len();
    let shown = printable(&start);
    if whole && columns(&shown) <= most {
        return shown;
    }
    let mut cut = String::new();
    let mut used = 0;
    for grapheme in shown.graphemes(true) {
        used += columns(grapheme);
        if used >= most {
            break;
        }
        cut.push_str(grapheme);
    }
    cut.push('…');
    cut
}

/// `text` in lines of at most `most` columns, at least one line.
///
/// Lines end where the text has a line break, between words, and on either side of a wide character, for
/// scripts that have them write without spaces. What has no such place is cut where the line is full. No
/// grapheme is torn.
pub(crate) fn wrapped(text: &str, most: usize) -> Vec<String> {
    text.split('\n').flat_map(|line| wrapped_line(&printable(line.trim_end_matches('\r')), most)).collect()
}

fn wrapped_line(text: &str, most: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    // Bytes of `line` after which it may end.
    let mut may_end = None;
    let mut before_is_wide = false;
    for grapheme in text.graphemes(true) {
        let is_space = grapheme.chars().all(char::is_whitespace);
        let is_wide = columns(grapheme) > 1;
        if (is_wide && !closes(grapheme)) || (before_is_wide && !closes(grapheme)) {
            may_end = Some(line.len());
        }
        before_is_wide = is_wide;
        if columns(&line) + columns(grapheme) > most && !line.is_empty() {
            if is_space {
                lines.push(std::mem::take(&mut line));
                may_end = None;
                continue;
            }
            let rest = line.split_off(may_end.filter(|at| *at > 0).unwrap_or(line.len()));
            lines.push(line.trim_end().to_owned());
            rest.trim_start().clone_into(&mut line);
            may_end = None;
        }
        line.push_str(grapheme);
        if is_space {
            may_end = Some(line.len());
        }
    }
    lines.push(line.trim_end().to_owned());
    lines
}

/// Marks that no line begins with.
fn closes(grapheme: &str) -> bool {
    matches!(
        grapheme,
        "、" | "。"
            | "，"
            | "．"
            | "！"
            | "？"
            | "」"
            | "』"
            | "）"
            | "】"
            | "ー"
            | "…"
            | ")"
            | ","
            | "."
            | "!"
            | "?"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole_where_they_can() {
        assert_eq!(wrapped("one two three, four", 9), ["one two", "three,", "four"]);
        assert_eq!(wrapped("https://t.co/abcdef is long", 10), ["https://t.", "co/abcdef", "is long"]);
        assert_eq!(wrapped("a\r\n\nb", 9), ["a", "", "b"]);
        assert_eq!(wrapped("", 9), [""]);
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(columns("日本語"), 6);
        assert_eq!(wrapped("今日は天気がいいです。散歩", 12), ["今日は天気が", "いいです。散", "歩"]);
        assert_eq!(wrapped("abc 今日は", 8), ["abc 今日", "は"]);
        for line in wrapped(&"漢字かな交じりtext👨‍👩‍👧 ".repeat(20), 17) {
            assert!(columns(&line) <= 17 && !line.starts_with('\u{200d}'), "{line}");
        }
    }

    #[test]
    fn nothing_plays_with_the_terminal() {
        assert_eq!(printable("a\u{1b}[2J\u{202e}b"), "a\\u{1b}[2J\\u{202e}b");
        assert_eq!(fitted("a\nb", 9), "a\\nb");
        assert_eq!(fitted("abcdef", 4), "abc…");
        assert_eq!(fitted("日本語日本語", 7), "日本語…");
        assert_eq!(fitted(&"x".repeat(1 << 20), 3), "xx…");
    }
}
