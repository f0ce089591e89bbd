//! Texts as they were reviewed: `tests/golden/`.

use std::path::Path;

/// Fails the test unless `text` is the golden file `name`. With `TWEETMILL_BLESS` set it becomes that file:
/// then read the difference.
#[track_caller]
pub(crate) fn assert_golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden").join(name);
    if std::env::var_os("TWEETMILL_BLESS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(golden == text, "tests/golden/{name} says\n{golden}\nbut here is\n{text}");
}
