use proptest::prelude::*;

use super::*;

#[test]
fn every_column_of_a_tweet_is_filled() {
    let line = json!({
        "created_at": "Fri Jan 01 17:29:00 +0000 2021",
        "id": 1_345_059_463_120_621_570_i64,
        "id_str": "1345059463120621570",
        "text": "@a &lt;3 #x https://t.co/1",
        "source": "<a href=\"http://example.org\" rel=\"nofollow\">Example &amp; Co</a>",
        "truncated": false,
        "in_reply_to_status_id": 11, "in_reply_to_status_id_str": "11",
        "in_reply_to_user_id": 12, "in_reply_to_user_id_str": "12",
        "in_reply_to_screen_name": "a",
        "user": {
            "id": 13, "id_str": "13", "name": "B", "screen_name": "b", "verified": true,
            "followers_count": 14, "friends_count": 15, "statuses_count": 16,
            "created_at": "Thu Jan 01 00:00:01 +0000 1970",
        },
        "geo": null, "place": {"bounding_box": {"coordinates": [[[1.5, 2], [3, 4e0]]]}},
        "is_quote_status": true, "quoted_status_id": 20, "quoted_status_id_str": "20",
        "conversation_id_str": "11",
        "quote_count": 17, "reply_count": 18, "retweet_count": 19, "favorite_count": 21,
        "entities": {
            "hashtags": [{"text": "x", "indices": [5, 7]}],
            "urls": [
                {"url": "https://t.co/1", "expanded_url": "https://example.org/", "indices": [8, 22]},
                {"url": "https://t.co/2", "expanded_url": null},
                {"expanded_url": "https://example.org/3"},
                {"url": "http://example.org/?a=1&amp;b", "expanded_url": "http://example.org/?a=1&b=2"},
                {"indices": [1, 2]},
            ],
            "user_mentions": [{"screen_name": "a", "id": 12}],
            "symbols": [],
            "media": [{"sizes": {"large": {"w": 1}}}],
        },
        "extended_entities": {"media": [{"id": 1}, {"id": 2}]},
        "possibly_sensitive": false, "lang": "en", "timestamp_ms": "1609522140551",
        "withheld_in_countries": ["DE", "FR"], "withheld_copyright": true,
    });
    let parsed = parse(line.to_string());
    let row = parsed.row();
    assert_eq!((row.kind(), row.origin()), (TWEET, Origin::Line as u8));
    for (name, value) in [
        ("tweet_id", 1_345_059_463_120_621_570),
        ("author_id", 13),
        ("created_at", 1_609_522_140_000),
        ("reply_to", 11),
        ("reply_to_author", 12),
        ("quote_of", 20),
        ("conversation_id", 11),
        ("retweets", 19),
        ("likes", 21),
        ("replies", 18),
        ("quotes", 17),
        ("media", 2),
        ("author_followers", 14),
        ("author_following", 15),
        ("author_tweets", 16),
        ("author_created_at", 1000),
        ("unit", 5),
        ("member", 6),
        ("offset", 0),
        ("record", 0),
    ] {
        assert_eq!(row.int(name), Some(value), "{name}");
    }
    assert_eq!(row.text("author_name"), Some("b"));
    assert_eq!(row.text("reply_to_author_name"), Some("a"));
    assert_eq!(row.text("lang"), Some("en"));
    assert_eq!(row.text("text"), Some("@a <3 #x https://t.co/1"));
    assert_eq!(row.text("source"), Some("Example & Co"));
    assert_eq!(row.bool("text_complete"), Some(true));
    assert_eq!(row.bool("sensitive"), Some(false));
    assert_eq!(row.bool("author_verified"), Some(true));
    assert_eq!(row.list("withheld_in").unwrap(), ["DE", "FR", "XY"]);
    assert_eq!(row.list("hashtags").unwrap(), ["x"]);
    assert_eq!(row.list("mentions").unwrap(), ["a"]);
    assert_eq!(
        row.list("urls").unwrap(),
        ["https://example.org/", "https://t.co/2", "https://example.org/3", "http://example.org/?a=1&b=2"]
    );
    assert_eq!(
        row.list("links").unwrap(),
        ["https://t.co/1", "https://t.co/2", "https://example.org/3", "http://example.org/?a=1&b"]
    );
    assert_eq!(row.bytes("digest").unwrap().len(), 16);
    for null in ["quoted_text", "reason", "raw", "retweet_of", "carrier_id"] {
        assert!(row.column(null).is_none(), "{null}");
    }
}

#[test]
fn the_longest_text_wins_with_its_own_entities() {
    let hashtags = |tag: &str| json!({"hashtags": [{"text": tag}], "urls": [], "user_mentions": []});
    let compat = with(tweet(40, "cut…"), json!({"truncated": true, "entities": hashtags("cut")}));
    let extended = with(
        compat.clone(),
        json!({"extended_tweet": {
            "full_text": "all &amp; everything", "display_text_range": [0, 3], "entities": hashtags("all"),
            "extended_entities": {"media": [{}, {}, {}]},
        }}),
    );
    let note =
        with(extended.clone(), json!({"note_tweet": {"text": "a long post", "entities": hashtags("note")}}));
    let rest = with(tweet(40, ""), json!({"text": null, "full_text": "rest", "entities": hashtags("rest")}));
    for (line, text, complete, hashtag, media) in [
        (compat, "cut…", false, "cut", 0),
        (extended, "all & everything", true, "all", 3),
        (note, "a long post", true, "note", 0),
        (rest, "rest", true, "rest", 0),
    ] {
        let parsed = parse(line.to_string());
        let row = parsed.row();
        assert_eq!(row.text("text"), Some(text));
        assert_eq!(row.bool("text_complete"), Some(complete), "{text}");
        assert_eq!(row.list("hashtags").unwrap(), [hashtag]);
        assert_eq!(row.int("media"), Some(media), "{text}");
    }
}

#[test]
fn a_retweet_brings_its_original() {
    let original = with(tweet(50, "the original"), json!({"favorite_count": 7}));
    let line =
        with(tweet(60, "RT @user50: the origi…"), json!({"retweeted": false, "retweeted_status": original}));
    let parsed = parse(line.to_string());
    let rows = parsed.rows();
    assert_eq!(parsed.counts, BlockCounts { lines: 1, retweets: 1, harvested: 1, ..parsed.counts });
    assert_eq!((rows[0].kind(), rows[0].int("retweet_of")), (RETWEET, Some(50)));
    assert_eq!(rows[0].text("text"), Some("RT @user50: the origi…"));
    assert_eq!(rows[0].bool("text_complete"), Some(false));
    assert_eq!((rows[1].kind(), rows[1].origin()), (TWEET, Origin::Retweeted as u8));
    assert_eq!((rows[1].int("tweet_id"), rows[1].int("carrier_id")), (Some(50), Some(60)));
    assert_eq!((rows[1].text("text"), rows[1].int("likes")), (Some("the original"), Some(7)));
    assert_eq!((rows[1].int("offset"), rows[1].int("record")), (Some(0), Some(1)));

    let spared = parse_columns(line.to_string().as_bytes(), &Columns::all().without_retweet_texts());
    for of_text in ["text", "text_complete", "hashtags", "digest"] {
        assert!(spared.rows()[0].column(of_text).is_none(), "{of_text}");
    }
    assert_eq!(spared.rows()[0].int("retweet_of"), Some(50));
    assert_eq!(spared.rows()[1].bytes("digest"), rows[1].bytes("digest"));

    // The flag says that the account that captured it had retweeted it: it decides nothing.
    let flagged = with(tweet(50, "x"), json!({"retweeted": true, "retweeted_status": null}));
    assert_eq!(parse(flagged.to_string()).row().kind(), TWEET);
}

#[test]
fn a_quote_brings_what_it_quotes_and_its_text() {
    let line =
        with(tweet(70, "look"), json!({"quoted_status_id": 71, "quoted_status": tweet(71, "a &gt; b")}));
    let parsed = parse(line.to_string());
    let rows = parsed.rows();
    assert_eq!((rows[0].kind(), rows[0].int("quote_of")), (TWEET, Some(71)));
    assert_eq!(rows[0].text("quoted_text"), Some("a > b"));
    assert_eq!((rows[1].int("tweet_id"), rows[1].int("carrier_id")), (Some(71), Some(70)));
    assert_eq!(rows[1].origin(), Origin::Quoted as u8);
    assert_eq!(parsed.counts, BlockCounts { lines: 1, tweets: 1, harvested: 1, ..parsed.counts });
}

/// Streams of 2015 put the quoted status beside the original, later ones inside it, some both.
#[test]
fn a_retweet_of_a_quote_brings_both_once() {
    let quoted = tweet(82, "quoted");
    let bare = with(tweet(81, "quoting"), json!({"quoted_status_id": 82}));
    let holding = with(bare.clone(), json!({"quoted_status": quoted}));
    for (original, beside) in
        [(bare.clone(), quoted.clone()), (holding.clone(), Value::Null), (holding, quoted.clone())]
    {
        let line = with(
            tweet(80, "RT @user81: quoting"),
            json!({"retweeted_status": original, "quoted_status": beside, "quoted_status_id": 82}),
        );
        let parsed = parse(line.to_string());
        let found: Vec<_> = parsed
            .rows()
            .iter()
            .map(|row| (row.int("tweet_id").unwrap(), row.origin(), row.int("carrier_id")))
            .collect();
        assert_eq!(
            found,
            [
                (80, Origin::Line as u8, None),
                (81, Origin::Retweeted as u8, Some(80)),
                (82, Origin::Quoted as u8, Some(81)),
            ]
        );
        assert_eq!(parsed.rows()[1].text("quoted_text"), Some("quoted"));
    }
}

#[test]
fn statuses_nested_without_end_are_read_to_a_fixed_depth() {
    let mut line = tweet(1, "innermost");
    for id in 2..60 {
        line = with(tweet(id, "outer"), json!({"quoted_status": line}));
    }
    let parsed = parse(line.to_string());
    assert_eq!(parsed.counts, BlockCounts { lines: 1, tweets: 1, harvested: 2, ..parsed.counts });
}

#[test]
fn ids_are_exact_and_within_range_or_refuse_the_line() {
    for (id, id_str, expected) in [
        (json!(9_007_199_254_740_993_i64), json!(null), Some(9_007_199_254_740_993)),
        (json!(9_007_199_254_740_992_i64), json!("9007199254740993"), Some(9_007_199_254_740_993)),
        (json!("20"), json!(null), Some(20)),
        (json!(null), json!("20"), Some(20)),
        (json!(20), json!(""), Some(20)),
        (json!(i64::MAX), json!(null), Some(i64::MAX)),
        (json!(9_223_372_036_854_775_808_u64), json!(null), None),
        (json!(1.0e30), json!(null), None),
        (json!(20.0), json!(null), None),
        (json!(0), json!("0"), None),
        (json!(-5), json!(null), None),
        (json!("x"), json!({}), None),
        (json!(null), json!(null), None),
    ] {
        let line = with(tweet(1, "x"), json!({"id": id, "id_str": id_str}));
        let parsed = parse(line.to_string());
        assert_eq!(parsed.row().int("tweet_id"), expected, "{line}");
        if expected.is_none() {
            assert_eq!(parsed.fates(), [(REJECT, Some("bad_id"))]);
            assert_eq!(parsed.row().bytes("raw"), Some(line.to_string().as_bytes()));
        }
    }
    for bad in [
        json!({"user": {"id": -1}}),
        json!({"retweeted_status": with(tweet(2, "y"), json!({"id": 0, "id_str": null}))}),
        json!({"retweeted_status": {"text": "y"}}),
        json!({"quoted_status": with(tweet(2, "y"), json!({"id": "x", "id_str": null}))}),
    ] {
        assert_eq!(parse(with(tweet(1, "x"), bad).to_string()).fates(), [(REJECT, Some("bad_id"))]);
    }
    // References only become null.
    let parsed = parse(with(tweet(1, "x"), json!({"in_reply_to_status_id": -1})).to_string());
    assert_eq!((parsed.row().kind(), parsed.row().int("reply_to")), (TWEET, None));
}

#[test]
fn a_field_of_the_wrong_type_costs_that_field() {
    let wrong = json!({
        "lang": 5, "user": null, "entities": "none", "retweet_count": "7", "favorite_count": "100+",
        "created_at": ["x"], "truncated": "no", "source": {"a": [1]}, "extended_tweet": [],
        "extended_entities": 1.5, "withheld_in_countries": "DE, FR", "possibly_sensitive": null,
        "retweeted_status": "x", "quoted_status": [{}], "in_reply_to_user_id": [],
    });
    let parsed = parse(with(tweet(1_345_059_463_120_621_570, "x"), wrong).to_string());
    let row = parsed.row();
    assert_eq!((row.kind(), row.text("text")), (TWEET, Some("x")));
    for null in
        ["lang", "author_id", "author_name", "hashtags", "likes", "source", "media", "reply_to_author"]
    {
        assert!(row.column(null).is_none(), "{null}");
    }
    assert_eq!(row.int("retweets"), Some(7));
    assert_eq!(row.int("created_at"), Some(1_609_522_140_661), "from the id");
    assert_eq!(row.list("withheld_in").unwrap(), ["DE", "FR"]);
}

#[test]
fn the_time_comes_from_the_best_field_there_is() {
    for (created_at, timestamp_ms, id, expected) in [
        (json!("2021-01-01T17:29:00.000Z"), json!(null), 5, Some(1_609_522_140_000)),
        (json!("2021-01-01 17:29:00 +0000"), json!("7"), 5, Some(1_609_522_140_000)),
        (json!("once"), json!("1609522140551"), 5, Some(1_609_522_140_551)),
        (json!(null), json!(1_609_522_140_551_i64), 5, Some(1_609_522_140_551)),
        (json!(null), json!(null), 1_345_059_463_120_621_570, Some(1_609_522_140_661)),
        (json!(null), json!(null), 5, None),
    ] {
        let line = with(tweet(id, "x"), json!({"created_at": created_at, "timestamp_ms": timestamp_ms}));
        assert_eq!(parse(line.to_string()).row().int("created_at"), expected, "{line}");
    }
}

#[test]
fn of_a_repeated_key_the_last_counts() {
    let line = r#"{"id":1,"text":"a","id":2,"text":"b","user":{"id":3,"screen_name":"x"},"user":{"id":4},
        "entities":{"hashtags":[{"text":"p"}]},"entities":{"urls":[]},
        "quoted_status":{"id":9,"text":"q","lang":"en"},"quoted_status":{"id":8,"text":"r"}}"#;
    let parsed = parse(line.replace('\n', ""));
    let rows = parsed.rows();
    assert_eq!((rows[0].int("tweet_id"), rows[0].text("text")), (Some(2), Some("b")));
    assert_eq!((rows[0].int("author_id"), rows[0].text("author_name")), (Some(4), None));
    assert_eq!(rows[0].list("hashtags").unwrap(), Vec::<String>::new());
    assert_eq!((rows[1].int("tweet_id"), rows[1].text("lang")), (Some(8), None));
    assert_eq!(rows.len(), 2);
    // An escaped key is the same key.
    assert_eq!(parse(r#"{"id":1,"t\u0065xt":"a"}"#).row().text("text"), Some("a"));
}

#[test]
fn nothing_of_one_line_shows_in_the_next() {
    let full = with(
        tweet(1, "RT x"),
        json!({
            "retweeted_status": with(tweet(2, "y"), json!({"quoted_status": tweet(3, "z")})),
            "withheld_copyright": true, "extended_tweet": {"full_text": "RT long"}, "lang": "de",
        }),
    );
    let bare = json!({"id": 4, "text": "bare"});
    let parsed =
        parse(format!("{full}\n{bare}\n{{\"delete\":{{\"status\":{{\"id\":5}}}}}}\n{{\"limit\":{{}}}}\n"));
    let alone = parse(bare.to_string());
    let rows = parsed.rows();
    assert_eq!(rows[3].bytes("digest"), alone.row().bytes("digest"));
    assert_eq!(rows[4].int("tweet_id"), Some(5));
    assert_eq!(rows[5].int("tweet_id"), None);
}

#[test]
fn the_digest_depends_on_values_alone() {
    let line = with(tweet(91, "déjà &amp; vu"), json!({"possibly_sensitive": true}));
    let digest = |text: &str| parse(text).row().bytes("digest").unwrap().to_vec();
    let expected = digest(&line.to_string());
    let Value::Object(fields) = &line else { panic!("an object") };
    let mut reversed = String::from(" { ");
    for (at, (key, value)) in fields.iter().rev().enumerate() {
        let comma = if at == 0 { "" } else { " ,\t" };
        reversed.extend([comma.to_owned(), json!(key).to_string(), " : ".to_owned(), value.to_string()]);
    }
    reversed.push_str(" } ");
    assert_eq!(digest(&reversed), expected);
    assert_eq!(digest(&line.to_string().replace('é', r"\u00e9").replace("am", r"\u0061m")), expected);
    assert_eq!(digest(&format!("\n{line}\r\n").replacen('\n', "", 1)), expected);
    assert_ne!(digest(&with(line.clone(), json!({"favorite_count": 3})).to_string()), expected);

    let carried = with(tweet(92, "RT"), json!({"retweeted_status": line.clone()}));
    let parsed = parse(carried.to_string());
    assert_eq!(parsed.rows()[1].bytes("digest").unwrap(), expected);
}

proptest! {
    #[test]
    fn any_text_survives_any_spelling(text in "\\PC{0,40}", ascii in any::<bool>()) {
        let mut line = tweet(5, "").to_string();
        let mut spelled = json!(text.replace('&', "&amp;")).to_string();
        if ascii {
            spelled = spelled
                .encode_utf16()
                .map(|unit| if unit < 128 { char::from(unit as u8).to_string() } else { format!("\\u{unit:04x}") })
                .collect();
        }
        line = line.replace(r#""text":"""#, &format!(r#""text":{spelled}"#));
        let parsed = parse(line);
        prop_assert_eq!(parsed.row().text("text"), Some(text.as_str()));
    }
}
