//! A file of the scratch space that knows its digest, and is named by it when it is done.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Error, Result};

/// Hex digits of the digest in a file's name: 64 bits, enough to tell any two files of a data set apart.
pub(crate) const NAME_DIGEST_DIGITS: usize = 16;

/// A new file that is hashed and counted while it is written.
///
/// It has a temporary name, and is removed when dropped before [`Digesting::persist`].
pub(super) struct Digesting {
    file: NamedTempFile,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl Digesting {
    pub(super) fn create(folder: &Path) -> Result<Self> {
        let file = tempfile::Builder::new().prefix("writing-").tempfile_in(folder)?;
        Ok(Self { file, hasher: blake3::Hasher::new(), bytes: 0 })
    }

    /// Gives the file the name made from its digest; a file of that name held the same bytes.
    pub(super) fn persist(
        mut self,
        folder: &Path,
        name: impl FnOnce(&str) -> String,
    ) -> Result<(PathBuf, String, u64, String)> {
        self.file.flush()?;
        let digest = self.hasher.finalize().to_hex().to_string();
        let name = name(&digest);
        let path = folder.join(&name);
        self.file.persist(&path).map_err(|refused| Error::from(refused.error))?;
        Ok((path, name, self.bytes, digest))
    }
}

impl Write for Digesting {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.file.write(buffer)?;
        self.hasher.update(buffer.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The digits of a digest that go into a name.
pub(crate) fn short(digest: &str) -> &str {
    digest.get(..NAME_DIGEST_DIGITS).unwrap_or(digest)
}
