//! What this run's texts leave for later ones: files of keys and of texts.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{Int64Array, RecordBatch, StringArray};

use super::Tweets;
use super::decide::Dropped;
use super::heads::PlacedKeys;
use crate::error::Result;
use crate::history::near::{KEYS, TEXTS, keys_schema, stored_key, texts_schema};
use crate::sink::history::HistoryWriter;
use crate::sink::spool::SpoolFile;

/// Texts in a batch.
const TEXTS_AT_ONCE: usize = 4096;

/// Writes keys, which must come in order.
pub(super) struct KeysWriter {
    file: HistoryWriter,
}

impl KeysWriter {
    /// A file in `folder`.
    pub(super) fn create(folder: &Path) -> Result<Self> {
        Ok(Self { file: HistoryWriter::create(folder, KEYS, keys_schema())? })
    }

    pub(super) fn write(&mut self, keys: &PlacedKeys) -> Result<()> {
        let places = Int64Array::from_iter_values(keys.places.iter().map(|place| *place as i64));
        let keys = Int64Array::from_iter_values(keys.keys.iter().map(|key| stored_key(*key)));
        self.file.write(&RecordBatch::try_new(keys_schema(), vec![Arc::new(keys), Arc::new(places)])?)
    }

    /// The file; none where there are no keys.
    pub(super) fn finish(self) -> Result<Option<SpoolFile>> {
        self.file.finish()
    }
}

/// The file of texts; none where there are none.
pub(super) fn texts(folder: &Path, tweets: &Tweets, dropped: &[Dropped]) -> Result<Option<SpoolFile>> {
    let Tweets { compared, own: ids, .. } = tweets;
    let mut file = HistoryWriter::create(folder, TEXTS, texts_schema())?;
    let mut dropped = dropped.iter().peekable();
    let mut bytes = Vec::new();
    for (batch, ids) in ids.chunks(TEXTS_AT_ONCE).enumerate() {
        let first = batch * TEXTS_AT_ONCE;
        let (mut texts, mut survivors) = (Vec::with_capacity(ids.len()), Vec::with_capacity(ids.len()));
        for number in first..first + ids.len() {
            texts.push(compared.texts.text(number, &mut bytes)?.to_owned());
            let dropped = dropped.next_if(|dropped| dropped.text as usize == number);
            survivors.push(dropped.and_then(|dropped| tweets.at(dropped.survivor)));
        }
        let places = (compared.base + first as u64..).map(|place| place as i64).take(ids.len());
        file.write(&RecordBatch::try_new(
            texts_schema(),
            vec![
                Arc::new(Int64Array::from_iter_values(places)),
                Arc::new(Int64Array::from_iter_values(ids.iter().copied())),
                Arc::new(StringArray::from(texts)),
                Arc::new(Int64Array::from(survivors)),
            ],
        )?)?;
    }
    file.finish()
}
