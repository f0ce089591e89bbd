//! Keys of bands by a device.

#![expect(unsafe_code, reason = "kernels go where their arguments lead them")]

use super::bands::Bands;
use super::script::DENSE;
use crate::machine::{Argument, Failure, Grid, Machine, Store, Unit};
use crate::texts::Texts;

/// [`Bands`] in a machine's memory.
#[derive(Debug)]
pub(crate) struct BandsThere<Memory> {
    multipliers: Memory,
    offsets: Memory,
    dense_blocks: Memory,
    alphabetic: u32,
    dense: u32,
    a: Memory,
    b: Memory,
    row_multipliers: Memory,
    rows: u32,
    band_tags: Memory,
    bands: u32,
}

/// Keys that a machine is computing.
#[derive(Debug)]
pub(crate) struct Keys<Memory> {
    memory: Memory,
    is_empty: Vec<bool>,
    bands: usize,
}

impl<Memory> BandsThere<Memory> {
    /// Most minima of a text: those of the warps of a block share its memory.
    pub(crate) const MOST_MINIMA: usize = 2048;

    /// None where a text has too many minima for a device.
    pub(crate) fn new<S: Store<Memory = Memory>>(
        store: &mut S,
        bands: &Bands,
    ) -> Result<Option<Self>, Failure> {
        let scheme = bands.scheme();
        let minima = usize::from(scheme.bands) * usize::from(scheme.rows);
        if minima > Self::MOST_MINIMA {
            return Ok(None);
        }
        let all = |of: fn(&super::bands::LaneBlock) -> &[u32]| {
            bands.lanes.iter().flat_map(of).copied().collect::<Vec<_>>()
        };
        let dense_blocks: Vec<u32> = DENSE.iter().flat_map(|block| [*block.start(), *block.end()]).collect();
        Ok(Some(Self {
            multipliers: store.keep(&bands.shingles.multipliers)?,
            offsets: store.keep(&bands.shingles.lengths)?,
            dense_blocks: store.keep(&dense_blocks)?,
            alphabetic: scheme.alphabetic.into(),
            dense: scheme.dense.into(),
            a: store.keep(&all(|block| &block.a))?,
            b: store.keep(&all(|block| &block.b))?,
            row_multipliers: store.keep(&bands.row_multipliers)?,
            rows: scheme.rows.into(),
            band_tags: store.keep(&bands.band_tags)?,
            bands: scheme.bands.into(),
        }))
    }

    /// Has the keys of `texts` computed.
    pub(crate) fn start<M: Machine<Memory = Memory>>(
        &self,
        machine: &mut M,
        texts: &Texts,
    ) -> Result<Keys<Memory>, Failure> {
        let is_empty = texts.iter().map(str::is_empty).collect();
        let texts = machine.keep_texts(texts)?;
        let keys = machine.memory(texts.count as usize * self.bands as usize * size_of::<u64>())?;
        let arguments = [
            Argument::Memory(&texts.bytes),
            Argument::Memory(&texts.ends),
            Argument::Word(texts.count),
            Argument::Memory(&self.multipliers),
            Argument::Memory(&self.offsets),
            Argument::Memory(&self.dense_blocks),
            Argument::Word(DENSE.len() as u32),
            Argument::Word(self.alphabetic),
            Argument::Word(self.dense),
            Argument::Memory(&self.a),
            Argument::Memory(&self.b),
            Argument::Memory(&self.row_multipliers),
            Argument::Word(self.rows),
            Argument::Memory(&self.band_tags),
            Argument::Word(self.bands),
            Argument::Memory(&keys),
        ];
        let grid = Grid::of_warps(texts.count, self.bands * self.rows * size_of::<u32>() as u32);
        // SAFETY: these are the arguments of the kernel, there is room for a key a band and text, and texts are UTF-8.
        unsafe { machine.launch((Unit::Near, "band_keys"), grid, &arguments)? };
        Ok(Keys { memory: keys, is_empty, bands: self.bands as usize })
    }
}

impl<Memory> Keys<Memory> {
    /// The keys of each text in order, as [`Bands::keys`] has them.
    pub(crate) fn finish<M: Machine<Memory = Memory>>(self, machine: &mut M) -> Result<Vec<u64>, Failure> {
        let mut all = vec![0; self.is_empty.len() * self.bands];
        machine.download(&self.memory, &mut all)?;
        if self.is_empty.contains(&true) {
            let each = all.chunks_exact(self.bands).zip(&self.is_empty);
            all = each.filter(|(_, is_empty)| !**is_empty).flat_map(|(keys, _)| keys).copied().collect();
        }
        Ok(all)
    }
}

#[cfg(all(test, feature = "sim"))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::super::BandScheme;
    use super::super::points;
    use super::*;
    use crate::machine::simulated::Simulated;

    /// Every script, every length around those where a warp goes on with other bytes.
    fn texts() -> Texts {
        let mut texts: Vec<String> = [
            "",
            "a",
            "ab",
            "日",
            "日本",
            "a日",
            "hello 世界",
            "the quick brown fox jumps over the lazy dog",
            "おはようございます、今日もいい天気ですね。散歩に行きましょうか🚶‍♀️",
            "สวัสดีชาวโลก ไม่มีช่องว่าง",
            "مرحبا بالعالم \u{200f}שלום",
            "e\u{301}\u{301}\u{301} नमस्ते दुनिया",
            "👩‍👩‍👧‍👦👩🏽‍🚀🏳️‍🌈🇩🇪🇫🇷",
            "\u{10ffff}\u{0}\u{7f}\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}",
        ]
        .map(str::to_owned)
        .into();
        for length in [3, 4, 7, 8, 9, 25, 31, 32, 33, 38, 39, 40, 63, 64, 65, 100] {
            texts.push("good morning all of you ".chars().cycle().take(length).collect());
            texts.push("aé漢🤗".chars().cycle().take(length).collect());
            texts.push("今日はいい天気".chars().cycle().take(length).collect());
        }
        let mut all = Texts::new();
        assert!(texts.iter().all(|text| all.push(text)));
        all
    }

    fn found(mut machine: Simulated, bands: &Bands, texts: &Texts) -> Result<Vec<u64>, String> {
        let mut run = || {
            let there = BandsThere::new(&mut machine, bands)?.unwrap();
            there.start(&mut machine, texts)?.finish(&mut machine)
        };
        run().map_err(|failure: Failure| failure.to_string())
    }

    fn truth(bands: &Bands, texts: &Texts) -> Vec<u64> {
        let (mut bands, mut keys) = (bands.clone(), Vec::new());
        for text in texts.iter() {
            bands.keys(&points(text), &mut keys);
        }
        keys
    }

    #[test]
    fn keys_are_those_of_the_processor() {
        let texts = texts();
        for (alphabetic, dense, count, rows) in
            [(4, 2, 20, 4), (3, 2, 2, 3), (8, 8, 1, 1), (1, 1, 33, 4), (2, 8, 43, 3), (8, 1, 16, 8)]
        {
            let bands = Bands::new(BandScheme { alphabetic, dense, bands: count, rows }, 7);
            let truth = truth(&bands, &texts);
            for machine in Simulated::several(2) {
                assert_eq!(found(machine, &bands, &texts).unwrap(), truth, "{:?}", bands.scheme());
            }
        }
    }

    #[test]
    fn a_scheme_of_too_many_minima_is_not_for_a_device() {
        let scheme = BandScheme { alphabetic: 4, dense: 2, bands: 2049, rows: 1 };
        assert!(BandsThere::new(&mut Simulated::new(0), &Bands::new(scheme, 0)).unwrap().is_none());
    }

    /// A warp that doesn't wait until all lanes wrote the code points that they decoded.
    #[test]
    fn a_missing_barrier_is_found() {
        let texts = texts();
        let bands = Bands::new(BandScheme { alphabetic: 4, dense: 2, bands: 20, rows: 4 }, 7);
        let truth = truth(&bands, &texts);
        let wrong = (0..10).filter(|seed| {
            found(Simulated::new(*seed).with_bug("hasty_window"), &bands, &texts).as_ref() != Ok(&truth)
        });
        assert_eq!(wrong.count(), 10);
    }
}
