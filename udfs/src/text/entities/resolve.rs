//! All entities of a text, none inside another: of two that overlap the one that begins first stands.
//! So a URL holds the `@user` and `#top` in its path, and a hashtag the domain it runs into.

use super::cashtag::{Cashtags, cashtags};
use super::hashtag::{Hashtags, hashtags};
use super::mention::{Mentions, mentions};
use super::url::{Urls, urls};
use super::{Entity, Hashtag};

/// The entities of `text`, in order, none overlapping another.
///
/// ```
/// use tweetmill_udfs::text::entities::entities;
///
/// let text = "RT @jack: #top https://t.co/x#top";
/// let found: Vec<_> = entities(text).map(|entity| entity.span().of(text)).collect();
/// assert_eq!(found, ["@jack", "#top", "https://t.co/x"]);
/// ```
pub fn entities(text: &str) -> Entities<'_> {
    let mut entities = Entities {
        mentions: mentions(text),
        hashtags: hashtags(text),
        cashtags: cashtags(text),
        urls: urls(text),
        ahead: [None; 4],
        taken_to: 0,
    };
    for kind in Kind::ALL {
        entities.look_ahead(kind);
    }
    entities
}

/// The hashtags of `text`, in order, without those inside URLs.
pub fn hashtags_outside_urls(text: &str) -> impl Iterator<Item = Hashtag> {
    // Most texts have no hashtag: then nothing else is looked for.
    let has_any = hashtags(text).next().is_some();
    has_any.then(|| entities(text)).into_iter().flatten().filter_map(|entity| match entity {
        Entity::Hashtag(hashtag) => Some(hashtag),
        _ => None,
    })
}

/// Iterator over the entities of one text: a merge of four.
///
/// ```text
/// mentions ──┐
/// hashtags ──┤ the one that begins first,
/// cashtags ──┤ unless the last one reaches into it ──> entity
/// urls ──────┘
/// ```
#[derive(Clone, Debug)]
pub struct Entities<'t> {
    mentions: Mentions<'t>,
    hashtags: Hashtags<'t>,
    cashtags: Cashtags<'t>,
    urls: Urls<'t>,
    /// The next of each kind.
    ahead: [Option<Entity>; 4],
    /// Where the last entity ended.
    taken_to: usize,
}

/// The place of a kind in [`Entities::ahead`].
#[derive(Clone, Copy)]
enum Kind {
    Mention,
    Hashtag,
    Cashtag,
    Url,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Mention, Self::Hashtag, Self::Cashtag, Self::Url];
}

impl Entities<'_> {
    /// Finds the next entity of `kind`.
    fn look_ahead(&mut self, kind: Kind) {
        self.ahead[kind as usize] = match kind {
            Kind::Mention => self.mentions.next().map(Entity::Mention),
            Kind::Hashtag => self.hashtags.next().map(Entity::Hashtag),
            Kind::Cashtag => self.cashtags.next().map(Entity::Cashtag),
            Kind::Url => self.urls.next().map(Entity::Url),
        };
    }

    /// The kind of the entity that begins first, overlapping or not.
    fn first_kind(&self) -> Option<Kind> {
        let mut first = None;
        let mut first_start = usize::MAX;
        for kind in Kind::ALL {
            if let Some(entity) = &self.ahead[kind as usize]
                && entity.span().start < first_start
            {
                first_start = entity.span().start;
                first = Some(kind);
            }
        }
        first
    }
}

impl Iterator for Entities<'_> {
    type Item = Entity;

    fn next(&mut self) -> Option<Entity> {
        loop {
            let kind = self.first_kind()?;
            let entity = self.ahead[kind as usize]?;
            self.look_ahead(kind);
            if entity.span().start >= self.taken_to {
                self.taken_to = entity.span().end;
                return Some(entity);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(text: &str) -> Vec<&str> {
        entities(text).map(|entity| entity.span().of(text)).collect()
    }

    #[test]
    fn entities_of_all_kinds_in_order() {
        let text = "RT @jack: #日本 $BRK.A https://t.co/x (example.com)";
        assert_eq!(found(text), ["@jack", "#日本", "$BRK.A", "https://t.co/x", "example.com"]);
    }

    #[test]
    fn the_one_that_begins_first_stands() {
        assert_eq!(found("http://x.com/@user/#top @a"), ["http://x.com/@user/#top", "@a"]);
        assert_eq!(found("#日本x.com/#top"), ["#日本x", "#top"]);
        assert_eq!(found("@twitter.com"), ["@twitter"]);
        assert_eq!(hashtags_outside_urls("http://x.com/#top #a").count(), 1);
    }

    /// Texts of what the rules look at, so that proptest meets their corners.
    fn texts() -> impl Strategy<Value = String> {
        "(https?://|t\\.co/|example|com|jp|みんな|xn--|RT|[@＠#＃$.:/?&()_+=\\-~ \n\u{3000}a-dA-Z0-9éüñ日本のПр한😀👍🏽\u{200d}\u{fe0f}\u{fe0e}\u{20e3}\u{202a}\u{feff}\u{ffff}…。！–])\
         {0,30}"
    }

    fn check(text: &str) -> Result<(), TestCaseError> {
        let mut at = 0;
        for entity in entities(text) {
            let span = entity.span();
            prop_assert!(at <= span.start && span.start < span.end, "{span:?} in {text:?}");
            prop_assert!(text.get(span.start..span.end).is_some(), "{span:?} splits a character of {text:?}");
            at = span.end;
            let (inner, part) = (span.of(text), entity);
            match part {
                Entity::Mention(mention) => {
                    prop_assert!(super::super::is_handle(mention.handle.of(text)));
                    prop_assert_eq!(mentions(inner).count(), 1);
                }
                Entity::Hashtag(hashtag) => {
                    prop_assert!(super::super::is_hashtag(inner));
                    prop_assert!(inner.ends_with(hashtag.tag.of(text)));
                }
                Entity::Cashtag(cashtag) => prop_assert!(inner.ends_with(cashtag.symbol.of(text))),
                // What was found is found again alone, as a whole.
                Entity::Url(url) => {
                    let alone: Vec<_> = urls(inner).map(|url| url.span.of(inner)).collect();
                    prop_assert_eq!(alone, [inner], "{:?} in {:?}", url, text);
                }
            }
        }
        for span in mentions(text).map(|mention| mention.span).chain(hashtags(text).map(|tag| tag.span)) {
            prop_assert!(text.get(span.start..span.end).is_some());
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn entities_are_in_order_and_apart(text in texts()) {
            check(&text)?;
        }

        #[test]
        fn so_are_those_of_any_text(text in "\\PC{0,60}") {
            check(&text)?;
        }

        /// Taking one out can bring two parts together that make another, so it is done until none is left.
        #[test]
        fn in_the_end_none_is_left(text in texts()) {
            let mut rest = text;
            while entities(&rest).next().is_some() {
                let before = rest.len();
                for entity in entities(&rest.clone()).collect::<Vec<_>>().into_iter().rev() {
                    rest.replace_range(entity.span().start..entity.span().end, "\n");
                }
                prop_assert!(rest.len() < before);
            }
            prop_assert_eq!(mentions(&rest).count() + hashtags(&rest).count(), 0);
            prop_assert_eq!(cashtags(&rest).count() + urls(&rest).count(), 0);
        }
    }
}
