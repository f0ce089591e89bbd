//! Input URLs → the objects they name, in a stable order.

use std::sync::Arc;

use futures::TryStreamExt;
use globset::{GlobBuilder, GlobMatcher};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};

use crate::config::Shape;
use crate::engine::store_error::explain;
use crate::engine::{Location, Storage};
use crate::error::{Error, ErrorKind, Result};

/// One object to read.
#[derive(Debug, Clone)]
pub struct Object {
    /// Where it is.
    pub location: Location,
    /// What the store says of it: size in bytes, entity tag, time of change.
    pub meta: ObjectMeta,
    /// What the run file says of the records inside.
    pub shape: Shape,
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

    fn new(location: &Location, meta: ObjectMeta, shape: Shape) -> Self {
        let pattern = meta.location.to_string();
        let location = Location { path: meta.location.clone(), pattern, ..location.clone() };
        Self { location, meta, shape }
    }
}

/// What makes a segment of a URL's path a pattern.
const WILD: [char; 4] = ['*', '?', '[', '{'];

/// Every object the places name, each once, ordered by URL.
///
/// A place is a URL and the shape of the records there. A URL names one object, or every object below a
/// prefix, or, with `*`, `?`, `[…]`, `{…}`, all that match; `*` stays within a path segment, `**` does not.
/// A URL that names nothing is an error, and so is an object that two places give different shapes.
pub async fn list<'a>(
    storage: &Storage,
    places: impl IntoIterator<Item = (&'a str, Shape)>,
) -> Result<Vec<Object>> {
    let mut objects = Vec::new();
    for (url, shape) in places {
        let location = storage.locate(url)?;
        let found = match Glob::of(&location, url, storage)? {
            Some(glob) => list_below(&location, &glob.folder, url, |path| glob.matches(path)).await?,
            None => list_plain(&location, url).await?,
        };
        if found.is_empty() {
            return Err(Error::new(ErrorKind::Input, format!("no object matches {url}"))
                .with_hint("a prefix ends at a `/`; `*` matches within one path segment, `**` across them"));
        }
        objects.extend(found.into_iter().map(|meta| Object::new(&location, meta, shape)));
    }
    objects.sort_by_cached_key(Object::url);
    for pair in objects.windows(2) {
        if let [one, other] = pair
            && one.shape != other.shape
            && one.url() == other.url()
        {
            let (one, other, url) = (one.shape.name(), other.shape.name(), one.url());
            return Err(Error::new(
                ErrorKind::Usage,
                format!("input: {url} is to be read as {one} and as {other}"),
            )
            .with_hint("give one shape to all places that name it, or let only one of them do so"));
        }
    }
    objects.dedup_by(|a, b| a.url() == b.url());
    Ok(objects)
}

/// A pattern, and the folder below which everything that matches it is.
struct Glob {
    folder: Path,
    /// Of what follows the folder.
    rest: GlobMatcher,
}

impl Glob {
    /// The pattern in `url`, if there is one.
    ///
    /// ```text
    ///   data/*/[ab].gz, from the folder /home/[me] ─► folder home/[me]/data, rest */[ab].gz
    /// ```
    /// Only what was written is a pattern: a path is made absolute with the name of the folder the
    /// program was started in, which means itself whatever it holds.
    fn of(location: &Location, url: &str, storage: &Storage) -> Result<Option<Self>> {
        let segments: Vec<&str> = location.pattern.split('/').collect();
        let unwritten = unwritten_segments(url, storage)?;
        let wild = |(at, segment): (usize, &&str)| at >= unwritten && segment.contains(WILD);
        let Some(first) = segments.iter().enumerate().position(wild) else { return Ok(None) };
        let unusable = |what: &str| Error::new(ErrorKind::Usage, format!("{url} is no {what}"));
        let (folder, rest) = segments.split_at(first);
        let folder =
            Path::parse(folder.join("/")).map_err(|error| unusable("usable URL").with_source(error))?;
        let rest = GlobBuilder::new(&rest.join("/"))
            .literal_separator(true)
            .build()
            .map_err(|error| unusable("valid pattern").with_source(error))?;
        Ok(Some(Self { folder, rest: rest.compile_matcher() }))
    }

    /// Whether it matches an object below its folder.
    fn matches(&self, path: &str) -> bool {
        let rest = path.strip_prefix(self.folder.as_ref()).unwrap_or(path);
        self.rest.is_match(rest.strip_prefix('/').unwrap_or(rest))
    }
}

/// How many leading segments of the path that `url` means come from the folder the program was started in.
fn unwritten_segments(url: &str, storage: &Storage) -> Result<usize> {
    let path = match url.split_once("://") {
        Some(("file", path)) => path,
        Some(_) => return Ok(0),
        None => url,
    };
    if path.starts_with('/') {
        return Ok(0);
    }
    let here = storage.locate(".")?.pattern;
    let mut depth = here.split('/').filter(|segment| !segment.is_empty()).count();
    let mut unwritten = depth;
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                depth = depth.saturating_sub(1);
                unwritten = unwritten.min(depth);
            }
            _ => depth += 1,
        }
    }
    Ok(unwritten)
}

async fn list_plain(location: &Location, url: &str) -> Result<Vec<ObjectMeta>> {
    if !location.path.as_ref().is_empty() {
        match location.store.head(&location.path).await {
            Ok(meta) => return Ok(vec![meta]),
            Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(unreadable(explain(error, url))),
        }
    }
    list_below(location, &location.path, url, |_| true).await
}

async fn list_below(
    location: &Location,
    prefix: &Path,
    url: &str,
    keep: impl Fn(&str) -> bool,
) -> Result<Vec<ObjectMeta>> {
    let prefix = (!prefix.as_ref().is_empty()).then_some(prefix);
    let store: &Arc<dyn ObjectStore> = &location.store;
    let metas: Vec<ObjectMeta> =
        store.list(prefix).try_collect().await.map_err(|error| unreadable(explain(error, url)))?;
    Ok(metas.into_iter().filter(|meta| keep(meta.location.as_ref())).collect())
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
        let url = format!("{base}/{url}");
        let objects = list(&Storage::new(), [(url.as_str(), Shape::Auto)]).await.unwrap();
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
        let error = list(&Storage::new(), [("/nowhere/at/all.tar", Shape::Auto)]).await.unwrap_err();
        assert!(error.to_string().contains("/nowhere/at/all.tar"), "{error}");
        assert_eq!(error.exit_code(), 1);
    }

    // The folder the program was started in used to be part of the pattern.
    #[test]
    fn only_what_is_written_is_a_pattern() {
        let storage = Storage::new();
        let here = storage.locate(".").unwrap().pattern.split('/').count();
        for (url, unwritten) in [
            ("a*.tar", here),
            ("./a/[x]/*.tar", here),
            ("../*.tar", here - 1),
            ("a/../../b/*.tar", here - 1),
            ("a/b/../*.tar", here),
            ("/a*.tar", 0),
            ("file:///a*.tar", 0),
            ("s3://raw/a*.tar", 0),
        ] {
            assert_eq!(unwritten_segments(url, &storage).unwrap(), unwritten, "{url}");
        }
    }

    #[tokio::test]
    async fn an_object_has_one_shape() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.json"), b"{}").unwrap();
        let (file, all) = (folder.path().join("a.json"), folder.path().join("*"));
        let (file, all) = (file.to_str().unwrap(), all.to_str().unwrap());
        let listed =
            |first, second| async move { list(&Storage::new(), [(file, first), (all, second)]).await };
        let objects = listed(Shape::StatusV1, Shape::StatusV1).await.unwrap();
        assert_eq!((objects.len(), objects[0].shape), (1, Shape::StatusV1));
        let error = listed(Shape::StatusV1, Shape::Auto).await.unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("a.json is to be read as status-v1 and as auto"), "{error}");
    }
}
