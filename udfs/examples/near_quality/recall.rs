//! What the means find of what the rule drops: ours, and the parameters that other tools ship.

use rayon::prelude::*;
use tweetmill_kernels::near::Pattern;
use tweetmill_udfs::dedup::near::{Preset, Texts, exhaustive};

use crate::peers::{PEERS, Peer};
use crate::{Drawn, cpu_seconds};

/// Compares every pair of texts and prints what share of what the rule drops is `found`, and is found by others' means.
pub(crate) fn print(
    preset: &Preset,
    drawn: &Drawn,
    found: &[Option<u32>],
) -> Result<(), Box<dyn std::error::Error>> {
    let start = cpu_seconds()?;
    let truth = Truth { survivors: exhaustive::survivors(preset, &drawn.canonical) };
    let taken = cpu_seconds()? - start;
    println!("| dropped by the truth | CPU-seconds |\n|---|---|\n| {} | {taken:.0} |\n", truth.dropped());
    println!(
        "| means | share a key with an earlier text | of these dropped by the truth | of what the truth drops: dropped \
         | for the same survivor |\n|---|---|---|---|---|"
    );
    println!("| `{}` | | | {} |", preset.name, truth.agreement(found));
    for peer in &PEERS {
        println!("| {} | {} |", peer.name, truth.beside(peer, preset, drawn));
    }
    println!();
    Ok(())
}

/// For each text the survivor that the rule drops it for.
struct Truth {
    survivors: Vec<Option<u32>>,
}

impl Truth {
    fn dropped(&self) -> usize {
        self.survivors.iter().flatten().count()
    }

    /// Shares of what is dropped that are `found`, and for the same survivor.
    fn agreement(&self, found: &[Option<u32>]) -> String {
        let both =
            self.survivors.iter().zip(found).filter(|(truth, found)| truth.is_some() && found.is_some());
        let same = both.clone().filter(|(truth, found)| truth == found).count();
        let of = |count: usize| count as f64 / self.dropped() as f64;
        format!("{:.4} | {:.4}", of(both.count()), of(same))
    }

    /// The same were texts compared, and decided on, that share a band of `peer`; before that what shares one with an
    /// earlier text, which is what is dropped where nothing is compared, and how much of it the rule drops.
    fn beside(&self, peer: &Peer, preset: &Preset, drawn: &Drawn) -> String {
        let pairs = peer.pairs(&drawn.raw);
        let mut sharing = vec![false; self.survivors.len()];
        for (later, _) in &pairs {
            sharing[*later as usize] = true;
        }
        let count = sharing.iter().filter(|shares| **shares).count();
        let right =
            sharing.iter().zip(&self.survivors).filter(|(shares, truth)| **shares && truth.is_some()).count();
        let found = decided(pairs, preset, &drawn.canonical);
        format!("{count} | {:.3} | {}", right as f64 / count as f64, self.agreement(&found))
    }
}

/// In order, a text is dropped for the earliest kept one that it is near to and makes a pair with.
fn decided(pairs: Vec<(u32, u32)>, preset: &Preset, texts: &Texts) -> Vec<Option<u32>> {
    let is_near = |pattern: &mut Pattern, (later, earlier): &(u32, u32)| {
        pattern.set(texts.get(*later));
        pattern.is_near(texts.get(*earlier), preset.similarity)
    };
    let near: Vec<bool> = pairs.par_iter().map_init(Pattern::new, is_near).collect();
    let mut survivors: Vec<Option<u32>> = vec![None; texts.len()];
    for ((later, earlier), _) in pairs.into_iter().zip(near).filter(|(_, near)| *near) {
        if survivors[later as usize].is_none() && survivors[earlier as usize].is_none() {
            survivors[later as usize] = Some(earlier);
        }
    }
    survivors
}
