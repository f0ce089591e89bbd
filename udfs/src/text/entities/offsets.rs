//! From byte offsets to the units that the APIs count in.

/// A place in a text, in three units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offset {
    /// In bytes of UTF-8.
    pub bytes: usize,
    /// In code points, as the `indices` of the APIs.
    pub code_points: usize,
    /// In UTF-16 units, as JavaScript and Java.
    pub utf16_units: usize,
}

/// Counts on from place to place, so converting all entities of a text reads it once.
#[derive(Clone, Debug)]
pub struct Offsets<'t> {
    text: &'t str,
    at: Offset,
}

impl<'t> Offsets<'t> {
    /// Stands at the start of `text`.
    pub fn new(text: &'t str) -> Self {
        Self { text, at: Offset::default() }
    }

    /// The offset of the byte at `bytes`, which must lie on a character boundary and not before the last
    /// one asked for; `None` if it doesn't.
    pub fn at(&mut self, bytes: usize) -> Option<Offset> {
        let passed = self.text.get(self.at.bytes..bytes)?.as_bytes();
        // Each code point has one byte that continues none; four bytes are two units.
        let code_points = passed.iter().filter(|byte| !matches!(byte, 0x80..=0xbf)).count();
        let pairs = passed.iter().filter(|byte| **byte >= 0xf0).count();
        self.at = Offset {
            bytes,
            code_points: self.at.code_points + code_points,
            utf16_units: self.at.utf16_units + code_points + pairs,
        };
        Some(self.at)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_boundaries_ahead_have_an_offset() {
        let mut offsets = Offsets::new("é😀a");
        assert_eq!(offsets.at(1), None);
        assert_eq!(offsets.at(6), Some(Offset { bytes: 6, code_points: 2, utf16_units: 3 }));
        assert_eq!(offsets.at(2), None);
        assert_eq!(offsets.at(8), None);
        assert_eq!(offsets.at(7), Some(Offset { bytes: 7, code_points: 3, utf16_units: 4 }));
    }

    proptest! {
        #[test]
        fn offsets_agree_with_counting(text in "\\PC{0,40}") {
            let mut offsets = Offsets::new(&text);
            for (code_points, (bytes, _)) in text.char_indices().enumerate() {
                let utf16_units = text.get(..bytes).unwrap_or_default().encode_utf16().count();
                prop_assert_eq!(offsets.at(bytes), Some(Offset { bytes, code_points, utf16_units }));
            }
        }
    }
}
