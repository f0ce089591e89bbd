use super::*;

#[test]
fn a_deletion_names_tweet_author_and_time() {
    let parsed = parse(
        "{\"delete\":{\"status\":{\"id\":9007199254740993,\"id_str\":\"9007199254740993\",\"user_id\":3,\
         \"user_id_str\":\"3\"},\"timestamp_ms\":\"1439761273410\"}}\r\n",
    );
    let row = parsed.row();
    assert_eq!(parsed.fates(), [(EVENT, Some("delete"))]);
    assert_eq!(row.int("tweet_id"), Some(9_007_199_254_740_993));
    assert_eq!(row.int("author_id"), Some(3));
    assert_eq!(row.int("created_at"), Some(1_439_761_273_410));
    assert!(row.column("digest").is_none());
    assert!(row.bytes("raw").unwrap().ends_with(b"}}"));
}

#[test]
fn documented_messages_are_events() {
    let lines = [
        (r#"{"scrub_geo":{"user_id":14,"user_id_str":"14","up_to_status_id":23}}"#, "scrub_geo"),
        (r#"{"limit":{"track":1234}}"#, "limit"),
        (r#"{"disconnect":{"code":4,"stream_name":"x","reason":"y"}}"#, "disconnect"),
        (r#"{"warning":{"code":"FALLING_BEHIND","message":"x","percent_full":60}}"#, "warning"),
        (r#"{"friends":[1,2,3]}"#, "friends"),
        (r#"{"friends_str":["1"]}"#, "friends"),
        (r#"{"event":"favorite","created_at":"x","source":{"id":1},"target_object":{"text":"x"}}"#, "event"),
        (r#"{"for_user":1,"message":{"friends":[]}}"#, "for_user"),
        (r#"{"control":{"control_uri":"/1.1/x"}}"#, "control"),
        (r#"{"direct_message":{"id":1,"text":"secret"}}"#, "direct_message"),
        (r#"{"delete":{"direct_message":{"id":1,"user_id":2}}}"#, "unknown"),
        (r#"{"something":"new"}"#, "unknown"),
        ("{}", "unknown"),
        ("", "keep_alive"),
        ("  \t", "keep_alive"),
        ("b'\\r\\n'", "keep_alive"),
    ];
    for (line, reason) in lines {
        let parsed = parse(format!("{line}\r\n"));
        assert_eq!(parsed.fates(), [(EVENT, Some(reason))], "{line}");
        assert_eq!(parsed.row().bytes("raw"), Some(line.as_bytes()));
    }
}

// `status-v1` used to be accepted and do nothing.
#[test]
fn where_only_statuses_of_v1_are_expected_anything_else_is_refused() {
    let status = r#"{"id":20,"id_str":"20","text":"hi","user":{"id":12}}"#;
    let retweet = format!(r#"{{"id":21,"text":"RT @a: hi","user":{{"id":13}},"retweeted_status":{status}}}"#);
    for (line, auto, strict) in [
        (status, &[(TWEET, None)][..], &[(TWEET, None)][..]),
        (&retweet, &[(RETWEET, None), (TWEET, None)], &[(RETWEET, None), (TWEET, None)]),
        // A tweet of API v2 may be no more than this.
        (r#"{"id":"20","text":"hi"}"#, &[(TWEET, None)], &[(REJECT, Some("unknown_shape"))]),
        (r#"{"something":"new"}"#, &[(EVENT, Some("unknown"))], &[(REJECT, Some("unknown_shape"))]),
        ("{}", &[(EVENT, Some("unknown"))], &[(REJECT, Some("unknown_shape"))]),
        (r#"{"limit":{"track":1}}"#, &[(EVENT, Some("limit"))], &[(EVENT, Some("limit"))]),
        (
            r#"{"delete":{"status":{"id":1,"user_id":2}}}"#,
            &[(EVENT, Some("delete"))],
            &[(EVENT, Some("delete"))],
        ),
        ("", &[(EVENT, Some("keep_alive"))], &[(EVENT, Some("keep_alive"))]),
    ] {
        for (shape, expected) in [(Shape::Auto, auto), (Shape::StatusV1, strict)] {
            let parsed = parse_as(shape, format!("{line}\r\n").as_bytes(), LineLimits::default());
            assert_eq!(parsed.fates(), expected, "{shape:?}: {line}");
        }
    }
}

#[test]
fn withheld_notices_say_what_and_where() {
    let parsed = parse(
        "{\"status_withheld\":{\"id\":12,\"user_id\":34,\"withheld_in_countries\":[\"DE\",\"AR\"]}}\n\
         {\"user_withheld\":{\"id\":34,\"withheld_in_countries\":[\"XX\"]}}\n",
    );
    let rows = parsed.rows();
    assert_eq!(parsed.fates(), [(EVENT, Some("status_withheld")), (EVENT, Some("user_withheld"))]);
    assert_eq!((rows[0].int("tweet_id"), rows[0].int("author_id")), (Some(12), Some(34)));
    assert_eq!(rows[0].list("withheld_in").unwrap(), ["DE", "AR"]);
    assert_eq!((rows[1].int("tweet_id"), rows[1].int("author_id")), (None, Some(34)));
    assert_eq!(rows[1].list("withheld_in").unwrap(), ["XX"]);
}

#[test]
fn a_notice_that_names_nothing_valid_is_refused() {
    for line in [
        r#"{"delete":{"status":{"id":0}}}"#,
        r#"{"delete":{"status":{}}}"#,
        r#"{"status_withheld":{"user_id":3}}"#,
        r#"{"user_withheld":{"id":"x"}}"#,
    ] {
        assert_eq!(parse(line).fates(), [(REJECT, Some("bad_id"))], "{line}");
    }
    // A deletion must be honoured even where the author is spoilt.
    assert_eq!(parse(r#"{"delete":{"status":{"id":1,"user_id":-1}}}"#).fates(), [(EVENT, Some("delete"))]);
}

#[test]
fn the_order_of_keys_decides_nothing() {
    let (delete, limit) = (r#""delete":{"status":{"id":7}}"#, r#""limit":{"track":1,"id":9}"#);
    for line in [format!("{{{delete},{limit}}}"), format!("{{{limit},{delete}}}")] {
        let parsed = parse(line);
        assert_eq!(parsed.fates(), [(EVENT, Some("delete"))]);
        assert_eq!(parsed.row().int("tweet_id"), Some(7));
    }
}

#[test]
fn shapes_read_elsewhere_are_not_half_understood() {
    for line in [
        r#"{"data":[{"id":"1","text":"x"}],"includes":{}}"#,
        r#"{"id":"1","text":"x","author_id":"2","edit_history_tweet_ids":["1"]}"#,
        r#"{"statuses":[],"search_metadata":{}}"#,
        r#"{"id":"tag:search.twitter.com,2005:1","verb":"post","body":"x"}"#,
        r#"{"id":1,"user":{"id":2},"created_at":"x"}"#,
        r#"[{"id":1,"text":"x"}]"#,
        r#""text""#,
        "12",
        "null",
    ] {
        assert_eq!(parse(line).fates(), [(REJECT, Some("unknown_shape"))], "{line}");
    }
    // A status with a key of the researcher's own is still a status.
    assert_eq!(parse(with(tweet(1, "x"), json!({"data": 1})).to_string()).fates(), [(TWEET, None)]);
}
