//! The committed files, one a line: what loaders are given.

use std::collections::BTreeSet;

use super::DataSet;
use crate::error::{Error, ErrorKind, Result};

impl DataSet {
    /// Every committed shard as `base/path`, in commit order; of one split, or of all.
    ///
    /// `base` is the data set's URL or path as the caller wrote it. Refuses a split the data set hasn't.
    pub fn file_lines(&self, base: &str, split: Option<&str>) -> Result<Vec<String>> {
        let base = base.trim_end_matches('/');
        let lines: Vec<String> = self.files(split).map(|(_, file)| format!("{base}/{}", file.path)).collect();
        if let (true, Some(split)) = (lines.is_empty(), split) {
            let splits: BTreeSet<&str> = self.files(None).map(|(_, file)| file.split.as_str()).collect();
            let splits = splits.into_iter().collect::<Vec<_>>().join(", ");
            return Err(Error::new(
                ErrorKind::Usage,
                format!("the data set has no documents in the split `{split}`"),
            )
            .with_hint(format!("its splits are {splits}")));
        }
        Ok(lines)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::sink::fixtures::{Nightly, place};
    use object_store::memory::InMemory;
    use std::sync::Arc;

    #[tokio::test]
    async fn committed_files_are_listed_by_split() {
        let nightly = Nightly::new(Arc::new(InMemory::new()));
        let first = nightly.commit(&[1, 2, 3, 7], &[]).await;
        let second = nightly.commit(&[10, 14], &[]).await;
        let data_set = DataSet::open(nightly.place()).await.unwrap();
        let all = data_set.file_lines("s3://train/nightly/", None).unwrap();
        assert_eq!(all.len(), first.files.len() + second.files.len());
        assert!(all.iter().all(|line| line.starts_with("s3://train/nightly/data/0000000")), "{all:?}");
        let validation = data_set.file_lines("nightly", Some("validation")).unwrap();
        assert_eq!(validation.len(), 2);
        let refused = data_set.file_lines("nightly", Some("valid")).unwrap_err();
        assert_eq!(refused.hint(), Some("its splits are train, validation"));
    }

    #[tokio::test]
    async fn no_commit_is_no_data_set() {
        let error = DataSet::open(place(Arc::new(InMemory::new()))).await.unwrap_err();
        assert!(error.to_string().contains("no data set at memory:///nightly"), "{error}");
    }
}
