use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::near::is_dense;

const RULE: Rule = Rule { share: (7, 10), weight: 8, shared: 4 };

fn points(text: &str) -> Vec<u32> {
    text.chars().map(u32::from).collect()
}

fn index(rule: Rule, items: &[&str]) -> Index {
    let mut builder = IndexBuilder::new(rule);
    for item in items {
        builder.add(&points(item));
    }
    builder.build()
}

fn found(index: &Index, text: &str) -> Vec<(u32, u32)> {
    let mut found = Vec::new();
    Finder::new().find(index, &points(text), &mut found);
    found.iter().map(|found| (found.item, found.covered)).collect()
}

#[test]
fn a_word_replaced_costs_its_letters() {
    let item = "thequickbrownfoxjumpsoverthelazydog";
    let index = index(RULE, &[item]);
    assert_eq!(found(&index, item), [(0, 35)]);
    assert_eq!(found(&index, "saidthequickbrownfoxjumpsoverthelazydogandleft"), [(0, 35)]);
    assert_eq!(found(&index, "thequickbrownfoxclimbsoverthelazydog"), [(0, 31)]);
    assert_eq!(found(&index, "thequickbrownfoxjumpsover"), [(0, 25)]);
    assert!(found(&index, "thequickbrownfoxjumpsove").is_empty(), "24 of 35 are less than 70 %");
}

#[test]
fn items_of_few_shingles_are_not_looked_for() {
    let mut builder = IndexBuilder::new(Rule { weight: 16, ..RULE });
    assert!(!builder.add(&points("fifteen_shingles_weigh")));
    assert!(builder.add(&points("another_with_23_letters")));
    assert!(!builder.add(&points("七つの影が重なった夜")));
    assert!(builder.add(&points("八つの影が重なり合う夜")));
    assert!(!builder.add(&points(&"ha".repeat(100))), "two shingles, again and again");
    let index = builder.build();
    assert!(found(&index, "fifteen_shingles_weigh").is_empty());
    assert_eq!(found(&index, "八つの影が重なり合う夜だった"), [(3, 11)]);
}

#[test]
fn so_many_shingles_must_be_shared() {
    let item = "hahahahahahahahahahahahahaha_what_a_day";
    let laughter = "hahahahahahahahahahahahahahahahahahahahahahahahaha";
    assert!(found(&index(RULE, &[item]), laughter).is_empty());
    assert_eq!(found(&index(Rule { shared: 2, ..RULE }, &[item]), laughter), [(0, 28)]);
}

#[test]
fn an_index_of_nothing_finds_nothing() {
    assert!(found(&index(RULE, &[]), "anything at all in here").is_empty());
}

/// By its meaning, with no hashes.
fn truth(rule: Rule, items: &[Vec<u32>], text: &[u32]) -> Vec<Found> {
    let shingles = |text: &[u32]| -> Vec<(usize, Vec<u32>)> {
        let at = |at: usize| {
            let length = if is_dense(text[at]) { DENSE } else { ALPHABETIC };
            Some((at, text.get(at..at + length)?.to_vec()))
        };
        (0..text.len()).filter_map(at).collect()
    };
    let weight = |shingles: &[(usize, Vec<u32>)]| -> usize {
        let distinct: BTreeSet<&Vec<u32>> = shingles.iter().map(|(_, shingle)| shingle).collect();
        distinct.iter().map(|shingle| ALPHABETIC / shingle.len()).sum()
    };
    let of_text: BTreeSet<Vec<u32>> = shingles(text).into_iter().map(|(_, shingle)| shingle).collect();
    let mut found = Vec::new();
    for (item, letters) in (0..).zip(items) {
        let mut shared = shingles(letters);
        if weight(&shared) < rule.weight as usize {
            continue;
        }
        shared.retain(|(_, shingle)| of_text.contains(shingle));
        let covered: BTreeSet<usize> =
            shared.iter().flat_map(|(at, shingle)| *at..at + shingle.len()).collect();
        let (covered, of) = (covered.len() as u64, letters.len() as u64);
        if weight(&shared) >= rule.shared as usize && covered * rule.share.1 >= of * rule.share.0 {
            found.push(Found { item, covered: covered as u32, letters: of as u32 });
        }
    }
    found
}

/// Few letters, so that much is shared.
fn letters(most: usize) -> impl Strategy<Value = Vec<u32>> {
    let point = prop_oneof![6 => 97_u32..99, 1 => prop::sample::select(vec![0x3042_u32, 0x6F22])];
    prop::collection::vec(point, 0..most)
}

proptest! {
    #[test]
    fn the_index_finds_what_is_contained(
        items in prop::collection::vec(letters(24), 0..20),
        text in letters(60),
        share in 1_u64..=10,
        weight in 1_u32..12,
        shared in 1_u32..8,
    ) {
        let rule = Rule { share: (share, 10), weight, shared };
        let mut builder = IndexBuilder::new(rule);
        for item in &items {
            builder.add(item);
        }
        let mut found = Vec::new();
        Finder::new().find(&builder.build(), &text, &mut found);
        prop_assert_eq!(found, truth(rule, &items, &text));
    }

    #[test]
    fn what_surrounds_an_item_takes_nothing_away(
        item in letters(40), before in letters(20), after in letters(20),
    ) {
        let rule = Rule { share: (1, 1), weight: 1, shared: 1 };
        let mut builder = IndexBuilder::new(rule);
        // Of letters at the end of two scripts some may stand in no shingle.
        let whole = builder.add(&item) && !truth(rule, std::slice::from_ref(&item), &item).is_empty();
        let text = [before, item, after].concat();
        let mut found = Vec::new();
        Finder::new().find(&builder.build(), &text, &mut found);
        prop_assert!(!found.is_empty() || !whole);
    }
}
