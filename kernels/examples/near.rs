//! How fast keys are made and texts are compared: `cargo run --release -p tweetmill-kernels --example near [TEXTS]`.
//!
//! `TEXTS` holds canonical texts, one a line; without it 100,000 are invented, in Latin, Japanese, Korean and Arabic
//! letters. One thread; amounts are per second of its CPU time.
#![expect(clippy::print_stdout, reason = "its table")]

use std::error::Error;
use std::hint::black_box;

use tweetmill_kernels::hash::keyed64;
use tweetmill_kernels::near::{Bag, BandScheme, Bands, Deletions, Pattern};

fn main() -> Result<(), Box<dyn Error>> {
    let texts: Vec<Vec<u32>> = match std::env::args().nth(1) {
        Some(file) => std::fs::read_to_string(file)?.lines().map(points).collect(),
        None => (0..100_000).map(invented).collect(),
    };
    let all: usize = texts.iter().map(Vec::len).sum();
    println!("{} texts of {:.1} code points", texts.len(), all as f64 / texts.len() as f64);

    let mut long = Bands::new(BandScheme { alphabetic: 5, dense: 2, bands: 20, rows: 3 }, 0);
    let mut middle = Bands::new(BandScheme { alphabetic: 3, dense: 2, bands: 16, rows: 3 }, 0);
    let mut deletions = Deletions::new(0);
    let mut keys = Vec::new();
    measure("documents, MinHash 5/2 20 x 3", texts.len(), || {
        for text in texts.iter().filter(|text| text.len() >= 17) {
            keys.clear();
            long.keys(text, black_box(&mut keys));
        }
    })?;
    measure("documents, MinHash 3/2 16 x 3", texts.len(), || {
        for text in texts.iter().filter(|text| (5..=25).contains(&text.len())) {
            keys.clear();
            middle.keys(text, black_box(&mut keys));
        }
    })?;
    measure("documents, deletions", texts.len(), || {
        for text in texts.iter().filter(|text| text.len() <= 14) {
            keys.clear();
            deletions.keys(text, (text.len() * 26 / 100).min(2), black_box(&mut keys));
        }
    })?;
    let mut per_text = 0.0;
    measure("documents, all keys", texts.len(), || {
        let mut count = 0_usize;
        for text in &texts {
            keys.clear();
            if text.len() >= 17 {
                long.keys(text, &mut keys);
            }
            if (5..=25).contains(&text.len()) {
                middle.keys(text, &mut keys);
            }
            if text.len() <= 14 {
                deletions.keys(text, (text.len() * 26 / 100).min(2), &mut keys);
            }
            count += black_box(&keys).len();
        }
        per_text = count as f64 / texts.len() as f64;
    })?;
    println!("{per_text:>12.1} keys a document");

    let bags: Vec<Bag> = texts.iter().map(|text| Bag::of(text)).collect();
    let mut places = Vec::new();
    measure("pairs, bag", texts.len() * 1000, || {
        for bag in bags.iter().take(1000) {
            places.clear();
            bag.within(&bags, 8, 0, black_box(&mut places));
        }
    })?;

    let mut pattern = Pattern::new();
    for (what, limit) in [("pairs, indel distance", usize::MAX), ("pairs, indel distance of at most 20", 20)]
    {
        measure(what, texts.len() * 8, || {
            for eight in texts.chunks(8) {
                for text in eight {
                    pattern.set(text);
                    for other in eight {
                        black_box(pattern.distance(other, limit));
                    }
                }
            }
        })?;
    }
    Ok(())
}

fn points(text: &str) -> Vec<u32> {
    text.chars().map(u32::from).collect()
}

/// A text of 4 to 139 code points.
fn invented(number: i64) -> Vec<u32> {
    let word = |at: usize| keyed64("example", number as u64, at as i64);
    let length = 4 + word(0) as usize % 68 + (word(0) >> 32) as usize % 68;
    let (first, letters) = match word(1) % 8 {
        0..=4 => (u64::from('a'), 26),
        5 => (u64::from('あ'), 80),
        6 => (u64::from('가'), 11_172),
        _ => (u64::from('ا'), 36),
    };
    let letter =
        |at: usize| if word(at) % 6 == 0 { u32::from(' ') } else { (first + word(at) / 6 % letters) as u32 };
    (2..length + 2).map(letter).collect()
}

/// Prints how many of `amount` things `work` does in a second of CPU time: the best of five rounds.
fn measure(what: &str, amount: usize, mut work: impl FnMut()) -> Result<(), Box<dyn Error>> {
    let mut best = 0.0_f64;
    for _ in 0..5 {
        let (start, mut runs, mut taken) = (cpu_nanoseconds()?, 0, 0);
        while taken < 200_000_000 {
            work();
            runs += 1;
            taken = cpu_nanoseconds()? - start;
        }
        best = best.max((amount * runs) as f64 * 1e9 / taken as f64);
    }
    println!("{best:>12.0} {what}");
    Ok(())
}

/// CPU time of this thread so far.
fn cpu_nanoseconds() -> Result<u64, Box<dyn Error>> {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(statistics.split(' ').next().unwrap_or_default().parse()?)
}
