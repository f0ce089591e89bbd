//! Candidates compared: from pairs that share a key to earlier texts that are near.

use std::io;

use tweetmill_kernels::near::{Pattern, limit};
use tweetmill_udfs::dedup::near::{Candidate, Preset, select};

use super::places::Places;
use super::rows::Pair;
use super::texts::Texts;

/// Everything that is compared.
///
/// ```text
///   number in `texts`   0 ···· this run's ···· own │ own ···· of earlier runs ····
///   place in the order  base ········· base + own  │ past[0] < past[1] < ···         all below base
/// ```
#[derive(Debug)]
pub(super) struct Compared {
    pub(super) preset: Preset,
    pub(super) texts: Texts,
    /// Place of this run's first text.
    pub(super) base: u64,
    /// How many texts are this run's.
    pub(super) own: usize,
    /// Places of the texts of earlier runs that may still be compared with.
    pub(super) past: Places,
}

/// Earlier texts that one is near to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Neighbours {
    /// Number of the text in this run.
    pub(super) later: u32,
    /// Ascending by place, at least one.
    pub(super) earlier: Vec<Neighbour>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Neighbour {
    pub(super) place: u64,
    /// Indel distance.
    pub(super) distance: u32,
    /// Code points of both.
    pub(super) together: u32,
}

impl Neighbour {
    /// Indel similarity, 0 to 1.
    pub(super) fn similarity(self) -> f32 {
        (f64::from(self.together - self.distance) / f64::from(self.together.max(1))) as f32
    }
}

/// What comparing took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Effort {
    /// Pairs of texts that share a key.
    pub(super) candidates: u64,
    /// Pairs that were compared.
    pub(super) compared: u64,
    /// Pairs that are near.
    pub(super) near: u64,
}

impl std::ops::AddAssign for Effort {
    fn add_assign(&mut self, other: Self) {
        self.candidates += other.candidates;
        self.compared += other.compared;
        self.near += other.near;
    }
}

impl Compared {
    /// Number in `texts` of the text at `place`; none where it was withdrawn.
    pub(super) fn number(&self, place: u64) -> Option<usize> {
        match place.checked_sub(self.base) {
            Some(own) => Some(own as usize),
            None => self.past.position(place).map(|at| self.own + at),
        }
    }

    /// The neighbours of the texts that `pairs`, which may repeat, give candidates to; by number.
    pub(super) fn neighbours(&self, mut pairs: Vec<Pair>) -> io::Result<(Vec<Neighbours>, Effort)> {
        pairs.sort_unstable();
        let mut effort = Effort::default();
        let mut all = Vec::new();
        let mut memory = Memory::default();
        for of_one in pairs.chunk_by(|one, other| one.later == other.later) {
            let Some(later) = of_one.first().map(|pair| pair.later) else { continue };
            memory.candidates.clear();
            for same in of_one.chunk_by(|one, other| one.earlier == other.earlier) {
                let Some(Pair { earlier, .. }) = same.first().copied() else { continue };
                effort.candidates += 1;
                if self.may_be_near(later as usize, earlier) {
                    memory.candidates.push(Candidate { order: earlier, shared: same.len() as u32 });
                }
            }
            select(&mut memory.candidates, self.preset.comparisons);
            effort.compared += memory.candidates.len() as u64;
            let earlier = self.compare(later as usize, &mut memory)?;
            effort.near += earlier.len() as u64;
            if !earlier.is_empty() {
                all.push(Neighbours { later, earlier });
            }
        }
        Ok((all, effort))
    }

    fn limit(&self, later: usize, earlier: usize) -> usize {
        limit(self.preset.similarity, self.texts.length(later), self.texts.length(earlier))
    }

    fn may_be_near(&self, later: usize, earlier: u64) -> bool {
        self.number(earlier)
            .is_some_and(|earlier| self.texts.may_be_within(later, earlier, self.limit(later, earlier)))
    }

    fn compare(&self, later: usize, memory: &mut Memory) -> io::Result<Vec<Neighbour>> {
        let Memory { candidates, pattern, bytes, points } = memory;
        let mut near = Vec::new();
        if candidates.is_empty() {
            return Ok(near);
        }
        self.texts.read(later, bytes, points)?;
        pattern.set(points);
        for Candidate { order: place, .. } in candidates {
            let Some(earlier) = self.number(*place) else { continue };
            self.texts.read(earlier, bytes, points)?;
            if let Some(distance) = pattern.distance(points, self.limit(later, earlier)) {
                let together = (self.texts.length(later) + self.texts.length(earlier)) as u32;
                near.push(Neighbour { place: *place, distance: distance as u32, together });
            }
        }
        Ok(near)
    }
}

/// What is used again from text to text.
#[derive(Debug, Default)]
struct Memory {
    candidates: Vec<Candidate<u64>>,
    pattern: Pattern,
    bytes: Vec<u8>,
    points: Vec<u32>,
}
