//! Blocks of one long stream, decoded by all threads.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use tweetmill_kernels::bzip2::{Block, Decoder, Fault, Found, Level, find};

/// Input at hand: some twenty blocks of JSON lines, so that threads have something to do until more is read.
pub(super) const INPUT_BYTES: usize = 2 << 20;

/// Magic numbers of no blocks that are decoded for nothing, beside as many as there are blocks. Chance makes none; a
/// file that is full of them is read in order.
const MOST_WASTED: u64 = 32;

/// Blocks being decoded or waiting for their turn.
const MOST_BLOCKS: usize = 16;

thread_local! {
    /// One a thread of the pool: a decoder is larger than a block.
    static DECODER: RefCell<Decoder> = RefCell::new(Decoder::new());
}

/// Decodes what may be blocks before it is known that they are.
///
/// ```text
///   reading thread   input, copied ─► magic numbers ──────────────► take: is this where the last one ended?
///   rayon                                 └─► decode the block there ─► ┘
/// ```
/// A magic number may be chance, and a block may be damaged or cut by the end of the input. So what the threads
/// make counts only where it begins just where the block before it was proved to end, and is itself proved;
/// all else the caller decodes itself, in order, as it would have without. The reading thread waits; those of
/// the pool never do.
///
/// Memory: 4 MiB of input and a copy of it, [`MOST_BLOCKS`] blocks of 0.9 MB; 6 MiB a thread of the pool.
pub(super) struct Ahead {
    /// Some input, from byte `copied_from` of the file on.
    copy: Arc<[u8]>,
    copied_from: u64,
    /// Bits of the file where a block may begin that nobody decodes yet; the last one may be cut by the copy.
    places: VecDeque<u64>,
    /// Up to which bit of the file they were looked for.
    looked_to: u64,
    jobs: VecDeque<Job>,
    most: usize,
    /// Jobs whose block was taken, and jobs that were for nothing.
    used: u64,
    wasted: u64,
}

/// A block that somebody decodes.
struct Job {
    /// Bit of the file it begins at.
    start: u64,
    /// Byte of the file that its copy begins with.
    copied_from: u64,
    level: Level,
    result: Receiver<(Result<Found, Fault>, Block)>,
}

impl Ahead {
    /// None where one thread is all there is.
    pub(super) fn new() -> Option<Self> {
        let threads = rayon::current_num_threads();
        (threads > 1).then(|| Self {
            copy: Arc::default(),
            copied_from: 0,
            places: VecDeque::new(),
            looked_to: 0,
            jobs: VecDeque::new(),
            most: MOST_BLOCKS.min(2 * threads),
            used: 0,
            wasted: 0,
        })
    }

    /// The block at bit `bit` of `input`, which begins with byte `consumed` of the file, if it was decoded ahead;
    /// and sees to it that others are.
    pub(super) fn take(
        &mut self,
        input: &[u8],
        consumed: u64,
        bit: usize,
        level: Level,
    ) -> Option<(Found, Block)> {
        let start = consumed * 8 + bit as u64;
        while self.places.front().is_some_and(|&place| place < start) {
            self.places.pop_front();
        }
        while self.jobs.front().is_some_and(|job| job.start < start) {
            self.jobs.pop_front();
            self.wasted += 1;
        }
        if self.wasted > self.used + MOST_WASTED {
            return None;
        }
        if self.places.len() < 2 && consumed + input.len() as u64 > self.copied_from + self.copy.len() as u64
        {
            self.look_ahead(input, consumed);
        }
        while self.jobs.len() < self.most && self.places.len() > 1 {
            let Some(place) = self.places.pop_front() else { break };
            self.spawn(place, level);
        }
        let job = self.jobs.pop_front_if(|job| job.start == start && job.level == level)?;
        let (found, block) = job.result.recv().ok()?;
        let behind = ((consumed - job.copied_from) * 8) as usize;
        match found.ok()? {
            Found::Block { end } => {
                self.used += 1;
                Some((Found::Block { end: end - behind }, block))
            }
            Found::End { .. } => None,
        }
    }

    /// Copies the input and finds what may be blocks in what is new of it.
    fn look_ahead(&mut self, input: &[u8], consumed: u64) {
        self.copy = input.into();
        self.copied_from = consumed;
        let mut from = self.looked_to.saturating_sub(consumed * 8) as usize;
        while let Some(place) = find(input, from) {
            self.places.push_back(consumed * 8 + place as u64);
            from = place + 1;
        }
        // A magic number and the bits before it take seven bytes: what is cut by the end is looked for again.
        from = from.max(input.len().saturating_sub(6) * 8);
        self.looked_to = consumed * 8 + from as u64;
    }

    fn spawn(&mut self, start: u64, level: Level) {
        let (copy, copied_from) = (Arc::clone(&self.copy), self.copied_from);
        let (sender, result) = channel();
        let bit = (start - copied_from * 8) as usize;
        rayon::spawn(move || {
            let decode = || {
                let mut block = Block::default();
                let found = DECODER.with_borrow_mut(|decoder| decoder.read(&copy, bit, level, &mut block));
                (found, block)
            };
            // Without a result the caller decodes the block itself. Who asked may have gone: then nobody wants it.
            if let Ok(decoded) = catch_unwind(AssertUnwindSafe(decode)) {
                let _gone = sender.send(decoded).is_err();
            }
        });
        self.jobs.push_back(Job { start, copied_from, level, result });
    }
}
