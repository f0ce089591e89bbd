//! From files in scratch space to a commit: what is uploaded where, what the commit says, and whether
//! there is anything to do at all.

use std::path::PathBuf;
use std::sync::Arc;

use object_store::path::Path;
use object_store::{ObjectStoreExt, PutPayload};
use tweetmill_udfs::text::CANONICAL_VERSION;
use tweetmill_udfs::tokenize::Tokenizer;

use crate::config::RunConfig;
use crate::engine::Location;
use crate::engine::storage::{explain, explain_cause};
use crate::error::{Error, ErrorKind, Result};
use crate::run_log::{self, RunLog};
use crate::schema::FORMAT_VERSION;
use crate::sink::card::card;
use crate::sink::layout::{self, Side};
use crate::sink::manifest::{Commit, DataFile, Inputs, Pinned, Records, SideFile, SplitRule, TokenizerRule};
use crate::sink::spool::SpoolFile;
use crate::sink::upload::{Upload, Uploader};
use crate::sink::{Attempt, CommitLog, ShardFile};
use crate::source::listing::Object;
use crate::stages::fates::Accounts;
use crate::stages::sides::Sides;
use crate::workspace::Workspace;

/// Times the card is put before it is left to the run that goes on committing.
const CARDS: u32 = 10;

/// What a run made, waiting in scratch space.
#[derive(Debug)]
pub struct Made {
    /// The shards.
    pub shards: Vec<ShardFile>,
    /// Fates, rejects, history.
    pub sides: Sides,
    /// The counted fates.
    pub accounts: Accounts,
    /// What it was made from.
    pub inputs: Inputs,
}

/// The settings that documents already committed depend on.
pub fn pinned(config: &RunConfig, tokenizer: &Tokenizer) -> Result<Pinned> {
    let name = config.tokenize.tokenizer.to_string();
    let lacks = |key: &str, token: &str| {
        Error::new(ErrorKind::Usage, format!("document.{key}: the tokenizer {name} has no {token} token"))
            .with_hint(format!("set document.{key} to false, or choose another tokenizer"))
    };
    if config.document.bos && tokenizer.bos().is_none() {
        return Err(lacks("bos", "begin-of-text"));
    }
    if config.document.eos && tokenizer.eos().is_none() {
        return Err(lacks("eos", "end-of-text"));
    }
    let share =
        |fraction: crate::config::Fraction| fraction.numerator() as f64 / fraction.denominator() as f64;
    let fractions = [("validation", config.split.validation), ("test", config.split.test)];
    Ok(Pinned {
        canonical_version: CANONICAL_VERSION,
        columns: config.output.columns.iter().map(|column| (*column).to_owned()).collect(),
        seed: config.split.seed,
        split: SplitRule {
            by: config.split.by.name().to_owned(),
            fractions: fractions.into_iter().map(|(split, of)| (split.to_owned(), share(of))).collect(),
        },
        tokenizer: TokenizerRule {
            name: name.rsplit('/').next().unwrap_or(&name).to_owned(),
            digest: format!("{:032x}", tokenizer.digest()),
            bos: config.document.bos,
            eos: config.document.eos,
        },
    })
}

/// Refuses settings other than those the data set was begun with.
pub fn check_pinned(commits: &[Commit], pinned: &Pinned) -> Result<()> {
    let Some(newest) = commits.last() else { return Ok(()) };
    let changed = newest.pinned.differences(pinned)?;
    if changed.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Usage,
        format!("the data set was begun with other settings: {} differ", changed.join(", ")),
    )
    .with_hint("documents already committed depend on them: set them back, or start a new data set at another output.url"))
}

/// The commit of an earlier run of this label and configuration over the very same objects, told by
/// their names, sizes and versions, before a byte of them is read.
pub async fn same_objects<'a>(
    workspace: &Workspace,
    commits: &'a [Commit],
    config: &RunConfig,
    objects: &[Object],
) -> Result<Option<&'a Commit>> {
    let wanted = run_log::input_records(objects);
    for commit in commits.iter().rev().filter(|commit| is_of(commit, config)) {
        let run = workspace.log.run_of(commit).await.map_err(|error| workspace.output_error(error))?;
        if run.is_some_and(|run| run.inputs == wanted) {
            return Ok(Some(commit));
        }
    }
    Ok(None)
}

/// The commit of an earlier run of this label and configuration over the same content.
pub fn same_inputs<'a>(commits: &'a [Commit], config: &RunConfig, inputs: &Inputs) -> Option<&'a Commit> {
    commits.iter().rev().find(|commit| is_of(commit, config) && commit.inputs == *inputs)
}

fn is_of(commit: &Commit, config: &RunConfig) -> bool {
    commit.label == config.run && commit.config_digest == config.digest()
}

/// Uploads everything made and returns the commit that would make it count.
pub async fn upload(
    workspace: &Workspace,
    config: &RunConfig,
    parent: Option<&Commit>,
    pinned: &Pinned,
    made: &Made,
    run_log: &mut RunLog,
) -> Result<Commit> {
    let number = parent.map_or(1, |parent| parent.number + 1);
    let mut outbox = Outbox { workspace, uploads: Vec::new() };
    let data = layout::data_folder(number, &config.run)?;
    let mut files = Vec::new();
    for shard in &made.shards {
        let path = format!("{data}/{}", shard.name);
        outbox.add(&shard.path, shard.bytes, &path)?;
        files.push(DataFile {
            path,
            split: shard.id.split.clone(),
            shard: shard.id.index,
            of: shard.id.count,
            rows: shard.rows,
            tokens: shard.tokens,
            bytes: shard.bytes,
            digest: shard.digest.clone(),
        });
    }
    files.sort_by(|a, b| (&a.split, a.shard).cmp(&(&b.split, b.shard)));
    let mut fates = Vec::new();
    let mut provenance = Vec::new();
    if let Some(written) = &made.sides.fates {
        fates.push(outbox.side(Side::Fates, number, &written.fates)?);
        provenance.push(outbox.side(Side::Fates, number, &written.provenance)?);
    }
    let mut rejects = Vec::new();
    if let Some(file) = &made.sides.rejects {
        rejects.push(outbox.side(Side::Rejects, number, file)?);
    }
    let mut history = Vec::new();
    for file in &made.sides.history {
        history.push(outbox.side(Side::History, number, file)?);
    }
    outbox.send().await.map_err(|error| workspace.output_error(error))?;
    run_log.step("uploading");
    run_log.record.commit = number;
    run_log.record.provenance = provenance;
    run_log.record.rejects = rejects;
    put_run(workspace, run_log).await?;
    let accounts = &made.accounts;
    Ok(Commit {
        format_version: FORMAT_VERSION,
        number,
        id: run_log.record.id.clone(),
        parent: parent.map(Commit::as_parent).transpose()?,
        label: config.run.clone(),
        config_digest: config.digest(),
        pinned: pinned.clone(),
        inputs: made.inputs.clone(),
        records: Records {
            total: accounts.lines + accounts.harvested,
            lines: accounts.lines,
            harvested: accounts.harvested,
            fates: accounts.fates.clone(),
        },
        documents: made.shards.iter().map(|shard| shard.rows).sum(),
        tokens: made.shards.iter().map(|shard| shard.tokens).sum(),
        files,
        fates,
        history,
    })
}

/// Makes `commit` count, unless another run was faster.
pub async fn commit(workspace: &Workspace, commit: &Commit) -> Result<Attempt> {
    workspace.log.try_commit(commit).await.map_err(|error| workspace.output_error(error))
}

async fn put_run(workspace: &Workspace, run_log: &RunLog) -> Result<()> {
    workspace.log.put_run(&run_log.record).await.map_err(|error| workspace.output_error(error))
}

/// After the commit: the run's record gets its end.
pub async fn end_run(workspace: &Workspace, mut run_log: RunLog) {
    run_log.end();
    if let Err(error) = put_run(workspace, &run_log).await {
        tracing::warn!("the run is committed, but its record has no end: {error}");
    }
}

/// Puts the card of the data set, unless it is there already.
///
/// The commit counts whatever becomes of its card; a later run, also one with nothing to do, mends it.
pub async fn put_card(workspace: &Workspace, config: &RunConfig, commits: &[Commit]) {
    if let Err(error) = try_put_card(&workspace.log, &workspace.output, &config.name, commits).await {
        tracing::warn!("the run is committed, but the data set's card is not up to date: {error}");
    }
}

/// Another run may commit at any time, and its card must not be overwritten by an older one. Only the
/// names of the commits tell: so they are listed again after each put, until the last one is in the card.
async fn try_put_card(log: &CommitLog, output: &Location, name: &str, commits: &[Commit]) -> Result<()> {
    let mut commits = commits.to_vec();
    let mut shown = None;
    let failed = |error| explain_cause(error, &output.to_string());
    for _ in 0..=CARDS {
        let newest = log.numbers().await.map_err(failed)?.pop();
        if newest == shown {
            return Ok(());
        }
        if newest != commits.last().map(|commit| commit.number) {
            commits = log.all().await.map_err(failed)?;
        }
        if !replace_card(output, &card(name, &commits)).await? {
            return Ok(());
        }
        shown = commits.last().map(|commit| commit.number);
    }
    Err(Error::new(ErrorKind::Conflict, format!("other runs committed {CARDS} times while it was written")))
}

/// Puts the card unless it is there already; tells whether it was not.
async fn replace_card(output: &Location, text: &str) -> Result<bool> {
    let path = layout::object(&output.path, layout::CARD)?;
    let failed = |error| explain(error, &output.url_of(&path));
    match output.store.get(&path).await {
        Ok(there) => {
            if there.bytes().await.map_err(failed)? == text {
                return Ok(false);
            }
        }
        Err(object_store::Error::NotFound { .. }) => {}
        Err(error) => return Err(failed(error)),
    }
    output.store.put(&path, PutPayload::from(text.as_bytes().to_vec())).await.map_err(failed)?;
    Ok(true)
}

/// Files to send, each with its place in the data set.
struct Outbox<'a> {
    workspace: &'a Workspace,
    uploads: Vec<Upload>,
}

impl Outbox<'_> {
    fn add(&mut self, from: &std::path::Path, bytes: u64, path: &str) -> Result<()> {
        let to: Path = layout::object(&self.workspace.output.path, path)?;
        self.uploads.push(Upload { from: PathBuf::from(from), to, bytes });
        Ok(())
    }

    async fn send(&self) -> Result<u64> {
        let Workspace { output, engine, .. } = self.workspace;
        let uploader = Uploader::new(Arc::clone(&output.store), engine.upload_bytes());
        let uploader = if output.on_disk().is_some() { uploader.sending_all() } else { uploader };
        uploader.send_all(&self.uploads).await
    }

    fn side(&mut self, side: Side, number: u64, file: &SpoolFile) -> Result<SideFile> {
        let path = format!("{}/{}", side.folder(number), file.name);
        self.add(&file.path, file.bytes, &path)?;
        Ok(SideFile { path, rows: file.rows, bytes: file.bytes, digest: file.digest.clone() })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::sink::fixtures::{FlakyStore, place};

    /// Three commits of no run in particular.
    fn commits() -> Vec<Commit> {
        let json = include_bytes!("../../tests/golden/commit.v1.json");
        let mut commits: Vec<Commit> = Vec::new();
        for (number, label) in [(1, "first"), (2, "second"), (3, "third")] {
            let parent = commits.last().map(|parent| parent.as_parent().unwrap());
            let [id, label] = [label; 2].map(str::to_owned);
            commits.push(Commit { number, id, parent, label, ..Commit::from_json(json).unwrap() });
        }
        commits
    }

    // The other run's card, put between our look at the commits and our put, was overwritten by ours.
    #[tokio::test]
    async fn the_card_shows_the_commit_of_another_run_that_came_in_between() {
        let commits = commits();
        let store = Arc::new(FlakyStore::new(vec![]));
        let output = place(Arc::clone(&store) as _);
        let log = CommitLog::new(output.clone());
        log.try_commit(&commits[0]).await.unwrap();
        for later in &commits[1..] {
            let name = layout::commit_name(later.number);
            let location = layout::object(&output.path, &format!("{}/{name}", layout::COMMITS)).unwrap();
            store.other_puts_before(layout::CARD, location, later.to_json().unwrap().into());
        }
        try_put_card(&log, &output, "nightly", &commits[..1]).await.unwrap();

        let path = layout::object(&output.path, layout::CARD).unwrap();
        let there = store.get(&path).await.unwrap().bytes().await.unwrap();
        assert_eq!(there, card("nightly", &commits));
        let puts = store.puts();
        try_put_card(&log, &output, "nightly", &commits).await.unwrap();
        assert_eq!(store.puts(), puts, "a card that is right is left alone");
    }
}
