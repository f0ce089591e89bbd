//! A blob that tells how far reading has come.

use std::io::Read;
use std::sync::Arc;

use crate::progress::Progress;
use crate::source::blob::Blob;

/// A blob whose sequential reads are counted as progress; a stretch read twice counts twice.
pub(crate) struct MeteredBlob<B> {
    pub(crate) blob: B,
    pub(crate) progress: Arc<Progress>,
}

impl<B: Blob> Blob for MeteredBlob<B> {
    fn size(&self) -> u64 {
        self.blob.size()
    }

    fn reader(&self, start: u64) -> Box<dyn Read + Send> {
        Box::new(MeteredReader { reader: self.blob.reader(start), progress: Arc::clone(&self.progress) })
    }
}

struct MeteredReader {
    reader: Box<dyn Read + Send>,
    progress: Arc<Progress>,
}

impl Read for MeteredReader {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.progress.add_bytes(read as u64);
        Ok(read)
    }
}
