//! Cuts the decompressed bytes of a member into blocks of whole lines.
//!
//! Framing is ours, not a JSON reader's, so that one bad line costs exactly one line and so that
//! blocks can be parsed on other threads.

use std::sync::Arc;

use memchr::{memchr, memchr_iter, memrchr};

use super::spares::Spares;

/// Bytes looked at between two checks of the limits.
const PIECE_BYTES: usize = 64 << 10;

/// Limits on one line; each has one clear outcome, never unbounded memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineLimits {
    /// Longest line in bytes, without its line feed. A longer one is skipped and becomes one reject.
    /// Default 16 MiB: the longest real lines are some hundred kilobytes.
    pub line_bytes: usize,
    /// Size in bytes from which whole lines are handed on. Default 2 MiB: some hundred lines, a few
    /// milliseconds of parsing.
    pub block_bytes: usize,
    /// Lines from which they are handed on, however short: a parsed record takes some hundred bytes, a
    /// blank line one or two. Default 8192.
    pub block_lines: usize,
    /// Deepest nesting of arrays and objects. Default 128; statuses stay below 16.
    pub depth: usize,
    /// Bytes of a line kept with an event or a reject. Default 64 KiB.
    pub raw_bytes: usize,
}

impl Default for LineLimits {
    fn default() -> Self {
        Self {
            line_bytes: 16 << 20,
            block_bytes: 2 << 20,
            block_lines: 8192,
            depth: 128,
            raw_bytes: 64 << 10,
        }
    }
}

/// A stretch of one member: whole lines, in order, without gaps between blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What `bytes` are.
    pub content: BlockContent,
    /// The lines with their line ends, or the start of one long line. Only the last line of the last
    /// block can lack its line end.
    pub bytes: Vec<u8>,
    /// Offset of the first byte within the decompressed member.
    pub offset: u64,
    /// True for the final block of the member. There is exactly one; it can be empty.
    pub last: bool,
}

/// What the bytes of a [`Block`] are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockContent {
    /// Whole lines.
    Lines,
    /// The first `raw_bytes` of one line over the limit; the rest of it was dropped.
    TooLong {
        /// Length of that line without its line feed.
        line_bytes: u64,
    },
}

/// Turns chunks of one member, cut anywhere, into [`Block`]s.
///
/// ```text
///  chunks   …"}\n{"id":1  │ 2,"text":…}\n{…}\n{"id │ …
///  buffer   [ whole lines, handed on from `block_bytes` on ][ start of an unfinished line ]
/// ```
///
/// The blocks depend on how the member was cut into chunks; the lines never do. Never holds more
/// than about twice `block_bytes` + `line_bytes`.
#[derive(Debug)]
pub struct LineFramer {
    limits: LineLimits,
    buffer: Vec<u8>,
    /// How many bytes of `buffer` are whole lines.
    whole: usize,
    /// How many lines that is.
    lines: usize,
    /// Offset of `buffer` (or of the line being skipped) within the member.
    offset: u64,
    /// Length so far of the line being skipped, whose start is in `buffer`; `None` when none is.
    skipped: Option<u64>,
    spares: Arc<Spares>,
}

impl LineFramer {
    /// A framer at the start of a member, which takes its buffers from `spares`.
    pub fn new(limits: LineLimits, spares: Arc<Spares>) -> Self {
        Self { limits, buffer: spares.take(), whole: 0, lines: 0, offset: 0, skipped: None, spares }
    }

    /// Takes the next bytes of the member; calls `emit` for each block that is complete.
    pub fn push(&mut self, chunk: &[u8], emit: &mut impl FnMut(Block)) {
        // A piece is no longer than a line may be, so a line inside one piece is never too long; and short
        // enough that a block of blank lines stays small.
        for piece in chunk.chunks(self.limits.line_bytes.clamp(1, PIECE_BYTES)) {
            self.push_piece(piece, emit);
        }
    }

    /// Ends the member, whether it is complete or was damaged here: emits what is left, always as
    /// exactly one block with `last` set.
    pub fn finish(mut self, emit: &mut impl FnMut(Block)) {
        let content = match self.skipped {
            Some(line_bytes) => BlockContent::TooLong { line_bytes },
            None => BlockContent::Lines,
        };
        let bytes = std::mem::take(&mut self.buffer);
        emit(Block { content, bytes, offset: self.offset, last: true });
    }

    fn push_piece(&mut self, piece: &[u8], emit: &mut impl FnMut(Block)) {
        let first_end = memchr(b'\n', piece);
        let mut piece = piece;
        if self.skipped.is_some() {
            let (line, rest) = piece.split_at(first_end.unwrap_or(piece.len()));
            self.skip(line);
            if first_end.is_none() {
                return;
            }
            self.emit_skipped(emit);
            piece = rest.get(1..).unwrap_or_default();
        } else {
            let unfinished = self.buffer.len() - self.whole;
            if unfinished + first_end.unwrap_or(piece.len()) > self.limits.line_bytes {
                self.emit_whole(emit);
                self.start_skipping();
                self.push_piece(piece, emit);
                return;
            }
        }
        self.buffer.extend_from_slice(piece);
        if let Some(last_end) = memrchr(b'\n', piece) {
            self.lines += memchr_iter(b'\n', piece).count();
            self.whole = self.buffer.len() - (piece.len() - last_end - 1);
        }
        if self.whole >= self.limits.block_bytes.max(1) || self.lines >= self.limits.block_lines.max(1) {
            self.emit_whole(emit);
        }
    }

    /// Hands on the whole lines, keeps the unfinished one.
    fn emit_whole(&mut self, emit: &mut impl FnMut(Block)) {
        if self.whole == 0 {
            return;
        }
        let mut unfinished = self.spares.take();
        unfinished.extend_from_slice(self.buffer.get(self.whole..).unwrap_or_default());
        let mut bytes = std::mem::replace(&mut self.buffer, unfinished);
        bytes.truncate(self.whole);
        let block = Block { content: BlockContent::Lines, bytes, offset: self.offset, last: false };
        self.offset += self.whole as u64;
        self.whole = 0;
        self.lines = 0;
        emit(block);
    }

    /// The unfinished line, which is all the buffer holds, is too long.
    fn start_skipping(&mut self) {
        self.skipped = Some(self.buffer.len() as u64);
        self.buffer.truncate(self.limits.raw_bytes);
        self.buffer.shrink_to_fit();
    }

    fn skip(&mut self, part: &[u8]) {
        let kept = self.limits.raw_bytes.saturating_sub(self.buffer.len()).min(part.len());
        self.buffer.extend_from_slice(part.get(..kept).unwrap_or_default());
        self.skipped = self.skipped.map(|length| length + part.len() as u64);
    }

    /// Hands on the line that was skipped up to its line feed.
    fn emit_skipped(&mut self, emit: &mut impl FnMut(Block)) {
        if let Some(line_bytes) = self.skipped.take() {
            let bytes = std::mem::take(&mut self.buffer);
            let content = BlockContent::TooLong { line_bytes };
            emit(Block { content, bytes, offset: self.offset, last: false });
            self.offset += line_bytes + 1;
        }
    }
}

impl Block {
    /// How many lines it holds.
    pub fn count_lines(&self) -> u64 {
        match self.content {
            BlockContent::Lines => self.lines().count() as u64,
            BlockContent::TooLong { .. } => 1,
        }
    }

    /// Its first `lines` lines, as the last block of its member.
    #[must_use]
    pub fn cut_to(mut self, lines: u64) -> Self {
        let mut end = self.bytes.len();
        if self.content == BlockContent::Lines {
            let last = usize::try_from(lines).unwrap_or(usize::MAX).saturating_sub(1);
            end = memchr_iter(b'\n', &self.bytes).nth(last).map_or(end, |at| at + 1);
        }
        self.bytes.truncate(end);
        self.last = true;
        self
    }

    /// The lines, each with its offset within the member and whether it had its line feed; without
    /// `\n` or `\r\n`. A byte order mark at the start of the member is no part of the first line.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let bytes = match self.content {
            BlockContent::Lines => self.bytes.as_slice(),
            BlockContent::TooLong { .. } => &[],
        };
        let mark = if self.offset == 0 && bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        Lines { rest: bytes.get(mark..).unwrap_or_default(), offset: self.offset + mark as u64 }
    }
}

/// One line of a [`Block`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// The line without its line end.
    pub bytes: &'a [u8],
    /// Offset of its first byte within the decompressed member.
    pub offset: u64,
    /// False for a last line without a line feed: the member may have been cut inside it.
    pub ended: bool,
}

struct Lines<'a> {
    rest: &'a [u8],
    offset: u64,
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr(b'\n', self.rest);
        let (bytes, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        let line = Line {
            bytes: bytes.strip_suffix(b"\r").unwrap_or(bytes),
            offset: self.offset,
            ended: end.is_some(),
        };
        self.rest = rest.get(1..).unwrap_or_default();
        self.offset += bytes.len() as u64 + 1;
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn blocks(limits: LineLimits, chunks: &[&[u8]]) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut framer = LineFramer::new(limits, Arc::default());
        for chunk in chunks {
            framer.push(chunk, &mut |block| blocks.push(block));
        }
        framer.finish(&mut |block| blocks.push(block));
        blocks
    }

    /// (offset, start of the line, length or None when it is a line that fits)
    fn lines(blocks: &[Block]) -> Vec<(u64, Vec<u8>, Option<u64>)> {
        let mut lines = Vec::new();
        for block in blocks {
            if let BlockContent::TooLong { line_bytes } = block.content {
                lines.push((block.offset, block.bytes.clone(), Some(line_bytes)));
            }
            lines.extend(block.lines().map(|line| (line.offset, line.bytes.to_vec(), None)));
        }
        lines
    }

    fn small() -> LineLimits {
        LineLimits { line_bytes: 10, block_bytes: 16, raw_bytes: 4, ..LineLimits::default() }
    }

    #[test]
    fn crlf_makes_no_phantom_line_even_when_cut_between() {
        let blocks = blocks(small(), &[b"ab\r", b"\n\r\ncd\n\nef"]);
        let texts: Vec<_> = lines(&blocks).into_iter().map(|line| (line.0, line.1)).collect();
        assert_eq!(
            texts,
            [
                (0, b"ab".to_vec()),
                (4, b"".to_vec()),
                (6, b"cd".to_vec()),
                (9, b"".to_vec()),
                (10, b"ef".to_vec())
            ]
        );
    }

    #[test]
    fn a_byte_order_mark_is_skipped_only_at_the_start() {
        let member = b"\xEF\xBB\xBFab\n\xEF\xBB\xBFcd\n";
        let lines = lines(&blocks(small(), &[&member[..1], &member[1..]]));
        assert_eq!(lines, [(3, b"ab".to_vec(), None), (6, b"\xEF\xBB\xBFcd".to_vec(), None)]);
        assert_eq!(super::tests::lines(&blocks(small(), &[b"\xEF\xBB\xBF"])), []);
    }

    #[test]
    fn blank_lines_make_many_small_blocks() {
        let member = vec![b'\n'; 3 << 20];
        let blocks = blocks(LineLimits::default(), &[&member]);
        let most = blocks.iter().map(|block| block.lines().count()).max();
        assert!(most <= Some(LineLimits::default().block_lines + PIECE_BYTES), "{most:?} lines in a block");
        assert_eq!(blocks.iter().map(|block| block.lines().count()).sum::<usize>(), member.len());
    }

    #[test]
    fn a_block_is_cut_after_a_line() {
        let member = b"ab\n\r\n0123456789AB\ncd\nef";
        for wanted in 1..=5 {
            let mut left: u64 = wanted;
            let mut cut = Vec::new();
            for block in blocks(small(), &[member]) {
                let count = block.count_lines();
                if count >= left {
                    cut.push(block.cut_to(left));
                    break;
                }
                left -= count;
                cut.push(block);
            }
            let whole = lines(&blocks(small(), &[member]));
            assert_eq!(lines(&cut), whole[..wanted as usize], "{wanted} lines");
        }
    }

    #[test]
    fn a_long_line_costs_one_line() {
        let member = b"ab\n0123456789A\ncd\n0123456789\n0123456789ABCDEFGHIJKLMN";
        for cut in 1..member.len() {
            let chunks: Vec<&[u8]> = member.chunks(cut).collect();
            assert_eq!(
                lines(&blocks(small(), &chunks)),
                [
                    (0, b"ab".to_vec(), None),
                    (3, b"0123".to_vec(), Some(11)),
                    (15, b"cd".to_vec(), None),
                    (18, b"0123456789".to_vec(), None),
                    (29, b"0123".to_vec(), Some(24)),
                ],
                "chunks of {cut}"
            );
        }
    }

    #[test]
    fn an_endless_line_takes_bounded_memory() {
        let mut framer =
            LineFramer::new(LineLimits { line_bytes: 1 << 20, ..LineLimits::default() }, Arc::default());
        let mut emitted = Vec::new();
        for _ in 0..64 {
            framer.push(&b"x".repeat(1 << 20), &mut |block| emitted.push(block));
            assert!(framer.buffer.capacity() <= 3 << 20);
        }
        framer.finish(&mut |block| emitted.push(block));
        assert_eq!(emitted.len(), 1);
        assert_eq!(emitted[0].content, BlockContent::TooLong { line_bytes: 64 << 20 });
        assert_eq!(emitted[0].bytes.len(), 64 << 10);
    }

    #[test]
    fn an_empty_member_is_one_empty_last_block() {
        let blocks = blocks(small(), &[]);
        assert_eq!(blocks.len(), 1);
        assert!(blocks[0].last && blocks[0].bytes.is_empty());
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_the_chunks(
            member in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), Just(b'x')], 0..200),
            cut in 1usize..40,
        ) {
            let chunks: Vec<&[u8]> = member.chunks(cut).collect();
            let blocks = blocks(small(), &chunks);
            prop_assert_eq!(lines(&blocks), lines(&super::tests::blocks(small(), &[&member])));
            prop_assert_eq!(blocks.iter().filter(|block| block.last).count(), 1);
            // Nothing is lost: as many lines as a plain split finds.
            let mut expected = member.split(|byte| *byte == b'\n').count();
            if member.last().is_none_or(|byte| *byte == b'\n') {
                expected -= 1;
            }
            prop_assert_eq!(lines(&blocks).len(), expected);
        }
    }
}
