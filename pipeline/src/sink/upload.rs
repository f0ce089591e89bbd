//! Files from the spool folder into the data set; sending one twice does no harm.

use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::FuturesUnordered;
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt};

use crate::error::{Error, ErrorKind, Result};

/// Larger files are sent in parts.
const WHOLE_BYTES: u64 = 16 << 20;
/// Size of a part; stores take at most 10,000 of them, so huge files get larger ones.
const PART_BYTES: u64 = 8 << 20;
/// Parts of one file on their way at the same time.
const PARTS_IN_FLIGHT: usize = 4;

/// A file to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Where it lies now.
    pub from: PathBuf,
    /// Its place in the store; the name holds the digest of the content.
    pub to: Path,
    /// Its size.
    pub bytes: u64,
}

/// What was needed to have the object there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was sent.
    Sent,
    /// An object of that name and size was there already.
    Present,
}

/// Sends all files, `concurrency` at a time; gives the bytes that were sent.
///
/// Stops at the first error. What was sent stays: it counts for nothing before a commit names it, and
/// is found again by the next attempt.
pub async fn upload_all(store: &Arc<dyn ObjectStore>, uploads: &[Upload], concurrency: usize) -> Result<u64> {
    let mut outcomes = futures::stream::iter(uploads)
        .map(|file| async move { upload(store, file).await.map(|outcome| (outcome, file.bytes)) })
        .buffer_unordered(concurrency.max(1));
    let mut sent = 0;
    while let Some((outcome, bytes)) = outcomes.try_next().await? {
        if outcome == Outcome::Sent {
            sent += bytes;
        }
    }
    Ok(sent)
}

/// Sends one file, unless an object of its name and size is there: names hold digests, so it is the same.
pub async fn upload(store: &Arc<dyn ObjectStore>, file: &Upload) -> Result<Outcome> {
    match store.head(&file.to).await {
        Ok(object) if object.size == file.bytes => return Ok(Outcome::Present),
        Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
        Err(error) => return Err(failed(file, error)),
    }
    if file.bytes <= WHOLE_BYTES {
        let content = read(file, 0, file.bytes).await?;
        store.put(&file.to, content.into()).await.map_err(|error| failed(file, error))?;
    } else {
        send_in_parts(store, file).await?;
    }
    Ok(Outcome::Sent)
}

async fn send_in_parts(store: &Arc<dyn ObjectStore>, file: &Upload) -> Result<()> {
    let mut parts = store.put_multipart(&file.to).await.map_err(|error| failed(file, error))?;
    let sent = match send_parts(parts.as_mut(), file).await {
        Ok(()) => parts.complete().await.map(drop).map_err(|error| failed(file, error)),
        Err(error) => Err(error),
    };
    if sent.is_err() {
        // Parts of an upload that is neither completed nor aborted are kept, and paid for, unseen.
        if let Err(error) = parts.abort().await {
            tracing::warn!(object = %file.to, %error, "an unfinished upload could not be removed");
        }
    }
    sent
}

async fn send_parts(parts: &mut dyn MultipartUpload, file: &Upload) -> Result<()> {
    let part_bytes = PART_BYTES.max(file.bytes.div_ceil(9000));
    let mut in_flight = FuturesUnordered::new();
    let mut offset = 0;
    while offset < file.bytes {
        let length = part_bytes.min(file.bytes - offset);
        let content = read(file, offset, length).await?;
        offset += length;
        if in_flight.len() >= PARTS_IN_FLIGHT {
            in_flight.try_next().await.map_err(|error| failed(file, error))?;
        }
        in_flight.push(parts.put_part(content.into()));
    }
    in_flight.try_collect::<()>().await.map_err(|error| failed(file, error))
}

async fn read(file: &Upload, offset: u64, length: u64) -> Result<Bytes> {
    let path = file.from.clone();
    let content = tokio::task::spawn_blocking(move || {
        let mut content = vec![0; length as usize];
        let mut file = std::fs::File::open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(&mut content)?;
        Ok::<_, std::io::Error>(content)
    })
    .await
    .map_err(|error| Error::new(ErrorKind::Defect, "a file could not be read back").with_source(error))?;
    content.map(Bytes::from).map_err(|error| {
        let message = format!("{} could not be read back", file.from.display());
        Error::new(ErrorKind::Resource, message).with_source(error)
    })
}

fn failed(file: &Upload, error: object_store::Error) -> Error {
    Error::new(ErrorKind::Store, format!("{} could not be sent", file.to)).with_source(error)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::sink::fixtures::{FlakyStore, PutFault};
    use object_store::memory::InMemory;

    fn spooled(folder: &tempfile::TempDir, name: &str, bytes: usize) -> Upload {
        let content: Vec<u8> = (0..bytes).map(|at| (at % 251) as u8).collect();
        let from = folder.path().join(name);
        std::fs::write(&from, &content).unwrap();
        Upload { from, to: Path::from(format!("data/{name}")), bytes: bytes as u64 }
    }

    #[tokio::test]
    async fn small_and_large_files_arrive_whole() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let files = [spooled(&folder, "small", 1000), spooled(&folder, "large", (20 << 20) + 17)];
        assert_eq!(upload_all(&store, &files, 2).await.unwrap(), 1000 + (20 << 20) + 17);
        for file in &files {
            let there = store.get(&file.to).await.unwrap().bytes().await.unwrap();
            assert!(there == std::fs::read(&file.from).unwrap());
        }
    }

    #[tokio::test]
    async fn what_is_there_is_not_sent_again() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let file = spooled(&folder, "shard", 1000);
        assert_eq!(upload(&store, &file).await.unwrap(), Outcome::Sent);
        assert_eq!(upload(&store, &file).await.unwrap(), Outcome::Present);
        let torn = store.put(&file.to, Bytes::from_static(b"torn").into()).await;
        assert!(torn.is_ok());
        assert_eq!(upload(&store, &file).await.unwrap(), Outcome::Sent);
    }

    #[tokio::test]
    async fn a_failed_part_aborts_the_upload() {
        let folder = tempfile::tempdir().unwrap();
        let flaky = Arc::new(FlakyStore::new(vec![PutFault::BeforeLanding]));
        let store = Arc::clone(&flaky) as Arc<dyn ObjectStore>;
        let file = spooled(&folder, "large", 20 << 20);
        let error = upload(&store, &file).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Store);
        assert!(flaky.aborted());
        assert!(store.head(&file.to).await.is_err());
    }

    #[tokio::test]
    async fn a_file_that_shrank_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let file = Upload { bytes: 2000, ..spooled(&folder, "shard", 1000) };
        let error = upload(&store, &file).await.unwrap_err();
        assert!(error.to_string().contains("could not be read back"), "{error}");
    }
}
