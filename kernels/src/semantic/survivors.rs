//! The earliest survive: what is left of a cluster when nothing is near to something earlier that is left.

use super::dot::dot;

/// A vector that is dropped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropped {
    /// Its place in the cluster.
    pub place: usize,
    /// The place of what it is dropped for: the earliest that is kept and near to it.
    pub survivor: usize,
    /// Their cosine.
    pub cosine: f32,
}

/// Decides vector by vector, in order.
#[derive(Debug, Clone, Default)]
pub struct Survivors {
    /// Places of what is kept.
    kept: Vec<usize>,
    /// Their vectors, row by row.
    rows: Vec<f32>,
    /// Pairs that were compared.
    compared: u64,
    next: usize,
}

impl Survivors {
    /// Nothing decided yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Decides on the next vector, which has the length 1: it is dropped where its cosine with one that is kept is `least` or
    /// more.
    pub fn decide(&mut self, vector: &[f32], least: f32) -> Option<Dropped> {
        let place = self.next;
        self.next += 1;
        for (survivor, row) in self.kept.iter().zip(self.rows.chunks_exact(vector.len().max(1))) {
            self.compared += 1;
            let cosine = dot(row, vector);
            if cosine >= least {
                return Some(Dropped { place, survivor: *survivor, cosine });
            }
        }
        self.kept.push(place);
        self.rows.extend_from_slice(vector);
        None
    }

    /// Bytes of memory that what is kept takes.
    pub fn bytes(&self) -> usize {
        self.kept.capacity() * size_of::<usize>() + self.rows.capacity() * size_of::<f32>()
    }

    /// Pairs that were compared so far.
    pub fn compared(&self) -> u64 {
        self.compared
    }
}
