//! The same inputs and settings give the same bytes, whoever reads them and however.

use std::path::Path;

use crate::support::{Archive, DataSet, Identity, Packing, RunFile, members_of, pack};

const LINES: u32 = 3_000;
const MEMBERS: u32 = 21;

/// The data set of a run over `inputs` with `settings`.
fn milled<S: AsRef<str>>(inputs: impl IntoIterator<Item = S>, settings: &[&str]) -> Identity {
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), inputs);
    run.push("dedup: {near: {preset: near}}\n");
    run.run(settings).succeeded();
    DataSet::at(&run.output).identity()
}

/// The setting that makes a tar be read in `pieces` ranges.
fn ranges_of(archive: &Path, pieces: u64) -> String {
    let size = std::fs::metadata(archive).unwrap().len();
    format!("engine.range_size={}", size.div_ceil(pieces))
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let archive = Archive::tar(LINES, MEMBERS, 1);
    let one = milled([archive.url()], &["engine.threads=1"]);
    assert!(one.shard_count() >= 5, "a test of few shards shows little: {}", one.shard_count());
    for threads in [2, 3, 8] {
        let other = milled([archive.url()], &[&format!("engine.threads={threads}")]);
        one.assert_same(&other, &format!("{threads} threads"));
    }
}

#[test]
fn little_memory_gives_the_same_bytes() {
    let archive = Archive::tar(LINES, MEMBERS, 2);
    let much = milled([archive.url()], &["engine.memory=4GiB"]);
    much.assert_same(&milled([archive.url()], &["engine.memory=256MiB"]), "little memory");
}

#[test]
fn a_tar_read_in_ranges_gives_the_bytes_of_the_tar_read_whole() {
    let archive = Archive::tar(LINES, MEMBERS, 3);
    let whole = milled([archive.url()], &[&ranges_of(&archive.path(), 1)]);
    for (pieces, threads) in [(2, 2), (7, 1), (7, 3)] {
        let settings = [ranges_of(&archive.path(), pieces), format!("engine.threads={threads}")];
        let ranged = milled([archive.url()], &settings.each_ref().map(String::as_str));
        whole.assert_same(&ranged, &format!("{pieces} ranges, {threads} threads"));
    }
}

#[test]
fn a_tar_its_members_and_a_zip_of_them_give_the_same_bytes() {
    let archive = Archive::tar(LINES, MEMBERS, 4);
    let tar = milled([archive.url()], &[]);
    for packing in [Packing::Files, Packing::Zip, Packing::TarInTar] {
        let folder = tempfile::tempdir().unwrap();
        let inputs = pack(&archive.path(), packing, folder.path());
        tar.assert_same(&milled(inputs, &[]), &format!("{packing:?}"));
    }
}

// A range that starts inside the stored inner tar sees headers that are data of the outer member.
#[test]
fn a_tar_in_a_tar_read_in_ranges_gives_the_bytes_of_the_inner_tar() {
    let archive = Archive::tar(LINES, MEMBERS, 5);
    let inner = milled([archive.url()], &[]);
    let folder = tempfile::tempdir().unwrap();
    let outer = pack(&archive.path(), Packing::TarInTar, folder.path());
    let ranges = ranges_of(Path::new(&outer[0]), 7);
    inner.assert_same(&milled(outer, &[&ranges]), "an inner tar in 7 ranges");
}

#[test]
fn the_order_and_names_of_inputs_change_nothing() {
    let archive = Archive::tar(LINES, MEMBERS, 6);
    let folder = tempfile::tempdir().unwrap();
    let mut inputs = pack(&archive.path(), Packing::Files, folder.path());
    let sorted = milled(&inputs, &[]);
    // A fixed shuffle: every fifth, starting over.
    let mut shuffled: Vec<&String> = Vec::new();
    for start in 0..5 {
        shuffled.extend(inputs.iter().skip(start).step_by(5));
    }
    sorted.assert_same(&milled(shuffled, &[]), "shuffled inputs");

    let renamed = tempfile::tempdir().unwrap();
    inputs = Vec::new();
    for (index, (_, bytes)) in members_of(&archive.path()).into_iter().enumerate() {
        let path = renamed.path().join(format!("{:03}-of-something.dat", MEMBERS as usize - index));
        std::fs::write(&path, bytes).unwrap();
        inputs.push(path.to_str().unwrap().to_owned());
    }
    sorted.assert_same(&milled(inputs, &[]), "renamed inputs");
}

#[test]
fn another_seed_gives_other_shards() {
    let archive = Archive::tar(LINES, MEMBERS, 7);
    let seven = milled([archive.url()], &["split.seed=7"]);
    assert!(seven != milled([archive.url()], &["split.seed=8"]), "the seed should shuffle and split anew");
}
