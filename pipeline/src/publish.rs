//! From files in scratch space to a commit: what is uploaded where, and what the commit says.

use std::path::PathBuf;

use object_store::path::Path;

use crate::config::RunConfig;
use crate::error::Result;
use crate::evaluation::Evaluation;
use crate::fate::{CONTAMINATED, FILTERED};
use crate::kill_point::{self, KillPoint};
use crate::run_log::RunLog;
use crate::schema::FORMAT_VERSION;
use crate::sink::manifest::{Commit, DataFile, EvaluationFigures, Inputs, Pinned, Records, SideFile};
use crate::sink::paths::{self, Side};
use crate::sink::spool::SpoolFile;
use crate::sink::upload::{self, Upload, Uploader};
use crate::sink::{Attempt, ShardFile, card_file};
use crate::stages::fates::Accounts;
use crate::stages::side_files::SideFiles;
use crate::workspace::Workspace;

/// What a run made, waiting in scratch space.
#[derive(Debug)]
pub struct Made {
    /// The shards.
    pub shards: Vec<ShardFile>,
    /// Whether these are in the data set already.
    pub sent: bool,
    /// Fates, rejects, history.
    pub sides: SideFiles,
    /// The counted fates.
    pub accounts: Accounts,
    /// What it was made from.
    pub inputs: Inputs,
    /// Evaluation sets.
    pub evaluation: Evaluation,
}

/// The number of the commit that comes after `parent`.
pub fn next_number(parent: Option<&Commit>) -> u64 {
    parent.map_or(1, |parent| parent.number + 1)
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
    let number = next_number(parent);
    let mut outbox = Outbox { workspace, uploads: Vec::new() };
    let data = paths::data_folder(number, &config.run)?;
    let mut files = Vec::new();
    for shard in &made.shards {
        let path = format!("{data}/{}", shard.name);
        if !made.sent {
            outbox.add(&shard.path, shard.bytes, &path)?;
        }
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
    kill_point::at(KillPoint::Sending);
    outbox.send().await.map_err(|error| workspace.output_error(error))?;
    if made.sent {
        for file in &files {
            let object = paths::object(&workspace.output.path, &file.path)?;
            upload::check_sent(&workspace.output.store, &object, file.bytes).await?;
        }
    }
    kill_point::at(KillPoint::Sent);
    run_log.step("uploading");
    run_log.record.commit = number;
    run_log.record.provenance = provenance;
    run_log.record.rejects = rejects;
    put_run(workspace, run_log).await?;
    kill_point::at(KillPoint::RunRecorded);
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
        part: config.part.map(|part| part.to_string()),
        records: Records {
            total: accounts.lines + accounts.harvested,
            lines: accounts.lines,
            harvested: accounts.harvested,
            fates: accounts.fates.clone(),
        },
        documents: made.shards.iter().map(|shard| shard.rows).sum(),
        tokens: made.shards.iter().map(|shard| shard.tokens).sum(),
        evaluation: evaluation(&made.evaluation, accounts),
        near: made.sides.near,
        near_keys_absorbed: made.sides.near_keys_absorbed,
        semantic: made.sides.semantic,
        redacted: (!config.redact.keeps_all()).then(|| made.shards.iter().map(|shard| shard.redacted).sum()),
        files,
        fates,
        history,
    })
}

/// The evaluation sets, with how many records met the fate of each.
fn evaluation(evaluation: &Evaluation, accounts: &Accounts) -> Vec<EvaluationFigures> {
    let mut sets = evaluation.sets().to_vec();
    for set in &mut sets {
        let fate = format!("{FILTERED}{CONTAMINATED}{}", set.name);
        set.contaminated = accounts.fates.get(&fate).copied().unwrap_or(0);
    }
    sets
}

/// Makes `commit` count, unless another run was faster.
pub async fn commit(workspace: &Workspace, commit: &Commit) -> Result<Attempt> {
    let attempt = workspace.log.try_commit(commit).await.map_err(|error| workspace.output_error(error))?;
    kill_point::at(KillPoint::Committed);
    Ok(attempt)
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
    kill_point::at(KillPoint::RunEnded);
}

/// Puts the card of the data set, unless it is there already.
///
/// The commit counts whatever becomes of its card; a later run, also one with nothing to do, mends it.
pub async fn put_card(workspace: &Workspace, config: &RunConfig, commits: &[Commit]) {
    if let Err(error) = card_file::put(&workspace.log, &workspace.output, &config.name, commits).await {
        tracing::warn!("the run is committed, but the data set's card is not up to date: {error}");
    }
    kill_point::at(KillPoint::CardPut);
}

/// Files to send, each with its place in the data set.
struct Outbox<'a> {
    workspace: &'a Workspace,
    uploads: Vec<Upload>,
}

impl Outbox<'_> {
    fn add(&mut self, from: &std::path::Path, bytes: u64, path: &str) -> Result<()> {
        let to: Path = paths::object(&self.workspace.output.path, path)?;
        self.uploads.push(Upload { from: PathBuf::from(from), to, bytes });
        Ok(())
    }

    async fn send(&self) -> Result<u64> {
        let Workspace { output, engine, .. } = self.workspace;
        Uploader::at(output, engine.upload_bytes()).send_all(&self.uploads).await
    }

    fn side(&mut self, side: Side, number: u64, file: &SpoolFile) -> Result<SideFile> {
        let path = format!("{}/{}", side.folder(number), file.name);
        self.add(&file.path, file.bytes, &path)?;
        Ok(SideFile { path, rows: file.rows, bytes: file.bytes, digest: file.digest.clone() })
    }
}
