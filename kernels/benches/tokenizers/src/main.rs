//! Megabytes of text per CPU-second of byte-level BPE and `WordPiece` and of their peers, on one thread.
//!
//! `tokenizers-bench TEXTS.csv cl100k_base|o200k_base|TOKENIZER.json [PEERS]` takes the column `text`, every row of so many that 100,000 are left, compares
//! the ids of all with ours, and then times a first pass over them (cold: tables loaded, nothing seen) and a second (warm). Prints
//! `who, vocabulary, texts with other ids, cold, warm`, separated by tabs: medians of nine rounds.
//!
//! `tokenizers-bench json cl100k_base|o200k_base` prints that vocabulary as a `tokenizer.json`, which beside_gigatoken.py takes.

mod peers;
mod vocabulary;
mod word_piece;

use peers::{Named, Peer};

const TEXTS: usize = 100_000;
const ROUNDS: usize = 9;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (path, name, only) = match arguments.as_slice() {
        [json, name] if json == "json" => return println!("{}", vocabulary::Vocabulary::named(name).json()),
        [path, name] => (path, name.as_str(), None),
        [path, name, only] => (path, name.as_str(), Some(only.as_str())),
        _ => panic!("TEXTS.csv cl100k_base|o200k_base|TOKENIZER.json [PEER,..]"),
    };
    let (column, ends) = column(path);
    let starts = std::iter::once(&0).chain(&ends);
    let texts: Vec<&str> = starts.zip(&ends).map(|(start, end)| &column[*start..*end]).collect();
    if name.ends_with(".json") {
        compare("WordPiece", word_piece::all(&word_piece::whole(name)), only, &texts);
    } else {
        compare(name, peers::all(&vocabulary::Vocabulary::named(name)), only, &texts);
    }
}

/// Of `peers` the first, whose ids are the truth, and those that have a part of `only` in their names, where it is given.
fn compare(vocabulary: &str, peers: Vec<Named<'_>>, only: Option<&str>, texts: &[&str]) {
    let bytes: usize = texts.iter().map(|text| text.len()).sum();
    println!("# {} texts, {bytes} bytes", texts.len());
    let truth = ids(peers[0].load().as_mut(), texts);
    let ids_of_all = || truth.iter().flatten().map(|id| u64::from(*id));
    let sum =
        (1..).zip(ids_of_all()).fold(0_u64, |sum, (place, id)| sum.wrapping_add(id.wrapping_mul(place)));
    println!("# {} ids, each times its place together {sum} mod 2^64", ids_of_all().count());
    let wanted =
        |peer: &Named<'_>| only.is_none_or(|only| only.split(',').any(|only| peer.name.contains(only)));
    let peers: Vec<_> = peers.into_iter().filter(wanted).collect();
    let others: Vec<usize> = peers
        .iter()
        .map(|peer| {
            let found = ids(peer.load().as_mut(), texts);
            truth.iter().zip(&found).filter(|(left, right)| left != right).count()
        })
        .collect();
    let all = truth.iter().map(Vec::len).sum::<usize>();
    // Round by round, so that a busy neighbour slows all of them.
    let mut speeds: Vec<[Vec<f64>; 2]> = peers.iter().map(|_| Default::default()).collect();
    for _ in 0..ROUNDS {
        for ((peer, others), passes) in peers.iter().zip(&others).zip(&mut speeds) {
            let mut engine = peer.load();
            for pass in passes {
                let start = cpu_seconds();
                let count = engine.all(texts);
                pass.push(bytes as f64 / 1e6 / (cpu_seconds() - start));
                assert!(others > &0 || count == all, "{count} ids of {all}");
            }
        }
    }
    for ((peer, other), passes) in peers.iter().zip(others).zip(speeds) {
        let [cold, warm] = passes.map(|mut pass| {
            pass.sort_by(f64::total_cmp);
            pass[ROUNDS / 2]
        });
        println!("{}\t{vocabulary}\t{other}\t{cold:.1}\t{warm:.1}", peer.name);
    }
}

/// The texts one after the other, as they stand in a column, and where each ends.
fn column(path: &str) -> (String, Vec<usize>) {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let place = reader.headers().unwrap().iter().position(|name| name == "text").unwrap();
    let all: Vec<String> = reader.records().map(|row| row.unwrap()[place].to_owned()).collect();
    let step = (all.len() / TEXTS).max(1);
    let mut column = String::new();
    let ends = all.iter().step_by(step).take(TEXTS).map(|text| {
        column.push_str(text);
        column.len()
    });
    let ends = ends.collect();
    (column, ends)
}

fn ids(engine: &mut dyn Peer, texts: &[&str]) -> Vec<Vec<u32>> {
    texts.iter().map(|text| engine.ids(text)).collect()
}

/// Of the whole process.
fn cpu_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes the one struct that it is given.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}
