//! Objects → work units: what one task reads from beginning to end.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use object_store::ObjectStoreExt;
use serde::{Deserialize, Serialize};

use crate::engine::store_error::explain;
use crate::error::{ErrorKind, Result};
use crate::source::container::{self, Start};
use crate::source::listing::Object;

/// Bytes looked at to tell what an object is.
const HEAD_BYTES: u64 = container::HEAD_BYTES as u64;

/// Most ranges of one archive: enough for a thousand threads, few enough that a small `range_size`
/// doesn't make millions of requests of a large archive.
const MAX_PIECES: u64 = 4096;

/// Ranges for each thread where the input is small: the last of them to be read leave few threads idle.
const RANGES_A_THREAD: u64 = 4;

/// No range is made smaller than this for the sake of idle threads: it costs a request or two, and the members
/// in it are read in a tenth of a second.
const SMALL_RANGE_BYTES: u64 = 4 << 20;

/// What one task reads: a whole object, or the members of an archive that start in a byte range.
///
/// ```text
///   big.tar  ├────── unit 0 ──────┼────── unit 1 ──────┼── unit 2 ──┤
///            ▲ header   ▲ header   ▲ first header at or after the cut starts unit 1;
///                                    unit 0 reads past the cut to the end of its last member
/// ```
#[derive(Debug, Clone)]
pub struct Unit {
    /// Position in the list of units; part of every record's provenance.
    pub ordinal: i32,
    /// The object.
    pub object: Arc<Object>,
    /// Where to start and where to stop starting members; none reads the whole object.
    pub range: Option<(Start, u64)>,
    /// Where reading ends early; None reads to the end. Of a range, the report of where it ended then
    /// means nothing.
    pub beginning: Option<Beginning>,
}

/// The beginning of a unit: it ends with the first of the two, at the end of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beginning {
    /// Exactly so many lines, at least one.
    pub lines: u64,
    /// About so many decompressed bytes: the lines that are handed on together are not cut.
    pub bytes: u64,
}

impl Unit {
    /// Stored bytes it covers, about.
    pub fn bytes(&self) -> u64 {
        self.span().end.saturating_sub(self.span().start)
    }

    /// The byte range it covers.
    pub fn span(&self) -> Range<u64> {
        match self.range {
            Some((start, end)) => start.offset()..end,
            None => 0..self.object.meta.size,
        }
    }
}

/// Splits archives larger than `range_bytes` into ranges, at most 4,096 each; everything else is read whole. The
/// ranges are smaller where there would be too few of them to keep `threads` busy to the end.
pub async fn plan(objects: Vec<Object>, range_bytes: u64, threads: NonZeroUsize) -> Result<Vec<Unit>> {
    let range_bytes = range_bytes.min(even_share(&objects, threads));
    let looked: Vec<(Object, bool)> = stream::iter(objects)
        .map(|object| async move {
            let splits = object.meta.size > range_bytes && is_splittable(&object).await?;
            Ok::<_, crate::error::Error>((object, splits))
        })
        .buffered(16)
        .try_collect()
        .await?;
    let mut units = Vec::new();
    for (object, splits) in looked {
        let object = Arc::new(object);
        let mut push = |range| {
            units.push(Unit {
                ordinal: units.len() as i32,
                object: Arc::clone(&object),
                range,
                beginning: None,
            });
        };
        if !splits {
            push(None);
            continue;
        }
        let pieces = pieces(object.meta.size, range_bytes);
        for piece in 0..pieces {
            let cut =
                |piece: u64| (u128::from(object.meta.size) * u128::from(piece) / u128::from(pieces)) as u64;
            let start = if piece == 0 { Start::Exact(0) } else { Start::Resync(cut(piece)) };
            push(Some((start, cut(piece + 1))));
        }
    }
    Ok(units)
}

/// Every object as one unit.
pub fn whole(objects: Vec<Object>) -> Vec<Unit> {
    let unit = |(ordinal, object)| Unit { ordinal, object: Arc::new(object), range: None, beginning: None };
    (0..).zip(objects).map(unit).collect()
}

/// Bytes of a range that give each thread several of all that is to be read.
fn even_share(objects: &[Object], threads: NonZeroUsize) -> u64 {
    let bytes: u64 = objects.iter().map(|object| object.meta.size).sum();
    (bytes / (threads.get() as u64 * RANGES_A_THREAD)).max(SMALL_RANGE_BYTES)
}

fn pieces(bytes: u64, range_bytes: u64) -> u64 {
    bytes.div_ceil(range_bytes.max(1)).min(MAX_PIECES)
}

async fn is_splittable(object: &Object) -> Result<bool> {
    let head = object
        .location
        .store
        .get_range(&object.location.path, 0..HEAD_BYTES.min(object.meta.size))
        .await
        .map_err(|error| explain(error, &object.url()).with_kind(ErrorKind::Input))?;
    Ok(container::splittable(&head).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_range_makes_no_more_pieces_than_can_be_worked_on() {
        assert_eq!(pieces(1000, 999), 2);
        assert_eq!(pieces(4096 << 12, 4096), 4096);
        assert_eq!(pieces(50 << 30, 4096), 4096);
    }
}
