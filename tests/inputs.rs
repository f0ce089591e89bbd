//! What is read of the archives, what is lost of damaged ones, and how loudly that is said.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Archive, DataSet, Packing, RunFile, files_below, members_of, pack, tweetmill};

/// The first `percent` of a file's bytes, as a download that broke off leaves them.
fn cut(bytes: &[u8], percent: usize) -> Vec<u8> {
    bytes[..bytes.len() * percent / 100].to_vec()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// `count` statuses of other texts, one a line.
fn statuses(count: u64) -> Vec<u8> {
    let status = |id: u64| {
        let text = format!("tweet number {id} {}", blake3::hash(&id.to_le_bytes()));
        format!(
            "{}\r\n",
            json!({"id": id, "id_str": id.to_string(), "text": text, "user": {"id": id % 7 + 1}})
        )
    };
    (1..=count).map(status).collect::<String>().into_bytes()
}

/// Members that were not read whole, as the newest run record tells them: name, state, what was found.
fn damaged(output: &str) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut damaged = Vec::new();
    for record in files_below(&Path::new(output).join("_tweetmill/runs")).into_values() {
        let record: Value = serde_json::from_slice(&record).unwrap();
        for unit in record["units"].as_array().unwrap() {
            for member in unit["members"].as_array().unwrap() {
                if member["state"] != "complete" {
                    damaged.push((text(&member["label"]), text(&member["state"]), text(&member["detail"])));
                }
            }
        }
    }
    damaged
}

/// Fails the test unless summary and commit tell the same numbers that add up, and `verify` finds no fault.
#[track_caller]
fn assert_accounted(run: &RunFile, summary: &Value) {
    let records = &summary["records"];
    let fates = records["fates"].as_object().unwrap();
    let sum: u64 = fates.values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(records["in"].as_u64().unwrap(), sum, "{summary}");
    assert_eq!(DataSet::at(&run.output).commits()[0]["records"]["fates"], records["fates"]);
    tweetmill(["verify", &run.output]).succeeded();
}

// A tar of which a tenth had arrived used to be committed without a word.
#[test]
fn a_tar_cut_short_is_warned_of_and_counted() {
    let archive = Archive::tar(3_000, 12, 61);
    let folder = tempfile::tempdir().unwrap();
    let torn = folder.path().join("torn.tar");
    std::fs::write(&torn, cut(&std::fs::read(archive.path()).unwrap(), 40)).unwrap();
    let run = RunFile::new(folder.path(), [torn.to_str().unwrap()]);

    let refused = run.run(&["gates.max_damaged_members=0"]).ended_with(3);
    refused.complained_of(&[
        "torn.tar › ",
        "could not be read whole: truncated: the archive ends ",
        "members could not be read whole, more than gates.max_damaged_members (0); nothing was committed",
        "hint: get these archives again",
    ]);
    assert_eq!(DataSet::at(&run.output).commits(), Vec::<Value>::new());
    // A gate that is moved needs nothing to be read again.
    let kept = run.scratch_files();
    assert!(kept.iter().all(|file| file.to_str().unwrap().contains("tweetmill-steps-")), "{kept:?}");

    let made =
        run.run(&[]).succeeded().complained_of(&["WARN", "torn.tar › ", "truncated: ", "\n  truncated"]);
    let summary = made.json();
    let members = &summary["members"];
    assert!(members["truncated"].as_u64().unwrap() >= 1, "{members}");
    assert!((3..12).contains(&members["complete"].as_u64().unwrap()), "{members}");
    assert_accounted(&run, &summary);
    let damaged = damaged(&run.output);
    let (_, state, detail) = damaged.last().unwrap();
    assert_eq!(state, "truncated");
    assert!(detail.starts_with("the archive ends "), "{detail}");

    let again = run.run(&[]).succeeded().json();
    assert_eq!((&again["noop"], &again["members"]), (&true.into(), members), "a no-op tells them, too");
    let limit = damaged.len();
    let enough = format!("gates.max_damaged_members={limit}");
    run.run(&["run=second", &enough]).succeeded();
}

#[test]
fn damaged_members_are_told_by_how_they_are_damaged() {
    let archive = Archive::tar(2_000, 4, 62);
    let folder = tempfile::tempdir().unwrap();
    let raw = folder.path().join("raw");
    let members = members_of(&archive.path());
    std::fs::create_dir(&raw).unwrap();
    let lines = statuses(200);
    let mut corrupt = gzip(&lines);
    let checksum = corrupt.len() - 8;
    corrupt[checksum] ^= 1;
    for (name, bytes) in [
        ("corrupt.json.gz", corrupt),
        ("cut.json.bz2", cut(&members[1].1, 60)),
        ("lines.json", lines),
        ("zeros.gz", gzip(&vec![0; 80 << 20])),
    ] {
        std::fs::write(raw.join(name), bytes).unwrap();
    }
    let run = RunFile::new(folder.path(), [raw.to_str().unwrap()]);
    let made = run.run(&["gates.max_reject_rate=100%"]).succeeded();
    let made = made.complained_of(&[
        "corrupt.json.gz could not be read whole: corrupt: ",
        "cut.json.bz2 could not be read whole: truncated: ",
        "zeros.gz could not be read whole: bomb: ",
    ]);
    assert!(!made.stderr.contains("lines.json could not"), "{}", made.stderr);
    let summary = made.json();
    assert_eq!(
        summary["members"],
        json!({"complete": 1, "truncated": 1, "corrupt": 1, "bomb": 1, "too_large": 0, "unsupported": 0})
    );
    assert_accounted(&run, &summary);
    let copies = &summary["records"]["fates"]["duplicate_id"];
    assert!(copies.as_u64().unwrap() >= 200, "what came before the damage counts: {copies}");
    for (_, state, detail) in damaged(&run.output) {
        assert!(!detail.is_empty(), "{state} is said without a reason");
    }
}

#[test]
fn damage_does_not_depend_on_how_an_archive_is_cut_into_ranges() {
    let archive = Archive::tar(2_000, 14, 63);
    let folder = tempfile::tempdir().unwrap();
    let torn = folder.path().join("torn.tar");
    let mut bytes = cut(&std::fs::read(archive.path()).unwrap(), 80);
    let size = bytes.len();
    // The second header or so: its checksum no longer agrees.
    let header = (1..size / 512).map(|block| block * 512).find(|&at| &bytes[at + 257..at + 262] == b"ustar");
    bytes[header.unwrap() + 5] ^= 1;
    std::fs::write(&torn, bytes).unwrap();
    let milled = |name: &str, pieces: usize| {
        let folder = folder.path().join(name);
        let run = RunFile::new(&folder, [torn.to_str().unwrap()]);
        let range = format!("engine.range_size={}", (size / pieces).max(4096));
        let summary = run.run(&[&range]).succeeded().json();
        (summary["members"].clone(), damaged(&run.output), DataSet::at(&run.output).identity())
    };
    let (members, damage, identity) = milled("whole", 1);
    assert!(members["truncated"] == 1 && members["corrupt"] == 1, "{members}");
    for pieces in [3, 7] {
        let (other_members, other_damage, other) = milled(&pieces.to_string(), pieces);
        assert_eq!((&other_members, &other_damage), (&members, &damage), "{pieces} ranges");
        identity.assert_same(&other, &format!("{pieces} ranges"));
    }
}

#[test]
fn a_whole_archive_has_no_warning() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lines.json");
    std::fs::write(&file, statuses(50)).unwrap();
    let run = RunFile::new(folder.path(), [file.to_str().unwrap()]);
    let made = run.run(&["gates.max_damaged_members=0"]).succeeded();
    assert!(!made.stderr.contains("WARN"), "{}", made.stderr);
    assert_eq!(made.json()["members"]["complete"], 1);
}

#[test]
fn limits_of_members_and_lines_are_settings() {
    let folder = tempfile::tempdir().unwrap();
    let raw = folder.path().join("raw");
    std::fs::create_dir(&raw).unwrap();
    let mut lines = statuses(9_000);
    assert!(lines.len() > 1 << 20);
    let long = json!({"id": 1_u64 << 40, "text": "x".repeat(100_000), "user": {"id": 5}});
    lines.extend(format!("{long}\n").bytes());
    std::fs::write(raw.join("lines.json"), &lines).unwrap();
    std::fs::write(raw.join("lines.json.gz"), gzip(&lines)).unwrap();
    let run = RunFile::new(folder.path(), [raw.to_str().unwrap()]);

    let summary = run.run(&[]).succeeded().json();
    assert_eq!(summary["members"]["complete"], 2, "{summary}");
    assert_eq!((&summary["documents"], &summary["records"]["lines"]), (&9_001.into(), &18_002.into()));

    // Limits that cut something off are other settings: what was committed without them is not theirs.
    let other = RunFile::with_output(folder.path(), [raw.to_str().unwrap()], &format!("{}-2", run.output));
    other.run(&[]).succeeded();
    let made = other.run(&["limits.member_size=1MiB", "limits.line_size=64KiB"]).succeeded();
    let made = made.complained_of(&["lines.json.gz could not be read whole: too_large: "]);
    let summary = made.json();
    assert_eq!(summary["noop"], false);
    let members = &summary["members"];
    assert_eq!((&members["complete"], &members["too_large"]), (&1.into(), &1.into()), "{members}");
    assert_eq!(summary["records"]["fates"]["rejected:too_long"], 1, "{summary}");
}

#[test]
fn a_shape_that_is_named_is_kept_to() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lines.json");
    let mut lines = statuses(50);
    lines.extend(b"{\"something\":\"new\"}\n");
    std::fs::write(&file, lines).unwrap();
    let run = RunFile::new(folder.path(), [file.to_str().unwrap()]);
    let fates = |settings: &[&str]| run.run(settings).succeeded().json()["records"]["fates"].clone();
    assert_eq!(fates(&["run=auto"])["event"], 1);
    let strict = fates(&["run=strict", "input.0.shape=status-v1"]);
    assert_eq!((&strict["event"], &strict["rejected:unknown_shape"]), (&Value::Null, &1.into()));
    run.run(&["run=gated", "input.0.shape=status-v1", "gates.max_reject_rate=1%"]).ended_with(3);
}

// The folder the program was started in used to be part of the pattern.
#[test]
fn a_folder_with_the_name_of_a_pattern_can_be_worked_in() {
    let archive = Archive::tar(1_000, 3, 64);
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("[x] {a,b}*");
    std::fs::create_dir(&place).unwrap();
    std::fs::copy(archive.path(), place.join("a.tar")).unwrap();
    pack(&archive.path(), Packing::Zip, &place);
    for (label, url, members) in
        [("plain", "a.tar", 3), ("glob", "./*.{tar,zip}", 6), ("up", "../*/a.tar", 3)]
    {
        let output = folder.path().join(label);
        let run = RunFile::with_output(folder.path(), [format!("'{url}'")], output.to_str().unwrap());
        let made = run.program(&[]).current_dir(&place).run().succeeded().json();
        assert_eq!(made["members"]["complete"], members, "{url}: {made}");
    }
}
