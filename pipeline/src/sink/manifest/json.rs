//! Manifests as JSON: pretty to read, refused where a newer build wrote them.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::schema::FORMAT_VERSION;

/// Pretty, with a line feed at the end.
pub(super) fn to_json<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    let mut json = serde_json::to_vec_pretty(value).map_err(not_json)?;
    json.push(b'\n');
    Ok(json)
}

/// The same as a value, for comparing.
pub(super) fn json_value<T: Serialize>(value: &T) -> Result<serde_json::Value> {
    serde_json::to_value(value).map_err(not_json)
}

pub(super) fn not_json(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Defect, "a manifest could not be written as JSON").with_source(error)
}

/// Reads `what`, such as `commit`. The version comes first: a newer format may have any other fields.
pub(super) fn from_versioned_json<T: DeserializeOwned>(json: &[u8], what: &str) -> Result<T> {
    #[derive(Deserialize)]
    struct Version {
        format_version: u32,
    }
    let unreadable = |error: serde_json::Error| {
        Error::new(ErrorKind::Store, format!("this is no {what} of a data set")).with_source(error)
    };
    let Version { format_version } = serde_json::from_slice(json).map_err(unreadable)?;
    if format_version != FORMAT_VERSION {
        let message =
            format!("the {what} has format version {format_version}, this build knows {FORMAT_VERSION}");
        return Err(Error::new(ErrorKind::Store, message)
            .with_hint("use the tweetmill that wrote it, or a newer one"));
    }
    serde_json::from_slice(json).map_err(unreadable)
}
