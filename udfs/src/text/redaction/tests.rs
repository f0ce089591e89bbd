use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

const DROP: Redaction = Redaction {
    mentions: MentionRule::Drop,
    urls: UrlRule::Drop,
    emails: ContactRule::Drop,
    phones: ContactRule::Drop,
};
const TAG: Redaction = Redaction {
    mentions: MentionRule::User,
    urls: UrlRule::Tag,
    emails: ContactRule::Tag,
    phones: ContactRule::Tag,
};

const TEXT: &str = "RT @jack: mail me@example.com or call 020 7946 0958, see https://t.co/abc #tea";

fn redacted(redaction: Redaction, text: &str) -> String {
    let expanded = |link: &str| (link == "https://t.co/abc").then_some("https://Example.com/page");
    redaction.apply(text, expanded).0.into_owned()
}

#[test]
fn each_kind_has_its_rules() {
    let keep = Redaction::KEEP;
    for (redaction, expected) in [
        (keep, TEXT),
        (
            Redaction { mentions: MentionRule::User, ..keep },
            "RT @user: mail me@example.com or call 020 7946 0958, see https://t.co/abc #tea",
        ),
        (
            Redaction { urls: UrlRule::Host, ..keep },
            "RT @jack: mail me@example.com or call 020 7946 0958, see example.com #tea",
        ),
        (TAG, "RT @user: mail <email> or call <phone>, see <url> #tea"),
        (DROP, "RT : mail or call , see #tea"),
    ] {
        assert_eq!(redacted(redaction, TEXT), expected);
    }
    let (_, counts) = TAG.apply(TEXT, |_| None);
    assert_eq!(counts, Counts { mentions: 1, urls: 1, emails: 1, phones: 1 });
}

#[test]
fn a_text_with_nothing_to_redact_stays_where_it_lies() {
    for text in ["", "good morning", "😀👨‍👩‍👧", "مرحبا بالعالم", "日本語のテキスト", "12:30 @ home"]
    {
        assert!(matches!(TAG.apply(text, |_| None), (Cow::Borrowed(same), counts)
            if same == text && counts == Counts::default()));
    }
}

#[test]
fn a_link_that_leads_nobody_knows_where_has_the_host_it_is_written_with() {
    let host = Redaction { urls: UrlRule::Host, ..Redaction::KEEP };
    let of = |expanded: Option<&'static str>| host.apply("https://t.co/x", |_| expanded).0.into_owned();
    assert_eq!(of(None), "t.co");
    assert_eq!(of(Some("not a link")), "t.co");
    assert_eq!(of(Some("http://日本語.jp/x")), "日本語.jp");
}

#[test]
fn what_is_dropped_joins_nothing() {
    let emails = Redaction { emails: ContactRule::Drop, ..Redaction::KEEP };
    let urls = Redaction { urls: UrlRule::Drop, ..Redaction::KEEP };
    assert_eq!(redacted(emails, "020 7946 a@b.co 0958"), "020 7946  0958");
    assert_eq!(phones("020 7946  0958").count(), 0);
    assert_eq!(redacted(urls, "me@ http://x.org .com"), "me@ .com");
    assert_eq!(redacted(DROP, "@RT@rt@jack hi"), "hi");
    assert_eq!(redacted(DROP, "@a0000000000000000000RT@a0@b hi"), "hi");
    assert_eq!(redacted(TAG, "@a0000000000000000000bcd hi"), "@user hi");
    assert_eq!(redacted(DROP, "@a/my-list@RT@b hi"), "hi");
    assert_eq!(redacted(TAG, "@jack-of all"), "@user-of all");
    assert_eq!(redacted(TAG, "@aaaaaaaaaaaaaaaaaaaax@RT@c/list hi"), "@user hi");
    assert_eq!(redacted(urls, "日本https://t.co/x語"), "日本 語");
}

/// Parts that addresses, numbers, mentions and links are made of.
fn texts() -> impl Strategy<Value = String> {
    "(https?://|t\\.co/|[a-z]{1,3}\\.com|[0-9]{1,4}|\\+[0-9]{2}|0[0-9]{2,3}|@[a-z_]{1,4}|me@|[0-9]{9,12}|RT|@RT@|@a0{19}|@a/b{25}|xn--|\
     [@＠#$.:/?&()_+=%,'\\- \n\u{3000}a-cA-C0-9０-３éü日한ع😀\u{200d}\u{300}])\
     {0,24}"
}

fn rules() -> impl Strategy<Value = Redaction> {
    let contact = || prop_oneof![Just(ContactRule::Tag), Just(ContactRule::Drop)];
    let mentions = prop_oneof![Just(MentionRule::Keep), Just(MentionRule::User), Just(MentionRule::Drop)];
    let urls = prop_oneof![Just(UrlRule::Keep), Just(UrlRule::Host), Just(UrlRule::Tag), Just(UrlRule::Drop)];
    (mentions, urls, contact(), contact()).prop_map(|(mentions, urls, emails, phones)| Redaction {
        mentions,
        urls,
        emails,
        phones,
    })
}

fn check(redaction: Redaction, text: &str) -> Result<(), TestCaseError> {
    let (redacted, counts) = redaction.apply(text, |_| None);
    let left: Vec<_> = emails(&redacted).chain(phones(&redacted)).map(|span| span.of(&redacted)).collect();
    prop_assert!(left.is_empty(), "{left:?} is left of {text:?} in {redacted:?}");
    if redaction.mentions == MentionRule::Drop {
        let mut left = entities(&redacted).filter(|entity| matches!(entity, Entity::Mention(_)));
        prop_assert_eq!(left.next(), None, "of {:?} in {:?}", text, redacted);
    }
    if counts == Counts::default() {
        prop_assert_eq!(redacted.as_ref(), text);
    }
    let found = (emails(text).count() as u32, phones(text).count() as u32);
    if redaction.urls == UrlRule::Keep && redaction.mentions == MentionRule::Keep {
        prop_assert_eq!(counts.emails, found.0);
    }
    let mut at = 0;
    for span in emails(text) {
        prop_assert!(at <= span.start && span.start < span.end, "{span:?} of {text:?}");
        prop_assert!(text.get(span.start..span.end).is_some());
        at = span.end;
    }
    Ok(())
}

/// Words that stand apart before stand apart after: every word of the result is one of the text, or a part of one.
fn joins_nothing(text: &str) -> Result<(), TestCaseError> {
    let (redacted, _) = DROP.apply(text, |_| None);
    for word in redacted.split_whitespace() {
        prop_assert!(text.contains(word), "{word:?} of {redacted:?} is not in {text:?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8192))]

    #[test]
    fn nothing_that_the_detectors_know_is_left(text in texts(), redaction in rules()) {
        check(redaction, &text)?;
    }

    #[test]
    fn nor_is_it_of_any_text(text in "\\PC{0,80}", redaction in rules()) {
        check(redaction, &text)?;
    }

    #[test]
    fn no_words_are_joined(text in texts()) {
        joins_nothing(&text)?;
    }

    #[test]
    fn twice_is_as_good_as_once(text in texts()) {
        let (once, _) = DROP.apply(&text, |_| None);
        let (twice, counts) = DROP.apply(&once, |_| None);
        prop_assert_eq!((counts.emails, counts.phones), (0, 0));
        prop_assert!(twice.len() <= once.len());
    }
}

/// A text that takes more than linear time at this length takes minutes.
#[test]
fn hostile_texts_take_linear_time() {
    const BYTES: usize = 1 << 20;
    for part in [
        "@",
        "a.",
        "1",
        "1 ",
        "12-",
        "(",
        "+",
        "a@",
        "@a",
        "@aaaaaaaaaaaaaaaaaaaax@RT",
        "a@b.",
        "@a.b",
        ".",
        "0 ",
        "+1",
        "a@b.co",
        "020 7946 0958 ",
        "a@b.co ",
        "@a ",
        "@RT",
        "x.co ",
        "http://",
        "://",
        "０",
        " ",
        "日",
        "_",
    ] {
        let text = part.repeat(BYTES / part.len());
        for redaction in [TAG, DROP] {
            let started = Instant::now();
            let (redacted, _) = redaction.apply(&text, |_| None);
            assert!(started.elapsed() < Duration::from_secs(20), "{part:?} took {:?}", started.elapsed());
            assert_eq!(emails(&redacted).count() + phones(&redacted).count(), 0, "{part:?}");
        }
    }
}
