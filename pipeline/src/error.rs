//! One error type, sorted by what the person reading it can do next.

mod cause;
mod store_reply;

use std::error::Error as StdError;
use std::fmt;

pub use cause::chain;

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
/// Displayed as `message`, then `: source` for each cause, then a second line `hint: …`. What a store
/// sent with an error is cut to its code and message: the rest can hold keys.
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
        let mut said = store_reply::shorten(&self.message).into_owned();
        f.write_str(&said)?;
        for cause in chain(self).skip(1) {
            let text = cause.to_string();
            let text = store_reply::shorten(&text);
            // Many libraries repeat their cause inside their own message: say each thing once.
            if !said.contains(text.as_ref()) {
                write!(f, ": {text}")?;
                said.push_str(&text);
            }
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
