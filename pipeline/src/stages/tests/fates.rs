//! Each fate, what wins over what, and what earlier commits do to it: one story a line.

use super::*;

type Fate = (&'static str, Option<i64>);
type Story = (&'static str, Vec<Row>, Past, Vec<Fate>);

const KEPT: Fate = ("kept", None);
const DELETED: Fate = ("deleted", None);
const WITHHELD: Fate = ("withheld", None);
const EVENT: Fate = ("event", None);

fn retweet_of(id: i64) -> Fate {
    ("retweet", Some(id))
}

fn same_id(id: i64) -> Fate {
    ("duplicate_id", Some(id))
}

fn same_text(id: i64) -> Fate {
    ("duplicate_exact", Some(id))
}

/// Runs every story in one partition and in three.
async fn check(settings: &[&str], stories: Vec<Story>) {
    let decider = Decider::new(settings);
    for (story, rows, past, expected) in stories {
        for partitions in [1, 3] {
            let decisions = decider.decide(&numbered(&rows), &past, partitions).await;
            let fates: Vec<Fate> = expected.clone();
            let found: Vec<(&str, Option<i64>)> =
                decisions.iter().map(|decision| (decision.fate.as_str(), decision.survivor)).collect();
            assert_eq!(found, fates, "{story}, {partitions} partitions");
        }
    }
}

fn tonight(story: &'static str, rows: Vec<Row>, expected: Vec<Fate>) -> Story {
    (story, rows, Past::default(), expected)
}

#[tokio::test]
async fn every_record_has_the_fate_of_its_story() {
    let found = |row: Row, carrier| row.inside(Origin::Quoted, carrier);
    check(
        &[],
        vec![
            tonight("a tweet alone", vec![tweet(1, "one")], vec![KEPT]),
            tonight("a bad line", vec![reject("not_json")], vec![("rejected:not_json", None)]),
            tonight("a notice about nothing known", vec![notice("delete", 9)], vec![EVENT]),
            tonight("deleted before", vec![notice("delete", 1), tweet(1, "one")], vec![EVENT, DELETED]),
            tonight("deleted after", vec![tweet(1, "one"), notice("delete", 1)], vec![DELETED, EVENT]),
            tonight(
                "deleted twice",
                vec![tweet(1, "one"), notice("delete", 1), notice("delete", 1)],
                vec![DELETED, EVENT, EVENT],
            ),
            tonight("scrubbed of places", vec![tweet(1, "one"), notice("scrub_geo", 1)], vec![KEPT, EVENT]),
            tonight("withheld", vec![tweet(1, "one"), notice("status_withheld", 1)], vec![WITHHELD, EVENT]),
            tonight(
                "an account withheld",
                vec![tweet(1, "one").by(5), tweet(2, "two").by(6), account_notice(5)],
                vec![WITHHELD, KEPT, EVENT],
            ),
            tonight(
                "a deleted copy of the other kind of id",
                vec![tweet(5, "one").by(1), notice("delete", 1), account_notice(5)],
                vec![KEPT, EVENT, EVENT],
            ),
            // An unmarked copy of a marked record used to be kept and published.
            tonight(
                "one marked copy withholds all",
                vec![tweet(1, "one"), tweet(1, "one").marked(), found(tweet(1, "one"), 7).likes(3)],
                vec![WITHHELD, WITHHELD, WITHHELD],
            ),
            tonight(
                "a withheld account's copy withholds those without an author",
                vec![tweet(1, "one").by(5), tweet(1, "one").by(None), account_notice(5)],
                vec![WITHHELD, WITHHELD, EVENT],
            ),
            tonight("a retweet", vec![retweet(2, 1), tweet(1, "one")], vec![retweet_of(1), KEPT]),
            tonight("a retweet without its original", vec![retweet(2, 1)], vec![retweet_of(1)]),
            tonight("a retweet of nobody knows what", vec![retweet(2, None)], vec![("retweet", None)]),
            tonight(
                "a deleted original takes its retweets along",
                vec![retweet(2, 1), tweet(1, "one"), notice("delete", 1), retweet(3, 1)],
                vec![DELETED, DELETED, EVENT, DELETED],
            ),
            tonight(
                "a deleted retweet leaves its original",
                vec![retweet(2, 1), tweet(1, "one"), notice("delete", 2), retweet(3, 1)],
                vec![DELETED, KEPT, EVENT, retweet_of(1)],
            ),
            tonight(
                "a withheld original leaves its retweets, which are no documents anyway",
                vec![retweet(2, 1), tweet(1, "one").marked()],
                vec![retweet_of(1), WITHHELD],
            ),
            tonight(
                "the full text is richer than any count",
                vec![tweet(1, "one").cut().likes(99), tweet(1, "one and more")],
                vec![same_id(1), KEPT],
            ),
            tonight(
                "greater counts are richer",
                vec![tweet(1, "one").likes(2), tweet(1, "one").likes(3), tweet(1, "one")],
                vec![same_id(1), KEPT, same_id(1)],
            ),
            tonight(
                "of equal records a line is kept",
                vec![
                    found(tweet(1, "one"), 7),
                    tweet(1, "one"),
                    tweet(1, "one").inside(Origin::Retweeted, 3),
                ],
                vec![same_id(1), KEPT, same_id(1)],
            ),
            tonight(
                "of equal harvested records that of the least carrier",
                vec![found(tweet(1, "one"), 8), found(tweet(1, "one"), 7), found(tweet(1, "one"), 9)],
                vec![same_id(1), KEPT, same_id(1)],
            ),
            tonight(
                "of records equal in all the first",
                vec![tweet(1, "one"), tweet(1, "one")],
                vec![KEPT, same_id(1)],
            ),
            tonight(
                "the least id of a text survives",
                vec![tweet(3, "One!"), tweet(1, "one"), tweet(2, "ONE @you https://t.co/x")],
                vec![same_text(1), KEPT, same_text(1)],
            ),
            tonight(
                "texts of nothing but symbols are compared as written",
                vec![tweet(1, "@a"), tweet(2, "@b"), tweet(3, "@a"), tweet(4, ""), tweet(5, "")],
                vec![KEPT, KEPT, same_text(1), KEPT, same_text(4)],
            ),
            tonight(
                "the author does not matter to texts",
                vec![tweet(1, "one").by(None), tweet(2, "one").by(6)],
                vec![KEPT, same_text(1)],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_first_fate_in_the_order_of_precedence_wins() {
    check(
        &[],
        vec![
            tonight(
                "deleted, withheld",
                vec![tweet(1, "one").marked(), notice("delete", 1), notice("status_withheld", 1)],
                vec![DELETED, EVENT, EVENT],
            ),
            tonight("deleted, retweet", vec![retweet(2, 1), notice("delete", 2)], vec![DELETED, EVENT]),
            tonight(
                "deleted, duplicate id",
                vec![tweet(1, "one"), tweet(1, "one").likes(3), notice("delete", 1)],
                vec![DELETED, DELETED, EVENT],
            ),
            tonight(
                "deleted, duplicate text",
                vec![tweet(1, "one"), tweet(2, "one"), notice("delete", 2)],
                vec![KEPT, DELETED, EVENT],
            ),
            tonight(
                "a deleted record suppresses no text",
                vec![tweet(1, "one"), tweet(2, "one"), notice("delete", 1)],
                vec![DELETED, KEPT, EVENT],
            ),
            tonight("withheld, retweet", vec![retweet(2, 1).marked()], vec![WITHHELD]),
            tonight(
                "a deleted original, a withheld retweet",
                vec![retweet(2, 1).marked(), notice("delete", 1)],
                vec![DELETED, EVENT],
            ),
            tonight(
                "withheld, duplicate id",
                vec![tweet(1, "one"), tweet(1, "one"), notice("status_withheld", 1)],
                vec![WITHHELD, WITHHELD, EVENT],
            ),
            tonight(
                "withheld, duplicate text",
                vec![tweet(1, "one"), tweet(2, "one").marked(), tweet(3, "two").marked(), tweet(4, "two")],
                vec![KEPT, WITHHELD, WITHHELD, KEPT],
            ),
            tonight(
                "retweet, duplicate id",
                vec![retweet(2, 1), retweet(2, 1), tweet(2, "two")],
                vec![retweet_of(1), retweet_of(1), KEPT],
            ),
            tonight(
                "duplicate id, duplicate text",
                vec![tweet(1, "one"), tweet(2, "one"), tweet(2, "one").likes(5)],
                vec![KEPT, same_id(2), same_text(1)],
            ),
            tonight(
                "the text of a poorer copy counts for nothing",
                vec![tweet(1, "one").cut(), tweet(1, "one two"), tweet(2, "one")],
                vec![same_id(1), KEPT, KEPT],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn earlier_commits_count() {
    let head = |id, text| Past { heads: vec![(id, Some(text), None)], ..Past::default() };
    let copy = |past: Past, id, text, survivor| {
        let heads = [past.heads, vec![(id, Some(text), Some(survivor))]].concat();
        Past { heads, ..past }
    };
    let deleted = |past: Past, id| Past { deleted: vec![id], ..past };
    let withheld = |past: Past, id| Past { withheld: vec![id], ..past };
    check(
        &[],
        vec![
            (
                "a committed id wins over the richest",
                vec![tweet(1, "other").likes(9)],
                head(1, "one"),
                vec![same_id(1)],
            ),
            (
                "a committed text wins over a lesser id",
                vec![tweet(1, "one"), tweet(2, "ONE")],
                head(5, "one"),
                vec![same_text(5), same_text(5)],
            ),
            (
                "a committed copy points at its survivor",
                vec![tweet(1, "one"), tweet(7, "one")],
                copy(head(5, "one"), 7, "one", 5),
                vec![same_text(5), same_id(7)],
            ),
            (
                "a tombstone",
                vec![tweet(1, "one"), retweet(2, 1)],
                deleted(Past::default(), 1),
                vec![DELETED, DELETED],
            ),
            (
                "a copy of a committed tweet deleted since",
                vec![tweet(5, "one"), retweet(6, 5), notice("delete", 5)],
                head(5, "one"),
                vec![DELETED, DELETED, EVENT],
            ),
            // A tombstoned head used to go on suppressing its text.
            (
                "the text of a head deleted tonight is free",
                vec![notice("delete", 5), tweet(6, "one"), tweet(7, "one")],
                head(5, "one"),
                vec![EVENT, KEPT, same_text(6)],
            ),
            (
                "the text of a head deleted earlier is free, with all that pointed at it",
                vec![tweet(6, "one"), tweet(8, "one"), tweet(7, "two")],
                deleted(copy(head(5, "one"), 7, "one", 5), 5),
                vec![KEPT, same_text(6), same_id(7)],
            ),
            (
                "a deleted copy leaves its survivor in place",
                vec![tweet(6, "one")],
                deleted(copy(head(5, "one"), 7, "one", 5), 7),
                vec![same_text(5)],
            ),
            (
                "the text of a head withheld since is free",
                vec![tweet(6, "one"), tweet(5, "one")],
                withheld(head(5, "one"), 5),
                vec![KEPT, WITHHELD],
            ),
            (
                "a head withheld by the mark of a later copy",
                vec![tweet(6, "one"), tweet(5, "one").marked()],
                head(5, "one"),
                vec![KEPT, WITHHELD],
            ),
            (
                "withheld in an earlier commit",
                vec![tweet(1, "one"), tweet(2, "two").by(8), tweet(3, "three")],
                Past { withheld: vec![1], withheld_accounts: vec![8, 3], ..Past::default() },
                vec![WITHHELD, WITHHELD, KEPT],
            ),
            (
                "heads without texts hold their ids and suppress no text",
                vec![tweet(1, "one"), tweet(2, "one"), tweet(3, "one")],
                Past { heads: vec![(1, None, None), (9, None, Some(1))], ..Past::default() },
                vec![same_id(1), KEPT, same_text(2)],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn without_exact_duplicates_texts_may_repeat_and_ids_may_not() {
    let past = Past { heads: vec![(5, Some("one"), None)], ..Past::default() };
    check(
        &["dedup.exact=false"],
        vec![(
            "three of a text",
            vec![tweet(1, "one"), tweet(2, "one"), tweet(2, "one").likes(1), tweet(5, "two")],
            past,
            vec![KEPT, same_id(2), KEPT, same_id(5)],
        )],
    )
    .await;
}

// The text of a deleted tweet used to live on in the tweets that quoted it.
#[tokio::test]
async fn a_quote_of_a_withdrawn_tweet_is_told() {
    let rows = [
        tweet(1, "quotes a deleted one").quoting(11),
        tweet(2, "quotes a marked one").quoting(12),
        tweet(3, "quotes one of a withheld account").quoting(13),
        tweet(4, "quotes a tombstone").quoting(14),
        tweet(5, "quotes one withheld earlier").quoting(15),
        tweet(6, "quotes a good one").quoting(16),
        tweet(7, "quotes nothing"),
        tweet(12, "twelve").inside(Origin::Quoted, 2),
        tweet(12, "twelve").marked(),
        tweet(13, "thirteen").by(9).inside(Origin::Quoted, 3),
        tweet(16, "sixteen").inside(Origin::Quoted, 6),
        notice("delete", 11),
        account_notice(9),
    ];
    let past = Past { deleted: vec![14], withheld: vec![15], ..Past::default() };
    for (settings, told) in [(&[][..], vec![0, 1, 2, 3, 4]), (&["output.columns=[quote_of]"][..], vec![])] {
        let decisions = Decider::new(settings).decide(&numbered(&rows), &past, 2).await;
        let withdrawn: Vec<i64> = decisions
            .iter()
            .filter(|decision| decision.quote_withdrawn)
            .map(|decision| decision.record)
            .collect();
        assert_eq!(withdrawn, told, "{settings:?}");
        assert!(decisions[..7].iter().all(|decision| decision.fate == "kept"), "{decisions:?}");
    }
}

#[tokio::test]
async fn the_first_filter_a_tweet_fails_is_its_fate() {
    const SHORT: Fate = ("filtered:short", None);
    const DULL: Fate = ("filtered:dull", None);
    check(
        &["filter=[{name: short, keep: 'octet_length(text) > 3 -- bytes'}, {name: dull, keep: likes > 0}]"],
        vec![
            tonight(
                "in the order of the run file",
                vec![tweet(1, "one"), tweet(2, "one"), tweet(3, "three"), tweet(4, "three").likes(1)],
                vec![SHORT, SHORT, DULL, KEPT],
            ),
            tonight(
                "the richest copy is judged",
                vec![tweet(1, "three"), tweet(1, "three").likes(5)],
                vec![same_id(1), KEPT],
            ),
            tonight(
                "what was filtered suppresses no text",
                vec![tweet(1, "three"), tweet(2, "three").likes(1), tweet(3, "three").likes(1)],
                vec![DULL, KEPT, same_text(2)],
            ),
            tonight(
                "deleted and retweets come first",
                vec![tweet(1, "one"), notice("delete", 1), retweet(2, 3)],
                vec![DELETED, EVENT, retweet_of(3)],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn an_author_has_so_many_documents_in_a_commit() {
    const CAPPED: Fate = ("capped", None);
    let past = Past { heads: vec![(1, Some("one"), None), (2, Some("two"), None)], ..Past::default() };
    check(
        &["caps.per_author=2"],
        vec![
            tonight(
                "the first by id stay",
                vec![tweet(4, "four"), tweet(3, "three"), tweet(1, "one"), tweet(2, "two")],
                vec![CAPPED, CAPPED, KEPT, KEPT],
            ),
            tonight(
                "each author by itself",
                vec![
                    tweet(1, "one"),
                    tweet(2, "two").by(7),
                    tweet(3, "three"),
                    tweet(4, "four"),
                    tweet(5, "five").by(7),
                ],
                vec![KEPT, KEPT, KEPT, CAPPED, KEPT],
            ),
            tonight(
                "without an id the handle tells, in any case",
                vec![
                    tweet(1, "one").by_handle("Jack"),
                    tweet(2, "two").by_handle("jack"),
                    tweet(3, "three").by_handle("JACK"),
                    tweet(4, "four").by_handle("biz"),
                ],
                vec![KEPT, KEPT, CAPPED, KEPT],
            ),
            tonight(
                "nobody known is never capped",
                vec![
                    tweet(1, "one").by(None),
                    tweet(2, "two").by(None),
                    tweet(3, "three").by(None),
                    tweet(4, "four").by_handle(""),
                ],
                vec![KEPT, KEPT, KEPT, KEPT],
            ),
            tonight(
                "what is dropped for another reason does not count",
                vec![
                    tweet(1, "one"),
                    tweet(2, "one"),
                    tweet(2, "one").likes(3),
                    tweet(3, "three"),
                    notice("delete", 3),
                    tweet(4, "four"),
                    tweet(5, "five"),
                ],
                vec![KEPT, same_id(2), same_text(1), DELETED, EVENT, KEPT, CAPPED],
            ),
            tonight(
                "a capped record keeps its copies out",
                vec![tweet(1, "one"), tweet(2, "two"), tweet(3, "three"), tweet(4, "three").by(7)],
                vec![KEPT, KEPT, CAPPED, same_text(3)],
            ),
            (
                "earlier commits do not count",
                vec![tweet(3, "three"), tweet(4, "four"), tweet(5, "five")],
                past,
                vec![KEPT, KEPT, CAPPED],
            ),
        ],
    )
    .await;
}
