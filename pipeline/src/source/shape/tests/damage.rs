use proptest::prelude::*;

use super::*;

fn text_of(line: &[u8]) -> String {
    let parsed = parse(line);
    assert_eq!(parsed.fates(), [(TWEET, None)], "{}", String::from_utf8_lossy(line));
    parsed.row().text("text").unwrap().to_owned()
}

#[test]
fn a_damaged_character_costs_that_character() {
    assert_eq!(text_of(br#"{"id":1,"text":"a\ud800b"}"#), "a\u{FFFD}b");
    assert_eq!(text_of(br#"{"id":1,"text":"\ud83d\ude00","user":{"name":"\udc00"}}"#), "😀");
    assert_eq!(text_of(b"{\"id\":1,\"text\":\"a\xFFb\"}"), "a\u{FFFD}b");
    assert_eq!(text_of(b"{\"id\":1,\"text\":\"a\",\"x\":\"\xFF\"}"), "a");
    assert_eq!(text_of(b"{\"id\":1,\"text\":\"a\0b\"}"), "a\0b");
    assert_eq!(text_of(br#"{"id":1,"text":"a\u0000b"}"#), "a\0b");
    assert_eq!(text_of(b"{\"id\":1,\"text\":\"a\",\"x\":\"\0\t\"}"), "a");
    assert_eq!(text_of(b"\0\0\0{\"id\":1,\"text\":\"a\"}\0 \0"), "a");
}

#[test]
fn a_line_that_cannot_be_read_says_why() {
    let lines: [(&[u8], &str); 15] = [
        (b"<!DOCTYPE html>", "not_json"),
        (b"  <h1>502 Bad Gateway</h1>", "not_json"),
        (b"body { color: red }", "not_json"),
        (b"b'a' + 1", "not_json"),
        (b"\0\0\0", "not_json"),
        (b"'", "not_json"),
        (b"{\"id\":1,\"text\":\"a\"} x", "invalid_json"),
        (b"{\"id\":1,\"text\":\"a\"", "invalid_json"),
        (b"{'id':1}", "invalid_json"),
        (b"{\"id\":1,\"text\":\"a\"}{\"id\":2,\"text\":\"b\"}", "invalid_json"),
        (b"{\"id\":01}", "invalid_json"),
        (b"{\"a\":\xFF}", "not_utf8"),
        (b"\xFF\xFE{\0\"\0", "not_utf8"),
        (b"b'<html>'", "not_json"),
        (b"b'[1]'", "unknown_shape"),
    ];
    for (line, reason) in lines {
        let parsed = parse([line, b"\r\n"].concat());
        assert_eq!(parsed.fates(), [(REJECT, Some(reason))], "{}", String::from_utf8_lossy(line));
        assert_eq!(parsed.row().bytes("raw"), Some(line));
    }
}

#[test]
fn half_a_line_at_the_end_is_truncated_wherever_it_was_cut() {
    let line = with(tweet(1, "a 😀 b"), json!({"x": [true, null, 1.5e3]})).to_string();
    let sound = format!("{line}\n");
    for cut in 1..line.len() {
        let member = [sound.as_bytes(), &line.as_bytes()[..cut]].concat();
        assert_eq!(parse(&member).fates(), [(TWEET, None), (REJECT, Some("truncated_line"))], "{cut}");
        let ended = [&line.as_bytes()[..cut], b"\n"].concat();
        let reason = parse(&ended).row().text("reason").map(str::to_owned);
        assert!(matches!(reason.as_deref(), Some("invalid_json" | "not_utf8")), "{cut}");
    }
    assert_eq!(parse([sound.as_bytes(), line.as_bytes()].concat()).fates(), [(TWEET, None), (TWEET, None)]);
    assert_eq!(parse(r#"b'{"id":1,"te"#).fates(), [(REJECT, Some("truncated_line"))]);
}

#[test]
fn one_bad_line_costs_one_line() {
    let mut member = Vec::new();
    for id in 1..=732 {
        let mut line = format!("{}\r\n", tweet(id, "x"));
        if id == 400 {
            line = line.replace("\"text\":", "\"text\"=");
        }
        member.extend_from_slice(line.as_bytes());
    }
    let parsed = parse(&member);
    assert_eq!((parsed.counts.tweets, parsed.counts.rejects), (731, 1));
    let rows = parsed.rows();
    let bad = rows.iter().find(|row| row.kind() == REJECT).unwrap();
    let offset = bad.int("offset").unwrap() as usize;
    assert!(member[offset..].starts_with(bad.bytes("raw").unwrap()));
}

#[test]
fn nesting_is_limited_also_in_values_that_are_skipped() {
    let nested = |depth: usize| {
        format!("{{\"id\":1,\"text\":\"x\",\"y\":{}{}}}", "[".repeat(depth), "]".repeat(depth))
    };
    assert_eq!(parse(nested(127)).fates(), [(TWEET, None)]);
    assert_eq!(parse(nested(128)).fates(), [(REJECT, Some("too_deep"))]);
    let limits = LineLimits { depth: 4, ..LineLimits::default() };
    assert_eq!(parse_with(nested(4).as_bytes(), limits).fates(), [(REJECT, Some("too_deep"))]);
    for hostile in [nested(200_000), "[".repeat(200_000), "{\"a\":".repeat(200_000)] {
        let parsed = parse(&hostile);
        assert_eq!(parsed.fates(), [(REJECT, Some("too_deep"))]);
        assert_eq!(parsed.row().bytes("raw").unwrap().len(), 64 << 10);
    }
    // Every typed field, nested as deep as the limit lets it, is safe.
    for key in ["user", "entities", "retweeted_status", "delete", "lang", "note_tweet", "extended_entities"] {
        let line = format!("{}1{}", format!("{{\"{key}\":").repeat(128), "}".repeat(128));
        parse(&line);
        parse(format!("{{\"{key}\":{}1{}}}", "[".repeat(127), "]".repeat(127)));
    }
}

#[test]
fn a_long_line_is_one_reject_with_its_start() {
    let limits = LineLimits { line_bytes: 1000, raw_bytes: 16, ..LineLimits::default() };
    let long = tweet(2, &"x".repeat(1000)).to_string();
    let member = format!("{}\n{long}\n{}\n", tweet(1, "a"), tweet(3, "b"));
    let parsed = parse_with(member.as_bytes(), limits);
    assert_eq!(parsed.fates(), [(TWEET, None), (REJECT, Some("too_long")), (TWEET, None)]);
    let rows = parsed.rows();
    assert_eq!(rows[1].bytes("raw"), Some(&long.as_bytes()[..16]));
    assert_eq!(rows[1].int("offset"), Some(tweet(1, "a").to_string().len() as i64 + 1));
    assert_eq!(parse_with(long.as_bytes(), limits).fates(), [(REJECT, Some("too_long"))]);
}

/// A whole archive of these was seen: the capture script printed `bytes` instead of writing them.
#[test]
fn lines_that_are_python_literals_are_tweets() {
    let line = tweet(1, "it's \"é\" \\ 😀").to_string();
    let mut literal = String::from("b'");
    for byte in format!("{line}\r\n").bytes() {
        match byte {
            b'\\' | b'\'' => literal.extend(['\\', char::from(byte)]),
            b'\r' => literal.push_str("\\r"),
            b'\n' => literal.push_str("\\n"),
            b' '..=b'~' => literal.push(char::from(byte)),
            _ => literal.extend(["\\x".to_owned(), format!("{byte:02x}")]),
        }
    }
    literal.push('\'');
    let parsed = parse(format!("{literal}\n{literal}\n"));
    assert_eq!(parsed.fates(), [(TWEET, None), (TWEET, None)]);
    assert_eq!(parsed.rows()[1].text("text"), Some("it's \"é\" \\ 😀"));
    assert_eq!(parsed.rows()[0].bytes("digest"), parse(line).row().bytes("digest"));
}

#[test]
fn a_byte_order_mark_and_crlf_leave_no_trace() {
    let parsed = parse(format!("\u{FEFF}{}\r\n{}\r\n", tweet(1, "a"), tweet(2, "b")));
    assert_eq!(parsed.fates(), [(TWEET, None), (TWEET, None)]);
    assert_eq!(parsed.rows()[0].int("offset"), Some(3));
    assert_eq!(parse("").counts.lines, 0);
    assert_eq!(parse("\u{FEFF}").counts.lines, 0);
}

/// Pieces that together make lines close to real ones, so that random ones reach deep.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<&'static str> = vec![
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\\",
        "\n",
        "\r\n",
        "null",
        "true",
        "0",
        "-1",
        "1e400",
        "12345",
        "\"id\":7",
        "\"id_str\":\"8\"",
        "\"text\":\"x &amp; y\"",
        "\"full_text\":",
        "\"user\":{\"id\":1}",
        "\"retweeted_status\":",
        "\"quoted_status\":",
        "\"delete\":{\"status\":",
        "\"entities\":{\"urls\":[",
        "\"extended_tweet\":",
        "\"created_at\":",
        "\\ud800",
        "\\u00",
        "b'",
        "'",
        "\u{FEFF}",
        "\0",
        "&",
    ];
    prop_oneof![
        proptest::sample::select(known).prop_map(|piece| piece.as_bytes().to_vec()),
        proptest::collection::vec(any::<u8>(), 0..4),
    ]
}

proptest! {
    /// `parse` itself asserts that each line gives one record of origin `Line`.
    #[test]
    fn no_bytes_panic_and_no_line_is_lost(pieces in proptest::collection::vec(piece(), 0..60)) {
        let member = pieces.concat();
        let without_mark = member.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&member);
        let mut lines = without_mark.split(|byte| *byte == b'\n').count() as u64;
        if without_mark.last().is_none_or(|byte| *byte == b'\n') {
            lines -= 1;
        }
        prop_assert_eq!(parse(&member).counts.lines, lines);
        let small = LineLimits { line_bytes: 20, block_bytes: 30, block_lines: 3, depth: 3, raw_bytes: 5 };
        parse_with(&member, small);
    }

    #[test]
    fn a_spoilt_tweet_is_one_line(at in 0usize..2000, byte in any::<u8>(), cut in 0usize..2000) {
        let original = with(tweet(2, "y"), json!({"quoted_status": tweet(3, "z")}));
        let mut line = with(tweet(1, "x"), json!({"retweeted_status": original})).to_string().into_bytes();
        let (at, cut) = (at % line.len(), cut % line.len());
        line[at] = byte;
        prop_assert_eq!(parse(&line).counts.lines, 1 + u64::from(byte == b'\n' && at + 1 < line.len()));
        parse(&line[..cut]);
    }
}
