//! Why a task failed, as it travels back to the driver.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind};

/// An error in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Failure {
    kind: Kind,
    message: String,
    hint: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Usage,
    Gate,
    Input,
    Store,
    Resource,
    Defect,
}

impl Failure {
    /// Whether it may be different when it is tried again, perhaps elsewhere.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self.kind, Kind::Store | Kind::Resource | Kind::Input)
    }

    /// Whether a guarantee refused the result.
    pub(super) fn is_refusal(&self) -> bool {
        self.kind == Kind::Gate
    }

    pub(super) fn to_json(&self) -> String {
        // Plain strings always have JSON.
        serde_json::to_string(self).unwrap_or_default()
    }

    pub(super) fn from_json(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_else(|error| Self {
            kind: Kind::Defect,
            message: format!("an executor said what is not understood: {error}"),
            hint: None,
        })
    }

    /// The same as an error of task `task`.
    pub(super) fn into_error(self, task: usize) -> Error {
        let kind = match self.kind {
            Kind::Usage => ErrorKind::Usage,
            Kind::Gate => ErrorKind::Gate,
            Kind::Input => ErrorKind::Input,
            Kind::Store => ErrorKind::Store,
            Kind::Resource => ErrorKind::Resource,
            Kind::Defect => ErrorKind::Defect,
        };
        let error = Error::new(kind, self.message).with_context(format!("task {task} failed"));
        match self.hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::Usage => Kind::Usage,
            ErrorKind::Gate => Kind::Gate,
            ErrorKind::Input => Kind::Input,
            ErrorKind::Store => Kind::Store,
            ErrorKind::Resource => Kind::Resource,
            ErrorKind::Conflict | ErrorKind::Interrupted(_) | ErrorKind::Defect => Kind::Defect,
        };
        let hint = error.hint().map(str::to_owned);
        let text = error.to_string();
        let message = text.split("\nhint: ").next().unwrap_or_default().to_owned();
        Self { kind, message, hint }
    }
}
