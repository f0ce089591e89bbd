#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod damage;
mod events;
mod real_data;
mod statuses;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{Int32Type, Int64Type, TimestampMillisecondType, UInt8Type};
use serde_json::{Value, json};

use super::*;
use crate::source::frame::LineFramer;

/// What a member gives when it is framed and parsed.
struct Parsed {
    batches: Vec<RecordBatch>,
    counts: BlockCounts,
}

fn parse_with(member: &[u8], limits: LineLimits) -> Parsed {
    parse_as(Shape::Auto, member, limits)
}

fn parse_as(shape: Shape, member: &[u8], limits: LineLimits) -> Parsed {
    parse_into(&Columns::all(), shape, member, limits)
}

fn parse_columns(member: &[u8], columns: &Columns) -> Parsed {
    parse_into(columns, Shape::Auto, member, LineLimits::default())
}

fn parse_into(columns: &Columns, shape: Shape, member: &[u8], limits: LineLimits) -> Parsed {
    let mut parsed = Parsed { batches: Vec::new(), counts: BlockCounts::default() };
    let mut parse = |block: Block| {
        let (batch, counts) = parse_block(&block, 5, 6, shape, &limits, columns).unwrap();
        parsed.batches.push(batch);
        parsed.counts += counts;
    };
    let mut framer = LineFramer::new(limits, Arc::default());
    framer.push(member, &mut parse);
    framer.finish(&mut parse);
    let counts = parsed.counts;
    assert_eq!(counts.bytes, member.len() as u64);
    assert_eq!(counts.lines, counts.tweets + counts.retweets + counts.events + counts.rejects);
    let rows: Vec<Row<'_>> = parsed.rows();
    assert_eq!(rows.len() as u64, counts.lines + counts.harvested);
    assert_eq!(rows.iter().filter(|row| row.origin() == Origin::Line as u8).count() as u64, counts.lines);
    parsed
}

fn parse(member: impl AsRef<[u8]>) -> Parsed {
    parse_with(member.as_ref(), LineLimits::default())
}

impl Parsed {
    fn rows(&self) -> Vec<Row<'_>> {
        self.batches
            .iter()
            .flat_map(|batch| (0..batch.num_rows()).map(move |row| Row { batch, row }))
            .collect()
    }

    /// The one row there is.
    fn row(&self) -> Row<'_> {
        let rows = self.rows();
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows.into_iter().next().unwrap()
    }

    /// Kind and reason of each row.
    fn fates(&self) -> Vec<(u8, Option<&str>)> {
        self.rows().into_iter().map(|row| (row.kind(), row.text("reason"))).collect()
    }
}

#[derive(Debug, Clone, Copy)]
struct Row<'a> {
    batch: &'a RecordBatch,
    row: usize,
}

impl<'a> Row<'a> {
    fn column(self, name: &str) -> Option<&'a ArrayRef> {
        let column = self.batch.column_by_name(name).unwrap_or_else(|| panic!("no column {name}"));
        column.is_valid(self.row).then_some(column)
    }

    fn kind(self) -> u8 {
        self.column("kind").unwrap().as_primitive::<UInt8Type>().value(self.row)
    }

    fn origin(self) -> u8 {
        self.column("origin").unwrap().as_primitive::<UInt8Type>().value(self.row)
    }

    fn int(self, name: &str) -> Option<i64> {
        let column = self.column(name)?;
        if let Some(column) = column.as_primitive_opt::<Int32Type>() {
            return Some(i64::from(column.value(self.row)));
        }
        if let Some(column) = column.as_primitive_opt::<TimestampMillisecondType>() {
            return Some(column.value(self.row));
        }
        Some(column.as_primitive::<Int64Type>().value(self.row))
    }

    fn text(self, name: &str) -> Option<&'a str> {
        Some(self.column(name)?.as_string::<i32>().value(self.row))
    }

    fn bool(self, name: &str) -> Option<bool> {
        Some(self.column(name)?.as_boolean().value(self.row))
    }

    fn list(self, name: &str) -> Option<Vec<String>> {
        let list = self.column(name)?.as_list::<i32>().value(self.row);
        Some(list.as_string::<i32>().iter().map(|item| item.unwrap().to_owned()).collect())
    }

    fn bytes(self, name: &str) -> Option<&'a [u8]> {
        let column = self.column(name)?;
        if let Some(column) = column.as_binary_opt::<i32>() {
            return Some(column.value(self.row));
        }
        Some(column.as_fixed_size_binary().value(self.row))
    }
}

const TWEET: u8 = RecordKind::Tweet as u8;
const RETWEET: u8 = RecordKind::Retweet as u8;
const EVENT: u8 = RecordKind::Event as u8;
const REJECT: u8 = RecordKind::Reject as u8;

/// A tweet with the fields every tweet has.
fn tweet(id: i64, text: &str) -> Value {
    json!({
        "created_at": "Fri Jan 01 17:29:00 +0000 2021",
        "id": id,
        "id_str": id.to_string(),
        "text": text,
        "source": "<a href=\"http://example.org\" rel=\"nofollow\">Example</a>",
        "truncated": false,
        "in_reply_to_status_id": null,
        "user": {"id": id + 1, "id_str": (id + 1).to_string(), "screen_name": format!("user{id}")},
        "retweet_count": 1,
        "favorite_count": 2,
        "entities": {"hashtags": [], "urls": [], "user_mentions": []},
        "retweeted": false,
        "lang": "en",
    })
}

/// `value` with the fields of `more` added or replaced.
fn with(mut value: Value, more: Value) -> Value {
    let (Value::Object(fields), Value::Object(more)) = (&mut value, more) else { panic!("two objects") };
    fields.extend(more);
    value
}
