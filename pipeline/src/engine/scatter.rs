//! Rows of a fixed size thrown into many parts on disk, to be read back one part at a time.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Bytes that a writer gathers before it writes them: for one part, and for all parts together.
const CHUNK_BYTES: usize = 16 << 10;
const WRITER_BYTES: usize = 8 << 20;
/// What a part is given at the least, however many there are.
const LEAST_CHUNK_BYTES: usize = 1 << 10;

/// Rows of `N` bytes in parts.
///
/// ```text
///   writer ── a buffer a part ─┐
///   writer ── a buffer a part ─┴─► one file: [part 7][part 0][part 7][part 3] …     each a full buffer
///                                  index:    part 7 = (0, len), (2, len), …
/// ```
///
/// One file whatever the number of parts: there is no limit on open files to mind. The rows of a part come back in no
/// particular order.
#[derive(Debug)]
pub struct Scatter<const N: usize> {
    file: File,
    end: AtomicU64,
    parts: Vec<Mutex<Vec<Chunk>>>,
}

#[derive(Debug, Clone, Copy)]
struct Chunk {
    start: u64,
    len: usize,
}

impl<const N: usize> Scatter<N> {
    /// No rows yet, in a new file in `folder`, which must exist; the file is gone with the last handle to it.
    pub fn create(folder: &Path, parts: usize) -> io::Result<Self> {
        let file = tempfile::tempfile_in(folder)?;
        Ok(Self { file, end: AtomicU64::new(0), parts: (0..parts).map(|_| Mutex::default()).collect() })
    }

    /// How many parts there are.
    pub fn parts(&self) -> usize {
        self.parts.len()
    }

    /// Bytes written so far.
    pub fn bytes(&self) -> u64 {
        self.end.load(Ordering::Relaxed)
    }

    /// Bytes of the rows of `part`.
    pub fn part_bytes(&self, part: usize) -> usize {
        let chunks = self.parts.get(part).map(|chunks| chunks.lock().unwrap_or_else(PoisonError::into_inner));
        chunks.map_or(0, |chunks| chunks.iter().map(|chunk| chunk.len).sum())
    }

    /// The parts in order, in groups that can be in memory together: of `most_bytes` of rows, to each part of which come
    /// `more` from elsewhere, and of `most_parts`. A part that is larger is alone.
    pub fn groups(&self, most_bytes: usize, most_parts: usize, more: usize) -> Vec<Range<usize>> {
        let mut groups: Vec<Range<usize>> = Vec::new();
        let mut bytes = 0;
        for part in 0..self.parts() {
            let of_part = self.part_bytes(part) + more;
            match groups.last_mut() {
                Some(group) if bytes + of_part <= most_bytes && group.len() < most_parts => {
                    group.end = part + 1;
                    bytes += of_part;
                }
                _ => {
                    groups.push(part..part + 1);
                    bytes = of_part;
                }
            }
        }
        groups
    }

    /// A writer of its own for a thread. Holds 8 MiB, or 1 KiB a part where those are more than 8,192.
    pub fn writer(&self) -> ScatterWriter<'_, N> {
        let chunk = (WRITER_BYTES / self.parts.len().max(1)).clamp(LEAST_CHUNK_BYTES, CHUNK_BYTES);
        ScatterWriter { scatter: self, buffers: vec![Vec::new(); self.parts.len()], chunk }
    }

    /// All rows of `part` that were flushed; none of a part that doesn't exist.
    pub fn read(&self, part: usize) -> io::Result<Vec<[u8; N]>> {
        let Some(chunks) = self.parts.get(part) else { return Ok(Vec::new()) };
        let chunks = chunks.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let rows = chunks.iter().map(|chunk| chunk.len / N).sum();
        let mut all = vec![[0; N]; rows];
        let mut bytes = all.as_flattened_mut();
        for Chunk { start, len } in chunks {
            let (chunk, rest) = bytes.split_at_mut(len);
            self.file.read_exact_at(chunk, start)?;
            bytes = rest;
        }
        Ok(all)
    }

    fn append(&self, part: usize, buffer: &mut Vec<u8>) -> io::Result<()> {
        let Some(chunks) = self.parts.get(part) else {
            return Err(io::Error::other("rows for a part that does not exist"));
        };
        let start = self.end.fetch_add(buffer.len() as u64, Ordering::Relaxed);
        self.file.write_all_at(buffer, start)?;
        chunks.lock().unwrap_or_else(PoisonError::into_inner).push(Chunk { start, len: buffer.len() });
        buffer.clear();
        Ok(())
    }
}

/// Adds rows to a [`Scatter`]. What was pushed is there only after [`flush`](Self::flush).
#[derive(Debug)]
#[must_use = "rows that are not flushed are lost"]
pub struct ScatterWriter<'a, const N: usize> {
    scatter: &'a Scatter<N>,
    buffers: Vec<Vec<u8>>,
    /// Bytes that a part's buffer may hold.
    chunk: usize,
}

impl<const N: usize> ScatterWriter<'_, N> {
    /// Adds a row to `part`.
    pub fn push(&mut self, part: usize, row: [u8; N]) -> io::Result<()> {
        let Some(buffer) = self.buffers.get_mut(part) else {
            return Err(io::Error::other("a row for a part that does not exist"));
        };
        buffer.extend_from_slice(&row);
        if buffer.len() + N > self.chunk {
            return self.scatter.append(part, buffer);
        }
        Ok(())
    }

    /// Writes what is left.
    pub fn flush(mut self) -> io::Result<()> {
        for (part, buffer) in self.buffers.iter_mut().enumerate() {
            if !buffer.is_empty() {
                self.scatter.append(part, buffer)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn every_row_comes_back_from_its_part() {
        let folder = tempfile::tempdir().unwrap();
        let scatter = Scatter::<8>::create(folder.path(), 7).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..3_u64 {
                let mut writer = scatter.writer();
                scope.spawn(move || {
                    for row in 0..20_000 {
                        writer.push((row % 6) as usize, (thread << 32 | row).to_le_bytes()).unwrap();
                    }
                    writer.flush().unwrap();
                });
            }
        });
        assert_eq!(scatter.bytes(), 3 * 20_000 * 8);
        for part in 0..scatter.parts() {
            let mut rows: Vec<u64> =
                scatter.read(part).unwrap().into_iter().map(u64::from_le_bytes).collect();
            rows.sort_unstable();
            let of_part = |row: &u64| (row & 0xFFFF_FFFF) % 6 == part as u64;
            let expected: Vec<u64> = (0..3)
                .flat_map(|thread| (0..20_000).map(move |row| thread << 32 | row))
                .filter(of_part)
                .collect();
            assert_eq!(rows, expected);
        }
    }

    #[test]
    fn groups_fit_in_memory_and_hold_every_part_once() {
        let folder = tempfile::tempdir().unwrap();
        let scatter = Scatter::<1>::create(folder.path(), 6).unwrap();
        let mut writer = scatter.writer();
        for (part, bytes) in [(0, 10), (1, 10), (2, 100), (3, 1), (5, 2)] {
            (0..bytes).for_each(|_| writer.push(part, [7]).unwrap());
        }
        writer.flush().unwrap();
        assert_eq!(scatter.groups(20, 9, 0), [0..2, 2..3, 3..6]);
        assert_eq!(scatter.groups(20, 9, 7), [0..1, 1..2, 2..3, 3..5, 5..6]);
        assert_eq!(scatter.groups(1000, 2, 0), [0..2, 2..4, 4..6]);
    }

    #[test]
    fn a_part_that_does_not_exist_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let scatter = Scatter::<1>::create(folder.path(), 1).unwrap();
        assert!(scatter.writer().push(1, [0]).is_err());
        assert_eq!(scatter.read(1).unwrap(), Vec::<[u8; 1]>::new());
    }
}
