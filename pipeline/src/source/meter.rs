//! How far reading has come, for progress and for the run's numbers.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::source::blob::Blob;

/// Counters that every reading task adds to.
#[derive(Debug, Default)]
pub struct Meter {
    stored_bytes: AtomicU64,
    records: AtomicU64,
}

impl Meter {
    /// Stored (compressed) bytes read so far; a stretch read twice counts twice.
    pub fn stored_bytes(&self) -> u64 {
        self.stored_bytes.load(Ordering::Relaxed)
    }

    /// Records emitted so far.
    pub fn records(&self) -> u64 {
        self.records.load(Ordering::Relaxed)
    }

    pub(crate) fn add_records(&self, records: u64) {
        self.records.fetch_add(records, Ordering::Relaxed);
    }
}

/// A blob whose sequential reads are counted.
pub(crate) struct MeteredBlob<B> {
    pub(crate) blob: B,
    pub(crate) meter: Arc<Meter>,
}

impl<B: Blob> Blob for MeteredBlob<B> {
    fn size(&self) -> u64 {
        self.blob.size()
    }

    fn reader(&self, start: u64) -> Box<dyn Read + Send> {
        Box::new(MeteredReader { reader: self.blob.reader(start), meter: Arc::clone(&self.meter) })
    }
}

struct MeteredReader {
    reader: Box<dyn Read + Send>,
    meter: Arc<Meter>,
}

impl Read for MeteredReader {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.meter.stored_bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
