//! What a suite needs and this machine may lack: skipped with a reason, or a failure where it is required.

use std::io::Write;
use std::path::PathBuf;

/// Says why a test does not run, past the test runner's capture.
///
/// A failure where `TWEETMILL_REQUIRE`, a list such as `realdata,loaders,s3,azure`, names `need`.
pub(crate) fn skip(need: &str, reason: &str) {
    let required = std::env::var("TWEETMILL_REQUIRE").unwrap_or_default();
    assert!(!required.split(',').any(|name| name.trim() == need), "`{need}` is required here, but {reason}");
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    let mut stderr = std::io::stderr();
    writeln!(stderr, "skipped {test}: {reason}").unwrap();
}

/// Folder of real archives, beside the README that counts them.
pub(crate) fn real_data() -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("TWEETMILL_REALDATA").map(PathBuf::from) else {
        skip("realdata", "TWEETMILL_REALDATA names no folder of real archives");
        return None;
    };
    if !folder.join("README.md").is_file() {
        skip("realdata", &format!("there is no README.md in {}", folder.display()));
        return None;
    }
    Some(folder)
}

/// The Python interpreter that has the packages of `tests/loaders/requirements.txt`.
pub(crate) fn python(need: &str) -> Option<PathBuf> {
    let python = std::env::var_os("TWEETMILL_PYTHON").map(PathBuf::from);
    if python.is_none() {
        skip(
            need,
            "TWEETMILL_PYTHON names no interpreter with the packages of tests/loaders/requirements.txt",
        );
    }
    python
}
