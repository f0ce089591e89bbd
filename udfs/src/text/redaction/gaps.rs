//! Rewriting a text: what takes the place of a part, and how the text closes over a part that is dropped.

use std::borrow::Cow;

use super::super::entities::Span;
use super::phone::is_part;

/// What takes the place of a part.
#[derive(Clone, Debug)]
pub(super) enum Put {
    /// This text.
    Instead(Cow<'static, str>),
    /// Nothing: what is before and behind closes up.
    Nothing,
}

/// `text` with something else in the place of each of `parts`, which stand in order and apart.
///
/// Where something was dropped, white space stays on one side alone, and at the ends of the text on none. There is
/// always some, so that no word, address or mention is made of two; and between what could be two parts of a phone
/// number there are two spaces, which no number has in it.
pub(super) fn rewritten(text: &str, parts: Vec<(Span, Put)>) -> String {
    let mut output = Output { text: String::with_capacity(text.len()), gap: None };
    let mut taken_to = 0;
    for (span, put) in parts {
        output.keep(text.get(taken_to..span.start).unwrap_or_default());
        match put {
            Put::Instead(other) => output.keep(&other),
            Put::Nothing => output.gap = output.gap.take().or_else(|| Some(String::new())),
        }
        taken_to = span.end;
    }
    output.keep(text.get(taken_to..).unwrap_or_default());
    if output.gap.is_some() {
        output.text.truncate(output.text.trim_end().len());
    }
    output.text
}

struct Output {
    text: String,
    /// The white space since the first of the parts dropped behind `text`, where any was.
    gap: Option<String>,
}

impl Output {
    fn keep(&mut self, part: &str) {
        let Some(behind) = &mut self.gap else {
            self.text.push_str(part);
            return;
        };
        let rest = part.trim_start();
        behind.push_str(part.get(..part.len() - rest.len()).unwrap_or_default());
        let Some(next) = rest.chars().next() else { return };

        let behind = self.gap.take().unwrap_or_default();
        let before = self.text.split_off(self.text.trim_end().len());
        if let Some(last) = self.text.chars().next_back() {
            let space = match (before.as_str(), behind.as_str()) {
                ("", "") => " ",
                ("", behind) => behind,
                (before, behind) if behind.contains('\n') && !before.contains('\n') => behind,
                (before, _) => before,
            };
            self.text.push_str(space);
            if is_part(last) && is_part(next) && space.chars().nth(1).is_none() {
                self.text.push(' ');
            }
        }
        self.text.push_str(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `text` without what stands in braces.
    fn without(text: &str) -> String {
        let mut parts = Vec::new();
        let mut from = 0;
        while let Some(start) = text.get(from..).and_then(|rest| rest.find('{')).map(|at| from + at) {
            let end =
                text.get(start..).and_then(|rest| rest.find('}')).map_or(text.len(), |at| start + at + 1);
            parts.push((Span { start, end }, Put::Nothing));
            from = end;
        }
        rewritten(text, parts)
    }

    #[test]
    fn white_space_stays_on_one_side() {
        for (text, expected) in [
            ("a {x} b", "a b"),
            ("{x} b", "b"),
            ("a {x}", "a"),
            ("{x}", ""),
            (" {x} {y} ", ""),
            ("a{x}b", "a b"),
            ("a{x}, b", "a , b"),
            ("a {x}{y} {z} b", "a b"),
            ("a {x}\nb", "a\nb"),
            ("a\n{x} b", "a\nb"),
            ("a\u{3000}{x}b", "a\u{3000}b"),
            ("  a {x} b  ", "  a b  "),
            ("日本{x}語", "日本 語"),
        ] {
            assert_eq!(without(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_do_not_meet_across_a_gap() {
        assert_eq!(without("555 {x} 123 4567"), "555  123 4567");
        assert_eq!(without("555{x}123"), "555  123");
        assert_eq!(without("(555){x}-123"), "(555)  -123");
        assert_eq!(without("555 {x} a"), "555 a");
    }
}
