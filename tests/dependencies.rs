//! One version of each crate whose types cross crates: two would not know each other's values.

/// Versions of `name` in Cargo.lock.
fn locked(name: &str) -> Vec<&'static str> {
    let lock = include_str!("../Cargo.lock");
    let mut versions = Vec::new();
    let mut lines = lock.lines();
    while let Some(line) = lines.next() {
        if line == format!("name = \"{name}\"") {
            let version = lines.next().and_then(|line| line.strip_prefix("version = \""));
            versions.push(version.expect("a version should follow the name").trim_end_matches('"'));
        }
    }
    versions
}

#[test]
fn there_is_one_version_of_the_engine_and_its_types() {
    let wanted =
        [("arrow", "59.3."), ("datafusion", "55.2."), ("object_store", "0.13."), ("parquet", "59.3.")];
    for (name, series) in wanted {
        let versions = locked(name);
        assert_eq!(versions.len(), 1, "{name}: {versions:?}");
        assert!(versions[0].starts_with(series), "{name} {} is not of the series {series}", versions[0]);
    }
}

#[test]
fn every_part_of_the_engine_is_of_its_version() {
    let engine = locked("datafusion");
    for part in ["datafusion-common", "datafusion-execution", "datafusion-expr", "datafusion-physical-plan"] {
        assert_eq!(locked(part), engine, "{part}");
    }
    assert_eq!(locked("arrow-array"), locked("parquet"));
}
