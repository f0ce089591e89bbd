//! The archives that runs read, found again.

use std::sync::Arc;

use object_store::ObjectStoreExt;

use crate::config::Shape;
use crate::engine::Storage;
use crate::engine::store_error::explain;
use crate::error::{Error, ErrorKind, Result};
use crate::sink::manifest::{RunRecord, UnitRecord};
use crate::source::container::Start;
use crate::source::listing::Object;
use crate::source::unit::Unit;

/// The unit of a run, as it was read then; refused where the object is not the one that was read.
pub(super) async fn unit(run: &RunRecord, ordinal: i32, storage: &Storage) -> Result<Unit> {
    let unknown = || Error::new(ErrorKind::Store, format!("the run's record has no unit {ordinal}"));
    let UnitRecord { url, range, .. } =
        run.units.iter().find(|unit| unit.unit == ordinal).ok_or_else(unknown)?;
    let location = storage.locate(url)?;
    let meta = match location.store.head(&location.path).await {
        Ok(meta) => meta,
        Err(object_store::Error::NotFound { .. }) => {
            return Err(Error::new(ErrorKind::Input, format!("the archive is gone: {url}")));
        }
        Err(error) => return Err(explain(error, url)),
    };
    let object = Arc::new(Object { location, meta, shape: Shape::Auto });
    let read = run.inputs.iter().find(|input| input.url == *url);
    if read.is_some_and(|read| read.bytes != object.meta.size) {
        return Err(Error::new(ErrorKind::Input, format!("the archive is not what was read: {url}")));
    }
    let start = |from| if from == 0 { Start::Exact(0) } else { Start::Resync(from) };
    let range = range.map(|(from, to)| (start(from), to));
    Ok(Unit { ordinal, object, range, beginning: None })
}
