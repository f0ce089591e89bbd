//! Walks one JSON text from token to token.

use std::ops::Range;

use tweetmill_kernels::json::Tokens;

use super::number::{count_digits, number};
use super::{Scalar, Str, string};

/// Arrays and objects inside each other that a [`Reader`] can keep track of.
pub(crate) const MAX_DEPTH: usize = 128;

/// Why a text is no JSON, or is not read as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// It breaks the grammar.
    Syntax,
    /// It is JSON as far as it goes, and ends inside a value.
    Ended,
    /// Arrays and objects nest deeper than allowed.
    TooDeep,
}

/// The values of a text, one after the other.
///
/// ```text
///   {"id":7,"user":{"id":8},"text":"x"}
///   object(field) ──► field("id"), which takes the value 7
///                 ──► field("user"), which takes the value {"id":8}, perhaps by `object` again
///                 ──► field("text") …
/// ```
///
/// Every value is checked against the grammar of RFC 8259, also one that is passed over. What the order of the tokens
/// alone can tell was checked when they were found; here it is whether they are right for what encloses them.
#[derive(Debug)]
pub(crate) struct Reader<'de, 't> {
    text: &'de str,
    tokens: &'t [u32],
    /// Of `tokens`, the first that wasn't taken.
    next: usize,
    /// How many more arrays and objects may be opened inside each other.
    depth: usize,
    /// Whether the last token opens a string that is never closed.
    is_cut: bool,
}

impl<'de, 't> Reader<'de, 't> {
    /// Reads `text`, whose tokens are `tokens`; its arrays and objects may nest `depth` deep, [`MAX_DEPTH`] at most.
    ///
    /// Fails where the tokens tell that it is no JSON.
    pub(crate) fn new(text: &'de str, tokens: &'t Tokens, depth: usize) -> Result<Self, Broken> {
        let faults = tokens.faults();
        if faults.control || faults.escape || faults.order {
            return Err(Broken::Syntax);
        }
        let depth = depth.min(MAX_DEPTH);
        Ok(Self { text, tokens: tokens.positions(), next: 0, depth, is_cut: faults.open_string })
    }

    /// Takes the next value. Of an object, `field` gets each key and must take its value; any other value is
    /// passed over. Answers whether it was an object.
    #[inline]
    pub(crate) fn object(
        &mut self,
        mut field: impl FnMut(&mut Self, &[u8]) -> Result<(), Broken>,
    ) -> Result<bool, Broken> {
        if self.byte() != b'{' {
            self.skip()?;
            return Ok(false);
        }
        self.open()?;
        while !self.closes(b'}')? {
            let key = self.key()?;
            let key = self.text.as_bytes().get(key).unwrap_or_default();
            if string::has_escape(key) {
                let key = Str::new(str::from_utf8(key).map_err(|_| Broken::Syntax)?);
                field(self, key.text().as_bytes())?;
            } else {
                field(self, key)?;
            }
        }
        Ok(true)
    }

    /// Takes the next value. Of an array, `item` must take each element; any other value is passed over. Answers how
    /// many elements there were, none where there was no array.
    #[inline]
    pub(crate) fn array(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<(), Broken>,
    ) -> Result<Option<usize>, Broken> {
        if self.byte() != b'[' {
            self.skip()?;
            return Ok(None);
        }
        self.open()?;
        let mut count = 0;
        while !self.closes(b']')? {
            item(self)?;
            count += 1;
        }
        Ok(Some(count))
    }

    /// Whether the next value is an array.
    pub(crate) fn is_array(&self) -> bool {
        self.byte() == b'['
    }

    /// Takes the next value, of an array or an object only that it is one.
    #[inline]
    pub(crate) fn scalar(&mut self) -> Result<Scalar<'de>, Broken> {
        match self.byte() {
            b'"' => {
                let opening = self.place();
                self.skip()?;
                let end = self.before_spaces(self.place());
                let end =
                    if self.at(end.wrapping_sub(1)) == b',' { self.before_spaces(end - 1) } else { end };
                let inside = self.text.get(opening + 1..end.wrapping_sub(1));
                inside.map(|text| Scalar::String(Str::new(text))).ok_or_else(|| self.broken())
            }
            b'{' | b'[' => {
                self.skip()?;
                Ok(Scalar::Nested)
            }
            _ => self.word(),
        }
    }

    /// Passes over the next value.
    #[inline]
    pub(crate) fn skip(&mut self) -> Result<(), Broken> {
        match self.byte() {
            b'"' => {
                self.next += 1;
                // Only of the names of an object is one followed by a colon, and this is none.
                if self.is_after_colon() { Err(Broken::Syntax) } else { Ok(()) }
            }
            b'{' | b'[' => self.skip_nested(),
            _ => self.skip_word(),
        }
    }

    /// Fails unless everything was taken.
    pub(crate) fn end(&self) -> Result<(), Broken> {
        if self.is_cut {
            return Err(self.broken());
        }
        let last = self.before_spaces(self.text.len()).wrapping_sub(1);
        let separates = matches!(self.at(last), b',' | b':');
        if self.next == self.tokens.len() && !separates { Ok(()) } else { Err(Broken::Syntax) }
    }

    /// Passes over an array or an object: most of a line, and so in one loop.
    fn skip_nested(&mut self) -> Result<(), Broken> {
        // One bit for each that is open, the innermost last: 1 for an object.
        let (mut open, depth) = (0_u128, self.depth);
        loop {
            match self.byte() {
                bracket @ (b'{' | b'[') => {
                    self.open()?;
                    open = open << 1 | u128::from(bracket == b'{');
                }
                _ => self.skip_plain()?,
            }
            while self.closes(if open & 1 == 1 { b'}' } else { b']' })? {
                open >>= 1;
                if self.depth == depth {
                    return Ok(());
                }
            }
            if open & 1 == 1 {
                self.key()?;
            }
        }
    }

    /// Passes over a string or a word.
    #[inline]
    fn skip_plain(&mut self) -> Result<(), Broken> {
        if self.byte() == b'"' { self.skip() } else { self.skip_word() }
    }

    /// Where the next token stands; the end of the text where there is none.
    #[inline]
    fn place(&self) -> usize {
        self.tokens.get(self.next).map_or(self.text.len(), |position| *position as usize)
    }

    /// The byte at `place`; 0 beyond the text.
    #[inline]
    fn at(&self, place: usize) -> u8 {
        self.text.as_bytes().get(place).copied().unwrap_or(0)
    }

    /// The byte the next token starts with; 0 where there is none.
    #[inline]
    fn byte(&self) -> u8 {
        self.at(self.place())
    }

    /// Takes the bracket that opens an array or an object.
    #[inline]
    fn open(&mut self) -> Result<(), Broken> {
        self.next += 1;
        self.depth = self.depth.checked_sub(1).ok_or(Broken::TooDeep)?;
        Ok(())
    }

    /// Takes the `closing` bracket, true, or finds a value before it, false.
    #[inline]
    fn closes(&mut self, closing: u8) -> Result<bool, Broken> {
        match self.byte() {
            byte if byte == closing => {
                self.next += 1;
                self.depth += 1;
                Ok(true)
            }
            b'}' | b']' | 0 => Err(self.broken()),
            _ => Ok(false),
        }
    }

    /// Takes a key and its colon: what stands between its quotes.
    #[inline]
    fn key(&mut self) -> Result<Range<usize>, Broken> {
        let opening = self.place();
        if self.at(opening) != b'"' {
            return Err(self.broken());
        }
        self.next += 1;
        if !self.is_after_colon() {
            return Err(self.broken());
        }
        let colon = self.before_spaces(self.place()).wrapping_sub(1);
        Ok(opening + 1..self.before_spaces(colon).wrapping_sub(1))
    }

    /// True when a colon stands before the next token, and not in a string that is never closed.
    #[inline]
    fn is_after_colon(&self) -> bool {
        let is_open = self.is_cut && self.next == self.tokens.len();
        !is_open && self.at(self.before_spaces(self.place()).wrapping_sub(1)) == b':'
    }

    /// The place after what stands before `place` and is no white space.
    #[inline]
    fn before_spaces(&self, mut place: usize) -> usize {
        while matches!(self.at(place.wrapping_sub(1)), b' ' | b'\t' | b'\r' | b'\n') {
            place -= 1;
        }
        place
    }

    /// What is wrong where the next token is not the one wanted.
    #[cold]
    fn broken(&self) -> Broken {
        if self.next < self.tokens.len() { Broken::Syntax } else { Broken::Ended }
    }

    /// Takes a number, `true`, `false` or `null`.
    #[inline]
    fn word(&mut self) -> Result<Scalar<'de>, Broken> {
        let rest = self.rest();
        self.next += 1;
        let (value, len) = match rest {
            [b'n', b'u', b'l', b'l', ..] => (Scalar::Null, 4),
            [b't', b'r', b'u', b'e', ..] => (Scalar::Bool(true), 4),
            [b'f', b'a', b'l', b's', b'e', ..] => (Scalar::Bool(false), 5),
            _ => number(rest).ok_or_else(|| self.no_word(rest))?,
        };
        if ends_word(rest, len) { Ok(value) } else { Err(self.no_word(rest)) }
    }

    /// As [`Self::word`], for whoever wants no value.
    #[inline]
    fn skip_word(&mut self) -> Result<(), Broken> {
        let rest = self.rest();
        let len = match rest {
            [b'n', b'u', b'l', b'l', ..] | [b't', b'r', b'u', b'e', ..] => 4,
            [b'f', b'a', b'l', b's', b'e', ..] => 5,
            [b'1'..=b'9', digits @ ..] => 1 + count_digits(digits),
            _ => return self.word().map(drop),
        };
        if ends_word(rest, len) {
            self.next += 1;
            return Ok(());
        }
        self.word().map(drop)
    }

    /// The text from the next token on.
    #[inline]
    fn rest(&self) -> &'de [u8] {
        self.text.as_bytes().get(self.place()..).unwrap_or_default()
    }

    /// What is wrong with the word taken last, with which `rest` starts, and which is none of JSON's.
    #[cold]
    fn no_word(&self, rest: &[u8]) -> Broken {
        let is_cut = || {
            [&b"null"[..], b"true", b"false"].iter().any(|whole| whole.starts_with(rest))
                || number(&[rest, b"0"].concat()).is_some_and(|(_, len)| len == rest.len() + 1)
        };
        if self.next >= self.tokens.len() && is_cut() { Broken::Ended } else { Broken::Syntax }
    }
}

/// Whether the word that takes the first `len` bytes of `text` ends there.
#[inline]
fn ends_word(text: &[u8], len: usize) -> bool {
    matches!(text.get(len), None | Some(b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n'))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::string_slice, reason = "tests")]
mod tests {
    use proptest::prelude::*;
    use serde::de::IgnoredAny;

    use super::*;

    fn read(text: &str, depth: usize) -> Result<(), Broken> {
        let mut tokens = Tokens::default();
        tokens.find(text.as_bytes());
        let mut reader = Reader::new(text, &tokens, depth)?;
        reader.skip()?;
        reader.end()
    }

    fn scalar(text: &str) -> Result<Scalar<'_>, Broken> {
        let mut tokens = Tokens::default();
        tokens.find(text.as_bytes());
        Reader::new(text, &tokens, 1)?.scalar()
    }

    #[test]
    fn words_are_whole() {
        for text in ["0", "-7", "12", "1.5", "true", "false", "null"] {
            assert_eq!(read(text, 1), Ok(()), "{text}");
            assert!(scalar(&format!("{text} ")).is_ok(), "{text}");
        }
        for text in ["01", "+1", ".5", "1.x", "1e", "--1", "0x1", "1_000", "١", "NaN", "True", "nulll", "12a"]
        {
            assert!(read(&format!("{text} "), 1).is_err(), "{text}");
            assert!(scalar(&format!("{text} ")).is_err(), "{text}");
        }
    }

    #[test]
    fn a_text_that_was_cut_ended_inside_a_value() {
        let text = r#"{"a":[1.5e3,true,null,-2],"b":{"c":"d\u00e9\n"}}"#;
        for cut in 1..text.len() {
            assert_eq!(read(&text[..cut], 9), Err(Broken::Ended), "{}", &text[..cut]);
        }
        assert_eq!(read(text, 9), Ok(()));
        assert_eq!(read("{\"a\" x \"b", 9), Err(Broken::Syntax));
    }

    #[test]
    fn depth_is_limited() {
        assert_eq!(read("[{\"a\":[]},[[]]]", 3), Ok(()));
        assert_eq!(read("[{\"a\":[[]]},[[]]]", 3), Err(Broken::TooDeep));
        assert_eq!(read(&"[".repeat(200_000), 128), Err(Broken::TooDeep));
    }

    #[test]
    fn keys_are_compared_as_they_read() {
        let text = r#"{"\u0069d":1,"a":{"id":2}}"#;
        let mut tokens = Tokens::default();
        tokens.find(text.as_bytes());
        let mut ids = Vec::new();
        let mut reader = Reader::new(text, &tokens, 9).unwrap();
        reader
            .object(|reader, key| match key {
                b"id" => {
                    ids.push(reader.scalar()?);
                    Ok(())
                }
                _ => reader.skip(),
            })
            .unwrap();
        assert_eq!(ids, [Scalar::Integer(1)]);
    }

    /// JSON as a writer may lay it out, and its pieces.
    fn pieces() -> impl Strategy<Value = Vec<&'static str>> {
        let space = || prop::sample::select(vec!["", "", "", " ", "\n\t"]);
        let word = [
            "1",
            "-0",
            "2.5e9",
            "true",
            "null",
            "\"a\"",
            "\"\\u00e9\\n\"",
            "\"é\"",
            "\"\"",
            "\"\\ud800\"",
            "\"a: \"",
            "\", \"",
        ];
        let leaf = (space(), prop::sample::select(word.to_vec())).prop_map(|(space, word)| vec![space, word]);
        leaf.prop_recursive(5, 40, 5, move |inner| {
            let list = |open: &'static str, close: &'static str, item: BoxedStrategy<Vec<&'static str>>| {
                (prop::collection::vec(item, 0..5), space(), space()).prop_map(
                    move |(items, before, after)| {
                        let mut all = vec![open];
                        for (at, item) in items.into_iter().enumerate() {
                            all.extend(["", before, ","].into_iter().skip(if at == 0 { 3 } else { 0 }));
                            all.extend(item);
                        }
                        all.extend([after, close, before]);
                        all
                    },
                )
            };
            let field = (space(), inner.clone())
                .prop_map(|(space, value)| [vec![space, "\"key\"", space, ":"], value].concat());
            prop_oneof![list("[", "]", inner.boxed()), list("{", "}", field.boxed())]
        })
    }

    fn accepted(text: &str) -> bool {
        read(text, 120).is_ok()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// Sound texts, and such with one piece lost, doubled, moved or replaced: another parser refuses the same.
        #[test]
        fn it_reads_what_another_parser_reads(
            mut pieces in pieces(),
            at in any::<prop::sample::Index>(),
            to in any::<prop::sample::Index>(),
            damage in 0..5,
            other in prop::sample::select(vec![
                "{", "}", "[", "]", ":", ",", "\"", "\"b\"", "7", "-", ".", "tru", "x", "\\", "\u{1}", "\"\\x\"", "\u{B}",
            ]),
        ) {
            let (at, to) = (at.index(pieces.len()), to.index(pieces.len()));
            match damage {
                0 => drop(pieces.remove(at)),
                1 => pieces.insert(to, pieces[at]),
                2 => pieces.swap(at, to),
                3 => pieces[at] = other,
                _ => {}
            }
            let text = pieces.concat();
            let expected = serde_json::from_str::<IgnoredAny>(&text).is_ok();
            prop_assert_eq!(accepted(&text), expected, "{}", text);
            // Cut anywhere, a sound text is one that goes on.
            if expected && text.trim_start().starts_with(['{', '[']) {
                let cut = to.min(text.trim_end().len() - 1);
                let cut = (0..=cut).rev().find(|cut| text.is_char_boundary(*cut)).unwrap_or(0);
                prop_assert_eq!(read(&text[..cut], 120), Err(Broken::Ended), "{}", &text[..cut]);
            }
        }
    }
}
