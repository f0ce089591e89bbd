//! Objects → work units: what one task reads from beginning to end.

use std::ops::Range;
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use object_store::ObjectStoreExt;

use crate::engine::storage::explain;
use crate::error::{ErrorKind, Result};
use crate::source::container::{self, Start};
use crate::source::listing::Object;

/// Bytes looked at to tell what an object is.
const HEAD_BYTES: u64 = container::HEAD_BYTES as u64;

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

/// Splits archives larger than `range_bytes` into ranges; everything else is read whole.
pub async fn plan(objects: Vec<Object>, range_bytes: u64) -> Result<Vec<Unit>> {
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
            units.push(Unit { ordinal: units.len() as i32, object: Arc::clone(&object), range });
        };
        if !splits {
            push(None);
            continue;
        }
        let pieces = object.meta.size.div_ceil(range_bytes);
        for piece in 0..pieces {
            let cut =
                |piece: u64| (u128::from(object.meta.size) * u128::from(piece) / u128::from(pieces)) as u64;
            let start = if piece == 0 { Start::Exact(0) } else { Start::Resync(cut(piece)) };
            push(Some((start, cut(piece + 1))));
        }
    }
    Ok(units)
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
