//! Which build this is.

use std::fs::File;
use std::io::Seek;
use std::path::PathBuf;

use object::read::ReadCache;
use object::read::elf::ElfFile64;
use object::{Endianness, Object};

/// What tells the running program from any other build, 16 hexadecimal digits; None when its file cannot be read.
///
/// Two processes with the same id run the same code, whatever the source tree looked like; an id from
/// version control would miss local edits, compiler and features. The file is large: where the linker left its own digest of it, that
/// and the file's length are digested, else the file. A linker that is given an id to write, or a tool that
/// changes code in place afterwards, would deceive.
pub(crate) fn build_id() -> Option<String> {
    id_of(&File::open(program()?).ok()?)
}

fn id_of(mut file: &File) -> Option<String> {
    let mut hasher = blake3::Hasher::new();
    if let Some(id) = linked(file) {
        hasher.update(&id);
        hasher.update(&file.metadata().ok()?.len().to_le_bytes());
    } else {
        file.rewind().ok()?;
        hasher.update_reader(file).ok()?;
    }
    Some(hasher.finalize().to_hex().chars().take(16).collect())
}

/// The build id in an ELF file's notes.
fn linked(file: &File) -> Option<Vec<u8>> {
    let cache = ReadCache::new(file);
    let elf = ElfFile64::<Endianness, _>::parse(&cache).ok()?;
    elf.build_id().ok()?.map(<[u8]>::to_vec)
}

/// The file that runs, even when another one has taken its path meanwhile.
fn program() -> Option<PathBuf> {
    let own = PathBuf::from("/proc/self/exe");
    if own.exists() { Some(own) } else { std::env::current_exe().ok() }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn the_build_id_is_that_of_the_file() {
        let program = File::open(program().unwrap()).unwrap();
        assert!(linked(&program).is_some(), "the linker should leave an id");
        let id = build_id().unwrap();
        assert!(id.len() == 16 && id.bytes().all(|digit| digit.is_ascii_hexdigit()), "{id}");
        assert_eq!(Some(id), id_of(&program));
    }

    // Looking for the linker's id moves the file's cursor: the digest was one of the file's end.
    #[test]
    fn a_file_without_the_linkers_id_is_digested_from_its_beginning() {
        let mut elf = vec![0; 4096];
        elf[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        for (at, value) in [(16, 2), (18, 62), (20, 1), (52, 64), (54, 56), (58, 64)] {
            elf[at] = value;
        }
        for content in [elf, b"no program at all".to_vec(), Vec::new()] {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&content).unwrap();
            file.rewind().unwrap();
            assert_eq!(linked(&file), None);
            let whole = blake3::hash(&content).to_hex();
            assert_eq!(id_of(&file).as_deref(), whole.get(..16));
        }
    }
}
