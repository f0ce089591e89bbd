//! Opens raw archives as they stream by: tar and zip, gzip, bzip2 and zstd, one in the other.
//!
//! ```text
//!   Blob ──► walk / walk_range ──► Visitor: start(label)  data(bytes)…  end(report)   for each leaf
//! ```
//! Everything is told by magic bytes, never by a name. Nothing is written to disk, and no archive and no
//! member is held in memory: a walk holds a few buffers of under 1 MiB together, the decoders' windows (of
//! bzip2 8 MiB and the input of a block or two; of a long file of it 23 MiB, and 6 MiB a thread), a long name of
//! a tar (1 MiB at most), and of a zip's directory the entries of the members it is to read (of 16 MiB of
//! directory at most). Damage costs what is damaged and no more; it ends in a report, while only a
//! failing store ends in an error.
//!
//! What a visitor is given of a file depends on that file's stored bytes alone, but for the names of the
//! layers around it: not on where it lies, how the bytes arrived, or how an archive was cut into ranges. That
//! holds for damaged files, too. (The exceptions are limits on what comes out of a compressed archive: a file
//! in it may be a bomb together with it that is none by itself, and an uncompressed file in it has a longest
//! length that it has not elsewhere.)
//!
//! Walking blocks; run it on a thread of its own.

mod codec;
mod limits;
mod report;
mod sniff;
mod stream;
mod tar;
mod walker;
mod zip;

#[cfg(test)]
mod tests;

pub use limits::Limits;
pub use report::{End, LeafReport, RangeReport, Start, Verdict, Visitor, WalkError};
pub use sniff::{HEAD_BYTES, Splittable, splittable};

use crate::source::blob::Blob;
use sniff::{Found, sniff};
use stream::{BlobStream, Peeked};
use walker::{Place, Stop, Walker};

/// Where the members of an archive lie that is itself the blob, `layers` being its name.
const fn inside(layers: &str) -> Place<'_> {
    Place { archive: "", layers, depth: 1, outermost: None }
}

/// Visits every leaf of `blob`, whatever it is, from its start to its end.
pub fn walk(blob: &dyn Blob, limits: &Limits, visitor: &mut dyn Visitor) -> Result<(), WalkError> {
    let mut walker = Walker::new(limits, visitor);
    let mut start = Peeked::new(Box::new(BlobStream::new(blob, 0)))?;
    let found = if limits.max_nesting > 0 { sniff(start.head()) } else { Found::Plain };
    let outcome = match found {
        Found::Tar => {
            let scope = tar::Scope::range(blob, Start::Exact(0), u64::MAX);
            tar::walk(&mut walker, &mut start, scope, inside("tar")).map(drop)
        }
        Found::Zip => zip::walk_blob(&mut walker, blob, Start::Exact(0), u64::MAX, inside("zip")).map(drop),
        Found::Codec(_) | Found::Plain => walker.file(&mut start, Place { depth: 0, ..inside("") }),
    };
    quietly(outcome, ())
}

/// Visits the members of a tar or zip that start between `start` and `end`, reading past `end` for what
/// the last of them needs. A member starts with its header, or the long-name header before that.
///
/// A tar is searched from `start` for a header that is proved twice: by its checksum, and by a header or
/// the end of the archive behind its body.
pub fn walk_range(
    blob: &dyn Blob,
    start: Start,
    end: u64,
    limits: &Limits,
    visitor: &mut dyn Visitor,
) -> Result<RangeReport, WalkError> {
    let mut head = vec![0; HEAD_BYTES.min(usize::try_from(blob.size()).unwrap_or(HEAD_BYTES))];
    blob.read_at(0, &mut head)?;
    let mut walker = Walker::new(limits, visitor);
    let outcome = match splittable(&head) {
        Some(Splittable::Tar) => {
            let start = start.next_block();
            let mut source = BlobStream::new(blob, start.offset());
            let scope = tar::Scope::range(blob, start, end);
            tar::walk(&mut walker, &mut source, scope, inside("tar")).map(|outcome| outcome.range)
        }
        Some(Splittable::Zip) => zip::walk_blob(&mut walker, blob, start, end, inside("zip")),
        None => return Err(WalkError::NotSplittable),
    };
    quietly(outcome, RangeReport { first: None, stop: start.offset() })
}

/// A visitor that has gone is no error.
fn quietly<T>(outcome: Result<T, Stop>, gone: T) -> Result<T, WalkError> {
    match outcome {
        Ok(value) => Ok(value),
        Err(Stop::Gone) => Ok(gone),
        Err(Stop::Read(error)) => Err(WalkError::Read(error)),
    }
}
