//! Vectors of documents: those of the model, whoever makes them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow::array::AsArray;
use arrow::datatypes::{Float32Type, Int64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tweetmill_udfs::embed::{Model, ModelFiles, SampleModel};

use crate::loaders::load;
use crate::support::{Archive, DataSet, Program, RunFile, python, tweetmill};

/// A folder with the files of `model`.
pub(crate) fn folder_of(folder: &Path, model: &SampleModel) -> PathBuf {
    let place = folder.join("model");
    std::fs::create_dir_all(&place).unwrap();
    let files = [&model.config, &model.tokenizer, &model.weights];
    for (name, file) in ModelFiles::NAMES.into_iter().zip(files) {
        std::fs::write(place.join(name), file).unwrap();
    }
    place
}

/// A run over `archive` with the model in `place`.
pub(crate) fn run_with(folder: &Path, archive: &Archive, place: &Path, more: &str) -> RunFile {
    let run = RunFile::new(folder, [archive.url()]);
    run.push(&format!("embed: {{model: {}{more}}}\n", place.display()));
    run
}

/// Text and vector of each document.
pub(crate) fn vectors(run: &RunFile, column: &str) -> BTreeMap<i64, (String, Vec<f32>)> {
    let mut read = BTreeMap::new();
    for shard in DataSet::at(&run.output).shards() {
        let file = std::fs::File::open(shard).unwrap();
        for batch in ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap() {
            let batch = batch.unwrap();
            let named = |name: &str| batch.column_by_name(name).unwrap();
            let (ids, texts) =
                (named("tweet_id").as_primitive::<Int64Type>(), named("text").as_string::<i32>());
            let vectors = named(column).as_fixed_size_list();
            for row in 0..batch.num_rows() {
                let vector = vectors.value(row).as_primitive::<Float32Type>().values().to_vec();
                read.insert(ids.value(row), (texts.value(row).to_owned(), vector));
            }
        }
    }
    read
}

#[test]
fn a_document_has_the_vector_that_the_model_gives_its_text() {
    for model in [SampleModel::encoder(24), SampleModel::table()] {
        let archive = Archive::tar(500, 2, 91);
        let folder = tempfile::tempdir().unwrap();
        let place = folder_of(folder.path(), &model);
        let run = run_with(folder.path(), &archive, &place, ", column: vector, form: float32");
        run.run(&[]).succeeded();
        tweetmill(["verify", &run.output]).succeeded();
        let documents = vectors(&run, "vector");
        assert!(documents.len() > 50);
        let model = Model::parse("model", &model.files()).unwrap();
        let mut embedder = model.embedder();
        for (text, vector) in documents.values() {
            let mut expected = Vec::new();
            embedder.embed(&[text], &mut expected).unwrap();
            assert_eq!(vector, &expected, "{text}");
        }
        let pinned = &DataSet::at(&run.output).commits()[0]["pinned"]["embedding"];
        assert_eq!(pinned["dimensions"], model.dimensions());
        assert_eq!((&pinned["model"], &pinned["form"]), (&"model".into(), &"float32".into()));
    }
}

#[test]
fn bytes_do_not_depend_on_threads() {
    let archive = Archive::tar(1_000, 4, 92);
    let models = tempfile::tempdir().unwrap();
    let place = folder_of(models.path(), &SampleModel::encoder(32));
    for form in ["float16", "int8", "binary"] {
        let [one, eight] = [1, 8].map(|threads| {
            let folder = tempfile::tempdir().unwrap();
            let run = run_with(folder.path(), &archive, &place, &format!(", form: {form}"));
            run.run(&[&format!("engine.threads={threads}")]).succeeded();
            tweetmill(["verify", &run.output]).succeeded();
            DataSet::at(&run.output).identity()
        });
        one.assert_same(&eight, form);
    }
}

#[test]
fn another_model_is_refused_where_documents_have_vectors() {
    let archive = Archive::tar(300, 2, 93);
    let folder = tempfile::tempdir().unwrap();
    let place = folder_of(folder.path(), &SampleModel::encoder(32));
    let run = run_with(folder.path(), &archive, &place, "");
    run.run(&[]).succeeded();
    folder_of(folder.path(), &SampleModel::encoder(33));
    let refused = run.run(&["run=second"]).ended_with(2);
    refused.complained_of(&["the data set was begun with other settings: embedding.digest differ"]);
}

#[test]
fn what_is_no_model_is_refused_before_anything_is_read() {
    let archive = Archive::tar(300, 2, 94);
    let folder = tempfile::tempdir().unwrap();
    let place = folder_of(folder.path(), &SampleModel::encoder(32));
    let run = run_with(folder.path(), &archive, &place, "");
    std::fs::write(place.join("model.safetensors"), b"no tensors at all").unwrap();
    run.run(&[]).ended_with(2).complained_of(&["the model", "model.safetensors", "can't be read"]);
    std::fs::remove_file(place.join("tokenizer.json")).unwrap();
    run.run(&[]).ended_with(1).complained_of(&["has no tokenizer.json", "hint: a model is a folder"]);
    for (setting, why) in [
        ("embed.column=text", "embed.column: `text` is a column of every tweet"),
        ("embed.column=A", "embed.column: `A` is no name of a column"),
        ("embed.form=float8", "embed.form: `float8` is not one of the values allowed"),
    ] {
        run.run(&[setting]).ended_with(2).complained_of(&[why]);
    }
}

#[test]
fn a_quickstart_can_be_had_with_vectors() {
    for kind in ["static", "encoder"] {
        let folder = tempfile::tempdir().unwrap();
        Program::new(["quickstart", "--embed", kind]).current_dir(folder.path()).run().succeeded();
        let data_set = DataSet::at(folder.path().join("quickstart/dataset"));
        assert_eq!(data_set.commits()[0]["pinned"]["embedding"]["form"], "float16");
    }
}

/// Whether `read` is what a vector's number `exact` is written as.
fn is_written_as(form: &str, exact: f32, largest: f32, read: f32) -> bool {
    match form {
        "float32" => read.to_bits() == exact.to_bits(),
        "float16" => (read - exact).abs() <= exact.abs().max(6.2e-5) * 2f32.powi(-11),
        "int8" => (read - exact).abs() <= largest / 127.0 * 0.5001,
        _ => (read > 0.5) == (exact > 0.0),
    }
}

#[test]
fn every_library_reads_the_vectors_in_every_form() {
    let Some(python) = python("loaders") else { return };
    let archive = Archive::tar(300, 2, 95);
    let models = tempfile::tempdir().unwrap();
    let place = folder_of(models.path(), &SampleModel::encoder(24));
    let exact = tempfile::tempdir().unwrap();
    let run = run_with(exact.path(), &archive, &place, ", form: float32");
    run.run(&[]).succeeded();
    let exact = vectors(&run, "embedding");
    for form in ["float32", "float16", "int8", "binary"] {
        let folder = tempfile::tempdir().unwrap();
        let run = run_with(folder.path(), &archive, &place, &format!(", form: {form}"));
        run.run(&[]).succeeded();
        let files = tweetmill(["files", &run.output]).succeeded().stdout;
        for library in ["pyarrow", "polars", "duckdb", "datasets"] {
            let arguments: Vec<&str> = std::iter::once(library).chain(files.lines()).collect();
            let read: BTreeMap<i64, Vec<f32>> =
                serde_json::from_value(load(&python, "vectors.py", &arguments)).unwrap();
            assert!(read.keys().eq(exact.keys()), "{library}, {form}");
            for (vector, (_, exact)) in read.values().zip(exact.values()) {
                let largest = exact.iter().fold(0f32, |largest, number| largest.max(number.abs()));
                assert_eq!(vector.len(), exact.len(), "{library}, {form}");
                for (read, exact) in vector.iter().zip(exact) {
                    let right = is_written_as(form, *exact, largest, *read);
                    assert!(right, "{library}, {form}: {read} for {exact}");
                }
            }
        }
    }
}
