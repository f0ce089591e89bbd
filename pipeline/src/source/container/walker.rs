//! The walk itself: opens whatever has something inside, and hands everything else to the visitor.

use std::io;
use std::mem;
use std::ops::ControlFlow;

use super::codec::Decoded;
use super::limits::{Guard, Limits, Meter};
use super::report::{End, LeafReport, Visitor};
use super::sniff::{Found, sniff};
use super::stream::{Peeked, Source, Stored, Tap, drain, settle};
use super::{tar, zip};

/// Decompressed bytes handed to the visitor at a time.
const OUTPUT_BYTES: usize = 256 << 10;

/// Why a walk ends before its archive does.
#[derive(Debug)]
pub(super) enum Stop {
    /// The store failed.
    Read(io::Error),
    /// The visitor wants no more.
    Gone,
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

fn go_on(flow: ControlFlow<()>) -> Result<(), Stop> {
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Stop::Gone),
    }
}

/// The label of `name` inside the archive labelled `archive`.
pub(super) fn join(archive: &str, name: &str) -> String {
    if archive.is_empty() { name.to_owned() } else { format!("{archive}!{name}") }
}

/// `layers` and what was found inside them.
pub(super) fn one_more(layers: &str, found: Found) -> String {
    if layers.is_empty() { found.to_string() } else { format!("{layers}, {found}") }
}

/// Where in the nest of archives something lies.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// Label of the archive around it.
    pub(super) archive: &'a str,
    /// Names of the archives and compressions opened so far, outermost first: `tar, gzip`.
    pub(super) layers: &'a str,
    /// How many they are.
    pub(super) depth: usize,
    /// Counts what the outermost compression around it consumes, if there is one.
    pub(super) outermost: Option<&'a Meter>,
}

pub(super) struct Walker<'v> {
    pub(super) limits: &'v Limits,
    visitor: &'v mut dyn Visitor,
    out: Vec<u8>,
}

impl<'v> Walker<'v> {
    pub(super) fn new(limits: &'v Limits, visitor: &'v mut dyn Visitor) -> Self {
        Self { limits, visitor, out: vec![0; OUTPUT_BYTES] }
    }

    /// Reads one file to its end, whatever it is. Its label is `place.archive` for the moment.
    ///
    /// ```text
    ///   source ─► Tap (length, digest) ─► Peeked ─► sniff ─┬─► gzip, bzip2, zstd: Decoded ─► Peeked ─► sniff …
    ///                                                      ├─► tar, zip: each member comes back to here
    ///                                                      └─► anything else: the visitor
    /// ```
    pub(super) fn file(&mut self, source: &mut dyn Source, place: Place<'_>) -> Result<(), Stop> {
        let label = place.archive;
        let limits = self.limits;
        let stored = Stored::new();
        let mut tap = Tap::new(source, &stored);
        let consumed = Meter::default();
        let mut depth = place.depth;
        let mut layers = place.layers.to_owned();
        let mut stream: Box<dyn Source + '_> = Box::new(&mut tap);
        let (bytes, end) = loop {
            let mut peeked = Peeked::new(stream)?;
            let found = sniff(peeked.head());
            if found == Found::Plain {
                go_on(self.visitor.start(label))?;
                // What was compressed nowhere is no longer than what is stored: nobody can grow it.
                let decompressed = depth > place.depth || place.outermost.is_some();
                break self
                    .give(&mut peeked, if decompressed { limits.max_member_bytes } else { u64::MAX })?;
            }
            if depth >= limits.max_nesting {
                go_on(self.visitor.start(label))?;
                break (0, End::Unsupported(format!("nested more than {} deep", limits.max_nesting)));
            }
            depth += 1;
            layers = one_more(&layers, found);
            let Found::Codec(codec) = found else {
                stored.stop_hashing();
                let outermost = place.outermost.or((depth > place.depth + 1).then_some(&consumed));
                let layers = layers.as_str();
                return self.archive(found, &mut peeked, Place { archive: label, layers, depth, outermost });
            };
            let around = place.outermost.or((depth > place.depth + 1).then_some(&consumed));
            let guard = Guard::new(limits, around, &consumed);
            stream = Box::new(Decoded::new(codec, Box::new(peeked), guard));
        };
        self.finish(label, &layers, tap, &stored, bytes, end)
    }

    /// Reads the archive that `source` holds, to its end.
    fn archive(&mut self, found: Found, source: &mut dyn Source, place: Place<'_>) -> Result<(), Stop> {
        let reported = match found {
            Found::Zip => zip::walk_stream(self, source, place)?,
            _ => tar::walk(self, source, tar::Scope::whole(), place)?.cut,
        };
        // What lies behind the last member may still prove the layers below wrong.
        match drain(source)? {
            End::Complete => Ok(()),
            _ if reported => Ok(()),
            end => self.notice(place, end),
        }
    }

    /// Reports a member that can't be opened, as it is stored; `place.archive` is its label.
    pub(super) fn unopened(
        &mut self,
        place: Place<'_>,
        source: &mut dyn Source,
        end: End,
    ) -> Result<(), Stop> {
        let stored = Stored::new();
        go_on(self.visitor.start(place.archive))?;
        self.finish(place.archive, place.layers, Tap::new(source, &stored), &stored, 0, end)
    }

    /// Reports damage that belongs to no member; `place.archive` is its label.
    pub(super) fn notice(&mut self, place: Place<'_>, end: End) -> Result<(), Stop> {
        let (label, layers) = (place.archive.to_owned(), place.layers.to_owned());
        go_on(self.visitor.start(&label))?;
        let stored_digest = Stored::new().digest();
        go_on(self.visitor.end(LeafReport { label, layers, stored_bytes: 0, stored_digest, bytes: 0, end }))
    }

    /// Hands up to `most` bytes of a plain stream to the visitor; how much that was and how it ended.
    fn give(&mut self, source: &mut dyn Source, most: u64) -> Result<(u64, End), Stop> {
        let mut out = mem::take(&mut self.out);
        let mut bytes = 0;
        let end = loop {
            let n = match settle(source.pull(&mut out))? {
                Ok(0) => break End::Complete,
                Ok(n) => n,
                Err(end) => break end,
            };
            let fits = (most - bytes).min(n as u64);
            bytes += fits;
            if fits > 0 {
                go_on(self.visitor.data(&out[..fits as usize]))?;
            }
            if fits < n as u64 {
                break End::TooLarge(format!("more than {most} bytes"));
            }
        };
        self.out = out;
        Ok((bytes, end))
    }

    /// Reads what is left of the stored bytes, so that their digest is that of the whole file, and
    /// reports.
    fn finish(
        &mut self,
        label: &str,
        layers: &str,
        mut tap: Tap<'_>,
        stored: &Stored,
        bytes: u64,
        end: End,
    ) -> Result<(), Stop> {
        let end = match (end, drain(&mut tap)?) {
            (End::Complete, later) => later,
            (end, _) => end,
        };
        go_on(self.visitor.end(LeafReport {
            label: label.to_owned(),
            layers: layers.to_owned(),
            stored_bytes: stored.meter.bytes(),
            stored_digest: stored.digest(),
            bytes,
            end,
        }))
    }
}
