//! How much of what the rule for near-duplicates drops its means find, and what they cost:
//!
//! ```text
//! cargo run --release -p tweetmill-udfs --example near_quality -- --texts FILE… [--preset near|loose] [--count N]
//!     [--edited N] [--seed N] [--no-recall]
//! ```
//!
//! Files hold texts: one a line, or where their name ends in `.csv` in the column `text` or `tweet`; `.zst` may follow. Of the texts
//! whose canonical texts are neither empty nor copies, N are drawn (100,000 at first; 0 draws all) and stay in order. Three
//! tables are printed:
//!
//! - the means, and those of other tools, beside the truth, every pair compared: see `dedup::near::exhaustive`;
//! - what becomes of texts that are edited in six ways and come once more after all others, by script;
//! - what becomes of the same under the parameters that other tools ship.
#![expect(clippy::print_stdout, reason = "its tables")]

mod edits;
mod peers;
mod read;
mod recall;
mod script;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;

use rayon::prelude::*;
use tweetmill_kernels::hash::{content_hash, keyed64};
use tweetmill_kernels::near::Pattern;
use tweetmill_udfs::dedup::near::{Index, Preset, Texts};
use tweetmill_udfs::text::Canonicalizer;

use self::edits::{EDITS, Edit};
use self::peers::PEERS;
use self::script::Script;

/// Canonical code points of a text that is edited, at least.
const LEAST_EDITED: usize = 40;

struct Settings {
    files: Vec<PathBuf>,
    presets: Vec<Preset>,
    count: usize,
    edited: usize,
    seed: u64,
    recall: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let settings = settings()?;
    let mut texts = Vec::new();
    for file in &settings.files {
        texts.extend(read::texts(file)?);
    }
    let read = texts.len();
    let texts = Drawn::new(texts, settings.count, settings.seed);
    let points: usize =
        (0..texts.canonical.len() as u32).map(|number| texts.canonical.get(number).len()).sum();
    println!(
        "{read} texts read, {} distinct and not empty, {} drawn with seed {}, {:.1} code points on average\n",
        texts.distinct,
        texts.canonical.len(),
        settings.seed,
        points as f64 / texts.canonical.len() as f64
    );

    let sample = Sample::new(&texts, settings.edited, settings.seed);
    for preset in &settings.presets {
        let start = cpu_seconds()?;
        let index = Index::new(preset.clone(), &texts.canonical);
        let (survivors, tally) = index.survivors();
        let taken = cpu_seconds()? - start;
        let all = texts.canonical.len() as f64;
        let dropped = survivors.iter().flatten().count();
        println!(
            "{preset}\n\n| dropped | candidates a text | compared a text | texts a CPU-second |\n|---|---|---|---|\n\
             | {dropped} | {:.2} | {:.3} | {:.0} |\n",
            tally.candidates as f64 / all,
            tally.compared as f64 / all,
            all / taken
        );
        if settings.recall {
            recall::print(preset, &texts, &survivors)?;
        }
        print_edits(&format!("`{}`: dropped", preset.name), &sample, |_, edited| {
            sample.is_dropped(&index, &survivors, edited)
        });
        print_edits(&format!("`{}`: near to the original", preset.name), &sample, |original, edited| {
            let mut pattern = Pattern::new();
            pattern.set(edited.points());
            pattern.is_near(texts.canonical.get(original), preset.similarity)
        });
    }
    for peer in PEERS {
        let title = format!("{}: a candidate of the original", peer.name);
        print_edits(&title, &sample, |original, edited| {
            let original = texts.raw.get(original as usize).map(String::as_str).unwrap_or_default();
            peer.finds(original, &edited.raw)
        });
    }
    Ok(())
}

fn settings() -> Result<Settings, Box<dyn Error>> {
    let mut settings = Settings {
        files: Vec::new(),
        presets: vec![Preset::near(), Preset::loose()],
        count: 100_000,
        edited: 2_000,
        seed: 1,
        recall: true,
    };
    let mut arguments = std::env::args().skip(1).peekable();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--preset" => {
                let name = value()?;
                let preset = Preset::named(&name).ok_or_else(|| format!("no preset is called `{name}`"))?;
                settings.presets = vec![preset];
            }
            "--count" => settings.count = value()?.parse()?,
            "--edited" => settings.edited = value()?.parse()?,
            "--seed" => settings.seed = value()?.parse()?,
            "--no-recall" => settings.recall = false,
            "--texts" => {
                while let Some(file) = arguments.next_if(|argument| !argument.starts_with("--")) {
                    settings.files.push(file.into());
                }
            }
            other => return Err(format!("unknown argument {other}").into()),
        }
    }
    if settings.files.is_empty() {
        return Err("--texts needs at least one file".into());
    }
    Ok(settings)
}

/// The texts that take part: the first of each canonical text.
struct Drawn {
    raw: Vec<String>,
    canonical: Texts,
    /// Hashes of the canonical texts, ascending.
    hashes: Vec<u128>,
    distinct: usize,
}

impl Drawn {
    fn new(texts: Vec<String>, count: usize, seed: u64) -> Self {
        let canonical = |canonicalizer: &mut Canonicalizer, raw: String| {
            let text = canonicalizer.canonicalize(&raw).to_owned();
            (content_hash(text.as_bytes()), text, raw)
        };
        let all: Vec<(u128, String, String)> =
            texts.into_par_iter().map_init(Canonicalizer::new, canonical).collect();
        let mut order: Vec<usize> = (0..all.len()).filter(|at| !all[*at].1.is_empty()).collect();
        order.sort_by_key(|at| all[*at].0);
        order.dedup_by_key(|at| all[*at].0);
        let distinct = order.len();
        if count > 0 && count < distinct {
            order.sort_by_key(|at| keyed64("draw", seed, *at as i64));
            order.truncate(count);
        }
        order.sort_unstable();
        let mut hashes: Vec<u128> = order.iter().map(|at| all[*at].0).collect();
        hashes.sort_unstable();
        Self {
            canonical: Texts::new(order.iter().map(|at| &all[*at].1)),
            raw: order.iter().map(|at| all[*at].2.clone()).collect(),
            hashes,
            distinct,
        }
    }
}

/// Texts that are edited, some of each script.
struct Sample<'a> {
    texts: &'a Drawn,
    by_script: BTreeMap<Script, Vec<u32>>,
    seed: u64,
}

/// A text as it was made of another.
struct Edited {
    raw: String,
    canonical: Texts,
    hash: u128,
}

impl Edited {
    fn points(&self) -> &[u32] {
        self.canonical.get(0)
    }
}

impl<'a> Sample<'a> {
    fn new(texts: &'a Drawn, count: usize, seed: u64) -> Self {
        let mut by_script: BTreeMap<Script, Vec<u32>> = BTreeMap::new();
        for number in 0..texts.canonical.len() as u32 {
            let text = texts.canonical.get(number);
            if text.len() >= LEAST_EDITED {
                by_script.entry(Script::of(text)).or_default().push(number);
            }
        }
        for numbers in by_script.values_mut() {
            numbers.sort_by_key(|number| keyed64("edit", seed, i64::from(*number)));
            numbers.truncate(count);
        }
        by_script.retain(|_, numbers| numbers.len() >= 100);
        Self { texts, by_script, seed }
    }

    /// The text of `number`, edited; what is put in is taken from another text of its script.
    fn edited(&self, edit: Edit, number: u32, other: u32) -> Edited {
        let raw = |number: u32| self.texts.raw.get(number as usize).map(String::as_str).unwrap_or_default();
        let random = keyed64("place", self.seed, i64::from(number));
        let raw = edit.apply(raw(number), raw(other), random);
        let canonical = Canonicalizer::new().canonicalize(&raw).to_owned();
        Edited { raw, hash: content_hash(canonical.as_bytes()), canonical: Texts::new([canonical]) }
    }

    /// Whether the edited text would be dropped, came it after all others, of which `survivors` tells what is kept.
    fn is_dropped(&self, index: &Index<'_>, survivors: &[Option<u32>], edited: &Edited) -> bool {
        if self.texts.hashes.binary_search(&edited.hash).is_ok() {
            return true; // an exact copy
        }
        let number = self.texts.canonical.len() as u32;
        let examined = index.examine(&mut index.examiner(), edited.points(), number);
        examined.neighbours.iter().any(|neighbour| survivors[*neighbour as usize].is_none())
    }
}

/// A row a script, a column an edit.
fn print_edits(title: &str, sample: &Sample<'_>, finds: impl Fn(u32, &Edited) -> bool + Sync) {
    print!("| {title} | texts |");
    for edit in EDITS {
        print!(" {} |", edit.name());
    }
    println!("\n|---|---|{}", "---|".repeat(EDITS.len()));
    for (script, numbers) in &sample.by_script {
        print!("| {} | {} |", script.name(), numbers.len());
        for edit in EDITS {
            let found = (0..numbers.len()).into_par_iter().filter(|at| {
                let (number, other) = (numbers[*at], numbers[(at + 1) % numbers.len()]);
                finds(number, &sample.edited(edit, number, other))
            });
            print!(" {:.3} |", found.count() as f64 / numbers.len() as f64);
        }
        println!();
    }
    println!();
}

/// CPU time of the process so far, in steps of a hundredth.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = status.rsplit(')').next().unwrap_or_default();
    let fields = after_name.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    Ok(fields.sum::<Result<f64, _>>()? / 100.0)
}
