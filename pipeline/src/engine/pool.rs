//! The memory that operators of plans share.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use datafusion::common::{DataFusionError, Result, resources_datafusion_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation};

/// What those that can't spill have always: a part of so many of all.
const KEPT: usize = 4;

/// What merges leave to others: a part of so many of all, in pools of so many bytes. In smaller ones they need it themselves.
const LEFT: usize = 16;
const LARGE: usize = 256 << 20;

/// What a merge gets whatever others have, if it is no more than the quarter: enough for two runs of usual rows, with which it can begin.
const LEAST: usize = 16 << 20;

/// How the engine calls what merges sorted runs: it takes as many spilled ones at once as it gets memory for.
const MERGES: &str = "ExternalSorterMerge";

/// Memory in which those that spill have equal shares, and leave a quarter to those that can't.
///
/// A sort fills its share before others begin; were that all, nothing would be left for what only passes rows on, which has no other way
/// than to end the run. For the same reason merges, which take what they get, never get the last of it; but a little each of them gets always, for it
/// ends the run, too, where it can't begin.
///
/// Shares are of those that are there: what a sort took before others came, and the quarter on top of that, and the little of merges may be more than all
/// for a while.
#[derive(Debug)]
pub struct SharedPool {
    bytes: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    spilling: usize,
    by_spilling: usize,
    by_merges: usize,
    /// By what can't spill, and is no merge.
    by_passing: usize,
}

impl SharedPool {
    /// So many bytes.
    pub fn new(bytes: usize) -> Self {
        Self { bytes, taken: Mutex::default() }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        // A panic elsewhere can't leave sums half done.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes that `reservation` may have more.
    fn room(&self, taken: &Taken, reservation: &MemoryReservation) -> usize {
        let kept = self.bytes / KEPT;
        let by_others = taken.by_merges + taken.by_passing;
        if reservation.consumer().can_spill() {
            let share = (self.bytes - by_others.max(kept).min(self.bytes)) / taken.spilling.max(1);
            return share.saturating_sub(reservation.size());
        }
        let all = self.bytes.saturating_sub(taken.by_spilling).max(kept);
        let of_others = all.saturating_sub(by_others);
        let left = if self.bytes >= LARGE { self.bytes / LEFT } else { 0 };
        if is_merge(reservation) {
            let least = LEAST.min(kept).saturating_sub(reservation.size());
            of_others.saturating_sub(left).max(least)
        } else {
            of_others.max(left.saturating_sub(taken.by_passing))
        }
    }
}

impl MemoryPool for SharedPool {
    fn name(&self) -> &'static str {
        "shared"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.taken().spilling += usize::from(consumer.can_spill());
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        let mut taken = self.taken();
        taken.spilling = taken.spilling.saturating_sub(usize::from(consumer.can_spill()));
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        *self.taken().of(reservation) += additional;
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        let mut taken = self.taken();
        let of = taken.of(reservation);
        *of = of.saturating_sub(shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let mut taken = self.taken();
        let room = self.room(&taken, reservation);
        if additional > room {
            return Err(too_much(reservation, additional, room));
        }
        *taken.of(reservation) += additional;
        Ok(())
    }

    fn reserved(&self) -> usize {
        let taken = self.taken();
        taken.by_spilling + taken.by_merges + taken.by_passing
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.bytes)
    }
}

impl Taken {
    fn of(&mut self, reservation: &MemoryReservation) -> &mut usize {
        if reservation.consumer().can_spill() {
            &mut self.by_spilling
        } else if is_merge(reservation) {
            &mut self.by_merges
        } else {
            &mut self.by_passing
        }
    }
}

fn is_merge(reservation: &MemoryReservation) -> bool {
    reservation.consumer().name().starts_with(MERGES)
}

impl fmt::Display for SharedPool {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} bytes in all", self.bytes)
    }
}

fn too_much(reservation: &MemoryReservation, additional: usize, room: usize) -> DataFusionError {
    let (name, size) = (reservation.consumer().name(), reservation.size());
    resources_datafusion_err!(
        "{name}, which has {size} bytes, asked for {additional} more where {room} were left"
    )
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn pool() -> Arc<dyn MemoryPool> {
        Arc::new(SharedPool::new(1600))
    }

    fn sort(pool: &Arc<dyn MemoryPool>) -> MemoryReservation {
        MemoryConsumer::new("sort").with_can_spill(true).register(pool)
    }

    #[test]
    fn sorts_have_equal_shares_of_three_quarters() {
        let pool = pool();
        let first = sort(&pool);
        assert!(first.try_grow(1201).is_err());
        first.try_grow(1200).unwrap();
        let second = sort(&pool);
        assert!(second.try_grow(601).is_err());
        second.try_grow(600).unwrap();
        assert!(first.try_grow(1).is_err());
        drop(second);
        first.shrink(100);
        first.try_grow(100).unwrap();
        assert_eq!(pool.reserved(), 1200);
    }

    #[test]
    fn whatever_sorts_take_a_quarter_is_there_for_the_others() {
        let pool = pool();
        let sorts = [sort(&pool)];
        sorts[0].try_grow(1200).unwrap();
        let late = sort(&pool);
        late.try_grow(600).unwrap();
        let join = MemoryConsumer::new("join").register(&pool);
        join.try_grow(400).unwrap();
        assert!(join.try_grow(1).is_err());
        drop((sorts, late));
        join.try_grow(1200).unwrap();
        assert!(join.try_grow(1).is_err());
        // Of what others have taken, sorts have no share.
        assert!(sort(&pool).try_grow(1).is_err());
    }

    #[test]
    fn merges_never_get_the_last_of_it() {
        let pool: Arc<dyn MemoryPool> = Arc::new(SharedPool::new(1600 << 20));
        let merge = MemoryConsumer::new("ExternalSorterMerge[0]").register(&pool);
        merge.try_grow(1500 << 20).unwrap();
        assert!(merge.try_grow(1).is_err());
        // One that comes late has enough to begin with.
        let late = MemoryConsumer::new("ExternalSorterMerge[1]").register(&pool);
        late.try_grow(16 << 20).unwrap();
        assert!(late.try_grow(1).is_err());
        let passing = MemoryConsumer::new("SortPreservingMergeExec[0]").register(&pool);
        passing.try_grow(100 << 20).unwrap();
        let error = passing.try_grow(1).unwrap_err().to_string();
        assert!(
            error.contains("SortPreservingMergeExec[0], which has 104857600 bytes, asked for 1 more"),
            "{error}"
        );
    }
}
