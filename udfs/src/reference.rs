//! The page of SQL functions, generated from [`FUNCTIONS`].

use std::fmt::Write;

use crate::{FUNCTIONS, Known};

/// `docs/reference/functions.md`.
pub fn reference() -> String {
    let known = Known::default();
    let mut page = String::from(
        "# SQL functions\n\n\
         Generated from the table in `udfs/src/lib.rs`; don't edit. A run's plans use them, and a \
         DataFusion session has them after `tweetmill_udfs::register_all`. Text may be `Utf8`, `LargeUtf8` or \
         `Utf8View`. Unless it says otherwise, a null text gives null. A literal is written out in the \
         query, not taken from a column.\n",
    );
    for function in FUNCTIONS {
        let udf = function.udf(&known);
        // Writing to a String can't fail.
        let written = write!(
            page,
            "\n## {}\n\n`{}` · {}\n\n{}\n\n```sql\n{};\n-- {}\n```\n",
            udf.name(),
            function.signature,
            format!("{:?}", udf.signature().volatility).to_lowercase(),
            function.about,
            function.example,
            function.prints,
        );
        debug_assert!(written.is_ok());
    }
    page
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use std::sync::Arc;

    use arrow::array::{
        Array, ArrayRef, AsArray, Int32Array, LargeStringArray, ListArray, RecordBatch, StringArray,
        StringViewArray,
    };
    use arrow::util::display::{ArrayFormatter, FormatOptions};
    use datafusion::prelude::SessionContext;

    use super::*;
    use crate::embed::SampleModel;
    use crate::tokenize::Tokenizers;

    fn session() -> SessionContext {
        let (mut session, known) = (SessionContext::new(), Known::default());
        known.models.load("tiny", &SampleModel::encoder(64).files()).unwrap();
        crate::register_all(&mut session, &known).unwrap();
        session
    }

    /// The one column of a query.
    fn column(session: &SessionContext, query: &str) -> Result<ArrayRef, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let batches = runtime.block_on(async { session.sql(query).await?.collect().await });
        let batches = batches.map_err(|error| error.to_string())?;
        let columns: Vec<&dyn Array> = batches.iter().map(|batch| batch.column(0).as_ref()).collect();
        arrow::compute::concat(&columns).map_err(|error| error.to_string())
    }

    fn printed(session: &SessionContext, query: &str) -> String {
        let column = column(session, query).unwrap_or_else(|error| panic!("{query}: {error}"));
        assert_eq!(column.len(), 1, "{query}");
        ArrayFormatter::try_new(&column, &FormatOptions::default()).unwrap().value(0).to_string()
    }

    #[test]
    fn examples_print_what_the_page_says() {
        let session = session();
        for function in FUNCTIONS {
            assert_eq!(printed(&session, function.example), function.prints, "{}", function.example);
        }
    }

    #[test]
    fn functions_are_listed_by_name_and_described() {
        let known = Known::default();
        let names: Vec<String> =
            FUNCTIONS.iter().map(|function| function.udf(&known).name().to_owned()).collect();
        assert!(names.is_sorted(), "{names:?}");
        for (function, name) in FUNCTIONS.iter().zip(&names) {
            assert!(function.signature.starts_with(&format!("{name}(")), "{name}");
            assert!(!function.about.is_empty() && function.example.contains(name.as_str()), "{name}");
        }
    }

    #[test]
    fn the_page_in_docs_is_this_one() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/functions.md");
        if std::env::var_os("TWEETMILL_BLESS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, reference()).unwrap();
        }
        let page = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            page == reference(),
            "docs/reference/functions.md is old\n  hint: run this test with TWEETMILL_BLESS=1"
        );
    }

    fn table(text: ArrayRef) -> SessionContext {
        let session = session();
        session.register_batch("t", RecordBatch::try_from_iter([("text", text)]).unwrap()).unwrap();
        session
    }

    /// More rows than one task takes, of very different lengths, every seventh null.
    fn rows() -> Vec<Option<String>> {
        (0..3000).map(|row| (row % 7 != 3).then(|| "Grüße 日本! ".repeat(row % 23))).collect()
    }

    #[test]
    fn every_layout_of_text_gives_the_same_rows_in_order() {
        let rows = rows();
        let layouts: [ArrayRef; 3] = [
            Arc::new(StringArray::from(rows.clone())),
            Arc::new(LargeStringArray::from(rows.clone())),
            Arc::new(rows.iter().map(Option::as_deref).collect::<StringViewArray>()),
        ];
        let tokenizers = Tokenizers::new();
        let tokenizer = tokenizers.get("o200k_base").unwrap();
        for layout in layouts {
            let session = table(layout);
            let lists = column(&session, "SELECT tokenize(text, 'o200k_base', false, true) FROM t").unwrap();
            let lists: &ListArray = lists.as_list();
            let counts = column(&session, "SELECT token_count(text, 'o200k_base') FROM t").unwrap();
            let counts: &Int32Array = counts.as_primitive();
            let texts = column(&session, "SELECT canonical_text(text) FROM t").unwrap();
            let texts: &StringArray = texts.as_string();
            let hashes = column(&session, "SELECT content_hash(text) FROM t").unwrap();
            assert_eq!((lists.len(), counts.len(), texts.len()), (rows.len(), rows.len(), rows.len()));
            for (row, text) in rows.iter().enumerate() {
                let Some(text) = text else {
                    assert!(
                        lists.is_null(row)
                            && counts.is_null(row)
                            && texts.is_null(row)
                            && hashes.is_null(row)
                    );
                    continue;
                };
                let mut expected = Vec::new();
                tokenizer.encode_into(text, &mut expected).unwrap();
                assert_eq!(counts.value(row), expected.len() as i32);
                expected.extend(tokenizer.eos());
                assert_eq!(
                    lists.value(row).as_primitive::<arrow::datatypes::Int32Type>().values(),
                    &expected
                );
                assert_eq!(texts.value(row), crate::text::Canonicalizer::new().canonicalize(text));
                let hash = crate::dedup::ContentHasher::new().hash(text).to_be_bytes();
                assert_eq!(hashes.as_fixed_size_binary().value(row), hash);
            }
        }
    }

    #[test]
    fn the_lists_are_of_the_type_that_readers_take() {
        let lists = column(&session(), "SELECT tokenize('hi', 'cl100k_base')").unwrap();
        let item = arrow::datatypes::Field::new("item", arrow::datatypes::DataType::Int32, true);
        assert_eq!(lists.data_type(), &arrow::datatypes::DataType::List(Arc::new(item)));
    }

    #[test]
    fn keys_and_splits_of_unknown_ids_are_null() {
        let session = session();
        assert_eq!(printed(&session, "SELECT shuffle_key(NULL, 7) IS NULL"), "true");
        assert_eq!(printed(&session, "SELECT split_of(NULL, NULL, NULL, 7, 1, 2) IS NULL"), "true");
        assert_eq!(printed(&session, "SELECT split_of(NULL, 'Jack', 20, 7, 1, 2)"), "train");
    }

    #[test]
    fn refusals_say_what_to_do() {
        let session = table(Arc::new(StringArray::from(vec!["a"])));
        for (query, expected) in [
            (
                "SELECT tokenize(text, 'gpt9') FROM t",
                "no tokenizer is called `gpt9`\n  hint: loaded or built in are cl100k_base, o200k_base",
            ),
            ("SELECT token_count(text, text) FROM t", "`tokenizer` of token_count must be a literal text"),
            (
                "SELECT tokenize(text, 'cl100k_base', true) FROM t",
                "the tokenizer `cl100k_base` has no bos token\n  hint: ",
            ),
            ("SELECT tokenize(text) FROM t", "tokenize takes 2 to 4 arguments, not 1"),
            ("SELECT shuffle_key(text, 7) FROM t", "argument 1 of shuffle_key must be an integer, not Utf8"),
            (
                "SELECT split_of(1, 'a', 1, 7, 20, 10)",
                "hint: the test threshold is where the test split ends",
            ),
        ] {
            let error = column(&session, query).unwrap_err();
            assert!(error.contains(expected), "{query}: {error}");
        }
    }
}
