//! Synthetic archives, and the same members packed in other ways.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use super::data_set::files_below;
use super::program::tweetmill;

/// An archive of invented tweets with the truth about it, in a folder that goes away with it.
pub(crate) struct Archive {
    folder: TempDir,
}

impl Archive {
    /// A tar of `members` bz2 members with `lines` lines; every `seed` is a day of its own.
    pub(crate) fn tar(lines: u32, members: u32, seed: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut call = vec!["synth".to_owned(), folder.path().to_str().unwrap().to_owned()];
        for (name, value) in [
            ("--layout", "tar-bz2".to_owned()),
            ("--lines", lines.to_string()),
            ("--members", members.to_string()),
            ("--seed", seed.to_string()),
            ("--start", format!("2021-01-{:02}", seed % 28 + 1)),
        ] {
            call.extend([name.to_owned(), value]);
        }
        tweetmill(call).succeeded();
        Self { folder }
    }

    /// The one tar.
    pub(crate) fn path(&self) -> PathBuf {
        let made = files_below(&self.folder.path().join("raw"));
        assert_eq!(made.len(), 1, "one tar should have been made: {:?}", made.keys());
        self.folder.path().join("raw").join(made.into_keys().next().unwrap())
    }

    /// The archive's path as a run file names it.
    pub(crate) fn url(&self) -> String {
        self.path().to_str().unwrap().to_owned()
    }

    /// Counts of what was really made.
    pub(crate) fn counts(&self) -> Value {
        let truth = std::fs::read(self.folder.path().join("truth.json")).unwrap();
        serde_json::from_slice::<Value>(&truth).unwrap()["counts"].take()
    }

    /// The story of every record, in the order of the stream.
    pub(crate) fn true_records(&self) -> Vec<Value> {
        let file = File::open(self.folder.path().join("truth.ndjson.zst")).unwrap();
        let mut text = String::new();
        zstd::Decoder::new(file).unwrap().read_to_string(&mut text).unwrap();
        // The first line is the version.
        text.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Other ways to pack the members of a tar.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Packing {
    /// Files in folders.
    Files,
    /// A zip that stores them as they are.
    Zip,
    /// The tar inside another tar.
    TarInTar,
}

/// The members of a tar: name and stored bytes.
pub(crate) fn members_of(tar: &Path) -> Vec<(String, Vec<u8>)> {
    let mut archive = tar::Archive::new(File::open(tar).unwrap());
    let mut members = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        if entry.header().entry_type().is_file() {
            let name = entry.path().unwrap().to_str().unwrap().to_owned();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            members.push((name, bytes));
        }
    }
    members
}

/// Packs `tar` anew below `folder`; gives the inputs of a run over it.
pub(crate) fn pack(tar: &Path, packing: Packing, folder: &Path) -> Vec<String> {
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    match packing {
        Packing::Files => members_of(tar)
            .into_iter()
            .map(|(name, bytes)| {
                let path = folder.join(name);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(&path, bytes).unwrap();
                text(&path)
            })
            .collect(),
        Packing::Zip => {
            let path = folder.join("archive.zip");
            let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
            let stored =
                zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
            for (name, bytes) in members_of(tar) {
                zip.start_file(name, stored).unwrap();
                zip.write_all(&bytes).unwrap();
            }
            zip.finish().unwrap();
            vec![text(&path)]
        }
        Packing::TarInTar => {
            let path = folder.join("outer.tar");
            let mut outer = tar::Builder::new(File::create(&path).unwrap());
            outer.append_path_with_name(tar, "inner.tar").unwrap();
            outer.finish().unwrap();
            vec![text(&path)]
        }
    }
}
