//! One error type, sorted by what the person reading it can do next.

use std::error::Error as StdError;
use std::fmt;

use datafusion::error::DataFusionError;

/// What the caller can do about an [`Error`]; decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The command line or the run file is wrong: edit it. Exit code 2.
    Usage,
    /// A gate or a guarantee refused the result: nothing was committed. Exit code 3.
    Gate,
    /// An input could not be read: check the URL, the rights, the file. Exit code 1.
    Input,
    /// The data set or its store could not be read or written. Exit code 1.
    Store,
    /// Memory, disk or another local resource ran out. Exit code 1.
    Resource,
    /// Another run got there first. Exit code 1.
    Conflict,
    /// The run was interrupted by a signal. Exit code 130 or 143.
    Interrupted(i32),
    /// A promise tweetmill makes to itself was broken: a defect to report. Exit code 1.
    Defect,
}

/// An error with its kind, a message that names the value, and, when known, the remedy.
///
/// Displayed as `message`, then `: source` for each cause, then a second line `hint: …`.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// Shorthand used across the crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind`; `message` is lower case, names the value, and has no full stop.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, source: None }
    }

    /// Adds the remedy, shown on a line of its own.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Keeps the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same kind and hint under a message that says what was being done; the old message follows it.
    #[must_use]
    pub fn with_context(self, message: impl Into<String>) -> Self {
        let Self { kind, message: cause, hint, source } = self;
        let message = message.into();
        Self { kind, message: format!("{message}: {cause}"), hint, source }
    }

    /// The same error, of another kind.
    #[must_use]
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.kind = kind;
        self
    }

    /// What the caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The remedy, when known.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The exit code of the process that ends with this error.
    pub fn exit_code(&self) -> i32 {
        match self.kind {
            ErrorKind::Usage => 2,
            ErrorKind::Gate => 3,
            ErrorKind::Interrupted(signal) => 128 + signal,
            ErrorKind::Input
            | ErrorKind::Store
            | ErrorKind::Resource
            | ErrorKind::Conflict
            | ErrorKind::Defect => 1,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        let mut cause = self.source.as_deref().map(|source| source as &dyn StdError);
        let mut said = self.message.clone();
        while let Some(error) = cause {
            let text = error.to_string();
            // Many libraries repeat their cause inside their own message: say each thing once.
            if !said.contains(&text) {
                write!(f, ": {text}")?;
                said.push_str(&text);
            }
            cause = error.source();
        }
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

impl From<DataFusionError> for Error {
    fn from(error: DataFusionError) -> Self {
        match error {
            DataFusionError::Context(_, inner) => Self::from(*inner),
            DataFusionError::Shared(shared) => match std::sync::Arc::try_unwrap(shared) {
                Ok(inner) => Self::from(inner),
                Err(shared) => Self::new(ErrorKind::Defect, shared.to_string()),
            },
            DataFusionError::External(inner) => match inner.downcast::<Self>() {
                Ok(own) => *own,
                Err(other) => Self::new(ErrorKind::Defect, "the engine failed").with_source(other),
            },
            DataFusionError::IoError(inner) => Self::from(inner),
            DataFusionError::ObjectStore(inner) => Self::from(*inner),
            DataFusionError::ResourcesExhausted(message) => Self::new(ErrorKind::Resource, message)
                .with_hint("raise engine.memory, or lower engine.threads"),
            other => Self::new(ErrorKind::Defect, "the engine failed").with_source(other),
        }
    }
}

impl From<Error> for DataFusionError {
    fn from(error: Error) -> Self {
        Self::External(Box::new(error))
    }
}

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        Self::new(ErrorKind::Store, "the object store failed").with_source(error)
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::StorageFull {
            return Self::new(ErrorKind::Resource, "no space left on the disk")
                .with_source(error)
                .with_hint("free some space, or point engine.scratch and output.url at a larger disk");
        }
        Self::new(ErrorKind::Resource, "the file system failed").with_source(error)
    }
}

impl From<arrow::error::ArrowError> for Error {
    fn from(error: arrow::error::ArrowError) -> Self {
        Self::from(DataFusionError::from(error))
    }
}

impl From<parquet::errors::ParquetError> for Error {
    fn from(error: parquet::errors::ParquetError) -> Self {
        Self::new(ErrorKind::Store, "a Parquet file could not be read or written").with_source(error)
    }
}
