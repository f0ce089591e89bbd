//! The decision: the earliest survives.

use super::compare::Neighbours;

/// A text that is dropped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Dropped {
    /// Its number in this run.
    pub(super) text: u32,
    /// Place of its survivor.
    pub(super) survivor: u64,
    /// Indel similarity with it, 0 to 1.
    pub(super) similarity: f32,
}

/// Decides on text after text: one is dropped iff enough earlier ones are near and one of them is kept; the earliest kept
/// survives.
#[derive(Debug)]
pub(super) struct Decision {
    base: u64,
    copies: usize,
    /// Places of earlier runs' texts that were dropped, ascending.
    past_dropped: Vec<u64>,
    /// Of this run, ascending by number.
    dropped: Vec<Dropped>,
}

impl Decision {
    /// Nothing is decided yet; `past_dropped` are the places of earlier texts that were dropped, ascending.
    pub(super) fn new(base: u64, copies: usize, past_dropped: Vec<u64>) -> Self {
        Self { base, copies, past_dropped, dropped: Vec::new() }
    }

    /// Decides on the next text that has neighbours: numbers ascend.
    pub(super) fn decide(&mut self, Neighbours { later, earlier }: &Neighbours) {
        if earlier.len() < self.copies {
            return;
        }
        if let Some(survivor) = earlier.iter().find(|neighbour| self.is_kept(neighbour.place)) {
            let similarity = survivor.similarity();
            self.dropped.push(Dropped { text: *later, survivor: survivor.place, similarity });
        }
    }

    fn is_kept(&self, place: u64) -> bool {
        match place.checked_sub(self.base) {
            Some(own) => self.dropped.binary_search_by_key(&own, |dropped| u64::from(dropped.text)).is_err(),
            None => self.past_dropped.binary_search(&place).is_err(),
        }
    }

    /// What was dropped, ascending.
    pub(super) fn finish(self) -> Vec<Dropped> {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::super::compare::Neighbour;
    use super::*;

    fn neighbours(later: u32, places: &[u64]) -> Neighbours {
        let earlier =
            places.iter().map(|place| Neighbour { place: *place, distance: 1, together: 10 }).collect();
        Neighbours { later, earlier }
    }

    #[test]
    fn only_what_is_kept_drops_others() {
        let mut decision = Decision::new(10, 1, vec![4]);
        for next in
            [neighbours(1, &[4]), neighbours(2, &[4, 7, 11]), neighbours(3, &[12]), neighbours(5, &[11])]
        {
            decision.decide(&next);
        }
        let dropped: Vec<(u32, u64)> =
            decision.finish().iter().map(|dropped| (dropped.text, dropped.survivor)).collect();
        assert_eq!(dropped, [(2, 7), (5, 11)]);
    }

    #[test]
    fn some_copies_may_stay() {
        let mut decision = Decision::new(0, 2, Vec::new());
        decision.decide(&neighbours(1, &[0]));
        decision.decide(&neighbours(2, &[0, 1]));
        let dropped = decision.finish();
        assert_eq!(dropped.len(), 1);
        assert!((dropped[0].similarity - 0.9).abs() < f32::EPSILON);
    }
}
