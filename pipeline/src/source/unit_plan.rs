//! A work unit as it travels to another machine: without the store it lies in, which is opened there.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use object_store::ObjectMeta;
use serde::{Deserialize, Serialize};

use super::container::Start;
use super::listing::Object;
use super::unit::{Beginning, Unit};
use crate::config::Shape;
use crate::engine::Storage;
use crate::error::Result;

/// A [`Unit`], in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitPlan {
    ordinal: i32,
    url: String,
    bytes: u64,
    last_modified: DateTime<Utc>,
    e_tag: Option<String>,
    version: Option<String>,
    shape: Shape,
    range: Option<(Start, u64)>,
    beginning: Option<Beginning>,
}

impl UnitPlan {
    /// `unit`, in words.
    pub fn of(unit: &Unit) -> Self {
        let Unit { ordinal, object, range, beginning } = unit;
        let ObjectMeta { last_modified, size, e_tag, version, .. } = object.meta.clone();
        Self {
            ordinal: *ordinal,
            url: object.url(),
            bytes: size,
            last_modified,
            e_tag,
            version,
            shape: object.shape,
            range: *range,
            beginning: *beginning,
        }
    }

    /// The unit, its store opened in `storage`. Nothing is contacted.
    pub fn open(&self, storage: &Storage) -> Result<Unit> {
        let location = storage.locate(&self.url)?;
        let meta = ObjectMeta {
            location: location.path.clone(),
            last_modified: self.last_modified,
            size: self.bytes,
            e_tag: self.e_tag.clone(),
            version: self.version.clone(),
        };
        let object = Arc::new(Object { location, meta, shape: self.shape });
        Ok(Unit { ordinal: self.ordinal, object, range: self.range, beginning: self.beginning })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use std::num::NonZeroU64;

    #[tokio::test]
    async fn a_unit_is_the_same_after_its_way_over_the_wire() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("100% [x] #1.tar");
        std::fs::write(&path, "x").unwrap();
        let storage = Storage::new();
        let objects = super::super::listing::list(&storage, [(folder.path().to_str().unwrap(), Shape::Auto)]);
        let object = Arc::new(objects.await.unwrap().remove(0));
        let beginning = Some(Beginning { lines: NonZeroU64::MIN.get(), bytes: 9 });
        let range = Some((Start::Resync(7), 99));
        let unit = Unit { ordinal: 3, object, range, beginning };
        let json = serde_json::to_string(&UnitPlan::of(&unit)).unwrap();
        let plan: UnitPlan = serde_json::from_str(&json).unwrap();
        let opened = plan.open(&Storage::new()).unwrap();
        assert_eq!(UnitPlan::of(&opened), plan);
        assert_eq!(opened.object.meta, unit.object.meta);
        assert_eq!(opened.object.location.path, unit.object.location.path);
    }
}
