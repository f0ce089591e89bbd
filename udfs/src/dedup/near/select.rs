//! Which candidates are compared.

/// A text that shares keys with a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate<Order> {
    /// Its place in the order.
    pub order: Order,
    /// Keys shared.
    pub shared: u32,
}

/// Leaves at most `most` of distinct `candidates`, ascending: half are the earliest, half share the most keys of the rest,
/// the earlier before the later.
///
/// The earliest are likely to be kept, those that share most are likely to be near; in a wave of copies either alone
/// misses much or costs much.
pub fn select<Order: Copy + Ord>(candidates: &mut Vec<Candidate<Order>>, most: usize) {
    candidates.sort_unstable_by_key(|candidate| candidate.order);
    if candidates.len() <= most {
        return;
    }
    let earliest = most.div_ceil(2);
    if let Some(rest) = candidates.get_mut(earliest..) {
        rest.sort_unstable_by_key(|candidate| (std::cmp::Reverse(candidate.shared), candidate.order));
    }
    candidates.truncate(most);
    candidates.sort_unstable_by_key(|candidate| candidate.order);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_are_the_earliest_half_share_most() {
        let mut candidates: Vec<Candidate<u32>> =
            [(9, 1), (1, 1), (2, 1), (3, 2), (4, 5), (5, 1), (7, 5), (8, 2)]
                .map(|(order, shared)| Candidate { order, shared })
                .to_vec();
        select(&mut candidates, 8);
        assert_eq!(candidates.len(), 8);
        select(&mut candidates, 5);
        let orders: Vec<u32> = candidates.iter().map(|candidate| candidate.order).collect();
        assert_eq!(orders, [1, 2, 3, 4, 7]);
        select(&mut candidates, 1);
        assert_eq!(candidates, [Candidate { order: 1, shared: 1 }]);
    }
}
