//! The rules of entities and lengths against the conformance suite of twitter-text, where the real data is.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use tweetmill_udfs::text::entities::{
    LengthRule, Offsets, Span, cashtags, hashtags_outside_urls, is_hashtag, is_list, is_mention, is_url,
    measure, mentions, reply_to, urls,
};

use crate::support::real_data;

#[derive(Deserialize)]
struct Suite {
    tests: BTreeMap<String, Vec<Case>>,
}

#[derive(Deserialize)]
struct Case {
    description: String,
    text: String,
    #[serde(default)]
    expected: Value,
}

/// A file of the suite; none, with the reason said, where it isn't here.
fn file(name: &str) -> Option<String> {
    let path = real_data()?.join("twitter-text").join(name);
    Some(std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

fn suite(name: &str) -> Option<Suite> {
    Some(serde_saphyr::from_str(&file(name)?).unwrap_or_else(|error| panic!("{name}: {error}")))
}

/// Runs `answer` on each case of the suite and lists those it fails by name.
fn run(file: &str, answer: impl Fn(&str, &str) -> Value) {
    let Some(suite) = suite(file) else { return };
    let mut failures = Vec::new();
    for (group, cases) in &suite.tests {
        for case in cases {
            let got = answer(group, &case.text);
            if got != case.expected {
                failures.push(format!(
                    "{group}: {}\n  text     {}\n  expected {}\n  got      {got}",
                    case.description, case.text, case.expected
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{} cases of {file} fail:\n{}", failures.len(), failures.join("\n"));
}

fn indices(text: &str, span: Span) -> Value {
    let mut offsets = Offsets::new(text);
    let start = offsets.at(span.start).unwrap();
    let end = offsets.at(span.end).unwrap();
    json!([start.utf16_units, end.utf16_units])
}

#[test]
fn extraction_conforms() {
    run("extract.yml", |group, text| {
        match group {
        "mentions" => mentions(text).map(|mention| mention.handle.of(text)).collect(),
        "mentions_with_indices" => mentions(text)
            .map(|mention| json!({"screen_name": mention.handle.of(text), "indices": indices(text, mention.span)}))
            .collect(),
        "mentions_or_lists_with_indices" => mentions(text)
            .map(|mention| {
                // Twitter's slugs begin with the slash.
                let slug = mention.list.map_or(String::new(), |list| format!("/{}", list.of(text)));
                json!({
                    "screen_name": mention.handle.of(text),
                    "list_slug": slug,
                    "indices": indices(text, mention.span),
                })
            })
            .collect(),
        "replies" => reply_to(text).map_or(Value::Null, |mention| mention.handle.of(text).into()),
        "urls" | "tco_urls_with_params" => urls(text).map(|url| url.span.of(text)).collect(),
        "urls_with_indices" | "urls_with_directional_markers" => urls(text)
            .map(|url| json!({"url": url.span.of(text), "indices": indices(text, url.span)}))
            .collect(),
        "hashtags" | "hashtags_from_astral" => {
            hashtags_outside_urls(text).map(|hashtag| hashtag.tag.of(text)).collect()
        }
        "hashtags_with_indices" => hashtags_outside_urls(text)
            .map(|hashtag| json!({"hashtag": hashtag.tag.of(text), "indices": indices(text, hashtag.span)}))
            .collect(),
        "cashtags" => cashtags(text).map(|cashtag| cashtag.symbol.of(text)).collect(),
        "cashtags_with_indices" => cashtags(text)
            .map(|cashtag| json!({"cashtag": cashtag.symbol.of(text), "indices": indices(text, cashtag.span)}))
            .collect(),
        other => panic!("extract.yml has tests that are new to us: {other}"),
    }
    });
}

#[test]
fn validation_conforms() {
    let measured = |text: &str, rule: &LengthRule| {
        let measured = measure(text, rule);
        // Twitter gives the last unit, not the one behind it.
        let last = |bytes| Offsets::new(text).at(bytes).unwrap().utf16_units - 1;
        json!({
            "weightedLength": measured.weighted_length,
            "valid": measured.is_valid,
            "permillage": measured.permillage,
            "displayRangeStart": 0,
            "displayRangeEnd": last(text.len()),
            "validRangeStart": 0,
            "validRangeEnd": last(measured.valid_bytes),
        })
    };
    run("validate.yml", |group, text| match group {
        "tweets" => measure(text, &LengthRule::V1).is_valid.into(),
        "usernames" => is_mention(text).into(),
        "lists" => is_list(text).into(),
        "hashtags" => is_hashtag(text).into(),
        "urls" => is_url(text, true).into(),
        "urls_without_protocol" => is_url(text, false).into(),
        "WeightedTweetsCounterTest" => measured(text, &LengthRule::V2),
        "WeightedTweetsWithDiscountedEmojiCounterTest" | "UnicodeDirectionalMarkerCounterTest" => {
            measured(text, &LengthRule::V3)
        }
        other => panic!("validate.yml has tests that are new to us: {other}"),
    });
}

#[test]
fn top_level_domains_conform() {
    run("tlds.yml", |_, text| urls(text).map(|url| url.span.of(text)).collect());
}

/// The rule as code is the rule as Twitter's file.
#[test]
fn the_weights_are_those_of_the_configuration() {
    let Some(text) = file("config_v3.json") else { return };
    let rule = LengthRule::V3;
    let ranges: Vec<_> = rule
        .ranges
        .iter()
        .map(|range| json!({"start": range.first as u32, "end": range.last as u32, "weight": range.weight}))
        .collect();
    assert_eq!(
        serde_json::from_str::<Value>(&text).unwrap(),
        json!({
            "version": 3,
            "maxWeightedTweetLength": rule.longest,
            "scale": rule.scale,
            "defaultWeight": rule.default_weight,
            "emojiParsingEnabled": rule.emoji_as_one,
            "transformedURLLength": rule.url_length,
            "ranges": ranges,
        })
    );
}
