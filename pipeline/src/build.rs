//! Which build this is.

use std::fs::File;
use std::path::PathBuf;

use object::read::ReadCache;
use object::read::elf::ElfFile64;
use object::{Endianness, Object};

/// What tells the running program from any other build, 16 hexadecimal digits; None when its file cannot be read.
///
/// Two processes with the same id run the same code, whatever the source tree looked like; an id from
/// version control would miss local edits, compiler and features. The linker's own digest is taken where it left one, for the file
/// is large; else the file is digested.
pub(crate) fn build_id() -> Option<String> {
    let file = File::open(program()?).ok()?;
    linked(&file).or_else(|| digested(&file))
}

/// The start of the build id in an ELF file's notes.
fn linked(file: &File) -> Option<String> {
    let cache = ReadCache::new(file);
    let elf = ElfFile64::<Endianness, _>::parse(&cache).ok()?;
    let id = elf.build_id().ok()??;
    Some(format!("{:016x}", u64::from_be_bytes(*id.first_chunk()?)))
}

/// The start of the file's digest.
fn digested(file: &File) -> Option<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file).ok()?;
    Some(hasher.finalize().to_hex().chars().take(16).collect())
}

/// The file that runs, even when another one has taken its path meanwhile.
fn program() -> Option<PathBuf> {
    let own = PathBuf::from("/proc/self/exe");
    if own.exists() { Some(own) } else { std::env::current_exe().ok() }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_build_id_is_that_of_the_file() {
        let id = build_id();
        assert_eq!(id, build_id());
        let other = tempfile::tempfile().unwrap();
        for id in [id, digested(&File::open(program().unwrap()).unwrap()), digested(&other)] {
            let id = id.unwrap();
            assert!(id.len() == 16 && id.bytes().all(|digit| digit.is_ascii_hexdigit()), "{id}");
        }
        assert_eq!(linked(&other), None);
    }
}
