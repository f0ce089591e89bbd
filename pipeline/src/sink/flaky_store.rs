//! A store in memory that fails as told, for tests of what is done about it.
#![expect(clippy::expect_used, reason = "tests")]

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, UploadPart,
};

/// How a put goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PutFault {
    /// The object is stored, the answer is lost.
    AfterLanding,
    /// Nothing is stored, the answer is lost.
    BeforeLanding,
    /// The store says no.
    Denied,
}

/// A store in memory whose next puts (whole or in parts) go wrong as told, and in which others are busy.
#[derive(Debug, Default)]
pub(crate) struct FlakyStore {
    inner: InMemory,
    /// What somebody else puts, each just before we put the object of that name.
    others: Mutex<VecDeque<(&'static str, Path, PutPayload)>>,
    parts: Arc<PartBytes>,
    faults: Arc<Mutex<VecDeque<PutFault>>>,
    puts: AtomicUsize,
    aborted: Arc<AtomicBool>,
}

impl FlakyStore {
    pub(crate) fn new(faults: Vec<PutFault>) -> Self {
        Self { faults: Arc::new(Mutex::new(faults.into())), ..Self::default() }
    }

    pub(crate) fn next_puts(&self, faults: Vec<PutFault>) {
        *self.faults.lock().expect("no test panics while it holds the lock") = faults.into();
    }

    /// Whole puts asked for so far.
    pub(crate) fn puts(&self) -> usize {
        self.puts.load(Ordering::SeqCst)
    }

    /// Somebody else puts `payload` at `location` just before the next put of an object called `name`.
    pub(crate) fn other_puts_before(&self, name: &'static str, location: Path, payload: PutPayload) {
        let mut others = self.others.lock().expect("no test panics while it holds the lock");
        others.push_back((name, location, payload));
    }

    fn due_before(&self, location: &Path) -> Option<(Path, PutPayload)> {
        let mut others = self.others.lock().expect("no test panics while it holds the lock");
        others
            .pop_front_if(|(name, ..)| location.filename() == Some(*name))
            .map(|(_, location, payload)| (location, payload))
    }

    /// The most bytes of parts that were on their way at the same time.
    pub(crate) fn most_part_bytes(&self) -> usize {
        self.parts.most.load(Ordering::SeqCst)
    }

    /// Whether an upload in parts was aborted.
    pub(crate) fn aborted(&self) -> bool {
        self.aborted.load(Ordering::SeqCst)
    }
}

fn next_fault(faults: &Mutex<VecDeque<PutFault>>) -> Option<PutFault> {
    faults.lock().expect("no test panics while it holds the lock").pop_front()
}

fn lost_answer() -> object_store::Error {
    object_store::Error::Generic { store: "flaky", source: "the answer was lost".into() }
}

impl fmt::Display for FlakyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("flaky")
    }
}

#[async_trait]
impl ObjectStore for FlakyStore {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> object_store::Result<PutResult> {
        self.puts.fetch_add(1, Ordering::SeqCst);
        if let Some((location, payload)) = self.due_before(location) {
            self.inner.put(&location, payload).await?;
        }
        match next_fault(&self.faults) {
            None => self.inner.put_opts(location, payload, options).await,
            Some(PutFault::AfterLanding) => {
                self.inner.put_opts(location, payload, options).await?;
                Err(lost_answer())
            }
            Some(PutFault::BeforeLanding) => Err(lost_answer()),
            Some(PutFault::Denied) => Err(object_store::Error::PermissionDenied {
                path: location.to_string(),
                source: "no rights".into(),
            }),
        }
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        let inner = self.inner.put_multipart_opts(location, options).await?;
        let (faults, aborted) = (Arc::clone(&self.faults), Arc::clone(&self.aborted));
        Ok(Box::new(FlakyUpload { inner, faults, aborted, parts: Arc::clone(&self.parts) }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> object_store::Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

#[derive(Debug)]
struct FlakyUpload {
    inner: Box<dyn MultipartUpload>,
    faults: Arc<Mutex<VecDeque<PutFault>>>,
    aborted: Arc<AtomicBool>,
    parts: Arc<PartBytes>,
}

/// Bytes of parts on their way.
#[derive(Debug, Default)]
struct PartBytes {
    now: AtomicUsize,
    most: AtomicUsize,
}

#[async_trait]
impl MultipartUpload for FlakyUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        match next_fault(&self.faults) {
            None => {
                let (bytes, parts) = (data.content_length(), Arc::clone(&self.parts));
                parts.most.fetch_max(parts.now.fetch_add(bytes, Ordering::SeqCst) + bytes, Ordering::SeqCst);
                let sent = self.inner.put_part(data);
                Box::pin(async move {
                    // Lets whoever may go on do so.
                    tokio::task::yield_now().await;
                    let sent = sent.await;
                    parts.now.fetch_sub(bytes, Ordering::SeqCst);
                    sent
                })
            }
            Some(_) => Box::pin(async { Err(lost_answer()) }),
        }
    }

    async fn complete(&mut self) -> object_store::Result<PutResult> {
        self.inner.complete().await
    }

    async fn abort(&mut self) -> object_store::Result<()> {
        self.aborted.store(true, Ordering::SeqCst);
        self.inner.abort().await
    }
}
