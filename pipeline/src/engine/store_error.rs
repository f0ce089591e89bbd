//! What an error of an object store means for the person who reads it.

use crate::error::{Error, ErrorKind, chain};

/// Says what went wrong with `what` (a URL) in words that name the remedy.
pub fn explain(error: object_store::Error, what: &str) -> Error {
    let missing = matches!(error, object_store::Error::NotFound { .. });
    match diagnose(&error, what) {
        Some(Diagnosis { kind, message, hint }) => {
            Error::new(kind, message).with_source(error).with_hint(hint)
        }
        None if missing => Error::new(ErrorKind::Store, format!("{what} does not exist")).with_source(error),
        None => Error::new(ErrorKind::Store, format!("{what} could not be reached")).with_source(error),
    }
}

/// The same for an error that a store caused somewhere below: its message stays, behind the explanation.
pub fn explain_cause(error: Error, what: &str) -> Error {
    let diagnosis = chain(&error).skip(1).find_map(|cause| {
        cause.downcast_ref::<object_store::Error>().and_then(|store| diagnose(store, what))
    });
    match diagnosis {
        // It says that the disk is full already.
        Some(Diagnosis { kind, hint, .. }) if kind == error.kind() && kind == ErrorKind::Resource => {
            error.with_context(what).with_hint(hint)
        }
        Some(Diagnosis { kind, message, hint }) => {
            error.with_kind(kind).with_context(message).with_hint(hint)
        }
        None => error,
    }
}

/// What a store's error means for the person who reads it.
struct Diagnosis {
    kind: ErrorKind,
    message: String,
    hint: &'static str,
}

fn diagnose(error: &object_store::Error, what: &str) -> Option<Diagnosis> {
    use object_store::Error as Store;
    let text: String = chain(error).map(ToString::to_string).collect();
    let holds = |codes: &[&str]| codes.iter().any(|code| text.contains(code));
    let refused = matches!(error, Store::PermissionDenied { .. } | Store::Unauthenticated { .. })
        || holds(&["InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "ExpiredToken"]);
    let io = io_cause(error).map(std::io::Error::kind);
    let (kind, message, hint) = if holds(&["NoSuchBucket", "ContainerNotFound"]) {
        (
            ErrorKind::Store,
            format!("the bucket of {what} does not exist"),
            "check its name and region; tweetmill never creates buckets",
        )
    } else if io == Some(std::io::ErrorKind::StorageFull) {
        (
            ErrorKind::Resource,
            format!("no space left on the disk under {what}"),
            "free some space, or point output.url at a larger disk",
        )
    } else if io == Some(std::io::ErrorKind::PermissionDenied) {
        (ErrorKind::Store, format!("no right to use {what}"), "check the owner and mode of that path")
    } else if refused {
        (
            ErrorKind::Store,
            format!("no right to use {what}"),
            "check the credentials in the environment (AWS_*, GOOGLE_*, AZURE_*) and the bucket's policy",
        )
    } else {
        return None;
    };
    Some(Diagnosis { kind, message, hint })
}

fn io_cause(error: &object_store::Error) -> Option<&std::io::Error> {
    chain(error).find_map(|cause| cause.downcast_ref())
}
