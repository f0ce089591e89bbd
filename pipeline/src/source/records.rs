//! Builds record batches with the columns of [`crate::schema::records`].

mod columns;

use std::sync::Arc;

use arrow::array::{
    ArrayBuilder, ArrayRef, BinaryBuilder, BooleanBuilder, FixedSizeBinaryBuilder, Int32Array, Int32Builder,
    Int64Array, Int64Builder, ListBuilder, RecordBatch, RecordBatchOptions, StringBuilder,
    TimestampMillisecondBuilder, UInt8Builder,
};

use super::tweet::Tweet;
use crate::error::{Error, ErrorKind, Result};
use crate::schema::{self, Origin, RecordKind};

pub use self::columns::Columns;
pub(crate) use self::columns::Wanted;

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
    columns: Columns,
    unit: i32,
    member: i32,
    rows: usize,
    tweet_id: Column<Int64Builder>,
    author_id: Column<Int64Builder>,
    author_name: Column<StringBuilder>,
    created_at: Column<TimestampMillisecondBuilder>,
    lang: Column<StringBuilder>,
    text: Column<StringBuilder>,
    text_complete: Column<BooleanBuilder>,
    source: Column<StringBuilder>,
    reply_to: Column<Int64Builder>,
    reply_to_author: Column<Int64Builder>,
    reply_to_author_name: Column<StringBuilder>,
    quote_of: Column<Int64Builder>,
    quoted_text: Column<StringBuilder>,
    conversation_id: Column<Int64Builder>,
    retweets: Column<Int64Builder>,
    likes: Column<Int64Builder>,
    replies: Column<Int64Builder>,
    quotes: Column<Int64Builder>,
    sensitive: Column<BooleanBuilder>,
    withheld_in: Column<ListBuilder<StringBuilder>>,
    hashtags: Column<ListBuilder<StringBuilder>>,
    mentions: Column<ListBuilder<StringBuilder>>,
    urls: Column<ListBuilder<StringBuilder>>,
    links: Column<ListBuilder<StringBuilder>>,
    media: Column<Int32Builder>,
    author_followers: Column<Int64Builder>,
    author_following: Column<Int64Builder>,
    author_tweets: Column<Int64Builder>,
    author_created_at: Column<TimestampMillisecondBuilder>,
    author_verified: Column<BooleanBuilder>,
    kind: Column<UInt8Builder>,
    reason: Column<StringBuilder>,
    raw: Column<BinaryBuilder>,
    retweet_of: Column<Int64Builder>,
    origin: Column<UInt8Builder>,
    carrier_id: Column<Int64Builder>,
    digest: Column<FixedSizeBinaryBuilder>,
    offset: Column<Int64Builder>,
}

/// The builder of a column, where it is asked for.
#[derive(Debug)]
struct Column<B>(Option<B>);

impl<B: ArrayBuilder> Column<B> {
    #[inline]
    fn add(&mut self, append: impl FnOnce(&mut B)) {
        if let Some(builder) = &mut self.0 {
            append(builder);
        }
    }

    fn finish(&mut self) -> Option<ArrayRef> {
        self.0.as_mut().map(ArrayBuilder::finish)
    }
}

impl RecordBuilder {
    /// A builder of `columns` for records of `member` of `unit`, with room for about `rows` of them.
    pub fn new(unit: i32, member: i32, rows: usize, columns: &Columns) -> Self {
        let integers = |name| column(columns, name, || Int64Builder::with_capacity(rows));
        let booleans = |name| column(columns, name, || BooleanBuilder::with_capacity(rows));
        let strings =
            |name, bytes: usize| column(columns, name, || StringBuilder::with_capacity(rows, rows * bytes));
        let lists = |name, bytes: usize| {
            column(columns, name, || {
                ListBuilder::with_capacity(StringBuilder::with_capacity(rows, rows * bytes), rows)
            })
        };
        let times = |name| {
            column(columns, name, || {
                TimestampMillisecondBuilder::with_capacity(rows).with_data_type(schema::timestamp())
            })
        };
        Self {
            columns: columns.clone(),
            unit,
            member,
            rows: 0,
            tweet_id: integers("tweet_id"),
            author_id: integers("author_id"),
            author_name: strings("author_name", 12),
            created_at: times("created_at"),
            lang: strings("lang", 3),
            text: strings("text", 160),
            text_complete: booleans("text_complete"),
            source: strings("source", 20),
            reply_to: integers("reply_to"),
            reply_to_author: integers("reply_to_author"),
            reply_to_author_name: strings("reply_to_author_name", 6),
            quote_of: integers("quote_of"),
            quoted_text: strings("quoted_text", 16),
            conversation_id: integers("conversation_id"),
            retweets: integers("retweets"),
            likes: integers("likes"),
            replies: integers("replies"),
            quotes: integers("quotes"),
            sensitive: booleans("sensitive"),
            withheld_in: lists("withheld_in", 0),
            hashtags: lists("hashtags", 4),
            mentions: lists("mentions", 12),
            urls: lists("urls", 16),
            links: lists("links", 12),
            media: column(columns, "media", || Int32Builder::with_capacity(rows)),
            author_followers: integers("author_followers"),
            author_following: integers("author_following"),
            author_tweets: integers("author_tweets"),
            author_created_at: times("author_created_at"),
            author_verified: booleans("author_verified"),
            kind: column(columns, "kind", || UInt8Builder::with_capacity(rows)),
            reason: strings("reason", 2),
            raw: column(columns, "raw", || BinaryBuilder::with_capacity(rows, rows * 16)),
            retweet_of: integers("retweet_of"),
            origin: column(columns, "origin", || UInt8Builder::with_capacity(rows)),
            carrier_id: integers("carrier_id"),
            digest: column(columns, "digest", || FixedSizeBinaryBuilder::with_capacity(rows, 16)),
            offset: integers("offset"),
        }
    }

    /// Adds one row.
    pub fn append(&mut self, record: &Record<'_>) -> Result<()> {
        let tweet = &record.tweet;
        self.rows += 1;
        self.tweet_id.add(|builder| builder.append_option(tweet.tweet_id));
        self.author_id.add(|builder| builder.append_option(tweet.author_id));
        self.author_name.add(|builder| builder.append_option(tweet.author_name));
        self.created_at.add(|builder| builder.append_option(tweet.created_at));
        self.lang.add(|builder| builder.append_option(tweet.lang));
        self.text.add(|builder| builder.append_option(tweet.text));
        self.text_complete.add(|builder| builder.append_option(tweet.text_complete));
        self.source.add(|builder| builder.append_option(tweet.source));
        self.reply_to.add(|builder| builder.append_option(tweet.reply_to));
        self.reply_to_author.add(|builder| builder.append_option(tweet.reply_to_author));
        self.reply_to_author_name.add(|builder| builder.append_option(tweet.reply_to_author_name));
        self.quote_of.add(|builder| builder.append_option(tweet.quote_of));
        self.quoted_text.add(|builder| builder.append_option(tweet.quoted_text));
        self.conversation_id.add(|builder| builder.append_option(tweet.conversation_id));
        self.retweets.add(|builder| builder.append_option(tweet.retweets));
        self.likes.add(|builder| builder.append_option(tweet.likes));
        self.replies.add(|builder| builder.append_option(tweet.replies));
        self.quotes.add(|builder| builder.append_option(tweet.quotes));
        self.sensitive.add(|builder| builder.append_option(tweet.sensitive));
        self.withheld_in.add(|builder| append_strings(builder, tweet.withheld_in));
        self.hashtags.add(|builder| append_strings(builder, tweet.hashtags));
        self.mentions.add(|builder| append_strings(builder, tweet.mentions));
        self.urls.add(|builder| append_strings(builder, tweet.urls));
        self.links.add(|builder| append_strings(builder, tweet.links));
        self.media.add(|builder| builder.append_option(tweet.media));
        self.author_followers.add(|builder| builder.append_option(tweet.author_followers));
        self.author_following.add(|builder| builder.append_option(tweet.author_following));
        self.author_tweets.add(|builder| builder.append_option(tweet.author_tweets));
        self.author_created_at.add(|builder| builder.append_option(tweet.author_created_at));
        self.author_verified.add(|builder| builder.append_option(tweet.author_verified));
        self.kind.add(|builder| builder.append_value(record.kind as u8));
        self.reason.add(|builder| builder.append_option(record.reason));
        self.raw.add(|builder| builder.append_option(record.raw));
        self.retweet_of.add(|builder| builder.append_option(record.retweet_of));
        self.origin.add(|builder| builder.append_value(record.origin as u8));
        self.carrier_id.add(|builder| builder.append_option(record.carrier_id));
        if let Some(builder) = &mut self.digest.0 {
            match record.digest {
                Some(digest) => builder.append_value(digest)?,
                None => builder.append_null(),
            }
        }
        let offset = i64::try_from(record.offset).map_err(|_| {
            Error::new(ErrorKind::Input, format!("offset {} in a member is beyond 2^63", record.offset))
        })?;
        self.offset.add(|builder| builder.append_value(offset));
        Ok(())
    }

    /// The batch, with the columns asked for.
    pub fn finish(mut self) -> Result<RecordBatch> {
        let schema = Arc::clone(self.columns.schema());
        let mut columns = Vec::with_capacity(schema.fields().len());
        for field in schema.fields() {
            let column = self.finish_column(field.name());
            columns.push(column.ok_or_else(|| {
                Error::new(ErrorKind::Defect, format!("records have no column {:?}", field.name()))
            })?);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        Ok(RecordBatch::try_new_with_options(schema, columns, &options)?)
    }

    fn finish_column(&mut self, name: &str) -> Option<ArrayRef> {
        match name {
            "tweet_id" => self.tweet_id.finish(),
            "author_id" => self.author_id.finish(),
            "author_name" => self.author_name.finish(),
            "created_at" => self.created_at.finish(),
            "lang" => self.lang.finish(),
            "text" => self.text.finish(),
            "text_complete" => self.text_complete.finish(),
            "source" => self.source.finish(),
            "reply_to" => self.reply_to.finish(),
            "reply_to_author" => self.reply_to_author.finish(),
            "reply_to_author_name" => self.reply_to_author_name.finish(),
            "quote_of" => self.quote_of.finish(),
            "quoted_text" => self.quoted_text.finish(),
            "conversation_id" => self.conversation_id.finish(),
            "retweets" => self.retweets.finish(),
            "likes" => self.likes.finish(),
            "replies" => self.replies.finish(),
            "quotes" => self.quotes.finish(),
            "sensitive" => self.sensitive.finish(),
            "withheld_in" => self.withheld_in.finish(),
            "hashtags" => self.hashtags.finish(),
            "mentions" => self.mentions.finish(),
            "urls" => self.urls.finish(),
            "links" => self.links.finish(),
            "media" => self.media.finish(),
            "author_followers" => self.author_followers.finish(),
            "author_following" => self.author_following.finish(),
            "author_tweets" => self.author_tweets.finish(),
            "author_created_at" => self.author_created_at.finish(),
            "author_verified" => self.author_verified.finish(),
            "kind" => self.kind.finish(),
            "reason" => self.reason.finish(),
            "raw" => self.raw.finish(),
            "retweet_of" => self.retweet_of.finish(),
            "origin" => self.origin.finish(),
            "carrier_id" => self.carrier_id.finish(),
            "digest" => self.digest.finish(),
            "offset" => self.offset.finish(),
            "unit" => Some(Arc::new(Int32Array::from_value(self.unit, self.rows))),
            "member" => Some(Arc::new(Int32Array::from_value(self.member, self.rows))),
            "record" => Some(Arc::new(ordinals(0, self.rows))),
            _ => None,
        }
    }
}

fn column<B>(columns: &Columns, name: &str, make: impl FnOnce() -> B) -> Column<B> {
    Column(columns.has(name).then(make))
}

/// `batch` with its `record` column, where it has one, counting from `base`: call it on the batches of a unit in order,
/// with the number of rows before each.
pub fn with_record_base(batch: &RecordBatch, base: i64) -> Result<RecordBatch> {
    let Some((at, _)) = batch.schema_ref().column_with_name("record") else {
        return Ok(batch.clone());
    };
    let mut columns = batch.columns().to_vec();
    if let Some(column) = columns.get_mut(at) {
        *column = Arc::new(ordinals(base, batch.num_rows()));
    }
    Ok(RecordBatch::try_new(batch.schema(), columns)?)
}

fn ordinals(base: i64, rows: usize) -> Int64Array {
    Int64Array::from_iter_values(base..base + rows as i64)
}

fn append_strings(builder: &mut ListBuilder<StringBuilder>, strings: Option<&[&str]>) {
    for string in strings.unwrap_or_default() {
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
            tweet: Tweet { tweet_id: Some(20), text: Some("hi"), ..Tweet::default() },
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
        let mut builder = RecordBuilder::new(3, 4, 2, &Columns::all());
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
    fn only_the_columns_asked_for_are_built_in_their_order() {
        let index = |name| schema::records().index_of(name).unwrap();
        for names in [vec!["offset", "lang", "record"], vec!["text"], vec![]] {
            let columns = Columns::at(&names.iter().copied().map(index).collect::<Vec<_>>());
            let mut builder = RecordBuilder::new(3, 4, 2, &columns);
            builder.append(&record(9)).unwrap();
            let batch = with_record_base(&builder.finish().unwrap(), 5).unwrap();
            assert_eq!(batch.num_rows(), 1);
            let found: Vec<&str> =
                batch.schema_ref().fields().iter().map(|field| field.name().as_str()).collect();
            assert_eq!(found, names);
        }
    }

    #[test]
    fn an_offset_beyond_the_column_is_refused() {
        assert!(RecordBuilder::new(0, 0, 1, &Columns::all()).append(&record(u64::MAX)).is_err());
    }

    #[test]
    fn no_rows_make_an_empty_batch() {
        assert_eq!(RecordBuilder::new(0, 0, 0, &Columns::all()).finish().unwrap().num_rows(), 0);
    }
}
