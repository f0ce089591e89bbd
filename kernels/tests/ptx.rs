//! What is checked in under `ptx/` is what the sources under `cuda/` compile to. That takes the compiler, and `.ci/run` does it; here it is
//! asked whether any of them was changed since.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The files of `name` that end so, in order.
fn files(name: &str, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder(name))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

/// What the head of a compiled kernel says of `key`.
fn head<'a>(ptx: &'a str, key: &str) -> &'a str {
    let mut lines = ptx.lines().take_while(|line| line.starts_with("//"));
    lines.find_map(|line| line.strip_prefix("// ")?.strip_prefix(key)?.strip_prefix(' ')).unwrap()
}

/// As `build.sh` computes it.
fn digest(flags: &str, source: &Path) -> String {
    let mut hasher = Sha256::new();
    hasher.update(flags);
    hasher.update("\n");
    for path in files("cuda", "cuh").iter().map(PathBuf::as_path).chain([source]) {
        hasher.update(fs::read(path).unwrap());
    }
    hasher.finalize().iter().fold(String::new(), |digits, byte| digits + &format!("{byte:02x}"))
}

#[test]
fn compiled_kernels_are_those_of_the_sources() {
    let build = fs::read_to_string(folder("build.sh")).unwrap();
    let sources = files("cuda", "cu");
    assert_eq!(sources.len(), files("ptx", "ptx").len(), "a compiled kernel for each source");
    for source in sources {
        let ptx = folder("ptx").join(source.file_stem().unwrap()).with_extension("ptx");
        let ptx = fs::read_to_string(&ptx).unwrap();
        let flags = head(&ptx, "flags");
        assert!(build.contains(&format!("readonly flags=\"{flags}\"\n")), "{flags}");
        assert!(build.contains(&format!("readonly compiler={}\n", head(&ptx, "compiler"))));
        let found = digest(flags, &source);
        assert_eq!(head(&ptx, "sources"), found, "{} was changed: run kernels/build.sh", source.display());
    }
}
