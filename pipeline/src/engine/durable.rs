//! Files of this machine that outlive a power loss, as objects of the clouds' stores do.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path as FsPath, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result, UploadPart,
};

/// The files below one folder: when a put is answered, a power loss takes nothing of it back.
///
/// ```text
///  put           write a#1 ─► sync it ─► link or rename it to a ─► sync the folders above
///  put in parts  write a#1 ─► rename it to a ─► sync it ─► sync the folders above
/// ```
///
/// [`LocalFileSystem`] leaves all of that to the operating system, which may take half a minute over it
/// and writes names before contents. A file that is put whole has its name only when its bytes are on
/// the disk, so that none is ever found torn; one sent in parts may be, until its put is answered.
///
/// Reading, copying and removing are those of [`LocalFileSystem`].
#[derive(Debug)]
pub struct DurableFiles {
    files: LocalFileSystem,
    folders: Arc<Folders>,
}

impl DurableFiles {
    /// The files below `root`, an absolute path that need not be there yet. Objects are named by their
    /// path from the root of the file system, as in a [`LocalFileSystem`] without a prefix.
    pub fn new(root: &FsPath) -> Self {
        let top = root.ancestors().skip(1).find(|folder| folder.is_dir()).unwrap_or(root);
        let folders = Folders { top: top.to_owned(), kept: Mutex::default() };
        Self { files: LocalFileSystem::new(), folders: Arc::new(folders) }
    }
}

impl fmt::Display for DurableFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DurableFiles({})", self.files)
    }
}

#[async_trait]
impl ObjectStore for DurableFiles {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let place = match &options.mode {
            _ if !options.attributes.is_empty() => None,
            PutMode::Create => Some(Place::IfAbsent),
            PutMode::Overwrite => Some(Place::Replace),
            PutMode::Update(_) => None,
        };
        let Some(place) = place else {
            // Files have neither versions nor attributes: it says so.
            return self.files.put_opts(location, payload, options).await;
        };
        let path = self.files.path_to_filesystem(location)?;
        let folders = Arc::clone(&self.folders);
        blocking(location, move || folders.put(&path, &payload, place)).await?;
        Ok(PutResult { e_tag: None, version: None })
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let path = self.files.path_to_filesystem(location)?;
        let parts = self.files.put_multipart_opts(location, options).await?;
        let (location, folders) = (location.clone(), Arc::clone(&self.folders));
        Ok(Box::new(DurableUpload { parts, location, path, folders }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.files.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.files.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.files.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.files.list(prefix)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.files.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.files.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.files.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.files.rename_opts(from, to, options).await
    }
}

/// A file on its way in parts.
#[derive(Debug)]
struct DurableUpload {
    parts: Box<dyn MultipartUpload>,
    location: Path,
    path: PathBuf,
    folders: Arc<Folders>,
}

#[async_trait]
impl MultipartUpload for DurableUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.parts.put_part(data)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let result = self.parts.complete().await?;
        let (path, folders) = (self.path.clone(), Arc::clone(&self.folders));
        blocking(&self.location, move || {
            File::open(&path)?.sync_all()?;
            folders.keep_name(&path)
        })
        .await?;
        Ok(result)
    }

    async fn abort(&mut self) -> Result<()> {
        self.parts.abort().await
    }
}

/// What a put does where there is a file of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    IfAbsent,
    Replace,
}

/// The folders files are put into. A file's name is an entry of its folder, and that folder's name one of
/// the folder above: each is on the disk only when the folder that holds it was synced.
#[derive(Debug)]
struct Folders {
    /// The lowest folder that was there before anything was put.
    top: PathBuf,
    /// Folders below `top` whose own names, and those of the folders between, are on the disk.
    kept: Mutex<BTreeSet<PathBuf>>,
}

impl Folders {
    fn put(&self, path: &FsPath, payload: &PutPayload, place: Place) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| match error.kind() {
                // That of the object itself would mean that another run was faster.
                io::ErrorKind::AlreadyExists => {
                    let message = format!("{} is no folder", folder.display());
                    io::Error::new(io::ErrorKind::NotADirectory, message)
                }
                _ => error,
            })?;
        }
        let (mut file, staged) = stage(path)?;
        let written = payload.iter().try_for_each(|bytes| file.write_all(bytes));
        let placed = written.and_then(|()| file.sync_all()).and_then(|()| match place {
            Place::IfAbsent => fs::hard_link(&staged, path),
            Place::Replace => fs::rename(&staged, path),
        });
        if placed.is_err() || place == Place::IfAbsent {
            // One that stays behind is never listed: see `stage`.
            drop(fs::remove_file(&staged));
        }
        placed?;
        self.keep_name(path)
    }

    /// Brings the name of the file at `path` to the disk, and those of the folders it is in.
    fn keep_name(&self, path: &FsPath) -> io::Result<()> {
        let mut above = path.ancestors().skip(1);
        let Some(mut folder) = above.next() else { return Ok(()) };
        self.sync(folder)?;
        let mut synced = Vec::new();
        for next in above {
            if folder == self.top || self.kept().contains(folder) {
                break;
            }
            self.sync(next)?;
            synced.push(folder.to_owned());
            folder = next;
        }
        self.kept().extend(synced);
        Ok(())
    }

    fn sync(&self, folder: &FsPath) -> io::Result<()> {
        match File::open(folder).and_then(|folder| folder.sync_all()) {
            // Some network file systems know no such thing, and keep names by themselves.
            Err(error)
                if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) =>
            {
                Ok(())
            }
            // A folder this user may not read is not one that was just made.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied && folder == self.top => Ok(()),
            done => done,
        }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, BTreeSet<PathBuf>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A new file beside `path`, called as [`LocalFileSystem`] calls its own: names with `#` and a number are
/// listed by neither, so one that a killed process left counts for nothing.
fn stage(path: &FsPath) -> io::Result<(File, PathBuf)> {
    for number in 1_u32.. {
        let mut staged = path.as_os_str().to_owned();
        staged.push(format!("#{number}"));
        match OpenOptions::new().write(true).create_new(true).open(&staged) {
            Ok(file) => return Ok((file, staged.into())),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Runs `work` where it may block; its errors are those of the object at `location`.
async fn blocking(location: &Path, work: impl FnOnce() -> io::Result<()> + Send + 'static) -> Result<()> {
    tokio::task::spawn_blocking(work).await?.map_err(|error| {
        let (path, source) = (location.to_string(), Box::new(error));
        match source.kind() {
            io::ErrorKind::AlreadyExists => object_store::Error::AlreadyExists { path, source },
            io::ErrorKind::NotFound => object_store::Error::NotFound { path, source },
            io::ErrorKind::PermissionDenied => object_store::Error::PermissionDenied { path, source },
            _ => object_store::Error::Generic { store: "file", source },
        }
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use futures::TryStreamExt;
    use object_store::ObjectStoreExt;

    fn object(path: &FsPath) -> Path {
        Path::from_absolute_path(path).unwrap()
    }

    fn names(folder: &FsPath) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn what_is_put_is_there_and_every_folder_above_it_was_synced() {
        let parent = tempfile::tempdir().unwrap();
        let root = parent.path().join("made/nightly");
        let store = DurableFiles::new(&root);
        let file = root.join("data/one/shard");
        store.put(&object(&file), "content".into()).await.unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"content");
        assert_eq!(names(&root.join("data/one")), ["shard"]);
        let kept: Vec<PathBuf> = store.folders.kept().iter().cloned().collect();
        let made = ["made", "made/nightly", "made/nightly/data", "made/nightly/data/one"];
        assert_eq!(kept, made.map(|folder| parent.path().join(folder)));

        store.put(&object(&file), "other".into()).await.unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"other");
    }

    #[tokio::test]
    async fn a_file_sent_in_parts_is_whole() {
        let root = tempfile::tempdir().unwrap();
        let store = DurableFiles::new(root.path());
        let file = root.path().join("data/shard");
        let mut parts = store.put_multipart(&object(&file)).await.unwrap();
        parts.put_part("one ".into()).await.unwrap();
        parts.put_part("two".into()).await.unwrap();
        parts.complete().await.unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"one two");
        assert!(store.folders.kept().contains(&root.path().join("data")));
    }

    #[tokio::test]
    async fn an_object_that_must_be_absent_is_never_replaced() {
        let root = tempfile::tempdir().unwrap();
        let store = DurableFiles::new(root.path());
        let file = root.path().join("commit");
        let create = || PutOptions::from(PutMode::Create);
        store.put_opts(&object(&file), "first".into(), create()).await.unwrap();
        let refused = store.put_opts(&object(&file), "second".into(), create()).await.unwrap_err();
        assert!(matches!(refused, object_store::Error::AlreadyExists { .. }), "{refused}");
        assert_eq!(fs::read(&file).unwrap(), b"first");
        assert_eq!(names(root.path()), ["commit"]);
    }

    #[tokio::test]
    async fn what_a_killed_process_was_writing_is_neither_listed_nor_in_the_way() {
        let root = tempfile::tempdir().unwrap();
        let store = DurableFiles::new(root.path());
        let file = root.path().join("commit");
        fs::write(root.path().join("commit#1"), "tor").unwrap();
        store.put_opts(&object(&file), "whole".into(), PutMode::Create.into()).await.unwrap();
        let listed: Vec<ObjectMeta> = store.list(Some(&object(root.path()))).try_collect().await.unwrap();
        assert_eq!(listed.into_iter().map(|found| found.location).collect::<Vec<_>>(), [object(&file)]);
        assert_eq!(fs::read(&file).unwrap(), b"whole");
    }

    #[tokio::test]
    async fn a_file_in_the_place_of_a_folder_is_told() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("file"), "in the way").unwrap();
        let store = DurableFiles::new(root.path());
        let error = store.put(&object(&root.path().join("file/below")), "x".into()).await.unwrap_err();
        assert!(matches!(error, object_store::Error::Generic { .. }), "{error}");
        assert!(error.to_string().contains("/file is no folder"), "{error}");
    }
}
