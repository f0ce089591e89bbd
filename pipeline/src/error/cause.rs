//! An error from a library below → what the person reading it can do about it.
//!
//! The engine hands an error on in wrappers: with a context, as Arrow's or Parquet's, shared between all
//! outputs of a repartitioning. What it means stands somewhere inside, so it is looked for by reference,
//! down the whole chain, and the wrappers above it are left out of what is said.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;

use datafusion::error::DataFusionError;
use parquet::errors::ParquetError;
use tweetmill_kernels::encoder::Error as Arithmetic;
use tweetmill_udfs::embed::ModelError;
use tweetmill_udfs::tokenize::TokenizerError;

use super::{Error, ErrorKind};

type Whole = Box<dyn StdError + Send + Sync>;

/// `error` and its causes, the last of which is the first that happened.
pub fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(seen_through(error)), |error| cause(*error))
}

fn cause<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    // An I/O error that holds another error passes it over, and gives the cause of that one.
    let below = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(held) => Some(held as &(dyn StdError + 'static)),
        None => error.source(),
    };
    below.map(seen_through)
}

/// The error itself where `error` only points at it.
fn seen_through<'a>(error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    if let Some(below) = error.downcast_ref::<Below>() {
        return below.error();
    }
    match error.downcast_ref::<Arc<DataFusionError>>() {
        Some(shared) => shared.as_ref(),
        None => error,
    }
}

/// The cause that stands `depth` steps below `whole`: a shared error can be kept, but not taken apart.
#[derive(Debug)]
struct Below {
    whole: Whole,
    depth: usize,
}

impl Below {
    fn error(&self) -> &(dyn StdError + 'static) {
        chain(self.whole.as_ref()).nth(self.depth).unwrap_or(self.whole.as_ref())
    }
}

impl fmt::Display for Below {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.error(), f)
    }
}

impl StdError for Below {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        cause(self.error())
    }
}

/// What an error in a chain means, and how far down the part of the chain stands that is still worth saying.
struct Meaning {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    source: Option<usize>,
}

/// The error that `whole` means.
fn explained(whole: Whole) -> Error {
    let meaning = meaning(whole.as_ref());
    let mut error = Error::new(meaning.kind, meaning.message);
    if let Some(hint) = meaning.hint {
        error = error.with_hint(hint);
    }
    match meaning.source {
        Some(depth) => error.with_source(Below { whole, depth }),
        None => error,
    }
}

fn meaning(whole: &(dyn StdError + 'static)) -> Meaning {
    for (depth, error) in chain(whole).enumerate() {
        if let Some(own) = error.downcast_ref::<Error>() {
            let source = own.source.is_some().then_some(depth + 1);
            return Meaning { kind: own.kind, message: own.message.clone(), hint: own.hint.clone(), source };
        }
        if let Some(DataFusionError::ResourcesExhausted(message)) = error.downcast_ref() {
            let hint = Some("raise engine.memory, or lower engine.threads".to_owned());
            return Meaning { kind: ErrorKind::Resource, message: message.clone(), hint, source: None };
        }
        if let Some(ModelError::Arithmetic { name, why: Arithmetic::Device { why } }) = error.downcast_ref() {
            return Meaning {
                kind: ErrorKind::Resource,
                message: format!("the GPU makes no vectors of the model `{name}`: {why}"),
                hint: Some("start the run again; embed.device: processor needs no GPU".to_owned()),
                source: None,
            };
        }
        if error.downcast_ref::<io::Error>().is_some_and(is_full) || is_full_in_words(error) {
            let hint = "free some space, or point engine.scratch and output.url at a larger disk";
            return Meaning {
                kind: ErrorKind::Resource,
                message: "no space left on the disk".to_owned(),
                hint: Some(hint.to_owned()),
                // A store says which object it was about.
                source: find::<object_store::Error>(whole).or(Some(depth)),
            };
        }
    }
    if let Some(depth) = chain(whole).position(is_out_of_files) {
        return Meaning {
            kind: ErrorKind::Resource,
            message: "the process has as many files open as it may".to_owned(),
            hint: Some("raise the hard limit on open files (ulimit -Hn), or lower engine.threads".to_owned()),
            source: Some(depth),
        };
    }
    let (kind, message, source) = if let Some(depth) = find::<object_store::Error>(whole) {
        (ErrorKind::Store, "the object store failed", depth)
    } else if let Some(depth) = find::<ParquetError>(whole) {
        (ErrorKind::Store, "a Parquet file could not be read or written", depth)
    } else if let Some(depth) = find::<TokenizerError>(whole) {
        (ErrorKind::Defect, "a text could not be tokenized", depth)
    } else if let Some(depth) = find::<io::Error>(whole) {
        (ErrorKind::Resource, "the file system failed", depth)
    } else {
        (ErrorKind::Defect, "the engine failed", 0)
    };
    Meaning { kind, message: message.to_owned(), hint: None, source: Some(source) }
}

/// How far down the first error of this type stands.
fn find<T: StdError + 'static>(whole: &(dyn StdError + 'static)) -> Option<usize> {
    chain(whole).position(<dyn StdError>::is::<T>)
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// `EMFILE` and `ENFILE`, for which the standard library has no kind.
fn is_out_of_files(error: &(dyn StdError + 'static)) -> bool {
    let code = error.downcast_ref::<io::Error>().and_then(io::Error::raw_os_error);
    matches!(code, Some(23 | 24))
}

/// Parquet's writer repeats in words alone what failed when its last bytes were written.
fn is_full_in_words(error: &(dyn StdError + 'static)) -> bool {
    match error.downcast_ref() {
        Some(ParquetError::General(message)) => message.contains("No space left on device"),
        _ => false,
    }
}

impl From<DataFusionError> for Error {
    fn from(error: DataFusionError) -> Self {
        explained(Box::new(error))
    }
}

impl From<Error> for DataFusionError {
    fn from(error: Error) -> Self {
        Self::External(Box::new(error))
    }
}

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        explained(Box::new(error))
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        explained(Box::new(error))
    }
}

impl From<arrow::error::ArrowError> for Error {
    fn from(error: arrow::error::ArrowError) -> Self {
        explained(Box::new(error))
    }
}

impl From<ParquetError> for Error {
    fn from(error: ParquetError) -> Self {
        explained(Box::new(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::error::ArrowError;

    fn wrongly_placed() -> Error {
        Error::new(ErrorKind::Input, "a.tar could not be read to its end")
            .with_source(io::Error::other("the header is damaged"))
            .with_hint("fetch it again")
    }

    const WRONGLY_PLACED: &str =
        "a.tar could not be read to its end: the header is damaged\nhint: fetch it again";

    fn full() -> io::Error {
        io::Error::from_raw_os_error(28)
    }

    const FULL: &str = "no space left on the disk: No space left on device (os error 28)\n\
                        hint: free some space, or point engine.scratch and output.url at a larger disk";

    /// Every way in which the engine was seen, or may be expected, to hand an error on.
    fn wrapped(error: impl Fn() -> Whole) -> Vec<DataFusionError> {
        let external = || DataFusionError::External(error());
        vec![
            external(),
            external().context("while sorting"),
            DataFusionError::External(Box::new(external())),
            DataFusionError::ArrowError(Box::new(ArrowError::ExternalError(error())), None),
            DataFusionError::ArrowError(Box::new(ArrowError::ExternalError(Box::new(external()))), None),
            DataFusionError::ParquetError(Box::new(ParquetError::External(error()))),
            DataFusionError::ParquetError(Box::new(ParquetError::External(Box::new(external())))),
            DataFusionError::IoError(io::Error::other(error())),
            DataFusionError::Collection(vec![external()]),
            DataFusionError::External(Box::new(Arc::new(external()))),
        ]
    }

    /// Each of them as one of several owners has it, and as the last.
    fn shared(error: DataFusionError) -> (DataFusionError, DataFusionError) {
        let held = Arc::new(error);
        (DataFusionError::Shared(Arc::clone(&held)).context("CollectLeft"), DataFusionError::Shared(held))
    }

    #[test]
    fn an_error_of_ours_comes_back_as_it_went_in() {
        for error in wrapped(|| Box::new(wrongly_placed())) {
            let wrapping = format!("{error:?}");
            let (one, last) = shared(error);
            for error in [Error::from(one), Error::from(last)] {
                assert_eq!(error.kind(), ErrorKind::Input, "{wrapping}");
                assert_eq!(error.to_string(), WRONGLY_PLACED, "{wrapping}");
            }
        }
    }

    #[test]
    fn a_full_disk_is_told_from_a_defect_through_every_wrapping() {
        let mut errors = wrapped(|| Box::new(full()));
        errors.push(DataFusionError::IoError(full()));
        errors.push(ArrowError::from(full()).into());
        errors.push(ParquetError::from(full()).into());
        errors.push(ParquetError::from(ArrowError::from(full())).into());
        for error in errors {
            let wrapping = format!("{error:?}");
            let (one, last) = shared(error);
            for error in [Error::from(one), Error::from(last)] {
                assert_eq!(error.kind(), ErrorKind::Resource, "{wrapping}");
                let text = error.to_string();
                assert!(text.starts_with("no space left on the disk: "), "{wrapping}: {text}");
                assert!(
                    text.ends_with(
                        "\nhint: free some space, or point engine.scratch and output.url at a larger disk"
                    ),
                    "{text}"
                );
                assert_eq!(text.matches("os error 28").count(), 1, "{text}");
            }
        }
        assert_eq!(Error::from(ArrowError::from(full())).to_string(), FULL);
        assert_eq!(Error::from(ParquetError::from(full())).to_string(), FULL);
        assert_eq!(Error::from(full()).to_string(), FULL);
        let message = format!("fail to get inner writer: {:?}", full().to_string());
        assert_eq!(Error::from(ParquetError::General(message)).kind(), ErrorKind::Resource);
    }

    #[test]
    fn a_full_disk_below_a_store_keeps_the_name_of_the_object() {
        let error = object_store::Error::Generic { store: "disk", source: Box::new(full()) };
        let error = Error::from(error);
        assert_eq!(error.kind(), ErrorKind::Resource);
        let text = error.to_string();
        assert!(text.starts_with("no space left on the disk: Generic disk error: No space left"), "{text}");
        assert!(chain(&error).any(<dyn StdError>::is::<object_store::Error>));
    }

    #[test]
    fn a_lack_of_memory_names_the_setting() {
        for error in wrapped(|| Box::new(DataFusionError::ResourcesExhausted("no more memory".into()))) {
            let (one, last) = shared(error);
            for error in [Error::from(one), Error::from(last)] {
                assert_eq!(error.kind(), ErrorKind::Resource);
                assert_eq!(
                    error.to_string(),
                    "no more memory\nhint: raise engine.memory, or lower engine.threads"
                );
            }
        }
    }

    #[test]
    fn an_error_of_a_library_gets_the_kind_of_that_library() {
        let missing = || object_store::Error::NotFound { path: "a".into(), source: "gone".into() };
        let tokenizer = || TokenizerError::Encode { name: "t".into(), bytes: 3, why: "odd".into() };
        for (error, kind, text) in [
            (
                wrapped(|| Box::new(missing())),
                ErrorKind::Store,
                "the object store failed: Object at location a",
            ),
            (
                wrapped(|| Box::new(tokenizer())),
                ErrorKind::Defect,
                "a text could not be tokenized: the tokenizer `t` failed",
            ),
        ] {
            for error in error {
                // A damaged file outranks what it was read for.
                let parquet = matches!(error, DataFusionError::ParquetError(_)) && kind == ErrorKind::Defect;
                let error = Error::from(error);
                if !parquet {
                    assert_eq!(error.kind(), kind);
                    assert!(error.to_string().starts_with(text), "{error}");
                }
            }
        }
        let parquet = Error::from(DataFusionError::from(ParquetError::General("bad footer".into())));
        assert_eq!(parquet.kind(), ErrorKind::Store);
        assert_eq!(
            parquet.to_string(),
            "a Parquet file could not be read or written: Parquet error: bad footer"
        );
        let unknown = Error::from(DataFusionError::Internal("lost a column".into()));
        assert_eq!(unknown.kind(), ErrorKind::Defect);
        assert!(unknown.to_string().starts_with("the engine failed: Internal error: lost a column"));
    }

    #[test]
    fn the_cause_of_a_kept_error_is_found_again() {
        let missing = object_store::Error::NotFound { path: "a".into(), source: "gone".into() };
        let own = Error::new(ErrorKind::Store, "no such file").with_source(missing);
        let (one, _last) = shared(DataFusionError::from(own));
        let error = Error::from(one);
        assert!(chain(&error).any(<dyn StdError>::is::<object_store::Error>));
    }
}
