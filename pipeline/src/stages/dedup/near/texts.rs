//! Canonical texts on disk, and in memory what spares reading most of them.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use tweetmill_kernels::near::Bag;

/// Texts by number, in the order they were pushed.
///
/// 44 bytes a text stay in memory; a text is read again only where length and letters let it pass.
#[derive(Debug)]
pub(super) struct Texts {
    file: File,
    /// Where each text starts in the file, and the end of the last.
    starts: Vec<u64>,
    lengths: Vec<u32>,
    bags: Vec<Bag>,
}

/// Bytes in memory for each text.
pub(super) const BYTES_A_TEXT: usize = size_of::<u64>() + size_of::<u32>() + size_of::<Bag>();

impl Texts {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Code points of a text; 0 of none.
    pub(super) fn length(&self, number: usize) -> usize {
        self.lengths.get(number).map_or(0, |length| *length as usize)
    }

    /// Whether the indel distance of two texts may be `limit` or less.
    pub(super) fn may_be_within(&self, one: usize, other: usize, limit: usize) -> bool {
        match (self.bags.get(one), self.bags.get(other)) {
            (Some(one), Some(other)) => one.bound(other) as usize <= limit,
            _ => false,
        }
    }

    /// The code points of a text in place of what `points` holds, by way of `bytes`.
    pub(super) fn read(&self, number: usize, bytes: &mut Vec<u8>, points: &mut Vec<u32>) -> io::Result<()> {
        points.clear();
        points.extend(self.text(number, bytes)?.chars().map(u32::from));
        Ok(())
    }

    /// A text, in `bytes`.
    pub(super) fn text<'b>(&self, number: usize, bytes: &'b mut Vec<u8>) -> io::Result<&'b str> {
        let (Some(start), Some(end)) = (self.starts.get(number), self.starts.get(number + 1)) else {
            return Err(io::Error::other("a text that was never there"));
        };
        bytes.resize((end - start) as usize, 0);
        self.file.read_exact_at(bytes, *start)?;
        str::from_utf8(bytes).map_err(io::Error::other)
    }
}

/// What a text is told by: code points, and the bag of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measure {
    length: u32,
    bag: Bag,
}

impl Measure {
    pub(super) fn of(points: &[u32]) -> Self {
        Self { length: points.len() as u32, bag: Bag::of(points) }
    }
}

/// Collects [`Texts`].
#[derive(Debug)]
pub(super) struct TextsWriter {
    texts: Texts,
    end: u64,
    file: BufWriter<File>,
}

impl TextsWriter {
    /// No texts, in a new file in `folder`, which is gone with the last handle to it.
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        let file = tempfile::tempfile_in(folder)?;
        let texts = Texts { file: file.try_clone()?, starts: vec![0], lengths: Vec::new(), bags: Vec::new() };
        Ok(Self { texts, end: 0, file: BufWriter::with_capacity(1 << 20, file) })
    }

    /// Adds a text.
    pub(super) fn push(&mut self, text: &str, measure: Measure) -> io::Result<()> {
        self.file.write_all(text.as_bytes())?;
        self.end += text.len() as u64;
        self.texts.starts.push(self.end);
        self.texts.lengths.push(measure.length);
        self.texts.bags.push(measure.bag);
        Ok(())
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    /// The texts, all of them readable.
    pub(super) fn finish(mut self) -> io::Result<Texts> {
        self.file.flush()?;
        Ok(self.texts)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = TextsWriter::create(folder.path()).unwrap();
        for text in ["abc", "", "日本語"] {
            let points: Vec<u32> = text.chars().map(u32::from).collect();
            writer.push(text, Measure::of(&points)).unwrap();
        }
        let texts = writer.finish().unwrap();
        let mut bytes = Vec::new();
        assert_eq!(texts.len(), 3);
        for (number, text) in ["abc", "", "日本語"].into_iter().enumerate() {
            assert_eq!(texts.text(number, &mut bytes).unwrap(), text);
            assert_eq!(texts.length(number), text.chars().count());
        }
        assert!(texts.text(3, &mut bytes).is_err());
        assert!(texts.may_be_within(0, 1, 3) && !texts.may_be_within(0, 1, 2));
        assert!(!texts.may_be_within(0, 3, 99));
    }
}
