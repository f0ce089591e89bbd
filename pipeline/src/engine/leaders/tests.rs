#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use arrow::array::{AsArray, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use proptest::prelude::*;

use super::*;
use crate::engine::{Engine, Joins};

/// (group, id) → (is it the leader, the leader's id, its place), through the engine in batches of `batch_rows`.
fn leaders(
    rows: &[(Option<i64>, i64)],
    partitions: usize,
    batch_rows: usize,
) -> BTreeMap<(Option<i64>, i64), (bool, i64, i64)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let partitions = NonZeroUsize::new(partitions).unwrap();
    let engine = Engine::new(partitions, 1 << 28, scratch.path()).unwrap();
    let session = engine.session(partitions, Joins::Merge).unwrap();
    let rows_setting = batch_rows.to_string();
    let state = session.state_ref();
    state.write().config_mut().options_mut().set("datafusion.execution.batch_size", &rows_setting).unwrap();
    let schema = Arc::new(Schema::new(vec![
        Field::new("key", DataType::Int64, true),
        Field::new("id", DataType::Int64, false),
    ]));
    let keys: Int64Array = rows.iter().map(|(key, _)| *key).collect();
    let ids: Int64Array = rows.iter().map(|(_, id)| Some(*id)).collect();
    let batch = RecordBatch::try_new(schema, vec![Arc::new(keys), Arc::new(ids)]).unwrap();
    let frame = session.read_batch(batch).unwrap();
    let order = vec![datafusion::prelude::col("id").sort(true, false)];
    let placed = with_places(frame.clone(), &["key"], order.clone()).unwrap();
    let mut places_of = BTreeMap::new();
    for batch in runtime.block_on(placed.collect()).unwrap() {
        let integers = |name: &str| batch.column_by_name(name).unwrap().as_primitive::<Int64Type>().clone();
        places_of
            .extend(integers("id").values().iter().copied().zip(integers(PLACE).values().iter().copied()));
    }
    let frame = with_leaders(frame, &["key"], order, "id").unwrap();
    let mut found = BTreeMap::new();
    for batch in runtime.block_on(frame.collect()).unwrap() {
        let integers = |name: &str| batch.column_by_name(name).unwrap().as_primitive::<Int64Type>().clone();
        let (keys, ids, leaders) = (integers("key"), integers("id"), integers(LEADER));
        let is_leader = batch.column_by_name(IS_LEADER).unwrap().as_boolean();
        for row in 0..batch.num_rows() {
            let key = (!arrow::array::Array::is_null(&keys, row)).then(|| keys.value(row));
            let told = (is_leader.value(row), leaders.value(row), places_of[&ids.value(row)]);
            found.insert((key, ids.value(row)), told);
        }
    }
    found
}

#[test]
fn the_first_of_each_group_leads_it() {
    let rows = [(Some(1), 30), (Some(2), 5), (Some(1), 10), (None, 7), (None, 6)];
    let found = leaders(&rows, 2, 8192);
    assert_eq!(found[&(Some(1), 10)], (true, 10, 0));
    assert_eq!(found[&(Some(1), 30)], (false, 10, 1));
    assert_eq!(found[&(Some(2), 5)], (true, 5, 0));
    assert_eq!(found[&(None, 7)], (false, 6, 1));
    assert_eq!(found.len(), 5);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn groups_that_cross_batches_and_partitions_are_walked_as_one(
        keys in proptest::collection::vec(proptest::option::of(0_i64..4), 1..60),
        partitions in 1_usize..4,
        batch_rows in 1_usize..9,
    ) {
        let rows: Vec<(Option<i64>, i64)> = keys.into_iter().zip((0..).map(|id| (id * 37) % 61)).collect();
        let mut least: BTreeMap<Option<i64>, i64> = BTreeMap::new();
        for (key, id) in &rows {
            let first = least.entry(*key).or_insert(*id);
            *first = (*first).min(*id);
        }
        let found = leaders(&rows, partitions, batch_rows);
        prop_assert_eq!(found.len(), rows.len());
        for ((key, id), (is_leader, leader, place)) in found {
            prop_assert_eq!(leader, least[&key]);
            prop_assert_eq!(is_leader, id == leader);
            let before = rows.iter().filter(|(other, earlier)| *other == key && *earlier < id).count();
            prop_assert_eq!(place, before as i64);
        }
    }
}

// 48 MB of rows in a pool of 36 MB, most of which one sort may take.
#[test]
fn more_rows_than_fit_are_spilled_and_led_all_the_same() {
    const ROWS: u64 = 3_000_000;
    const GROUPS: u64 = 1000;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let engine = Engine::new(NonZeroUsize::MIN, 48 << 20, scratch.path()).unwrap();
    let session = engine.session(NonZeroUsize::MIN, Joins::Merge).unwrap();
    let (spills, leaders) = runtime.block_on(async {
        let sql =
            format!("SELECT value AS id, value % {GROUPS} AS key FROM generate_series(0, {})", ROWS - 1);
        let rows = session.sql(&sql).await.unwrap();
        let order = vec![datafusion::prelude::col("id").sort(true, false)];
        let plan = with_leaders(rows, &["key"], order, "id").unwrap().create_physical_plan().await.unwrap();
        let batches =
            datafusion::physical_plan::collect(Arc::clone(&plan), session.task_ctx()).await.unwrap();
        let mut leaders = Vec::new();
        for batch in &batches {
            let integers =
                |name: &str| batch.column_by_name(name).unwrap().as_primitive::<Int64Type>().clone();
            let (ids, keys, leader) = (integers("id"), integers("key"), integers(LEADER));
            assert_eq!(leader, keys, "the least id of a group is its key");
            let is_leader = batch.column_by_name(IS_LEADER).unwrap().as_boolean();
            leaders
                .extend((0..batch.num_rows()).filter(|row| is_leader.value(*row)).map(|row| ids.value(row)));
        }
        assert_eq!(batches.iter().map(|batch| batch.num_rows() as u64).sum::<u64>(), ROWS);
        leaders.sort_unstable();
        (spilled_files(&plan), leaders)
    });
    assert!(spills > 0, "all of it fitted");
    assert_eq!(leaders, (0..GROUPS as i64).collect::<Vec<_>>());
}

fn spilled_files(plan: &Arc<dyn datafusion::physical_plan::ExecutionPlan>) -> usize {
    let own = plan.metrics().and_then(|metrics| metrics.spill_count()).unwrap_or(0);
    own + plan.children().into_iter().map(spilled_files).sum::<usize>()
}
