//! Builds record batches with the columns of [`crate::schema::records`].

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, BooleanBuilder, FixedSizeBinaryBuilder, Int32Array, Int32Builder, Int64Array,
    Int64Builder, ListBuilder, RecordBatch, StringBuilder, TimestampMillisecondBuilder, UInt8Builder,
};

use super::json::Strings;
use super::tweet::Tweet;
use crate::error::{Error, ErrorKind, Result};
use crate::schema::{self, Origin, RecordKind};

/// One row: the tweet, what it is, where it stood.
#[derive(Debug, Clone)]
pub struct Record<'a> {
    /// Canonical values; all null for most events and for rejects.
    pub tweet: Tweet<'a>,
    /// What the record is.
    pub kind: RecordKind,
    /// Kind of event, or why it was rejected.
    pub reason: Option<&'a str>,
    /// Start of the line, for events and rejects.
    pub raw: Option<&'a [u8]>,
    /// For a retweet: id of its original.
    pub retweet_of: Option<i64>,
    /// How it was found.
    pub origin: Origin,
    /// For a harvested original: id of the tweet that carried it.
    pub carrier_id: Option<i64>,
    /// Digest of `tweet`, for tweets and retweets.
    pub digest: Option<[u8; 16]>,
    /// Byte offset of the line in the decompressed member.
    pub offset: u64,
}

/// Collects [`Record`]s of one member, then makes one [`RecordBatch`] of them.
///
/// The `record` column counts from 0 within the batch: blocks are parsed in parallel, so the ordinal
/// within the unit is known only once batches stand in order, see [`with_record_base`].
#[derive(Debug)]
pub struct RecordBuilder {
    unit: i32,
    member: i32,
    tweet_id: Int64Builder,
    author_id: Int64Builder,
    author_name: StringBuilder,
    created_at: TimestampMillisecondBuilder,
    lang: StringBuilder,
    text: StringBuilder,
    text_complete: BooleanBuilder,
    source: StringBuilder,
    reply_to: Int64Builder,
    reply_to_author: Int64Builder,
    reply_to_author_name: StringBuilder,
    quote_of: Int64Builder,
    quoted_text: StringBuilder,
    conversation_id: Int64Builder,
    retweets: Int64Builder,
    likes: Int64Builder,
    replies: Int64Builder,
    quotes: Int64Builder,
    sensitive: BooleanBuilder,
    withheld_in: ListBuilder<StringBuilder>,
    hashtags: ListBuilder<StringBuilder>,
    mentions: ListBuilder<StringBuilder>,
    urls: ListBuilder<StringBuilder>,
    links: ListBuilder<StringBuilder>,
    media: Int32Builder,
    author_followers: Int64Builder,
    author_following: Int64Builder,
    author_tweets: Int64Builder,
    author_created_at: TimestampMillisecondBuilder,
    author_verified: BooleanBuilder,
    kind: UInt8Builder,
    reason: StringBuilder,
    raw: BinaryBuilder,
    retweet_of: Int64Builder,
    origin: UInt8Builder,
    carrier_id: Int64Builder,
    digest: FixedSizeBinaryBuilder,
    offset: Int64Builder,
}

impl RecordBuilder {
    /// A builder for records of `member` of `unit`, with room for about `rows` of them.
    pub fn new(unit: i32, member: i32, rows: usize) -> Self {
        let integers = || Int64Builder::with_capacity(rows);
        let booleans = || BooleanBuilder::with_capacity(rows);
        let strings = |bytes: usize| StringBuilder::with_capacity(rows, rows * bytes);
        let lists =
            |bytes: usize| ListBuilder::with_capacity(StringBuilder::with_capacity(rows, rows * bytes), rows);
        let times = || TimestampMillisecondBuilder::with_capacity(rows).with_data_type(schema::timestamp());
        Self {
            unit,
            member,
            tweet_id: integers(),
            author_id: integers(),
            author_name: strings(12),
            created_at: times(),
            lang: strings(3),
            text: strings(160),
            text_complete: booleans(),
            source: strings(20),
            reply_to: integers(),
            reply_to_author: integers(),
            reply_to_author_name: strings(6),
            quote_of: integers(),
            quoted_text: strings(16),
            conversation_id: integers(),
            retweets: integers(),
            likes: integers(),
            replies: integers(),
            quotes: integers(),
            sensitive: booleans(),
            withheld_in: lists(0),
            hashtags: lists(4),
            mentions: lists(12),
            urls: lists(16),
            links: lists(12),
            media: Int32Builder::with_capacity(rows),
            author_followers: integers(),
            author_following: integers(),
            author_tweets: integers(),
            author_created_at: times(),
            author_verified: booleans(),
            kind: UInt8Builder::with_capacity(rows),
            reason: strings(2),
            raw: BinaryBuilder::with_capacity(rows, rows * 16),
            retweet_of: integers(),
            origin: UInt8Builder::with_capacity(rows),
            carrier_id: integers(),
            digest: FixedSizeBinaryBuilder::with_capacity(rows, 16),
            offset: integers(),
        }
    }

    /// Adds one row.
    pub fn append(&mut self, record: &Record<'_>) -> Result<()> {
        let tweet = &record.tweet;
        self.tweet_id.append_option(tweet.tweet_id);
        self.author_id.append_option(tweet.author_id);
        self.author_name.append_option(tweet.author_name);
        self.created_at.append_option(tweet.created_at);
        self.lang.append_option(tweet.lang);
        self.text.append_option(tweet.text.as_deref());
        self.text_complete.append_option(tweet.text_complete);
        self.source.append_option(tweet.source.as_deref());
        self.reply_to.append_option(tweet.reply_to);
        self.reply_to_author.append_option(tweet.reply_to_author);
        self.reply_to_author_name.append_option(tweet.reply_to_author_name);
        self.quote_of.append_option(tweet.quote_of);
        self.quoted_text.append_option(tweet.quoted_text.as_deref());
        self.conversation_id.append_option(tweet.conversation_id);
        self.retweets.append_option(tweet.retweets);
        self.likes.append_option(tweet.likes);
        self.replies.append_option(tweet.replies);
        self.quotes.append_option(tweet.quotes);
        self.sensitive.append_option(tweet.sensitive);
        append_strings(&mut self.withheld_in, tweet.withheld_in);
        append_strings(&mut self.hashtags, tweet.hashtags);
        append_strings(&mut self.mentions, tweet.mentions);
        append_strings(&mut self.urls, tweet.urls);
        append_strings(&mut self.links, tweet.links);
        self.media.append_option(tweet.media);
        self.author_followers.append_option(tweet.author_followers);
        self.author_following.append_option(tweet.author_following);
        self.author_tweets.append_option(tweet.author_tweets);
        self.author_created_at.append_option(tweet.author_created_at);
        self.author_verified.append_option(tweet.author_verified);
        self.kind.append_value(record.kind as u8);
        self.reason.append_option(record.reason);
        self.raw.append_option(record.raw);
        self.retweet_of.append_option(record.retweet_of);
        self.origin.append_value(record.origin as u8);
        self.carrier_id.append_option(record.carrier_id);
        match record.digest {
            Some(digest) => self.digest.append_value(digest)?,
            None => self.digest.append_null(),
        }
        let offset = i64::try_from(record.offset).map_err(|_| {
            Error::new(ErrorKind::Input, format!("offset {} in a member is beyond 2^63", record.offset))
        })?;
        self.offset.append_value(offset);
        Ok(())
    }

    /// How many rows were added.
    pub fn rows(&self) -> usize {
        self.kind.values_slice().len()
    }

    /// The batch, with [`crate::schema::records`].
    pub fn finish(mut self) -> Result<RecordBatch> {
        let rows = self.rows();
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.tweet_id.finish()),
            Arc::new(self.author_id.finish()),
            Arc::new(self.author_name.finish()),
            Arc::new(self.created_at.finish()),
            Arc::new(self.lang.finish()),
            Arc::new(self.text.finish()),
            Arc::new(self.text_complete.finish()),
            Arc::new(self.source.finish()),
            Arc::new(self.reply_to.finish()),
            Arc::new(self.reply_to_author.finish()),
            Arc::new(self.reply_to_author_name.finish()),
            Arc::new(self.quote_of.finish()),
            Arc::new(self.quoted_text.finish()),
            Arc::new(self.conversation_id.finish()),
            Arc::new(self.retweets.finish()),
            Arc::new(self.likes.finish()),
            Arc::new(self.replies.finish()),
            Arc::new(self.quotes.finish()),
            Arc::new(self.sensitive.finish()),
            Arc::new(self.withheld_in.finish()),
            Arc::new(self.hashtags.finish()),
            Arc::new(self.mentions.finish()),
            Arc::new(self.urls.finish()),
            Arc::new(self.links.finish()),
            Arc::new(self.media.finish()),
            Arc::new(self.author_followers.finish()),
            Arc::new(self.author_following.finish()),
            Arc::new(self.author_tweets.finish()),
            Arc::new(self.author_created_at.finish()),
            Arc::new(self.author_verified.finish()),
            Arc::new(self.kind.finish()),
            Arc::new(self.reason.finish()),
            Arc::new(self.raw.finish()),
            Arc::new(self.retweet_of.finish()),
            Arc::new(self.origin.finish()),
            Arc::new(self.carrier_id.finish()),
            Arc::new(self.digest.finish()),
            Arc::new(Int32Array::from_value(self.unit, rows)),
            Arc::new(Int32Array::from_value(self.member, rows)),
            Arc::new(self.offset.finish()),
            Arc::new(ordinals(0, rows)),
        ];
        Ok(RecordBatch::try_new(schema::records(), columns)?)
    }
}

/// `batch` with its `record` column counting from `base`: call it on the batches of a unit in order,
/// with the number of rows before each.
pub fn with_record_base(batch: &RecordBatch, base: i64) -> Result<RecordBatch> {
    let mut columns = batch.columns().to_vec();
    let at = batch.schema_ref().index_of("record")?;
    if let Some(column) = columns.get_mut(at) {
        *column = Arc::new(ordinals(base, batch.num_rows()));
    }
    Ok(RecordBatch::try_new(batch.schema(), columns)?)
}

fn ordinals(base: i64, rows: usize) -> Int64Array {
    Int64Array::from_iter_values(base..base + rows as i64)
}

fn append_strings(builder: &mut ListBuilder<StringBuilder>, strings: Option<Strings<'_>>) {
    for string in strings.into_iter().flat_map(Strings::iter) {
        builder.values().append_value(string);
    }
    builder.append(strings.is_some());
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::Int64Type;

    use super::*;

    fn record(offset: u64) -> Record<'static> {
        Record {
            tweet: Tweet { tweet_id: Some(20), text: Some("hi".into()), ..Tweet::default() },
            kind: RecordKind::Tweet,
            reason: None,
            raw: None,
            retweet_of: None,
            origin: Origin::Line,
            carrier_id: None,
            digest: Some([7; 16]),
            offset,
        }
    }

    #[test]
    fn ordinals_follow_the_base() {
        let mut builder = RecordBuilder::new(3, 4, 2);
        builder.append(&record(0)).unwrap();
        builder.append(&record(9)).unwrap();
        let batch = builder.finish().unwrap();
        assert_eq!(batch.schema(), schema::records());
        let ordinals = |batch: &RecordBatch| {
            batch.column_by_name("record").unwrap().as_primitive::<Int64Type>().values().to_vec()
        };
        assert_eq!(ordinals(&batch), [0, 1]);
        assert_eq!(ordinals(&with_record_base(&batch, 40).unwrap()), [40, 41]);
        assert!(batch.column_by_name("hashtags").unwrap().is_null(0));
    }

    #[test]
    fn an_offset_beyond_the_column_is_refused() {
        assert!(RecordBuilder::new(0, 0, 1).append(&record(u64::MAX)).is_err());
    }

    #[test]
    fn no_rows_make_an_empty_batch() {
        assert_eq!(RecordBuilder::new(0, 0, 0).finish().unwrap().num_rows(), 0);
    }
}
