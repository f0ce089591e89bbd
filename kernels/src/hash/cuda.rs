//! Digests by a device.

#![expect(unsafe_code, reason = "kernels go where their arguments lead them")]

use crate::machine::{Argument, Failure, Grid, Machine, Unit};

/// [`content_hash`](super::content_hash) of each text.
pub(crate) fn content_hashes<M: Machine>(machine: &mut M, texts: &[&str]) -> Result<Vec<u128>, Failure> {
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let texts = machine.keep_texts(texts)?;
    let digests = machine.memory(texts.count as usize * size_of::<u128>())?;
    let arguments = [
        Argument::Memory(&texts.bytes),
        Argument::Memory(&texts.ends),
        Argument::Word(texts.count),
        Argument::Memory(&digests),
    ];
    // SAFETY: these are the arguments of the kernel, and there is room for two words a text.
    unsafe { machine.launch((Unit::Hash, "content_hash"), Grid::of_threads(texts.count), &arguments)? };
    let mut halves = vec![0_u64; texts.count as usize * 2];
    machine.download(&digests, &mut halves)?;
    let (digests, _) = halves.as_chunks::<2>();
    Ok(digests.iter().map(|[low, high]| u128::from(*high) << 64 | u128::from(*low)).collect())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::hash::content_hash;
    use crate::machine::simulated::Simulated;

    /// Every length of every way that XXH3 has, at every place between words of memory.
    #[test]
    fn digests_are_those_of_the_processor() {
        let letters = "abcdefghijklmnopqrstuvwxyz0123456789 é漢🤗".repeat(60);
        let texts: Vec<&str> = (0..=300)
            .chain([511, 512, 513, 1023, 1024, 1025, 1088, 1089, 2048, 2049])
            .filter_map(|length| {
                letters.get(
                    letters.ceil_char_boundary(length % 7)..letters.floor_char_boundary(length + length % 7),
                )
            })
            .collect();
        let truth: Vec<u128> = texts.iter().map(|text| content_hash(text.as_bytes())).collect();
        for mut machine in Simulated::several(3) {
            assert_eq!(content_hashes(&mut machine, &texts).unwrap(), truth);
        }
    }
}
