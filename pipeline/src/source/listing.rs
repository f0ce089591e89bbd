//! Input URLs → the objects they name, in a stable order.

use std::sync::Arc;

use futures::TryStreamExt;
use globset::{GlobBuilder, GlobMatcher};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};

use crate::engine::storage::explain;
use crate::engine::{Location, Storage};
use crate::error::{Error, ErrorKind, Result};

/// One object to read.
#[derive(Debug, Clone)]
pub struct Object {
    /// Where it is.
    pub location: Location,
    /// What the store says of it: size in bytes, entity tag, time of change.
    pub meta: ObjectMeta,
}

impl Object {
    /// Its URL.
    pub fn url(&self) -> String {
        self.location.to_string()
    }

    /// What changes when its content does, as far as the store tells: entity tag, else time of change.
    pub fn version(&self) -> String {
        self.meta.e_tag.clone().unwrap_or_else(|| self.meta.last_modified.to_rfc3339())
    }

    fn new(location: &Location, meta: ObjectMeta) -> Self {
        let pattern = meta.location.to_string();
        let location = Location { path: meta.location.clone(), pattern, ..location.clone() };
        Self { location, meta }
    }
}

/// Every object the URLs name, each once, ordered by URL.
///
/// A URL names one object, or every object below a prefix, or, with `*`, `?`, `[…]`, `{…}`, all that
/// match; `*` stays within a path segment, `**` does not. A URL that names nothing is an error.
pub async fn list<'a>(storage: &Storage, urls: impl IntoIterator<Item = &'a str>) -> Result<Vec<Object>> {
    let mut objects = Vec::new();
    for url in urls {
        let location = storage.locate(url)?;
        let found = if location.pattern.contains(['*', '?', '[', '{']) {
            list_glob(&location, url).await?
        } else {
            list_plain(&location, url).await?
        };
        if found.is_empty() {
            return Err(Error::new(ErrorKind::Input, format!("no object matches {url}"))
                .with_hint("a prefix ends at a `/`; `*` matches within one path segment, `**` across them"));
        }
        objects.extend(found);
    }
    objects.sort_by_cached_key(Object::url);
    objects.dedup_by(|a, b| a.url() == b.url());
    Ok(objects)
}

async fn list_plain(location: &Location, url: &str) -> Result<Vec<Object>> {
    if !location.path.as_ref().is_empty() {
        match location.store.head(&location.path).await {
            Ok(meta) => return Ok(vec![Object::new(location, meta)]),
            Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(unreadable(explain(error, url))),
        }
    }
    list_below(location, &location.path, url, |_| true).await
}

async fn list_glob(location: &Location, url: &str) -> Result<Vec<Object>> {
    let matcher = compile(&location.pattern, url)?;
    let fixed: Vec<&str> =
        location.pattern.split('/').take_while(|segment| !segment.contains(['*', '?', '[', '{'])).collect();
    let prefix = Path::parse(fixed.join("/")).map_err(|error| {
        Error::new(ErrorKind::Usage, format!("{url} is no usable URL")).with_source(error)
    })?;
    list_below(location, &prefix, url, |path| matcher.is_match(path)).await
}

fn compile(pattern: &str, url: &str) -> Result<GlobMatcher> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build().map_err(|error| {
        Error::new(ErrorKind::Usage, format!("{url} is no valid pattern")).with_source(error)
    })?;
    Ok(glob.compile_matcher())
}

async fn list_below(
    location: &Location,
    prefix: &Path,
    url: &str,
    keep: impl Fn(&str) -> bool,
) -> Result<Vec<Object>> {
    let prefix = (!prefix.as_ref().is_empty()).then_some(prefix);
    let store: &Arc<dyn ObjectStore> = &location.store;
    let metas: Vec<ObjectMeta> =
        store.list(prefix).try_collect().await.map_err(|error| unreadable(explain(error, url)))?;
    Ok(metas
        .into_iter()
        .filter(|meta| keep(meta.location.as_ref()))
        .map(|meta| Object::new(location, meta))
        .collect())
}

/// A failure while reading inputs is an input error, whatever the store calls it.
fn unreadable(error: Error) -> Error {
    if error.kind() == ErrorKind::Store { error.with_kind(ErrorKind::Input) } else { error }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    async fn names(url: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for file in ["a/1.json.gz", "a/2.json.bz2", "a/b/3.json.gz", "c/4.json.gz"] {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"x").unwrap();
        }
        let base = folder.path().to_str().unwrap();
        let objects = list(&Storage::new(), [format!("{base}/{url}").as_str()]).await.unwrap();
        objects.iter().map(|object| object.url().replace(&format!("file://{base}/"), "")).collect()
    }

    #[tokio::test]
    async fn a_file_a_prefix_and_globs_name_what_a_shell_user_expects() {
        assert_eq!(names("a/1.json.gz").await, ["a/1.json.gz"]);
        assert_eq!(names("a").await, ["a/1.json.gz", "a/2.json.bz2", "a/b/3.json.gz"]);
        assert_eq!(names("*/*.gz").await, ["a/1.json.gz", "c/4.json.gz"]);
        assert_eq!(names("**/*.gz").await, ["a/1.json.gz", "a/b/3.json.gz", "c/4.json.gz"]);
        assert_eq!(names("{a,c}/[14].json.gz").await, ["a/1.json.gz", "c/4.json.gz"]);
    }

    #[tokio::test]
    async fn a_url_that_names_nothing_is_an_error_that_names_it() {
        let error = list(&Storage::new(), ["/nowhere/at/all.tar"]).await.unwrap_err();
        assert!(error.to_string().contains("/nowhere/at/all.tar"), "{error}");
        assert_eq!(error.exit_code(), 1);
    }
}
