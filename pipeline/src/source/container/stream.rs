//! Bytes pulled through the layers of an archive, one on top of the other.

use std::cell::RefCell;
use std::io::{self, Read};

use super::limits::Meter;
use super::report::End;
use super::sniff::HEAD_BYTES;
use crate::source::blob::Blob;

/// Why no more bytes come.
#[derive(Debug)]
pub(super) enum Fault {
    /// The store failed: the walk is over.
    Read(io::Error),
    /// The bytes are damaged from here on: whatever is being read ends like this.
    Damage(End),
}

/// A stream of bytes. Ends and damage are final: every later pull says the same.
pub(super) trait Source {
    /// Reads at least one byte into `out`, which is not empty; 0 only at the end.
    fn pull(&mut self, out: &mut [u8]) -> Result<usize, Fault>;
}

impl<S: Source + ?Sized> Source for &mut S {
    fn pull(&mut self, out: &mut [u8]) -> Result<usize, Fault> {
        (**self).pull(out)
    }
}

/// Sets damage, which ends a member, apart from a failed read, which ends the walk.
pub(super) fn settle<T>(pulled: Result<T, Fault>) -> io::Result<Result<T, End>> {
    match pulled {
        Ok(value) => Ok(Ok(value)),
        Err(Fault::Damage(end)) => Ok(Err(end)),
        Err(Fault::Read(error)) => Err(error),
    }
}

/// Fills `out` as far as the source goes. After a short read the next pull tells why it was short.
pub(super) fn fill(source: &mut dyn Source, out: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < out.len() {
        match settle(source.pull(&mut out[filled..]))? {
            Ok(0) | Err(_) => break,
            Ok(n) => filled += n,
        }
    }
    Ok(filled)
}

/// Reads to the end; what ended it, [`End::Complete`] when all is well.
pub(super) fn drain(source: &mut dyn Source) -> io::Result<End> {
    let mut waste = [0; 16 << 10];
    loop {
        match settle(source.pull(&mut waste))? {
            Ok(0) => return Ok(End::Complete),
            Ok(_) => {}
            Err(end) => return Ok(end),
        }
    }
}

/// A blob from some offset to its end.
pub(super) struct BlobStream<'a> {
    blob: &'a dyn Blob,
    reader: Box<dyn Read + Send>,
    at: u64,
}

impl<'a> BlobStream<'a> {
    /// Passing over this much is cheaper than asking for a new range.
    const SKIP_BYTES: u64 = 1 << 20;

    pub(super) fn new(blob: &'a dyn Blob, at: u64) -> Self {
        Self { blob, reader: blob.reader(at), at }
    }

    /// Goes on at `at`, reading there if it lies just ahead and asking anew otherwise.
    pub(super) fn seek(&mut self, at: u64) -> io::Result<()> {
        match at.checked_sub(self.at) {
            Some(gap) if gap <= Self::SKIP_BYTES => {
                self.at += io::copy(&mut self.reader.by_ref().take(gap), &mut io::sink())?;
            }
            _ => *self = Self::new(self.blob, at),
        }
        Ok(())
    }
}

impl Source for BlobStream<'_> {
    fn pull(&mut self, out: &mut [u8]) -> Result<usize, Fault> {
        loop {
            match self.reader.read(out) {
                Ok(0) if self.at < self.blob.size() => {
                    let error = io::Error::new(io::ErrorKind::UnexpectedEof, "shorter than it was listed");
                    return Err(Fault::Read(error));
                }
                Ok(n) => {
                    self.at += n as u64;
                    return Ok(n);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Fault::Read(error)),
            }
        }
    }
}

/// The next `remaining` bytes of a source; ending before them is damage.
pub(super) struct Section<'a> {
    inner: &'a mut dyn Source,
    remaining: u64,
    cut: Option<End>,
}

impl<'a> Section<'a> {
    pub(super) fn new(inner: &'a mut dyn Source, bytes: u64) -> Self {
        Self { inner, remaining: bytes, cut: None }
    }

    /// Whether what lies around this section has ended too.
    pub(super) fn is_cut(&self) -> bool {
        self.cut.is_some()
    }
}

impl Source for Section<'_> {
    fn pull(&mut self, out: &mut [u8]) -> Result<usize, Fault> {
        if let Some(end) = &self.cut {
            return Err(Fault::Damage(end.clone()));
        }
        if self.remaining == 0 {
            return Ok(0);
        }
        let most = usize::try_from(self.remaining).unwrap_or(usize::MAX).min(out.len());
        let end = match settle(self.inner.pull(&mut out[..most])).map_err(Fault::Read)? {
            Ok(0) => End::Truncated(format!("the archive ends {} bytes early", self.remaining)),
            Ok(n) => {
                self.remaining -= n as u64;
                return Ok(n);
            }
            Err(end) => end,
        };
        self.cut = Some(end.clone());
        Err(Fault::Damage(end))
    }
}

/// Length and digest of what passes a [`Tap`].
pub(super) struct Stored {
    pub(super) meter: Meter,
    hasher: RefCell<Option<blake3::Hasher>>,
}

impl Stored {
    pub(super) fn new() -> Self {
        Self { meter: Meter::default(), hasher: RefCell::new(Some(blake3::Hasher::new())) }
    }

    /// Hashes no further: this is an archive, only what is inside counts.
    pub(super) fn stop_hashing(&self) {
        self.hasher.replace(None);
    }

    pub(super) fn digest(&self) -> [u8; 32] {
        let hasher = self.hasher.borrow();
        hasher.as_ref().map_or_else(|| blake3::hash(b""), blake3::Hasher::finalize).into()
    }
}

/// Passes bytes on and takes note of them.
pub(super) struct Tap<'a> {
    inner: &'a mut dyn Source,
    stored: &'a Stored,
}

impl<'a> Tap<'a> {
    pub(super) fn new(inner: &'a mut dyn Source, stored: &'a Stored) -> Self {
        Self { inner, stored }
    }
}

impl Source for Tap<'_> {
    fn pull(&mut self, out: &mut [u8]) -> Result<usize, Fault> {
        let n = self.inner.pull(out)?;
        self.stored.meter.add(n);
        if let Some(hasher) = self.stored.hasher.borrow_mut().as_mut() {
            hasher.update(&out[..n]);
        }
        Ok(n)
    }
}

/// A source whose first bytes can be looked at before they are read.
pub(super) struct Peeked<'a> {
    head: [u8; HEAD_BYTES],
    len: usize,
    at: usize,
    inner: Box<dyn Source + 'a>,
}

impl<'a> Peeked<'a> {
    pub(super) fn new(mut inner: Box<dyn Source + 'a>) -> io::Result<Self> {
        let mut head = [0; HEAD_BYTES];
        let len = fill(&mut inner, &mut head)?;
        Ok(Self { head, len, at: 0, inner })
    }

    /// The first [`HEAD_BYTES`] bytes, or all there are.
    pub(super) fn head(&self) -> &[u8] {
        &self.head[..self.len]
    }
}

impl Source for Box<dyn Source + '_> {
    fn pull(&mut self, out: &mut [u8]) -> Result<usize, Fault> {
        (**self).pull(out)
    }
}

impl Source for Peeked<'_> {
    fn pull(&mut self, out: &mut [u8]) -> Result<usize, Fault> {
        if self.at == self.len {
            return self.inner.pull(out);
        }
        let n = (self.len - self.at).min(out.len());
        out[..n].copy_from_slice(&self.head[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}
