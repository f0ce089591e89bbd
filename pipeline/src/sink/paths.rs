//! Where everything lies inside a data set; every path is relative to its root, with `/` between names.

use object_store::path::Path;

use crate::error::{Error, ErrorKind, Result};
use crate::label::{LABEL_MAX_BYTES, is_label};

/// Folder of everything that is neither a document nor the card.
pub const OWN: &str = "_tweetmill";
/// Folder of the commit objects, the only truth about what the data set holds.
pub const COMMITS: &str = "_tweetmill/commits";
/// Folder of what is not deterministic about runs: URLs, times, host.
pub const RUNS: &str = "_tweetmill/runs";
/// Folder of what the machines of a cluster hand each other during a run.
pub const STEPS: &str = "_tweetmill/steps";
/// The card, rebuilt from the commits.
pub const CARD: &str = "README.md";

/// Files that describe a commit without holding documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// One fate a record.
    Fates,
    /// Lines that could not be read.
    Rejects,
    /// What later commits must know about this one.
    History,
}

impl Side {
    /// Name of its folder, and the first word of its files' names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fates => "fates",
            Self::Rejects => "rejects",
            Self::History => "history",
        }
    }

    /// `_tweetmill/fates/00000003`.
    pub fn folder(self, number: u64) -> String {
        format!("_tweetmill/{}/{number:08}", self.name())
    }
}

/// `data/00000003-2026-11-22`: the shards of commit `number`, which carries `label`.
///
/// Refuses what is no label, see `crate::label`.
pub fn data_folder(number: u64, label: &str) -> Result<String> {
    if !is_label(label) {
        return Err(Error::new(ErrorKind::Usage, format!("`{label}` cannot be the label of a commit"))
            .with_hint(format!(
                "use 1 to {LABEL_MAX_BYTES} ASCII letters, digits, `.`, `_` or `-`, not starting with a dot"
            )));
    }
    Ok(format!("data/{number:08}-{label}"))
}

/// Name of the object that holds commit `number`: 20 digits, so names sort as numbers do.
pub fn commit_name(number: u64) -> String {
    format!("{number:020}.json")
}

/// The number in a commit object's name, or None where it isn't one.
pub fn commit_number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".json")?;
    if digits.len() != 20 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

/// Whether `relative` is a name that a run gives to what a commit is to name: not that of a commit, of the card, or of
/// something that is none of ours.
pub fn is_of_a_run(relative: &str) -> bool {
    let parts: Vec<&str> = relative.split('/').collect();
    let numbered = |folder: &str| folder.len() == 8 && folder.bytes().all(|byte| byte.is_ascii_digit());
    match parts.as_slice() {
        ["data", folder, file] => {
            let label = folder.split_at_checked(8).filter(|(number, _)| numbered(number));
            label.and_then(|(_, label)| label.strip_prefix('-')).is_some_and(is_label)
                && file.strip_suffix(".parquet").is_some_and(|name| name.contains("-of-"))
        }
        [OWN, "fates" | "rejects" | "history", folder, file] => {
            numbered(folder) && file.strip_suffix(".parquet").is_some()
        }
        [OWN, "runs", file] => file.strip_suffix(".json").is_some(),
        [OWN, "steps", ..] => true,
        _ => false,
    }
}

/// The object at `relative` inside the data set at `root`.
pub fn object(root: &Path, relative: &str) -> Result<Path> {
    let joined = if root.as_ref().is_empty() { relative.to_owned() } else { format!("{root}/{relative}") };
    Path::parse(&joined).map_err(|error| {
        Error::new(ErrorKind::Store, format!("`{relative}` is no path inside a data set")).with_source(error)
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn folders_hold_number_and_label() {
        assert_eq!(data_folder(3, "2026-11-22").unwrap(), "data/00000003-2026-11-22");
        assert_eq!(Side::Fates.folder(3), "_tweetmill/fates/00000003");
    }

    #[test]
    fn labels_that_would_be_escaped_are_refused() {
        for label in ["", ".hidden", "a/b", "a b", "ü", "100%", &"x".repeat(65)] {
            let refused = data_folder(1, label).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Usage, "{label}");
        }
    }

    #[test]
    fn commit_names_are_read_back() {
        assert_eq!(commit_number(&commit_name(7)), Some(7));
        assert_eq!(commit_number(&commit_name(u64::MAX)), Some(u64::MAX));
        for other in ["7.json", "0000000000000000000a.json", "00000000000000000007.json.tmp", "README.md"] {
            assert_eq!(commit_number(other), None, "{other}");
        }
    }

    #[test]
    fn objects_lie_under_the_root() {
        assert_eq!(object(&Path::from("a/b"), "data/x").unwrap().as_ref(), "a/b/data/x");
        assert_eq!(object(&Path::default(), "data/x").unwrap().as_ref(), "data/x");
    }
}
