//! Cashtags: `$` and a ticker symbol of 1 to 6 ASCII letters, which may have a dot or underscore and one
//! or two letters more (`$BRK.A`). White space or nothing must stand before, and white space,
//! punctuation or nothing after: `$5`, `US$`, `$株` and `$toolong` are none.

use memchr::memchr;

use super::characters::{byte_at, char_at, char_before, is_directional, is_space, run_of};
use super::{Cashtag, Span};

/// Longest symbol before its dot, in characters.
const LONGEST_SYMBOL: usize = 6;

/// Longest part behind the dot, in characters.
const LONGEST_CLASS: usize = 2;

/// The cashtags of `text`, in order.
pub fn cashtags(text: &str) -> Cashtags<'_> {
    Cashtags { text, at: 0 }
}

/// Iterator over the cashtags of one text.
#[derive(Clone, Debug)]
pub struct Cashtags<'t> {
    text: &'t str,
    at: usize,
}

impl Iterator for Cashtags<'_> {
    type Item = Cashtag;

    fn next(&mut self) -> Option<Cashtag> {
        while let Some(found) = self.text.as_bytes().get(self.at..).and_then(|rest| memchr(b'$', rest)) {
            let start = self.at + found;
            self.at = start + 1;
            if !may_begin_at(self.text, start) {
                continue;
            }
            if let Some(symbol) = symbol_at(self.text, start + 1) {
                self.at = symbol.end;
                return Some(Cashtag { span: Span { start, end: symbol.end }, symbol });
            }
        }
        self.at = self.text.len();
        None
    }
}

fn symbol_at(text: &str, start: usize) -> Option<Span> {
    let length = run_of(text, start, |byte| byte.is_ascii_alphabetic());
    if !(1..=LONGEST_SYMBOL).contains(&length) {
        return None;
    }
    let end = start + length;
    if matches!(byte_at(text, end), Some(b'.' | b'_')) {
        let class = run_of(text, end + 1, |byte| byte.is_ascii_alphabetic());
        let longer = end + 1 + class;
        if (1..=LONGEST_CLASS).contains(&class) && may_end_at(text, longer) {
            return Some(Span { start, end: longer });
        }
    }
    may_end_at(text, end).then_some(Span { start, end })
}

fn may_begin_at(text: &str, at: usize) -> bool {
    char_before(text, at).is_none_or(|before| is_space(before) || is_directional(before))
}

fn may_end_at(text: &str, at: usize) -> bool {
    char_at(text, at).is_none_or(|after| after.is_ascii_punctuation() || is_space(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_have_letters_and_one_class() {
        let text = "$A $BRK.A, $GOOG_ $abcdefg $ab1 x$NO $$NO $abc.def $\u{682a} $YES\u{306e}";
        let symbols: Vec<_> = cashtags(text).map(|cashtag| cashtag.symbol.of(text)).collect();
        assert_eq!(symbols, ["A", "BRK.A", "GOOG", "abc"]);
    }
}
