//! Why a run file was refused: the place, the key, the remedy.

use std::fmt;

use crate::error::{Error, ErrorKind};

use super::yaml::Place;

/// One reason to refuse a run file, before it is known what the file is called.
///
/// Displayed as `line:column: message`, then a second line `hint: …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    place: Place,
    message: String,
    hint: Option<String>,
}

impl Refusal {
    /// `message` is lower case, names the key and the value, and has no full stop.
    pub(super) fn new(place: Place, message: impl Into<String>) -> Self {
        Self { place, message: message.into(), hint: None }
    }

    /// Adds the remedy, or the values allowed.
    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same refusal for a text that stands somewhere else.
    #[must_use]
    pub(super) fn moved_to(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// Names the file: `nightly.yaml:3:7: …`, or the argument: `--set a.b=c: …`.
    pub(super) fn into_error(self, file: &str) -> Error {
        let message = match self.place {
            Place::File { line, column } => format!("{file}:{line}:{column}: {}", self.message),
            Place::Set(argument) => format!("--set {argument}: {}", self.message),
        };
        let error = Error::new(ErrorKind::Usage, message);
        match self.hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::File { line, column } => write!(f, "{line}:{column}: ")?,
            Place::Set(argument) => write!(f, "--set {argument}: ")?,
        }
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

/// The candidate that `written` was most likely meant to be, if one is near enough.
pub(crate) fn did_you_mean<'a>(
    written: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let folded = written.to_ascii_lowercase().replace(['-', '.'], "_");
    let mut best: Option<(f64, &str)> = None;
    for candidate in candidates {
        let score = strsim::jaro_winkler(&folded, &candidate.to_ascii_lowercase().replace('-', "_"));
        if score >= 0.8 && best.is_none_or(|(highest, _)| score > highest) {
            best = Some((score, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// `did you mean …? allowed …: a, b`, with the question only when there is a near candidate.
pub(crate) fn allowed_hint(written: &str, allowed: &[&str]) -> String {
    let list = allowed.join(", ");
    match did_you_mean(written, allowed.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? allowed: {list}"),
        None => format!("allowed: {list}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_offered_and_far_ones_are_not() {
        assert_eq!(did_you_mean("shardsize", ["url", "columns", "shard_size"]), Some("shard_size"));
        assert_eq!(did_you_mean("shard-size", ["url", "columns", "shard_size"]), Some("shard_size"));
        assert_eq!(did_you_mean("filters", ["input", "output"]), None);
        assert_eq!(allowed_hint("xyz", &["a", "b"]), "allowed: a, b");
    }
}
