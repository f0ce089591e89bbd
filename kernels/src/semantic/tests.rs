use proptest::prelude::*;

use super::*;

/// Rows of `dimensions` numbers, some of them near to others.
fn rows(dimensions: usize, most: usize) -> impl Strategy<Value = Vec<f32>> {
    let row = prop::collection::vec(prop_oneof![Just(1.0_f32), Just(0.0), -1.0_f32..1.0], dimensions);
    prop::collection::vec(row, 1..most).prop_map(|rows| {
        let normalized = rows.into_iter().flat_map(|mut row| {
            normalize(&mut row);
            row
        });
        normalized.collect()
    })
}

fn all(centroids: &Centroids, vectors: &[f32], dimensions: usize) -> Vec<u32> {
    vectors.chunks_exact(dimensions).map(|vector| centroids.nearest(vector)).collect()
}

fn decided(vectors: &[f32], dimensions: usize, least: f32) -> Vec<Dropped> {
    let mut survivors = Survivors::new();
    vectors.chunks_exact(dimensions).filter_map(|vector| survivors.decide(vector, least)).collect()
}

#[test]
fn clusters_are_found() {
    let mut vectors = Vec::new();
    for at in 0..60 {
        let turn = f64::from(at % 3) * std::f64::consts::TAU / 3.0 + f64::from(at) * 0.001;
        vectors.extend([turn.cos() as f32, turn.sin() as f32]);
    }
    let centroids = Centroids::of(&vectors, 2, 3, |centroids, vectors| all(centroids, vectors, 2));
    let nearest = all(&centroids, &vectors, 2);
    assert_eq!(centroids.len(), 3);
    assert!(nearest.chunks_exact(3).all(|turn| turn == [0, 1, 2]), "{nearest:?}");
}

#[test]
fn the_earliest_kept_one_is_what_others_are_dropped_for() {
    let at = |degrees: f64| [degrees.to_radians().cos() as f32, degrees.to_radians().sin() as f32];
    // The third is near to the second alone, which is dropped.
    let vectors = [at(0.0), at(10.0), at(20.0), at(5.0), at(25.0)].concat();
    let least = 12.0_f64.to_radians().cos() as f32;
    let dropped: Vec<_> = decided(&vectors, 2, least).iter().map(|one| (one.place, one.survivor)).collect();
    assert_eq!(dropped, [(1, 0), (3, 0), (4, 2)]);
}

#[test]
fn the_order_of_sums_is_fixed() {
    // Each product is exact; a sum from left to right would lose the small ones.
    let mut numbers = [0.0_f32; 40];
    (numbers[0], numbers[16], numbers[1], numbers[32]) = (1e8, -1e8, 1.0, 1.0);
    assert_eq!(dot(&numbers, &[1.0; 40]).to_bits(), 2.0_f32.to_bits());
    assert_eq!(dot(&[2.0, 3.0], &[4.0, 5.0]).to_bits(), 23.0_f32.to_bits());
    assert_eq!(dot(&[], &[]).to_bits(), 0.0_f32.to_bits());
}

proptest! {
    #[test]
    fn survivors_are_far_apart_and_all_else_is_near_to_an_earlier_one(
        vectors in rows(5, 60), least in 0.5_f32..0.99,
    ) {
        let dropped = decided(&vectors, 5, least);
        let row = |place: usize| &vectors[place * 5..(place + 1) * 5];
        let kept: Vec<usize> =
            (0..vectors.len() / 5).filter(|place| dropped.iter().all(|one| one.place != *place)).collect();
        for (at, one) in kept.iter().enumerate() {
            prop_assert!(kept[..at].iter().all(|other| dot(row(*one), row(*other)) < least));
        }
        for one in &dropped {
            let first = kept.iter().find(|kept| **kept < one.place && dot(row(**kept), row(one.place)) >= least);
            prop_assert_eq!(Some(&one.survivor), first);
            prop_assert_eq!(one.cosine.to_bits(), dot(row(one.survivor), row(one.place)).to_bits());
        }
    }

    /// Assigned one by one or in pieces of any size: centroids, and so clusters, are the same.
    #[test]
    fn who_assigns_makes_no_difference(vectors in rows(7, 80), clusters in 1_usize..6, piece in 1_usize..30) {
        let in_pieces = |centroids: &Centroids, vectors: &[f32]| {
            let mut pieces: Vec<_> = vectors.chunks(piece * 7).enumerate().collect();
            pieces.reverse();
            let mut done: Vec<_> =
                pieces.into_iter().map(|(at, piece)| (at, all(centroids, piece, 7))).collect();
            done.sort_by_key(|(at, _)| *at);
            done.into_iter().flat_map(|(_, nearest)| nearest).collect()
        };
        let one = Centroids::of(&vectors, 7, clusters, |centroids, vectors| all(centroids, vectors, 7));
        prop_assert_eq!(one, Centroids::of(&vectors, 7, clusters, in_pieces));
    }
}
