//! URLs into object stores: `file://` (or a plain path), `s3://`, `gs://`, `az://`.
//!
//! Credentials come from the environment or the cloud's own chain, never from a run file:
//! `AWS_*` (with `AWS_ENDPOINT_URL` for other S3 servers), `GOOGLE_*`, `AZURE_*`.

use std::collections::HashMap;
use std::fmt;
use std::path::{Component, Path as FsPath, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use datafusion::execution::object_store::ObjectStoreUrl;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};
use url::Url;

use crate::engine::durable::DurableFiles;
use crate::error::{Error, ErrorKind, Result};

/// A place in a store: what a URL of a run file or command line means.
#[derive(Clone)]
pub struct Location {
    /// The store, shared by every location of the same bucket.
    pub store: Arc<dyn ObjectStore>,
    /// `scheme://bucket/`, the key the engine knows the store by.
    pub store_url: ObjectStoreUrl,
    /// Object or prefix within the store; empty for the whole bucket.
    pub path: Path,
    /// The path as text, before any character was escaped; may hold a glob.
    pub pattern: String,
}

impl Location {
    /// The URL of `path` in the same store.
    pub fn url_of(&self, path: &Path) -> String {
        format!("{}{path}", self.store_url.as_str())
    }

    /// The path on this machine's disk; None for a place in a bucket.
    pub fn on_disk(&self) -> Option<PathBuf> {
        let local = self.store_url == ObjectStoreUrl::local_filesystem();
        local.then(|| FsPath::new("/").join(&self.pattern))
    }

    /// This location, one or more segments further down.
    #[must_use]
    pub fn join(&self, below: &str) -> Self {
        let path = self.path.parts().chain(Path::from(below).parts()).collect();
        Self { path, pattern: format!("{}/{below}", self.pattern), ..self.clone() }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.store_url.as_str(), self.path)
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Location({self})")
    }
}

/// Opens stores once each and hands them out.
#[derive(Default)]
pub struct Storage {
    stores: Mutex<HashMap<String, Arc<dyn ObjectStore>>>,
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Storage")
    }
}

impl Storage {
    /// A storage with no store opened yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Resolves a URL or a path of this machine. Nothing is contacted.
    pub fn locate(&self, url: &str) -> Result<Location> {
        let Some((scheme, rest)) = url.split_once("://") else {
            return self.locate_file(url, url);
        };
        match scheme {
            "file" => self.locate_file(rest, url),
            "s3" | "gs" | "az" => self.locate_bucket(scheme, rest, url),
            other => Err(Error::new(ErrorKind::Usage, format!("unknown scheme `{other}` in {url}"))
                .with_hint("use a path, or a URL starting with file://, s3://, gs:// or az://")),
        }
    }

    /// The same for a place to write to: what was put there outlives a power loss, also on a disk.
    pub fn locate_output(&self, url: &str) -> Result<Location> {
        let location = self.locate(url)?;
        Ok(match location.on_disk() {
            Some(root) => Location { store: Arc::new(DurableFiles::new(&root)), ..location },
            None => location,
        })
    }

    /// Every store opened so far, by the key the engine knows it by.
    pub fn opened(&self) -> Vec<(Url, Arc<dyn ObjectStore>)> {
        let stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        let mut opened: Vec<_> = stores
            .iter()
            .filter_map(|(key, store)| Some((Url::parse(key).ok()?, Arc::clone(store))))
            .collect();
        opened.sort_by(|a, b| a.0.cmp(&b.0));
        opened
    }

    fn locate_file(&self, path: &str, url: &str) -> Result<Location> {
        let absolute = absolute(FsPath::new(path))?;
        let text = absolute.to_str().ok_or_else(|| {
            Error::new(ErrorKind::Usage, format!("the path {} is not UTF-8", absolute.display()))
        })?;
        let bad = |error: object_store::path::Error| {
            Error::new(ErrorKind::Usage, format!("{url} is no usable path")).with_source(error)
        };
        let path = Path::parse(text.trim_start_matches('/').trim_end_matches('/')).map_err(bad)?;
        Ok(Location {
            store: self.open("file:///", || Ok(Arc::new(LocalFileSystem::new())))?,
            store_url: ObjectStoreUrl::local_filesystem(),
            path,
            pattern: text.trim_start_matches('/').to_owned(),
        })
    }

    fn locate_bucket(&self, scheme: &str, rest: &str, url: &str) -> Result<Location> {
        let (bucket, path) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(Error::new(ErrorKind::Usage, format!("no bucket in {url}"))
                .with_hint(format!("write {scheme}://BUCKET/PATH")));
        }
        let key = format!("{scheme}://{bucket}/");
        let store = self.open(&key, || build(scheme, bucket, url))?;
        let store_url = ObjectStoreUrl::parse(&key)?;
        let path = path.trim_end_matches('/');
        let parsed = Path::parse(path).map_err(|error| {
            Error::new(ErrorKind::Usage, format!("{url} is no usable URL")).with_source(error)
        })?;
        Ok(Location { store, store_url, path: parsed, pattern: path.to_owned() })
    }

    fn open(
        &self,
        key: &str,
        build: impl FnOnce() -> Result<Arc<dyn ObjectStore>>,
    ) -> Result<Arc<dyn ObjectStore>> {
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = stores.get(key) {
            return Ok(Arc::clone(store));
        }
        let store = build()?;
        stores.insert(key.to_owned(), Arc::clone(&store));
        Ok(store)
    }
}

fn build(scheme: &str, bucket: &str, url: &str) -> Result<Arc<dyn ObjectStore>> {
    let failed = |error: object_store::Error| {
        Error::new(ErrorKind::Usage, format!("the store of {url} is not configured"))
            .with_source(error)
            .with_hint("set the cloud's usual variables: AWS_*, GOOGLE_* or AZURE_*")
    };
    #[expect(clippy::disallowed_methods, reason = "owner of the environment, for the clouds' own variables")]
    let plain_http = |variable: &str| std::env::var(variable).is_ok_and(|value| value.starts_with("http://"));
    Ok(match scheme {
        "s3" => {
            let plain = plain_http("AWS_ENDPOINT_URL") || plain_http("AWS_ENDPOINT");
            let builder = AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(PATIENCE.retries());
            Arc::new(builder.with_client_options(PATIENCE.client(plain)).build().map_err(failed)?)
        }
        "gs" => {
            let builder =
                GoogleCloudStorageBuilder::from_env().with_bucket_name(bucket).with_retry(PATIENCE.retries());
            Arc::new(builder.with_client_options(PATIENCE.client(false)).build().map_err(failed)?)
        }
        _ => {
            let plain = plain_http("AZURE_STORAGE_ENDPOINT");
            let builder =
                MicrosoftAzureBuilder::from_env().with_container_name(bucket).with_retry(PATIENCE.retries());
            Arc::new(builder.with_client_options(PATIENCE.client(plain)).build().map_err(failed)?)
        }
    })
}

/// How long a store is waited for.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// From sending a request to the last byte of the answer.
    request: Duration,
}

/// Eight parts of 8 MiB on their way at the same time take a minute at 9 Mbit/s.
const PATIENCE: Patience = Patience { request: Duration::from_mins(1) };

impl Patience {
    fn client(self, plain_http: bool) -> ClientOptions {
        ClientOptions::new()
            .with_connect_timeout(Duration::from_secs(5))
            .with_timeout(self.request)
            .with_allow_http(plain_http)
    }

    /// Five tries at most: the library's own eleven make a slow failure. Its clock for retries starts with the
    /// first try, so it must run for several requests, or one that stalls is never sent again; but for
    /// less than five minutes, since a request is not signed anew.
    fn retries(self) -> RetryConfig {
        RetryConfig { backoff: BackoffConfig::default(), max_retries: 4, retry_timeout: self.request * 4 }
    }
}

/// `path` from the root, with `.` and `..` resolved by their text alone: a glob has no file to ask.
fn absolute(path: &FsPath) -> Result<PathBuf> {
    let joined = std::path::absolute(path)?;
    let mut clean = PathBuf::new();
    for component in joined.components() {
        match component {
            Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    Ok(clean)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use object_store::ObjectStoreExt;
    use std::io::{BufRead, BufReader, Read, Write};

    #[test]
    fn a_plain_path_and_a_file_url_are_the_same_place() {
        let storage = Storage::new();
        let plain = storage.locate("/data/../data/raw.tar").unwrap();
        let url = storage.locate("file:///data/raw.tar").unwrap();
        assert_eq!(plain.to_string(), "file:///data/raw.tar");
        assert_eq!(url.to_string(), plain.to_string());
    }

    #[test]
    fn an_unknown_scheme_is_refused_with_the_known_ones() {
        let error = Storage::new().locate("ftp://host/x").unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("hint: use a path, or a URL starting with file://"), "{error}");
    }

    #[test]
    fn a_url_without_a_bucket_is_refused_with_its_form() {
        let error = Storage::new().locate("s3:///nightly").unwrap_err();
        assert_eq!(error.to_string(), "no bucket in s3:///nightly\nhint: write s3://BUCKET/PATH");
    }

    #[test]
    fn only_files_have_a_path_on_this_machine() {
        let storage = Storage::new();
        let [file, bucket] = ["/data/set/", "gs://train/set"].map(|url| storage.locate(url).unwrap());
        assert_eq!(file.on_disk(), Some(PathBuf::from("/data/set")));
        assert_eq!(bucket.on_disk(), None);
        assert_eq!(storage.locate_output("/data/set").unwrap().to_string(), file.to_string());
    }

    #[test]
    fn there_is_time_for_several_requests_that_stall() {
        let retries = PATIENCE.retries();
        assert!(retries.max_retries >= 3 && retries.retry_timeout >= PATIENCE.request * 3);
        assert!(retries.retry_timeout < Duration::from_mins(5), "a request is not signed anew");
    }

    /// A server that never answers the first request, and the others at once; gives its address.
    fn stalling_once() -> std::net::SocketAddr {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let stalled = listener.accept().unwrap();
            for stream in listener.incoming() {
                answer(stream.unwrap());
            }
            drop(stalled);
        });
        address
    }

    fn answer(mut stream: std::net::TcpStream) {
        let mut request = BufReader::new(stream.try_clone().unwrap());
        let (mut head, mut length) = (String::new(), 0);
        while request.read_line(&mut head).unwrap() > 2 {
            let header = head.lines().last().unwrap().to_ascii_lowercase();
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        std::io::copy(&mut request.take(length), &mut std::io::sink()).unwrap();
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nETag: \"one\"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            .unwrap();
    }

    // The clock for retries was shorter than a request's, so that the first one to stall ended the run.
    #[tokio::test]
    async fn a_request_that_stalls_is_sent_again() {
        let patience = Patience { request: Duration::from_millis(500) };
        let store = AmazonS3Builder::new()
            .with_bucket_name("train")
            .with_endpoint(format!("http://{}", stalling_once()))
            .with_skip_signature(true)
            .with_retry(patience.retries())
            .with_client_options(patience.client(true))
            .build()
            .unwrap();
        store.put(&Path::from("shard"), "content".into()).await.unwrap();
    }

    #[test]
    fn a_glob_survives_resolution() {
        let location = Storage::new().locate("/raw/2021-*/part?.json.gz").unwrap();
        assert_eq!(location.pattern, "raw/2021-*/part?.json.gz");
    }
}
