//! Digests by a device.

#![expect(unsafe_code, reason = "kernels go where their arguments lead them")]

use crate::machine::{Argument, Failure, Grid, Machine, Unit};
use crate::texts::Texts;

/// Digests that a machine is computing.
#[derive(Debug)]
pub(crate) struct Digests<Memory> {
    memory: Memory,
    count: usize,
}

impl<Memory> Digests<Memory> {
    /// Has those of `texts` computed.
    pub(crate) fn start<M: Machine<Memory = Memory>>(
        machine: &mut M,
        texts: &Texts,
    ) -> Result<Self, Failure> {
        let there = machine.keep_texts(texts)?;
        let memory = machine.memory(texts.len() * size_of::<u128>())?;
        let arguments =
            [(&there.bytes).into(), (&there.ends).into(), Argument::Word(there.count), (&memory).into()];
        // SAFETY: these are the arguments of the kernel, and there is room for two words a text.
        unsafe { machine.launch((Unit::Hash, "content_hash"), Grid::of_threads(there.count), &arguments)? };
        Ok(Self { memory, count: texts.len() })
    }

    /// [`content_hash`](super::content_hash) of each text.
    pub(crate) fn finish<M: Machine<Memory = Memory>>(self, machine: &mut M) -> Result<Vec<u128>, Failure> {
        let mut halves = vec![0_u64; self.count * 2];
        machine.download(&self.memory, &mut halves)?;
        let (digests, _) = halves.as_chunks::<2>();
        Ok(digests.iter().map(|[low, high]| u128::from(*high) << 64 | u128::from(*low)).collect())
    }
}

#[cfg(all(test, feature = "sim"))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::hash::content_hash;
    use crate::machine::simulated::Simulated;

    /// Every length of every way that XXH3 has, at every place between words of memory.
    #[test]
    fn digests_are_those_of_the_processor() {
        let letters = "abcdefghijklmnopqrstuvwxyz0123456789 é漢🤗".repeat(60);
        let mut texts = Texts::new();
        let some =
            (0..=300).chain([511, 512, 513, 1023, 1024, 1025, 1088, 1089, 2048, 2049]).filter_map(|length| {
                letters.get(
                    letters.ceil_char_boundary(length % 7)..letters.floor_char_boundary(length + length % 7),
                )
            });
        assert!(some.into_iter().all(|text| texts.push(text)));
        let truth: Vec<u128> = texts.iter().map(|text| content_hash(text.as_bytes())).collect();
        for mut machine in Simulated::several(3) {
            let digests = Digests::start(&mut machine, &texts).unwrap();
            assert_eq!(digests.finish(&mut machine).unwrap(), truth);
        }
    }
}
