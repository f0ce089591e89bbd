//! `redact_text(text, mentions, urls, emails, phones [, links, expanded])`: a text without what it says of people,
//! and how much of each kind there was.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int32Builder, ListArray, StringBuilder, StructArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use super::redaction::{ContactRule, MentionRule, Redaction, UrlRule};
use crate::args::{Kind, Texts, coerce, literal_text};

const KINDS: [Kind; 7] =
    [Kind::Text, Kind::Text, Kind::Text, Kind::Text, Kind::Text, Kind::TextList, Kind::TextList];

/// Arguments that may not be left out.
const REQUIRED: usize = 5;

/// The function; [`Redaction`] holds the rules.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct RedactText {
    signature: Signature,
}

impl RedactText {
    pub(crate) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for RedactText {
    fn name(&self) -> &'static str {
        "redact_text"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce(self.name(), &KINDS, REQUIRED, given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Struct(fields()))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [texts, mentions, urls, emails, phones, links @ ..] = args.args.as_slice() else {
            return exec_err!("{} lacks arguments", self.name());
        };
        let redaction = Redaction {
            mentions: self.rule("mentions", mentions, &MentionRule::NAMES)?,
            urls: self.rule("urls", urls, &UrlRule::NAMES)?,
            emails: self.rule("emails", emails, &ContactRule::NAMES)?,
            phones: self.rule("phones", phones, &ContactRule::NAMES)?,
        };
        let texts = texts.to_array(args.number_rows)?;
        let texts = Texts::of(self.name(), &texts)?;
        let links = match links {
            [links, expanded] => {
                Some([links.to_array(args.number_rows)?, expanded.to_array(args.number_rows)?])
            }
            _ => None,
        };
        let links =
            links.as_ref().map(|[links, expanded]| Links::of(self.name(), links, expanded)).transpose()?;

        let mut redacted = StringBuilder::with_capacity(texts.len(), texts.len() * 100);
        let mut counts: [_; 4] = std::array::from_fn(|_| Int32Builder::with_capacity(texts.len()));
        for (row, text) in texts.iter().enumerate() {
            let known =
                links.as_ref().filter(|_| redaction.urls == UrlRule::Host).map(|links| links.of_row(row));
            let known = known.unwrap_or_default();
            let applied = text.map(|text| redaction.apply(text, |link| known.get(link).copied()));
            let (text, found) = applied.unzip();
            redacted.append_option(text);
            let found = found.map_or([None; 4], |found| {
                [found.mentions, found.urls, found.emails, found.phones]
                    .map(|count| i32::try_from(count).ok())
            });
            for (column, count) in counts.iter_mut().zip(found) {
                column.append_option(count);
            }
        }
        let nulls: NullBuffer = texts.iter().map(|text| text.is_some()).collect::<Vec<bool>>().into();
        let mut columns: Vec<ArrayRef> = vec![Arc::new(redacted.finish())];
        columns.extend(counts.map(|mut count| Arc::new(count.finish()) as ArrayRef));
        Ok(ColumnarValue::Array(Arc::new(StructArray::try_new(fields(), columns, Some(nulls))?)))
    }
}

impl RedactText {
    /// The rule that a literal names.
    fn rule<R: Copy>(&self, argument: &str, value: &ColumnarValue, rules: &[(&'static str, R)]) -> Result<R> {
        let name = literal_text(self.name(), argument, value)?;
        if let Some((_, rule)) = rules.iter().find(|(known, _)| *known == name) {
            return Ok(*rule);
        }
        let known: Vec<&str> = rules.iter().map(|(known, _)| *known).collect();
        exec_err!("`{argument}` of {} can't be `{name}`\n  hint: allowed: {}", self.name(), known.join(", "))
    }
}

fn fields() -> Fields {
    let counts = ["mentions", "urls", "emails", "phones"].map(|name| Field::new(name, DataType::Int32, true));
    [Field::new("text", DataType::Utf8, true)].into_iter().chain(counts).collect()
}

/// Two columns of lists that belong together: links as they stand in a text, and where they lead.
struct Links<'a> {
    links: (&'a ListArray, Texts<'a>),
    expanded: (&'a ListArray, Texts<'a>),
}

impl<'a> Links<'a> {
    fn of(function: &str, links: &'a ArrayRef, expanded: &'a ArrayRef) -> Result<Self> {
        let lists = |column: &'a ArrayRef| {
            let lists = column.as_list::<i32>();
            Ok::<_, datafusion::error::DataFusionError>((lists, Texts::of(function, lists.values())?))
        };
        Ok(Self { links: lists(links)?, expanded: lists(expanded)? })
    }

    /// Where each link of a row leads; of two that are written alike the first counts.
    fn of_row(&self, row: usize) -> BTreeMap<&'a str, &'a str> {
        let mut known = BTreeMap::new();
        for (link, expanded) in texts(&self.links, row).zip(texts(&self.expanded, row)) {
            if let (Some(link), Some(expanded)) = (link, expanded) {
                known.entry(link).or_insert(expanded);
            }
        }
        known
    }
}

/// The texts of the list in a row; none where it is null.
fn texts<'a>(
    (lists, values): &(&'a ListArray, Texts<'a>),
    row: usize,
) -> impl Iterator<Item = Option<&'a str>> {
    let (start, end) = match lists.value_offsets() {
        offsets if lists.is_valid(row) => (offsets[row], offsets[row + 1]),
        _ => (0, 0),
    };
    (start..end).map(move |at| values.get(at as usize))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use arrow::array::{ListBuilder, StringArray};
    use arrow::datatypes::Int32Type;
    use datafusion::prelude::SessionContext;

    use super::*;

    fn list(rows: &[Option<&[&str]>]) -> ArrayRef {
        let mut lists = ListBuilder::new(StringBuilder::new());
        for row in rows {
            for text in row.iter().copied().flatten() {
                lists.values().append_value(text);
            }
            lists.append(row.is_some());
        }
        Arc::new(lists.finish())
    }

    #[tokio::test]
    async fn each_row_has_links_of_its_own() {
        let texts = StringArray::from(vec![Some("a t.co/1"), Some("b t.co/1"), None, Some("c t.co/1")]);
        let links = list(&[Some(&["x.org", "t.co/1"]), Some(&["t.co/1"]), Some(&["t.co/1"]), None]);
        let expanded =
            list(&[Some(&["y.org", "http://a.org/1"]), Some(&["http://b.org/2"]), None, Some(&["z.org"])]);
        let columns: [(&str, ArrayRef); 3] =
            [("text", Arc::new(texts)), ("links", links), ("expanded", expanded)];
        let session = SessionContext::new();
        session.register_udf(RedactText::new().into());
        session.register_batch("t", arrow::array::RecordBatch::try_from_iter(columns).unwrap()).unwrap();
        let query = "SELECT redact_text(text, 'keep', 'host', 'keep', 'keep', links, expanded) FROM t";
        let rows = session.sql(query).await.unwrap().collect().await.unwrap();
        let rows = rows.first().unwrap().column(0).as_struct();
        let found: Vec<Option<&str>> = (0..rows.len())
            .map(|row| rows.is_valid(row).then(|| rows.column(0).as_string::<i32>().value(row)))
            .collect();
        assert_eq!(found, [Some("a a.org"), Some("b b.org"), None, Some("c t.co")]);
        assert_eq!(rows.column(2).as_primitive::<Int32Type>().value(0), 1);
    }
}
