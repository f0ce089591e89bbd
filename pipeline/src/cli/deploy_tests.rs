//! The deployment examples in the tree: what they call is a command line of this program, and what they say is well formed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use serde_json::Value;

use super::Cli;

fn files(folder: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs/deploy").join(folder);
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths.map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect();
    files.sort();
    files
}

/// Fails the test unless `call`, which begins with the program, is a command line that this build takes.
#[track_caller]
fn assert_call(call: &[String]) {
    Cli::try_parse_from(call).unwrap_or_else(|error| panic!("{call:?}: {error}"));
}

/// The words of a command line, `${NAME}` and `$(NAME)` filled in as `named` says.
fn words(line: &str, named: impl Fn(&str) -> String) -> Vec<String> {
    let mut text = line.to_owned();
    for (open, close) in [("${", '}'), ("$(", ')')] {
        while let Some((before, rest)) = text.clone().split_once(open) {
            let (name, after) = rest.split_once(close).unwrap();
            text = format!("{before}{}{after}", named(name));
        }
    }
    text.split_whitespace().map(str::to_owned).collect()
}

/// The call of the program in a line for a shell: `… exec …/tweetmill run FILE --date "$(date …)" …`.
fn call_in_shell(line: &str) -> Vec<String> {
    let call = line.split_once("exec ").unwrap().1.trim_end_matches(['\'', '"']);
    let (before, rest) = call.split_once("\"$(date").unwrap();
    let after = rest.split_once(")\"").unwrap().1;
    words(&format!("{before}2026-11-22{after}"), |name| panic!("{name} is in no environment"))
}

#[test]
fn systemd_units_call_what_there_is() {
    let mut calls = 0;
    for (path, text) in files("systemd") {
        let mut section = "";
        let mut environment = Vec::new();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix('[') {
                section = name.strip_suffix(']').unwrap();
                continue;
            }
            let (key, value) = line.split_once('=').unwrap_or_else(|| panic!("{}: {line}", path.display()));
            let known = match section {
                "Unit" => &["Description", "After", "Wants"][..],
                "Service" => &[
                    "Environment",
                    "EnvironmentFile",
                    "ExecStart",
                    "LimitNOFILE",
                    "MemoryMax",
                    "NoNewPrivileges",
                    "PrivateTmp",
                    "ProtectHome",
                    "ProtectSystem",
                    "Restart",
                    "RestartPreventExitStatus",
                    "RestartSec",
                    "StateDirectory",
                    "Type",
                    "User",
                ],
                "Timer" => &["OnCalendar", "Persistent"],
                "Install" => &["WantedBy"],
                other => panic!("{}: a section [{other}]", path.display()),
            };
            assert!(known.contains(&key), "{}: {line}", path.display());
            match key {
                "Environment" => environment.push(value.split_once('=').unwrap()),
                "ExecStart" if value.contains(" -c ") => {
                    assert_call(&call_in_shell(value));
                    calls += 1;
                }
                "ExecStart" => {
                    let value = value.replace("%i", "0");
                    let named = |name: &str| {
                        environment.iter().find(|(known, _)| *known == name).unwrap().1.to_owned()
                    };
                    assert_call(&words(&value, named));
                    calls += 1;
                }
                _ => {}
            }
        }
    }
    assert_eq!(calls, 4);
}

#[test]
fn kubernetes_manifests_call_what_there_is() {
    let mut kinds = Vec::new();
    let mut calls = 0;
    for (path, text) in files("kubernetes") {
        for document in text.split("\n---\n") {
            let document: Value = serde_saphyr::from_str(document)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            for key in ["apiVersion", "kind"] {
                assert!(document[key].is_string(), "{}: no {key}", path.display());
            }
            assert!(document["metadata"]["name"].is_string(), "{}: no name", path.display());
            kinds.push(document["kind"].as_str().unwrap().to_owned());
            for template in ["/spec/template", "/spec/jobTemplate/spec/template"] {
                let containers = document.pointer(&format!("{template}/spec/containers"));
                for container in containers.and_then(Value::as_array).into_iter().flatten() {
                    let args: Vec<&str> = container["args"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .map(|arg| arg.as_str().unwrap())
                        .collect();
                    calls += 1;
                    if container.get("command").is_some() {
                        assert_call(&call_in_shell(args[0]));
                        continue;
                    }
                    let line = ["tweetmill"].into_iter().chain(args.clone()).collect::<Vec<_>>().join(" ");
                    let environment = container["env"].as_array().cloned().unwrap_or_default();
                    let named = |name: &str| {
                        assert!(environment.iter().any(|variable| variable["name"] == name), "{name}");
                        "10.0.0.7".to_owned()
                    };
                    assert_call(&words(&line, named));
                    // What a pod may take is what its process may take.
                    if let Some(memory) = args.iter().find_map(|arg| arg.strip_prefix("--memory=")) {
                        let gib: u64 = memory.strip_suffix("GiB").unwrap().parse().unwrap();
                        let limit = container["resources"]["limits"]["memory"].as_str().unwrap();
                        assert_eq!(limit, format!("{}Mi", gib * 1024 * 5 / 4 + 256));
                    }
                }
            }
        }
    }
    kinds.sort();
    let expected = [
        "CronJob",
        "Deployment",
        "Deployment",
        "Deployment",
        "Deployment",
        "NetworkPolicy",
        "PersistentVolumeClaim",
        "Service",
        "Service",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(calls, 5);
}
