//! Where the tokens of a JSON text stand.
//!
//! ```text
//!  {"id": 7, "a":["x\n"]}      the text
//!  ^^     ^  ^   ^^     ^^     its tokens
//! ```
//!
//! Contract: [`Tokens::find`] gives, in order, the position of
//!
//! - each of `{ } [ ]` outside strings,
//! - the quote that opens a string,
//! - the first byte of anything else outside strings that is no comma, colon or white space: of a number, of a
//!   word, of what has no place in JSON.
//!
//! It also tells what can be told wrong without knowing what encloses what: see [`Faults`]. Where there is no fault, between the end of
//! a token and the start of the next there is a comma, a colon or neither, as their kinds want it, and white space:
//! a reader looks back from there, and finds the quote that closes a string without searching for it.
//! Whether brackets match, whether keys and colons are where objects want them and nowhere else, whether numbers and words are right,
//! and whether the bytes are UTF-8, is for the reader to find out.
//!
//! [`cpu`] is the truth. Where the processor has AVX2, `avx2` gives the same 64 bytes at a time, by bit masks
//! as Langdale and Lemire describe in "Parsing Gigabytes of JSON per Second" (2019).

#[cfg(target_arch = "x86_64")]
mod avx2;
pub mod cpu;
#[cfg(target_arch = "x86_64")]
mod masks;

/// What is wrong with a text, whatever its brackets enclose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a text can have any of them together")]
pub struct Faults {
    /// The text ends inside a string: its opening quote is the last position.
    pub open_string: bool,
    /// A string holds a byte below 0x20.
    pub control: bool,
    /// A string holds a backslash before anything but `" \ / b f n r t` and `u` with four hexadecimal digits. One that the
    /// end of the text cuts short is no fault.
    pub escape: bool,
    /// Outside strings, something follows what it can't follow in any JSON:
    ///
    /// - a value anything but an opening bracket, a comma, a colon or the start of the text,
    /// - a comma or a closing bracket anything but a value, or for the bracket an opening one,
    /// - a colon anything but a string.
    pub order: bool,
}

/// The tokens of one text; its memory is reused for the next.
#[derive(Debug, Default)]
pub struct Tokens {
    positions: Vec<u32>,
    faults: Faults,
}

impl Tokens {
    /// Finds the tokens of `text`, which is shorter than 4 GiB: positions are 32 bits wide.
    ///
    /// # Panics
    ///
    /// When `text` is longer.
    pub fn find(&mut self, text: &[u8]) {
        assert!(u32::try_from(text.len()).is_ok(), "a text of {} bytes is too long", text.len());
        self.positions.clear();
        #[cfg(target_arch = "x86_64")]
        if avx2::is_available() {
            self.faults = avx2::find(text, &mut self.positions);
            return;
        }
        self.faults = cpu::find(text, &mut self.positions);
    }

    /// Their positions, ascending.
    pub fn positions(&self) -> &[u32] {
        &self.positions
    }

    /// What is wrong with the text, so far as they tell.
    pub fn faults(&self) -> Faults {
        self.faults
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(text: &[u8]) -> (Vec<u32>, Faults) {
        let mut tokens = Tokens::default();
        tokens.find(text);
        (tokens.positions, tokens.faults)
    }

    fn truth(text: &[u8]) -> (Vec<u32>, Faults) {
        let mut positions = Vec::new();
        let faults = cpu::find(text, &mut positions);
        (positions, faults)
    }

    #[test]
    fn each_kind_of_token_is_found() {
        let text = br#"{"id": 7, "a":["x\"\n"], "b":nul } "#;
        let (positions, faults) = found(text);
        let bytes: Vec<u8> = positions.iter().map(|at| text[*at as usize]).collect();
        assert_eq!(bytes, br#"{"7"["]"n}"#);
        assert_eq!(faults, Faults::default());
    }

    #[test]
    fn every_fault_is_told() {
        let none = Faults::default();
        for (text, faults) in [
            (&b"\"a\tb\""[..], Faults { control: true, ..none }),
            (b"\t\"a\"", none),
            (b"[1 2]", Faults { order: true, ..none }),
            (b"{\"a\" \"b\"}", Faults { order: true, ..none }),
            (b"[1,]", Faults { order: true, ..none }),
            (b"[,1]", Faults { order: true, ..none }),
            (b" , 1", Faults { order: true, ..none }),
            (b"{\"a\" : }", Faults { order: true, ..none }),
            (b"{1:2}", Faults { order: true, ..none }),
            (b"[]\t[]", Faults { order: true, ..none }),
            (b"{\"a\" : [ ] , \"b\":{},\"c\":1 , ", none),
            (b"\"\\x\"", Faults { escape: true, ..none }),
            (b"\"\\u12g4\"", Faults { escape: true, ..none }),
            (b"\"\\u123\"", Faults { escape: true, ..none }),
            (b"\"\\uD83d\\/\\\\\"", none),
            (b"\\x", none),
            (b"\"\\u12", Faults { open_string: true, ..none }),
            (b"\"\\", Faults { open_string: true, ..none }),
            (b"\"a\\\"", Faults { open_string: true, ..none }),
        ] {
            assert_eq!(found(text).1, faults, "{}", String::from_utf8_lossy(text));
            assert_eq!(truth(text).1, faults, "{}", String::from_utf8_lossy(text));
        }
    }

    /// Every fault and token at every place of a block of 64 bytes, and across its end.
    #[test]
    fn nothing_depends_on_where_it_stands() {
        let pieces: [&[u8]; 10] = [
            b"[1 , {}:]",
            b"{\"\" :",
            b"\"\\u00e9\"",
            b"\"\\u00x9\"",
            b"\"\\\\\\\"\"",
            b"tru",
            b"\"\x1f\"",
            b"{}[]:,",
            b"\"\\\\\\q\"",
            b"\\\"",
        ];
        for piece in pieces {
            for before in 0..140 {
                for after in [0, 1, 70] {
                    for filler in [b' ', b'x', b'\\', b','] {
                        let text = [&vec![filler; before][..], piece, &vec![filler; after]].concat();
                        assert_eq!(found(&text), truth(&text), "{}", String::from_utf8_lossy(&text));
                    }
                }
            }
        }
    }

    /// Bytes that matter, and some that do not.
    fn byte() -> impl Strategy<Value = u8> {
        prop_oneof![
            prop::sample::select(br#"{}[]:,"\\\\u0aAgG9/bfnrt "#.to_vec()),
            prop::sample::select(br#"{[]::,,""  1"#.to_vec()),
            prop::sample::select(vec![
                b' ', b'\t', b'\r', b'\n', 0, 0x0C, 0x1A, 0x1F, 0x7F, 0x80, 0xFF, b'x'
            ]),
            any::<u8>(),
        ]
    }

    proptest! {
        #[test]
        fn every_body_finds_the_same(text in prop::collection::vec(byte(), 0..400)) {
            prop_assert_eq!(found(&text), truth(&text));
        }
    }
}
