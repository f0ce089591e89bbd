//! Which build this is.

use std::fs::File;
use std::path::PathBuf;

/// Digest of the running program's own file, cut to 16 hexadecimal digits; None when it cannot be read.
///
/// Two processes with the same id run the same code, whatever the source tree looked like; an id from
/// version control would miss local edits, compiler and features.
pub(crate) fn build_id() -> Option<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(program()?).ok()?).ok()?;
    Some(hasher.finalize().to_hex().chars().take(16).collect())
}

/// The file that runs, even when another one has taken its path meanwhile.
fn program() -> Option<PathBuf> {
    let own = PathBuf::from("/proc/self/exe");
    if own.exists() { Some(own) } else { std::env::current_exe().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_build_id_is_that_of_the_file() {
        let id = build_id();
        assert_eq!(id.as_deref().map(str::len), Some(16));
        assert_eq!(id, build_id());
    }
}
