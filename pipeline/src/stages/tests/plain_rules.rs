//! The rules once more, as plain loops over all records in memory: the plan must decide the same, in
//! whatever order records come and in however many partitions it runs.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

/// Texts, each with what it is compared by.
const TEXTS: [(&str, u32); 9] = [
    ("one more day", 0),
    ("ONE more day!", 0),
    ("@you one  more day https://t.co/abc", 0),
    ("two", 1),
    ("#two", 1),
    ("@a", 2),
    ("@b", 3),
    ("", 4),
    ("🙂", 5),
];

fn compared_by(text: &str) -> u32 {
    TEXTS.iter().find(|(known, _)| *known == text).map(|(_, group)| *group).unwrap()
}

fn decided(rows: &[(i64, Row)], past: &Past, per_author: usize) -> Vec<Decision> {
    let named =
        |reason: &str| rows.iter().filter(move |(_, row)| row.reason == Some(reason)).collect::<Vec<_>>();
    let tweets: Vec<&(i64, Row)> = rows.iter().filter(|(_, row)| row.is_tweet()).collect();

    let mut deleted: BTreeSet<i64> = past.deleted.iter().copied().collect();
    deleted.extend(named("delete").iter().filter_map(|(_, row)| row.id));
    let mut accounts: BTreeSet<i64> = past.withheld_accounts.iter().copied().collect();
    accounts.extend(named("user_withheld").iter().filter_map(|(_, row)| row.author));
    let mut withheld: BTreeSet<i64> = past.withheld.iter().copied().collect();
    withheld.extend(named("status_withheld").iter().filter_map(|(_, row)| row.id));
    for (_, row) in &tweets {
        if row.withheld || row.author.is_some_and(|author| accounts.contains(&author)) {
            withheld.extend(row.id);
        }
    }
    let is_withdrawn = |id: i64| deleted.contains(&id) || withheld.contains(&id);

    let mut fates: BTreeMap<i64, (String, Option<i64>)> = BTreeMap::new();
    let mut copies: BTreeMap<i64, Vec<&(i64, Row)>> = BTreeMap::new();
    for numbered in rows {
        let (record, row) = numbered;
        let gone = |id: Option<i64>| id.is_some_and(|id| deleted.contains(&id));
        let fate = match row.kind {
            RecordKind::Reject => format!("rejected:{}", row.reason.unwrap()),
            RecordKind::Event => "event".to_owned(),
            _ if gone(row.id) || gone(row.retweet_of) => "deleted".to_owned(),
            _ if withheld.contains(&row.id.unwrap()) => "withheld".to_owned(),
            RecordKind::Retweet => "retweet".to_owned(),
            _ => {
                copies.entry(row.id.unwrap()).or_default().push(numbered);
                continue;
            }
        };
        let survivor = if fate == "retweet" { row.retweet_of } else { None };
        fates.insert(*record, (fate, survivor));
    }

    let committed: BTreeSet<i64> = past.heads.iter().map(|head| head.0).collect();
    let mut by_text: BTreeMap<u32, Vec<(i64, i64)>> = BTreeMap::new();
    for (id, mut copies) in copies {
        copies.sort_by_key(|(record, row)| {
            let carrier = row.carrier.unwrap_or(i64::MAX);
            (Reverse((row.complete, row.likes, row.digest())), row.origin as u8, carrier, *record)
        });
        let best = if committed.contains(&id) { None } else { Some(copies.remove(0)) };
        for (record, _) in copies {
            fates.insert(*record, ("duplicate_id".to_owned(), Some(id)));
        }
        if let Some((record, row)) = best {
            by_text.entry(compared_by(row.text.unwrap())).or_default().push((id, *record));
        }
    }
    let mut kept: Vec<(i64, i64)> = Vec::new();
    for (text, mut copies) in by_text {
        let standing = past.heads.iter().filter(|(id, of, survivor)| {
            of.is_some_and(|of| compared_by(of) == text) && !is_withdrawn(survivor.unwrap_or(*id))
        });
        let mut survivor =
            standing.min_by_key(|head| head.0).map(|(id, _, survivor)| survivor.unwrap_or(*id));
        copies.sort_unstable();
        for (id, record) in copies {
            let fate = if survivor.is_some() {
                ("duplicate_exact".to_owned(), survivor)
            } else {
                kept.push((id, record));
                ("kept".to_owned(), None)
            };
            survivor = survivor.or(Some(id));
            fates.insert(record, fate);
        }
    }

    let mut by_author: BTreeMap<(Option<i64>, String), usize> = BTreeMap::new();
    kept.sort_unstable();
    for (_, record) in kept {
        let (_, row) = rows.iter().find(|(known, _)| *known == record).unwrap();
        let handle = row.handle.filter(|_| row.author.is_none()).unwrap_or_default().to_lowercase();
        if row.author.is_none() && handle.is_empty() {
            continue;
        }
        let before = by_author.entry((row.author, handle)).or_default();
        *before += 1;
        if *before > per_author {
            fates.insert(record, ("capped".to_owned(), None));
        }
    }

    let mut decisions = Vec::new();
    for (record, row) in rows {
        let (fate, survivor) = fates.remove(record).unwrap();
        let quote_withdrawn = row.is_tweet() && row.quote_of.is_some_and(is_withdrawn);
        decisions.push(Decision { record: *record, fate, survivor, quote_withdrawn });
    }
    decisions.sort_by_key(|decision| decision.record);
    decisions
}

fn any_id() -> impl Strategy<Value = i64> {
    1_i64..12
}

fn any_account() -> impl Strategy<Value = Option<i64>> {
    proptest::option::weighted(0.9, 100_i64..106)
}

fn any_tweet() -> impl Strategy<Value = Row> {
    let found = prop_oneof![
        3 => Just((Origin::Line, None)),
        1 => any_id().prop_map(|id| (Origin::Retweeted, Some(id))),
        1 => any_id().prop_map(|id| (Origin::Quoted, Some(id))),
    ];
    let quote_of = proptest::option::weighted(0.2, any_id());
    let marked = proptest::bool::weighted(0.05);
    let complete = proptest::bool::weighted(0.8);
    let handle = proptest::option::weighted(0.7, prop_oneof![Just("jack"), Just("Jack"), Just("")]);
    let author = (any_account(), handle);
    (any_id(), author, 0..TEXTS.len(), complete, 0_i64..3, marked, quote_of, found).prop_map(
        |(id, (author, handle), text, complete, likes, withheld, quote_of, (origin, carrier))| Row {
            handle,
            complete,
            likes,
            withheld,
            quote_of,
            origin,
            carrier,
            ..tweet(id, TEXTS[text].0).by(author)
        },
    )
}

fn any_row() -> impl Strategy<Value = Row> {
    let retweets = (any_id(), proptest::option::weighted(0.9, any_id()), any_account());
    prop_oneof![
        12 => any_tweet(),
        3 => (retweets, proptest::bool::weighted(0.05)).prop_map(|((id, of, author), withheld)| {
            Row { withheld, ..retweet(id, of).by(author) }
        }),
        1 => any_id().prop_map(|id| notice("delete", id)),
        1 => any_id().prop_map(|id| notice("status_withheld", id)),
        1 => (100_i64..106).prop_map(account_notice),
        1 => Just(notice("limit", 1)),
        1 => Just(reject("not_json")),
    ]
}

fn any_past() -> impl Strategy<Value = Past> {
    let head = (proptest::option::weighted(0.9, 0..TEXTS.len()), proptest::option::weighted(0.3, any_id()));
    let few = |of| proptest::collection::vec(of, 0..3);
    let heads = proptest::collection::btree_map(any_id(), head, 0..6);
    (heads, few(1_i64..12), few(1_i64..12), proptest::collection::vec(100_i64..106, 0..2)).prop_map(
        |(heads, deleted, withheld, withheld_accounts)| Past {
            heads: heads
                .into_iter()
                .map(|(id, (text, survivor))| (id, text.map(|text| TEXTS[text].0), survivor))
                .collect(),
            deleted,
            withheld,
            withheld_accounts,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn the_plan_decides_by_the_plain_rules(
        (rows, shuffled) in proptest::collection::vec(any_row(), 1..40)
            .prop_map(|rows| numbered(&rows))
            .prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        past in any_past(),
        per_author in proptest::option::of(1_usize..4),
    ) {
        let cap = per_author.map(|most| format!("caps.per_author={most}"));
        let decider = Decider::new(&cap.iter().map(String::as_str).collect::<Vec<_>>());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        let expected = decided(&rows, &past, per_author.unwrap_or(usize::MAX));
        for (rows, partitions) in [(&rows, 1), (&shuffled, 1), (&shuffled, 4)] {
            let found = runtime.block_on(decider.decide(rows, &past, partitions));
            prop_assert_eq!(&found, &expected, "{} partitions", partitions);
        }
    }
}
