use std::num::NonZeroUsize;

use proptest::prelude::*;

use super::clusters::{self, Found};
use super::vectors::VectorsWriter;
use crate::config::Semantic;
use crate::engine::Engine;

/// What is dropped of documents with these vectors, by `threads` threads.
fn found(rows: &[Vec<f32>], rule: Semantic, threads: usize) -> Found {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(NonZeroUsize::MIN, 256 << 20, folder.path()).unwrap();
    let mut writer = VectorsWriter::create(folder.path()).unwrap();
    for row in rows {
        writer.write(row, row.len()).unwrap();
    }
    let vectors = writer.finish().unwrap();
    let ids: Vec<i64> = (0..rows.len() as i64).map(|place| 1000 + 7 * place).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let memory = engine.reservation("test");
    pool.install(|| clusters::dropped(&vectors, &ids, rule, 7, &memory)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn every_number_of_threads_drops_the_same_for_kept_and_earlier_documents(
        rows in prop::collection::vec(prop::collection::vec(-1.0_f32..1.0, 6), 1..120),
        clusters in 1_u64..9,
        per_cent in 30_u64..99,
    ) {
        let rule = serde_json::json!({"similarity": format!("{per_cent}%"), "clusters": clusters.to_string()});
        let rule: Semantic = serde_json::from_value(rule).unwrap();
        let one = found(&rows, rule, 1);
        for threads in [2, 5] {
            prop_assert_eq!(&one, &found(&rows, rule, threads));
        }
        let is_dropped = |document: u32| one.dropped.iter().any(|other| other.document == document);
        for dropped in &one.dropped {
            prop_assert!(dropped.survivor < dropped.document && !is_dropped(dropped.survivor));
            prop_assert!(dropped.cosine >= rule.least());
        }
        prop_assert_eq!(one.figures.texts, rows.len() as u64);
    }
}
