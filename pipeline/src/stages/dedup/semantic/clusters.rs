//! Vectors → clusters → what is dropped.

use datafusion::execution::memory_pool::MemoryReservation;
use rayon::prelude::*;
use tweetmill_kernels::hash::keyed64;
use tweetmill_kernels::semantic::{self, Centroids, Survivors};

use super::vectors::Vectors;
use crate::config::Semantic;
use crate::error::{Error, ErrorKind, Result};
use crate::sink::manifest::SemanticFigures;

/// Version of what follows: which documents are compared depends on each number and on the order of all steps.
pub const SEMANTIC_VERSION: u32 = 1;

/// Documents of a cluster, about, where the run file gives no number of clusters.
const DOCUMENTS_A_CLUSTER: usize = 1000;

/// Vectors that centroids are found from, for each of them.
const SAMPLED_A_CLUSTER: usize = 64;

/// What helps where each cluster takes memory, and where the largest does.
const FEWER: &str = "raise engine.memory, or set dedup.semantic.clusters lower";
const MORE: &str = "raise engine.memory, or set dedup.semantic.clusters higher";

/// Vectors that a thread reads at a time.
const ROWS_AT_ONCE: usize = 1024;

/// A document that is dropped, by its number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Dropped {
    pub(super) document: u32,
    /// The earliest kept document of its cluster that is near to it.
    pub(super) survivor: u32,
    pub(super) cosine: f32,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    /// In the order of the documents.
    pub(super) dropped: Vec<Dropped>,
    pub(super) figures: SemanticFigures,
}

/// What `rule` drops of the documents with these `ids`, which ascend, and vectors.
pub(super) fn dropped(
    vectors: &Vectors,
    ids: &[i64],
    rule: Semantic,
    seed: u64,
    memory: &MemoryReservation,
) -> Result<Found> {
    if u32::try_from(ids.len()).is_err() {
        return Err(Error::new(ErrorKind::Resource, "more than 2^32 documents in one run"));
    }
    let clusters = rule.clusters().unwrap_or_else(|| ids.len().div_ceil(DOCUMENTS_A_CLUSTER));
    let clusters = clusters.clamp(1, ids.len().max(1));
    // Their numbers, and the sums that they are found from.
    let of_centroids = clusters * vectors.dimensions() * (size_of::<f32>() + size_of::<f64>());
    grow(memory, of_centroids, "centroids", FEWER)?;
    let centroids = centroids(vectors, ids, clusters, seed, memory)?;
    let nearest = nearest(vectors, &centroids)?;
    drop(centroids);
    memory.shrink(of_centroids);
    let mut members: Vec<(u32, u32)> = nearest.into_iter().zip(0..).collect();
    members.sort_unstable();
    let of_clusters: Vec<&[(u32, u32)]> = members.chunk_by(|one, other| one.0 == other.0).collect();
    let least = rule.least();
    let decided = of_clusters.par_iter().map(|members| decide(vectors, members, least, memory));
    let decided: Vec<(Vec<Dropped>, u64)> = decided.collect::<Result<_>>()?;
    let mut dropped: Vec<Dropped> = decided.iter().flat_map(|(dropped, _)| dropped.iter().copied()).collect();
    dropped.sort_unstable_by_key(|one| one.document);
    let figures = SemanticFigures {
        texts: ids.len() as u64,
        clusters: of_clusters.len() as u64,
        compared: decided.iter().map(|(_, compared)| compared).sum(),
        dropped: dropped.len() as u64,
    };
    Ok(Found { dropped, figures })
}

fn row_bytes(vectors: &Vectors) -> usize {
    vectors.dimensions() * size_of::<f32>()
}

fn grow(memory: &MemoryReservation, bytes: usize, what: &str, hint: &str) -> Result<()> {
    memory.try_grow(bytes).map_err(|error| {
        Error::new(ErrorKind::Resource, format!("{what} are held in memory, and there is too little of it"))
            .with_source(error)
            .with_hint(hint)
    })
}

/// Centroids found from the documents that a hash of their id puts first.
fn centroids(
    vectors: &Vectors,
    ids: &[i64],
    clusters: usize,
    seed: u64,
    memory: &MemoryReservation,
) -> Result<Centroids> {
    let mut sample: Vec<(u64, u32)> =
        ids.iter().zip(0..).map(|(id, document)| (keyed64("semantic-sample", seed, *id), document)).collect();
    sample.sort_unstable();
    // With one cluster all are nearest to it, wherever it is.
    sample.truncate(if clusters == 1 { 1 } else { clusters * SAMPLED_A_CLUSTER });
    grow(memory, sample.len() * row_bytes(vectors), "sampled vectors", FEWER)?;
    let mut rows = Vec::with_capacity(sample.len() * vectors.dimensions());
    for (_, document) in &sample {
        vectors.read(*document as usize, 1, &mut rows)?;
    }
    let dimensions = vectors.dimensions().max(1);
    let assign = |centroids: &Centroids, rows: &[f32]| {
        rows.par_chunks_exact(dimensions).map(|row| centroids.nearest(row)).collect()
    };
    let found = Centroids::of(&rows, dimensions, clusters, assign);
    memory.shrink(sample.len() * row_bytes(vectors));
    Ok(found)
}

/// The nearest centroid of each document.
fn nearest(vectors: &Vectors, centroids: &Centroids) -> Result<Vec<u32>> {
    let dimensions = vectors.dimensions().max(1);
    let chunks = vectors.rows().div_ceil(ROWS_AT_ONCE);
    let of_chunk = |chunk: usize| {
        let first = chunk * ROWS_AT_ONCE;
        let mut rows = Vec::new();
        vectors.read(first, ROWS_AT_ONCE.min(vectors.rows() - first), &mut rows)?;
        Ok(rows.chunks_exact(dimensions).map(|row| centroids.nearest(row)).collect())
    };
    let nearest: Vec<Vec<u32>> = (0..chunks).into_par_iter().map(of_chunk).collect::<Result<_>>()?;
    Ok(nearest.into_iter().flatten().collect())
}

/// What is dropped of the `members` of a cluster, in order, and how many pairs were compared. What is kept takes `memory` meanwhile.
fn decide(
    vectors: &Vectors,
    members: &[(u32, u32)],
    least: f32,
    memory: &MemoryReservation,
) -> Result<(Vec<Dropped>, u64)> {
    let memory = memory.new_empty();
    let mut survivors = Survivors::new();
    let (mut row, mut dropped) = (Vec::new(), Vec::new());
    let document = |place: usize| members.get(place).map_or(0, |(_, document)| *document);
    for (_, member) in members {
        row.clear();
        vectors.read(*member as usize, 1, &mut row)?;
        if let Some(semantic::Dropped { place, survivor, cosine }) = survivors.decide(&row, least) {
            dropped.push(Dropped { document: document(place), survivor: document(survivor), cosine });
        }
        let more = survivors.bytes().saturating_sub(memory.size());
        if more > 0 {
            grow(&memory, more, "the vectors that a cluster keeps", MORE)?;
        }
    }
    Ok((dropped, survivors.compared()))
}
