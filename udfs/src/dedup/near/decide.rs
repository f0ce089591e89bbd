//! Which texts drop out.

/// For each text, in order, the survivor that it is dropped for: none where it is kept.
///
/// `neighbours` gives the earlier near texts of each, ascending. A text is dropped iff there are at least `copies` and one of them is kept; the
/// earliest that is kept is the survivor. So a survivor is always kept, and with one copy the kept texts are the first
/// maximal independent set in the order of texts: the only one in which each dropped text has an earlier kept neighbour.
pub fn decide<'a>(neighbours: impl IntoIterator<Item = &'a [u32]>, copies: usize) -> Vec<Option<u32>> {
    let mut survivors: Vec<Option<u32>> = Vec::new();
    for earlier in neighbours {
        let is_kept = |number: &&u32| survivors.get(**number as usize).is_some_and(Option::is_none);
        let survivor = if earlier.len() < copies { None } else { earlier.iter().find(is_kept).copied() };
        survivors.push(survivor);
    }
    survivors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near_to_a_dropped_text_alone_is_kept() {
        let neighbours: [&[u32]; 5] = [&[], &[0], &[1], &[1, 2], &[0, 2]];
        assert_eq!(decide(neighbours, 1), [None, Some(0), None, Some(2), Some(0)]);
    }

    #[test]
    fn some_copies_may_stay() {
        let neighbours: [&[u32]; 4] = [&[], &[0], &[0, 1], &[0, 1, 2]];
        assert_eq!(decide(neighbours, 2), [None, None, Some(0), Some(0)]);
    }
}
