//! Files that one machine writes and others read.

use crate::engine::Location;
use crate::error::Result;
use crate::sink::bucket::BucketFile;
use crate::sink::paths;
use crate::sink::upload::{Upload, Uploader};
use crate::stages::boundary::Boundary;
use crate::steps::Outcome as _;

/// Sends the files of `boundary`, which lie on this machine, into `folder` of the data set at `output`, with at most
/// `memory_bytes` of them in memory; gives them as they lie there.
pub(super) async fn hand_over(
    boundary: &Boundary,
    output: &Location,
    folder: &str,
    memory_bytes: usize,
) -> Result<Vec<BucketFile>> {
    let (mut uploads, mut files) = (Vec::new(), Vec::new());
    for file in boundary.record() {
        let name = file.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let to = paths::object(&output.path, &format!("{folder}/{name}"))?;
        files.push(BucketFile { path: to.as_ref().into(), ..file.clone() });
        uploads.push(Upload { from: file.path, to, bytes: file.bytes });
    }
    Uploader::at(output, memory_bytes).send_all(&uploads).await?;
    Ok(files)
}
