//! One raw object, read by blocking code while its bytes are fetched ahead.

use std::io::{self, Cursor, Read};
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, stream};
use object_store::path::Path;
use object_store::{GetOptions, ObjectMeta, ObjectStore};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Bytes asked for in one ranged request.
const CHUNK_BYTES: u64 = 4 << 20;

/// Requests in flight at once for one reader.
const IN_FLIGHT: usize = 2;

/// Chunks fetched and waiting for the reader. With [`IN_FLIGHT`], a reader never holds more than
/// `CHUNK_BYTES * (IN_FLIGHT + WAITING + 1)`, 16 MiB.
const WAITING: usize = 1;

/// Bytes of known length that can be read from any offset, by blocking code.
pub trait Blob: Send + Sync {
    /// Length in bytes.
    fn size(&self) -> u64;

    /// Reads from byte `start` to the end; empty when `start` is at or past the end.
    ///
    /// A reader that ends before `size` is an error of whoever reads: the object has shrunk.
    fn reader(&self, start: u64) -> Box<dyn Read + Send>;

    /// Fills `out` with the bytes from `start` on; an error when there are too few.
    fn read_at(&self, start: u64, out: &mut [u8]) -> io::Result<()> {
        self.reader(start).read_exact(out)
    }
}

/// An object in a store, fetched ahead in ranged requests on the runtime's threads.
///
/// ```text
///   runtime   GET 0..4M, GET 4..8M ──► channel (1 chunk) ──► ChunkReader   blocking thread
/// ```
/// Its methods block, so they must run outside the runtime's async threads (`spawn_blocking` or a
/// thread of one's own). Where the listing gave an entity tag, every request insists on it: an object
/// overwritten half-way is an error, never a mix of two versions.
#[derive(Debug, Clone)]
pub struct ObjectBlob {
    store: Arc<dyn ObjectStore>,
    path: Path,
    size: u64,
    e_tag: Option<String>,
    runtime: Handle,
}

impl ObjectBlob {
    /// The object that `meta` lists in `store`; requests run on `runtime`.
    pub fn new(store: Arc<dyn ObjectStore>, meta: &ObjectMeta, runtime: Handle) -> Self {
        let ObjectMeta { location, size, e_tag, .. } = meta;
        Self { store, path: location.clone(), size: *size, e_tag: e_tag.clone(), runtime }
    }

    /// Fetches chunks of `range` in order until the reader is dropped.
    fn fetch(&self, range: Range<u64>) -> ChunkReader {
        let (sender, receiver) = mpsc::channel(WAITING);
        let blob = self.clone();
        let (start, end) = (range.start, range.end);
        let task = self.runtime.spawn(async move {
            let starts = (0..(end - start).div_ceil(CHUNK_BYTES)).map(|i| start + i * CHUNK_BYTES);
            let mut chunks =
                stream::iter(starts).map(|at| blob.chunk(at..end.min(at + CHUNK_BYTES))).buffered(IN_FLIGHT);
            while let Some(chunk) = chunks.next().await {
                let failed = chunk.is_err();
                if sender.send(chunk).await.is_err() || failed {
                    return;
                }
            }
        });
        ChunkReader { left: end - start, chunk: Bytes::new(), receiver, task }
    }

    async fn chunk(&self, range: Range<u64>) -> io::Result<Bytes> {
        let wanted = range.end - range.start;
        let options =
            GetOptions { range: Some(range.into()), if_match: self.e_tag.clone(), ..GetOptions::default() };
        let result = self.store.get_opts(&self.path, options).await.map_err(io::Error::other)?;
        let bytes = result.bytes().await.map_err(io::Error::other)?;
        if bytes.len() as u64 == wanted { Ok(bytes) } else { Err(shrunk(&self.path)) }
    }
}

impl Blob for ObjectBlob {
    fn size(&self) -> u64 {
        self.size
    }

    fn reader(&self, start: u64) -> Box<dyn Read + Send> {
        Box::new(self.fetch(start.min(self.size)..self.size))
    }

    /// Asks for just the bytes wanted.
    fn read_at(&self, start: u64, out: &mut [u8]) -> io::Result<()> {
        let end = start.saturating_add(out.len() as u64);
        if end > self.size {
            return Err(shrunk(&self.path));
        }
        self.fetch(start..end).read_exact(out)
    }
}

fn shrunk(path: &Path) -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, format!("{path} is shorter than it was listed"))
}

/// The blocking end of [`ObjectBlob::fetch`].
struct ChunkReader {
    /// Bytes not yet received.
    left: u64,
    chunk: Bytes,
    receiver: mpsc::Receiver<io::Result<Bytes>>,
    task: JoinHandle<()>,
}

impl Read for ChunkReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.chunk.is_empty() && self.left > 0 {
            self.chunk = match self.receiver.blocking_recv() {
                Some(chunk) => chunk?,
                // The task died without a word: its runtime is shutting down, or a request panicked.
                None => return Err(io::Error::other("the fetch was cancelled")),
            };
            self.left = self.left.saturating_sub(self.chunk.len() as u64);
        }
        let n = self.chunk.len().min(out.len());
        out[..n].copy_from_slice(&self.chunk.split_to(n));
        Ok(n)
    }
}

impl Drop for ChunkReader {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Bytes already in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryBlob(Bytes);

impl MemoryBlob {
    /// Takes the bytes as they are.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self(bytes.into())
    }
}

impl Blob for MemoryBlob {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn reader(&self, start: u64) -> Box<dyn Read + Send> {
        let start = usize::try_from(start).unwrap_or(usize::MAX).min(self.0.len());
        Box::new(Cursor::new(self.0.slice(start..)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

    use super::*;
    use object_store::memory::InMemory;
    use object_store::{ObjectStoreExt, PutPayload};
    use tokio::runtime::Runtime;

    fn stored(bytes: Vec<u8>) -> (Runtime, Arc<dyn ObjectStore>, ObjectMeta) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let path = Path::from("raw/day.tar");
        runtime.block_on(store.put(&path, PutPayload::from(bytes))).unwrap();
        let meta = runtime.block_on(store.head(&path)).unwrap();
        (runtime, store, meta)
    }

    fn several_chunks() -> Vec<u8> {
        (0..CHUNK_BYTES * 5 + 77).map(|i| (i % 251) as u8).collect()
    }

    #[test]
    fn an_object_reads_back_from_any_offset() {
        let bytes = several_chunks();
        let (runtime, store, meta) = stored(bytes.clone());
        let blob = ObjectBlob::new(store, &meta, runtime.handle().clone());
        assert_eq!(blob.size(), bytes.len() as u64);
        for start in [0, 1, CHUNK_BYTES as usize, bytes.len() - 1, bytes.len(), bytes.len() + 9] {
            let mut read = Vec::new();
            blob.reader(start as u64).read_to_end(&mut read).unwrap();
            assert!(read == bytes[start.min(bytes.len())..], "from {start}");
        }
        let mut few = [0; 9];
        blob.read_at(bytes.len() as u64 - 9, &mut few).unwrap();
        assert_eq!(few, bytes[bytes.len() - 9..]);
        let past = blob.read_at(bytes.len() as u64 - 8, &mut few).unwrap_err();
        assert_eq!(past.to_string(), "raw/day.tar is shorter than it was listed");
    }

    #[test]
    fn a_dropped_reader_stops_fetching() {
        let (runtime, store, meta) = stored(several_chunks());
        let blob = ObjectBlob::new(Arc::clone(&store), &meta, runtime.handle().clone());
        let mut reader = blob.reader(0);
        reader.read_exact(&mut [0; 3]).unwrap();
        drop((reader, blob));
        runtime.shutdown_timeout(std::time::Duration::from_secs(10));
        assert_eq!(Arc::strong_count(&store), 1, "a task still holds the store");
    }

    #[test]
    fn a_missing_object_is_an_error_that_keeps_the_cause() {
        let (runtime, store, meta) = stored(vec![1; 10]);
        runtime.block_on(store.delete(&meta.location)).unwrap();
        let blob = ObjectBlob::new(store, &meta, runtime.handle().clone());
        let error = blob.reader(0).read(&mut [0; 4]).unwrap_err();
        let cause = error.get_ref().unwrap().downcast_ref::<object_store::Error>();
        assert!(matches!(cause, Some(object_store::Error::NotFound { .. })), "{error:?}");
    }

    #[test]
    fn an_object_overwritten_after_it_was_listed_is_refused() {
        let (runtime, store, meta) = stored(vec![1; 10]);
        runtime.block_on(store.put(&meta.location, PutPayload::from(vec![2; 10]))).unwrap();
        let blob = ObjectBlob::new(store, &meta, runtime.handle().clone());
        let error = blob.reader(0).read(&mut [0; 4]).unwrap_err();
        let cause = error.get_ref().unwrap().downcast_ref::<object_store::Error>();
        assert!(matches!(cause, Some(object_store::Error::Precondition { .. })), "{error:?}");
    }

    #[test]
    fn a_blob_in_memory_reads_back_from_any_offset() {
        let blob = MemoryBlob::new(b"abcdef".to_vec());
        let mut read = Vec::new();
        blob.reader(4).read_to_end(&mut read).unwrap();
        blob.reader(99).read_to_end(&mut read).unwrap();
        assert_eq!(read, b"ef");
        assert!(blob.read_at(5, &mut [0; 2]).is_err());
    }
}
