//! The canonical tweet in memory, on its way from a shape into a record batch.

use tweetmill_kernels::hash::content_hash;

/// Version of the rules that make a tweet of an archive's record: which text, which counts, which ids. A
/// change of them changes documents and which copy of a tweet is the richest.
pub const RECORD_VERSION: u32 = 2;

/// One value a column of [`crate::schema::canonical`], same names, same meanings.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the columns are described once, in `schema::canonical`")]
pub struct Tweet<'a> {
    pub tweet_id: Option<i64>,
    pub author_id: Option<i64>,
    pub author_name: Option<&'a str>,
    pub created_at: Option<i64>,
    pub lang: Option<&'a str>,
    pub text: Option<&'a str>,
    pub text_complete: Option<bool>,
    pub source: Option<&'a str>,
    pub reply_to: Option<i64>,
    pub reply_to_author: Option<i64>,
    pub reply_to_author_name: Option<&'a str>,
    pub quote_of: Option<i64>,
    pub quoted_text: Option<&'a str>,
    pub conversation_id: Option<i64>,
    pub retweets: Option<i64>,
    pub likes: Option<i64>,
    pub replies: Option<i64>,
    pub quotes: Option<i64>,
    pub sensitive: Option<bool>,
    pub withheld_in: Option<&'a [&'a str]>,
    pub hashtags: Option<&'a [&'a str]>,
    pub mentions: Option<&'a [&'a str]>,
    pub urls: Option<&'a [&'a str]>,
    pub links: Option<&'a [&'a str]>,
    pub media: Option<i32>,
    pub author_followers: Option<i64>,
    pub author_following: Option<i64>,
    pub author_tweets: Option<i64>,
    pub author_created_at: Option<i64>,
    pub author_verified: Option<bool>,
}

impl Tweet<'_> {
    /// xxh3-128, big-endian, over every value in column order: equal values give equal digests
    /// whatever the container, the shape or the carrier they came from. `encoded` is scratch space.
    pub fn digest(&self, encoded: &mut Vec<u8>) -> [u8; 16] {
        encoded.clear();
        let mut encoding = Encoding(encoded);
        encoding.integer(self.tweet_id);
        encoding.integer(self.author_id);
        encoding.string(self.author_name);
        encoding.integer(self.created_at);
        encoding.string(self.lang);
        encoding.string(self.text);
        encoding.integer(self.text_complete.map(i64::from));
        encoding.string(self.source);
        encoding.integer(self.reply_to);
        encoding.integer(self.reply_to_author);
        encoding.string(self.reply_to_author_name);
        encoding.integer(self.quote_of);
        encoding.string(self.quoted_text);
        encoding.integer(self.conversation_id);
        encoding.integer(self.retweets);
        encoding.integer(self.likes);
        encoding.integer(self.replies);
        encoding.integer(self.quotes);
        encoding.integer(self.sensitive.map(i64::from));
        encoding.strings(self.withheld_in);
        encoding.strings(self.hashtags);
        encoding.strings(self.mentions);
        encoding.strings(self.urls);
        encoding.strings(self.links);
        encoding.integer(self.media.map(i64::from));
        encoding.integer(self.author_followers);
        encoding.integer(self.author_following);
        encoding.integer(self.author_tweets);
        encoding.integer(self.author_created_at);
        encoding.integer(self.author_verified.map(i64::from));
        content_hash(encoded).to_be_bytes()
    }
}

/// A byte for null or not, then 8 little-endian bytes for a number or a length, then the bytes: no two
/// different rows encode alike.
struct Encoding<'a>(&'a mut Vec<u8>);

impl Encoding<'_> {
    fn integer(&mut self, value: Option<i64>) {
        match value {
            Some(value) => {
                self.0.push(1);
                self.0.extend_from_slice(&value.to_le_bytes());
            }
            None => self.0.push(0),
        }
    }

    fn string(&mut self, value: Option<&str>) {
        self.integer(value.map(|text| text.len() as i64));
        self.0.extend_from_slice(value.unwrap_or_default().as_bytes());
    }

    fn strings(&mut self, values: Option<&[&str]>) {
        self.integer(values.map(|values| values.len() as i64));
        for value in values.unwrap_or_default() {
            self.string(Some(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(tweet: &Tweet<'_>) -> [u8; 16] {
        tweet.digest(&mut Vec::new())
    }

    #[test]
    fn values_that_differ_only_in_place_differ_in_digest() {
        let (one, two) = (["ab"], ["a", "b"]);
        let tweets = [
            Tweet::default(),
            Tweet { retweets: Some(1), ..Tweet::default() },
            Tweet { likes: Some(1), ..Tweet::default() },
            Tweet { text: Some(""), ..Tweet::default() },
            Tweet { text: Some("a"), ..Tweet::default() },
            Tweet { quoted_text: Some("a"), ..Tweet::default() },
            Tweet { hashtags: Some(&[]), ..Tweet::default() },
            Tweet { hashtags: Some(&one), ..Tweet::default() },
            Tweet { hashtags: Some(&two), ..Tweet::default() },
            Tweet { mentions: Some(&two), ..Tweet::default() },
            Tweet { urls: Some(&two), ..Tweet::default() },
            Tweet { links: Some(&two), ..Tweet::default() },
        ];
        for (at, tweet) in tweets.iter().enumerate() {
            for other in tweets.iter().skip(at + 1) {
                assert_ne!(digest(tweet), digest(other));
            }
        }
    }

    /// Digests are compared between nights: a change of this value is a change of format.
    #[test]
    fn the_digest_is_pinned() {
        let tweet = Tweet { tweet_id: Some(20), text: Some("just setting up"), ..Tweet::default() };
        assert_eq!(u128::from_be_bytes(digest(&tweet)), 0x1e81_bcc7_822a_fc37_cf21_6048_c66d_ffb7);
    }
}
