//! Files from the spool folder into the data set; sending one twice does no harm.
//!
//! ```text
//!  files, eight at a time ─┬─ small: read ─► put                        ┐ each waits for room in memory
//!                          └─ large: read a part ─► put the part ─► …   ┘ before it reads
//! ```

use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{TimeDelta, Utc};
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinSet};

use crate::engine::Location;
use crate::error::{Error, ErrorKind, Result};
use crate::kill_point::{self, KillPoint};

/// Size of a part, and of the largest file that is sent whole. Stores take at most 10,000 parts, so huge
/// files get larger ones.
const PART_BYTES: u64 = 8 << 20;
/// Files sent at the same time.
const FILES_AT_ONCE: usize = 8;

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
    /// An object of that name and size was there already, and is not about to be removed.
    Present,
}

/// How long an object that no commit names is sure to stay: half the least age at which such objects are removed while runs go on.
pub(crate) const SURE_FOR: TimeDelta = TimeDelta::hours(12);

/// Whether the object stays until there is a commit that names it. What is sent again is new.
pub(crate) fn is_recent(object: &ObjectMeta) -> bool {
    #[expect(
        clippy::disallowed_methods,
        reason = "the age of an object, which shows in nothing that is written"
    )]
    let age = Utc::now() - object.last_modified;
    age < SURE_FOR
}

/// Sends files to one store.
#[derive(Debug, Clone)]
pub struct Uploader {
    store: Arc<dyn ObjectStore>,
    trusting: bool,
    /// Bytes that may be in memory, shared by all files: what was read and not yet taken.
    room: Arc<Semaphore>,
    room_bytes: u32,
}

impl Uploader {
    /// Sends to `store` what it does not have, with at most `memory_bytes` of files in memory, or one part
    /// where that is more.
    ///
    /// An object of the right name and size that is not old is not sent again: its name holds its digest, and a cloud's
    /// store shows an object only when it has all of it, checked against what was sent. To compare more
    /// would be to fetch it: the entity tag of an object sent in parts is no digest of it.
    pub fn new(store: Arc<dyn ObjectStore>, memory_bytes: usize) -> Self {
        let room_bytes = u32::try_from(memory_bytes).unwrap_or(u32::MAX).max(1);
        Self { store, trusting: true, room: Arc::new(Semaphore::new(room_bytes as usize)), room_bytes }
    }

    /// Sends to the store of `place`, trusting it as its kind deserves.
    pub fn at(place: &Location, memory_bytes: usize) -> Self {
        let uploader = Self::new(Arc::clone(&place.store), memory_bytes);
        if place.on_disk().is_some() { uploader.sending_all() } else { uploader }
    }

    /// Sends every file, whatever is there. For disks: after a power loss a file may have its name and its
    /// size but not its bytes, and to read it takes as long as to write it again.
    #[must_use]
    pub fn sending_all(self) -> Self {
        Self { trusting: false, ..self }
    }

    /// Sends all files, several at a time; gives the bytes that were sent.
    ///
    /// Stops at the first error. What was sent stays: it counts for nothing before a commit names it, and
    /// is found again, or replaced by itself, by the next attempt.
    pub async fn send_all(&self, files: &[Upload]) -> Result<u64> {
        let mut outcomes = futures::stream::iter(files)
            .map(|file| async move { self.send(file).await.map(|outcome| (outcome, file.bytes)) })
            .buffer_unordered(FILES_AT_ONCE);
        let mut sent = 0;
        while let Some((outcome, bytes)) = outcomes.try_next().await? {
            kill_point::at(KillPoint::FileSent);
            if outcome == Outcome::Sent {
                sent += bytes;
            }
        }
        Ok(sent)
    }

    /// Sends one file, unless the store is trusted to have it.
    pub async fn send(&self, file: &Upload) -> Result<Outcome> {
        if self.trusting {
            match self.store.head(&file.to).await {
                Ok(object) if object.size == file.bytes && is_recent(&object) => {
                    return Ok(Outcome::Present);
                }
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(failed(file, error)),
            }
        }
        if file.bytes <= PART_BYTES {
            let _room = self.room_for(file.bytes).await?;
            let content = read(file, 0, file.bytes).await?;
            self.store.put(&file.to, content.into()).await.map_err(|error| failed(file, error))?;
        } else {
            self.send_in_parts(file).await?;
        }
        Ok(Outcome::Sent)
    }

    async fn send_in_parts(&self, file: &Upload) -> Result<()> {
        let mut parts = self.store.put_multipart(&file.to).await.map_err(|error| failed(file, error))?;
        let sent = match self.send_parts(parts.as_mut(), file).await {
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

    async fn send_parts(&self, parts: &mut dyn MultipartUpload, file: &Upload) -> Result<()> {
        let part_bytes = PART_BYTES.max(file.bytes.div_ceil(9000));
        // Tasks of their own, so that a part gives its room back also while the next one waits for some.
        let mut in_flight = JoinSet::new();
        let mut offset = 0;
        while offset < file.bytes {
            let length = part_bytes.min(file.bytes - offset);
            let room = self.room_for(length).await?;
            let content = read(file, offset, length).await?;
            offset += length;
            let part = parts.put_part(content.into());
            in_flight.spawn(async move {
                let sent = part.await;
                drop(room);
                sent
            });
            while let Some(sent) = in_flight.try_join_next() {
                arrived(file, sent)?;
            }
        }
        while let Some(sent) = in_flight.join_next().await {
            arrived(file, sent)?;
        }
        Ok(())
    }

    /// Waits until `bytes` more may be in memory; more than may be at all counts as all of it.
    async fn room_for(&self, bytes: u64) -> Result<OwnedSemaphorePermit> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX).min(self.room_bytes);
        Arc::clone(&self.room)
            .acquire_many_owned(bytes)
            .await
            .map_err(|error| Error::new(ErrorKind::Defect, "uploads have no room").with_source(error))
    }
}

/// Errs unless there is an object of `bytes` bytes at `path` that stays until a commit names it.
pub(crate) async fn check_sent(store: &Arc<dyn ObjectStore>, path: &Path, bytes: u64) -> Result<()> {
    match store.head(path).await {
        Ok(object) if object.size == bytes && is_recent(&object) => Ok(()),
        Ok(_) | Err(object_store::Error::NotFound { .. }) => Err(Error::new(
            ErrorKind::Store,
            format!("{path} was sent, but is gone or too old to be sure to stay"),
        )
        .with_hint("run it again: it is made again")),
        Err(error) => Err(error.into()),
    }
}

fn arrived(file: &Upload, sent: Result<object_store::Result<()>, JoinError>) -> Result<()> {
    sent.map_err(|error| Error::new(ErrorKind::Defect, "a part was lost on its way").with_source(error))?
        .map_err(|error| failed(file, error))
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
    use crate::sink::flaky_store::{FlakyStore, PutFault};
    use object_store::memory::InMemory;

    fn spooled(folder: &tempfile::TempDir, name: &str, bytes: usize) -> Upload {
        let content: Vec<u8> = (0..bytes).map(|at| (at % 251) as u8).collect();
        let from = folder.path().join(name);
        std::fs::write(&from, &content).unwrap();
        Upload { from, to: Path::from(format!("data/{name}")), bytes: bytes as u64 }
    }

    fn uploader(store: &Arc<dyn ObjectStore>) -> Uploader {
        Uploader::new(Arc::clone(store), 64 << 20)
    }

    #[tokio::test]
    async fn small_and_large_files_arrive_whole() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let files = [spooled(&folder, "small", 1000), spooled(&folder, "large", (20 << 20) + 17)];
        assert_eq!(uploader(&store).send_all(&files).await.unwrap(), 1000 + (20 << 20) + 17);
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
        assert_eq!(uploader(&store).send(&file).await.unwrap(), Outcome::Sent);
        assert_eq!(uploader(&store).send(&file).await.unwrap(), Outcome::Present);
        let torn = store.put(&file.to, Bytes::from_static(b"torn").into()).await;
        assert!(torn.is_ok());
        assert_eq!(uploader(&store).send(&file).await.unwrap(), Outcome::Sent);
    }

    // A file was taken for present by its size, also where a power loss had left nothing but the size.
    #[tokio::test]
    async fn to_a_disk_a_file_is_sent_whatever_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let file = spooled(&folder, "shard", 1000);
        store.put(&file.to, vec![0; 1000].into()).await.unwrap();
        assert_eq!(uploader(&store).sending_all().send(&file).await.unwrap(), Outcome::Sent);
        let there = store.get(&file.to).await.unwrap().bytes().await.unwrap();
        assert!(there == std::fs::read(&file.from).unwrap());
    }

    #[tokio::test]
    async fn all_files_together_keep_to_the_memory_given() {
        let folder = tempfile::tempdir().unwrap();
        let files = ["one", "two", "three"].map(|name| spooled(&folder, name, 35 << 20));
        for memory_bytes in [1, 15 << 20, 16 << 20, 30 << 20] {
            let flaky = Arc::new(FlakyStore::new(vec![]));
            let sender = Uploader::new(Arc::clone(&flaky) as _, memory_bytes);
            assert_eq!(sender.send_all(&files).await.unwrap(), 3 * (35 << 20));
            let most = flaky.most_part_bytes();
            assert!(most <= memory_bytes.max(PART_BYTES as usize), "{memory_bytes}: {most}");
        }
    }

    #[tokio::test]
    async fn a_failed_part_aborts_the_upload() {
        let folder = tempfile::tempdir().unwrap();
        let flaky = Arc::new(FlakyStore::new(vec![PutFault::BeforeLanding]));
        let store = Arc::clone(&flaky) as Arc<dyn ObjectStore>;
        let file = spooled(&folder, "large", 20 << 20);
        let error = uploader(&store).send(&file).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Store);
        assert!(flaky.aborted());
        assert!(store.head(&file.to).await.is_err());
    }

    #[tokio::test]
    async fn a_file_that_shrank_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let file = Upload { bytes: 2000, ..spooled(&folder, "shard", 1000) };
        let error = uploader(&store).send(&file).await.unwrap_err();
        assert!(error.to_string().contains("could not be read back"), "{error}");
    }
}
