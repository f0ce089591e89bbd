//! Nights of random texts, decided by the plans and by a plain reading of the rule.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Float32Array, RecordBatch, StringArray};
use arrow::datatypes::Float32Type;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::prelude::SessionContext;
use proptest::prelude::*;
use tweetmill_kernels::near::{Bag, Pattern, limit};
use tweetmill_udfs::dedup::near::Keys;
use tweetmill_udfs::text::Canonicalizer;

use super::*;
use crate::engine::{ParquetFiles, parquet_files};
use crate::fate::{DUPLICATE_EXACT, DUPLICATE_NEAR, KEPT};
use crate::history::near::{KEYS, KeyRun, TEXTS, TextFile, keys_schema};
use crate::stages::dedup::exact;

/// What became of a tweet: fate, survivor, similarity.
type Fate = (String, Option<i64>, Option<f32>);

/// New tweets, in any order, and ids withdrawn since the night before.
#[derive(Debug, Clone, Default)]
struct Night {
    tweets: Vec<(i64, String)>,
    withdrawn: Vec<i64>,
    /// Runs of keys that become one with this night's, if there are as many.
    merged: usize,
}

/// What a data set holds between nights.
#[derive(Debug, Default)]
struct DataSet {
    /// Canonical text and fate of every tweet so far.
    heads: BTreeMap<i64, (String, Fate)>,
    withdrawn: BTreeSet<i64>,
    keys: Vec<(KeyRun, u64)>,
    commits: u64,
    texts: Vec<SpoolFile>,
}

impl DataSet {
    /// With the last `merged` of its runs of keys to become one with the next.
    fn history(&self, merged: usize) -> NearHistory {
        let (mut texts, mut next_place) = (Vec::new(), 0);
        for spooled in &self.texts {
            let file = parquet_files::local_file(&spooled.path, spooled.bytes).unwrap();
            let places = next_place..next_place + spooled.rows;
            next_place = places.end;
            texts.push(TextFile { file, places });
        }
        NearHistory {
            next_place,
            store: ObjectStoreUrl::local_filesystem(),
            texts,
            key_rows: self.keys.iter().map(|(_, rows)| rows).sum(),
            keys: self.keys.iter().map(|(run, _)| run.clone()).collect(),
            merged,
            commits: self.commits,
        }
    }

    /// Runs a night through the plans; answers the fates of its tweets.
    async fn run(
        &mut self,
        night: &Night,
        preset: &Preset,
        threads: usize,
        folder: &Path,
    ) -> BTreeMap<i64, Fate> {
        let threads = NonZeroUsize::new(threads).unwrap();
        let engine = Engine::new(threads, 512 << 20, folder).unwrap();
        let session = engine.session(threads, Joins::Merge).unwrap();
        self.withdrawn.extend(&night.withdrawn);
        let merged = night.merged.min(self.keys.len());
        let past = self.heads.iter().map(|(id, (text, fate))| {
            let text = (!self.withdrawn.contains(id)).then_some(text.as_str());
            (*id, text, true, fate.1, fate.2)
        });
        let own = night.tweets.iter().map(|(id, text)| (*id, Some(text.as_str()), false, None, None));
        let records = records(&session, &past.chain(own).collect::<Vec<_>>());
        let near = Near {
            engine: &engine,
            texts: session
                .read_batch(
                    RecordBatch::try_from_iter([
                        ("record", ids(night.tweets.iter().map(|tweet| tweet.0))),
                        ("text", texts(night.tweets.iter().map(|tweet| Some(tweet.1.as_str())))),
                    ])
                    .unwrap(),
                )
                .unwrap(),
            history: self.history(merged),
            preset: preset.clone(),
            redact: Redact::default(),
            folder: folder.join(format!("night-{}", self.texts.len())),
        };
        let (decided, made) = apply(near, exact::apply(records).unwrap()).await.unwrap();
        let absorbed = made.absorbed;
        self.keys.truncate(self.keys.len() - merged);
        for file in made.history {
            let is = |kind: &str| file.name.starts_with(&format!("{kind}-"));
            if is(KEYS) {
                let files = [(file.path.as_path(), file.bytes)];
                let run = KeyRun {
                    table: ParquetFiles::local(keys_schema(), files).unwrap(),
                    before: self.commits - absorbed,
                };
                self.keys.push((run, file.rows));
            } else {
                assert!(is(TEXTS));
                self.texts.push(file);
            }
        }
        self.commits += 1;
        let fates = fates(&decided.collect().await.unwrap());
        for (id, text) in &night.tweets {
            self.heads.insert(*id, (text.clone(), fates[id].clone()));
        }
        fates
    }
}

fn ids(ids: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(ids))
}

fn texts<'a>(texts: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(texts.collect::<StringArray>())
}

type Row<'a> = (i64, Option<&'a str>, bool, Option<i64>, Option<f32>);

/// Records as they come to the comparison of texts; a text is its own hash, and the empty one has none.
fn records(session: &SessionContext, rows: &[Row<'_>]) -> DataFrame {
    let columns: [(&str, ArrayRef); 7] = [
        ("record", ids(rows.iter().map(|row| row.0))),
        ("tweet_id", ids(rows.iter().map(|row| row.0))),
        ("content_hash", texts(rows.iter().map(|row| row.1.filter(|text| !text.is_empty())))),
        ("committed", Arc::new(rows.iter().map(|row| Some(row.2)).collect::<BooleanArray>())),
        ("survivor", Arc::new(rows.iter().map(|row| row.3).collect::<Int64Array>())),
        ("similarity", Arc::new(rows.iter().map(|row| row.4).collect::<Float32Array>())),
        ("fate", texts(rows.iter().map(|_| None))),
    ];
    session
        .read_batch(
            RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true)))
                .unwrap(),
        )
        .unwrap()
}

fn fates(batches: &[RecordBatch]) -> BTreeMap<i64, Fate> {
    let mut fates = BTreeMap::new();
    for batch in batches {
        let column = |name: &str| batch.column_by_name(name).unwrap();
        let ids = column("tweet_id").as_primitive::<Int64Type>();
        let (names, survivors) =
            (column("fate").as_string::<i32>(), column("survivor").as_primitive::<Int64Type>());
        let similarities = column("similarity").as_primitive::<Float32Type>();
        for row in 0..batch.num_rows() {
            let name = if names.is_valid(row) { names.value(row) } else { KEPT };
            let survivor = survivors.is_valid(row).then(|| survivors.value(row));
            let similarity = similarities.is_valid(row).then(|| similarities.value(row));
            let twice = fates.insert(ids.value(row), (name.to_owned(), survivor, similarity));
            assert!(twice.is_none());
        }
    }
    fates
}

/// Another tweet that stands for one, and the similarity with it.
type Survivor = Option<(i64, f32)>;

/// The rule, read as it is written: one tweet after the other.
#[derive(Debug, Default)]
struct Plain {
    /// Of every text that took part: its tweet, the text, and its survivor where it was dropped.
    places: Vec<(i64, Vec<u32>, Survivor)>,
    buckets: HashMap<u64, Vec<usize>>,
    /// The tweets of each text, each with its survivor.
    exact: HashMap<String, Vec<(i64, Survivor)>>,
    withdrawn: BTreeSet<i64>,
}

impl Plain {
    fn run(&mut self, night: &Night, preset: &Preset) -> BTreeMap<i64, Fate> {
        self.withdrawn.extend(&night.withdrawn);
        let mut tweets = night.tweets.clone();
        tweets.sort();
        tweets.into_iter().map(|(id, text)| (id, self.decide(id, text, preset))).collect()
    }

    fn decide(&mut self, id: i64, text: String, preset: &Preset) -> Fate {
        if text.is_empty() {
            return (KEPT.to_owned(), None, None);
        }
        let withdrawn = &self.withdrawn;
        let copies = self.exact.entry(text.clone()).or_default();
        let first = copies.iter().filter(|(copy, _)| !withdrawn.contains(copy)).min_by_key(|copy| copy.0);
        if let Some((first, survivor)) = first {
            let (survivor, similarity) = survivor.unwrap_or((*first, 1.0));
            copies.push((id, Some((survivor, similarity))));
            return (DUPLICATE_EXACT.to_owned(), Some(survivor), Some(similarity));
        }
        let survivor = self.near(&text, preset);
        let points: Vec<u32> = text.chars().map(u32::from).collect();
        self.places.push((id, points, survivor));
        self.exact.entry(text).or_default().push((id, survivor));
        match survivor {
            Some((survivor, similarity)) => (DUPLICATE_NEAR.to_owned(), Some(survivor), Some(similarity)),
            None => (KEPT.to_owned(), None, None),
        }
    }

    /// The survivor of a new text and the similarity with it.
    fn near(&mut self, text: &str, preset: &Preset) -> Survivor {
        let points: Vec<u32> = text.chars().map(u32::from).collect();
        let mut keys = Vec::new();
        Keys::new(preset).of_points(&points, &mut keys);
        let mut shared: BTreeMap<usize, usize> = BTreeMap::new();
        for key in keys {
            let bucket = self.buckets.entry(key).or_default();
            for head in bucket.iter().take(preset.heads) {
                *shared.entry(*head).or_default() += 1;
            }
            bucket.push(self.places.len());
        }
        let mut pattern = Pattern::new();
        pattern.set(&points);
        let bag = Bag::of(&points);
        let mut candidates: Vec<(usize, usize)> = shared
            .into_iter()
            .filter(|(place, _)| {
                let (tweet, other, _) = &self.places[*place];
                let most = limit(preset.similarity, points.len(), other.len());
                !self.withdrawn.contains(tweet) && bag.bound(&Bag::of(other)) as usize <= most
            })
            .collect();
        if candidates.len() > preset.comparisons {
            let mut rest = candidates.split_off(preset.comparisons.div_ceil(2));
            rest.sort_by_key(|(place, shared)| (std::cmp::Reverse(*shared), *place));
            rest.truncate(preset.comparisons / 2);
            candidates.extend(rest);
            candidates.sort_unstable();
        }
        let near: Vec<(usize, usize)> = candidates
            .into_iter()
            .filter_map(|(place, _)| {
                let other = &self.places[place].1;
                let distance =
                    pattern.distance(other, limit(preset.similarity, points.len(), other.len()))?;
                Some((place, distance))
            })
            .collect();
        if near.len() < preset.copies {
            return None;
        }
        let (place, distance) = near.into_iter().find(|(place, _)| self.places[*place].2.is_none())?;
        let (tweet, other, _) = &self.places[place];
        let together = (points.len() + other.len()) as f64;
        Some((*tweet, ((together - distance as f64) / together) as f32))
    }
}

/// A few canonical texts, edited: chains, waves, ties.
fn text() -> impl Strategy<Value = String> {
    let seed = prop::sample::select(vec![
        "",
        "lol",
        "cant",
        "good morning all",
        "abcdefghijklmnopqrst",
        "the quick brown fox jumps over the lazy dog and then it sleeps",
        "\u{304a}\u{306f}\u{3088}\u{3046}\u{3054}\u{3056}\u{3044}\u{307e}\u{3059}",
    ]);
    (seed, prop::collection::vec((any::<prop::sample::Index>(), "[a-c]?"), 0..4)).prop_map(|(seed, edits)| {
        let mut points: Vec<char> = seed.chars().collect();
        for (at, with) in edits {
            if points.is_empty() {
                break;
            }
            let at = at.index(points.len());
            points.splice(at..=at, with.chars());
        }
        let text: String = points.into_iter().collect();
        Canonicalizer::new().canonicalize(&text).to_owned()
    })
}

fn nights() -> impl Strategy<Value = Vec<Night>> {
    let tweets = prop::collection::vec((1_i64..400, text()), 0..60);
    let night = (tweets, prop::collection::vec(1_i64..400, 0..4), 0_usize..3);
    prop::collection::vec(night, 1..5).prop_map(|nights| {
        let mut seen = BTreeSet::new();
        nights
            .into_iter()
            .map(|(tweets, withdrawn, merged)| {
                let before = seen.clone();
                let tweets = tweets.into_iter().filter(|(id, _)| seen.insert(*id)).collect();
                let withdrawn = withdrawn.into_iter().filter(|id| before.contains(id)).collect();
                Night { tweets, withdrawn, merged }
            })
            .collect()
    })
}

fn presets() -> impl Strategy<Value = Preset> {
    prop::sample::select(vec![
        Preset::near(),
        Preset::loose(),
        Preset::spam(2),
        // Small enough for every limit to matter.
        Preset { heads: 2, comparisons: 3, ..Preset::loose() },
        Preset { least_length: 8, ..Preset::near() },
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn plans_decide_as_the_rule_is_written(nights in nights(), preset in presets(), threads in 1_usize..4) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (mut data_set, mut plain) = (DataSet::default(), Plain::default());
        for night in &nights {
            let found = runtime.block_on(data_set.run(night, &preset, threads, folder.path()));
            prop_assert_eq!(found, plain.run(night, &preset));
        }
    }
}
