//! How often items of an evaluation set are found under the edits people make, and what is found by chance: the tables of
//! docs/decontamination.md.
//!
//! `cargo run --release --example contamination -- ITEMS TEXTS`: two files of a text a line, the items not among the texts.
#![expect(clippy::print_stdout, reason = "its tables")]

use std::collections::BTreeSet;
use std::time::Instant;

use tweetmill_udfs::dedup::contamination::{Contaminants, ContaminantsBuilder, Item, LookedFor};
use tweetmill_udfs::text::Canonicalizer;

const SHARES: [u64; 5] = [50, 60, 65, 70, 80];
const SHINGLES: [u32; 4] = [12, 18, 24, 32];
const DEFAULT: (u64, u32) = (65, 18);
const KINDS: [&str; 7] =
    ["case", "punctuation", "word", "mention, link", "cut to 80 %", "cut to 70 %", "wrapped"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [items, texts] = arguments.as_slice() else {
        return Err("give a file of items and one of texts".into());
    };
    let (items, texts) = (std::fs::read_to_string(items)?, std::fs::read_to_string(texts)?);
    let mut canonicalizer = Canonicalizer::new();
    let mut seen = BTreeSet::new();
    let items: Vec<&str> =
        items.lines().filter(|item| seen.insert(canonicalizer.canonicalize(item).to_owned())).collect();
    let texts: Vec<&str> = texts.lines().filter(|text| !text.is_empty()).collect();
    let started = Instant::now();
    let (contaminants, looked_for) = made_ready(&items, DEFAULT);
    let count = |how: LookedFor| looked_for.iter().filter(|looked_for| **looked_for == how).count();
    let [within, whole, never] = [LookedFor::Within, LookedFor::Whole, LookedFor::Never].map(count);
    println!(
        "{} items: {within} looked for within texts, {whole} as whole texts, {never} not; {} KiB, made in {} ms",
        items.len(),
        contaminants.bytes() >> 10,
        started.elapsed().as_millis()
    );
    println!(
        "{} texts\n\n| share | min_shingles | found by chance of 10,000 | {} |",
        texts.len(),
        KINDS.join(" | ")
    );
    println!("|---|---|---|{}", "---|".repeat(KINDS.len()));
    for share in SHARES {
        line(&items, &texts, (share, DEFAULT.1));
    }
    for shingles in SHINGLES {
        line(&items, &texts, (DEFAULT.0, shingles));
    }
    let started = Instant::now();
    let mut searcher = contaminants.searcher();
    let found = texts.iter().filter(|text| searcher.find(text).is_some()).count();
    let micros = started.elapsed().as_secs_f64() * 1e6 / texts.len() as f64;
    println!("\n{found} found, {micros:.1} µs a text, canonical text included");
    Ok(())
}

fn made_ready(items: &[&str], (share, shingles): (u64, u32)) -> (Contaminants, Vec<LookedFor>) {
    let mut builder = ContaminantsBuilder::new((share, 100), shingles);
    let add = |(number, item): (i64, &&str)| builder.add(Item { set: 0, number }, item);
    let looked_for = (0..).zip(items).map(add).collect();
    (builder.build(), looked_for)
}

/// What is found with one rule.
fn line(items: &[&str], texts: &[&str], rule: (u64, u32)) {
    let (contaminants, looked_for) = made_ready(items, rule);
    let mut searcher = contaminants.searcher();
    let by_chance = texts.iter().filter(|text| searcher.find(text).is_some()).count();
    let mut found = [0_u32; KINDS.len()];
    let mut all = 0_u32;
    for (at, item) in items.iter().enumerate().filter(|(at, _)| looked_for[*at] == LookedFor::Within) {
        all += 1;
        let other = items[(at * 7919 + 13) % items.len()];
        for (found, edited) in found.iter_mut().zip(edits(item, other, at)) {
            *found += u32::from(searcher.find(&edited).is_some());
        }
    }
    let found = found.map(|found| format!("{:.3}", f64::from(found) / f64::from(all.max(1))));
    let chance = by_chance as f64 * 1e4 / texts.len() as f64;
    println!("| {} % | {} | {chance:.2} | {} |", rule.0, rule.1, found.join(" | "));
}

/// The edits, in the order of [`KINDS`]; words come from `other`.
fn edits(item: &str, other: &str, at: usize) -> [String; KINDS.len()] {
    let characters: Vec<char> = item.chars().collect();
    let cut = |per_cent: usize| characters.iter().take(characters.len() * per_cent / 100).collect();
    let upper = item.to_uppercase();
    [
        if upper == item { item.to_lowercase() } else { upper },
        item.replace(", ", " - ").replace(' ', "  ").replace('.', "") + " !!!",
        with_another_word(item, other, at),
        format!("@someone {item} https://t.co/abcdefghij"),
        cut(80),
        cut(70),
        format!("they asked us this yesterday: {item} :) does anyone know?"),
    ]
}

/// One word replaced by one of `other`; where no spaces part words, two characters.
fn with_another_word(item: &str, other: &str, at: usize) -> String {
    let mut words: Vec<&str> = item.split(' ').collect();
    if words.len() > 3 {
        let (strange, place): (Vec<&str>, usize) = (other.split(' ').collect(), at * 31 % words.len());
        words[place] = strange[at * 17 % strange.len()];
        return words.join(" ");
    }
    let (mut characters, strange): (Vec<char>, Vec<char>) = (item.chars().collect(), other.chars().collect());
    let place = at * 31 % (characters.len() - 1);
    characters.splice(place..place + 2, strange.iter().cycle().skip(at * 17).take(2).copied());
    characters.into_iter().collect()
}
