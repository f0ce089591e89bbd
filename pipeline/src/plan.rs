//! What a run would do: the inputs it would read, how its plans look, what it may take.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::dataframe::DataFrame;
use datafusion::physical_plan::displayable;
use datafusion::prelude::SessionContext;

use crate::config::{ByteSize, GpuMode, RunConfig};
use crate::devices::Devices;
use crate::error::{Error, ErrorKind, Result};
use crate::estimate;
use crate::evaluation::Evaluation;
use crate::history::History;
use crate::making::Making;
use crate::pins;
use crate::progress::Progress;
use crate::rerun;
use crate::sink::manifest::EvaluationFigures;
use crate::source::file_source::Archives;
use crate::source::limits::ReadLimits;
use crate::source::listing;
use crate::source::unit;
use crate::stages::buckets::BucketLayout;
use crate::stages::normalize::{self, Normalize};
use crate::stages::withdrawn::Withdrawn;
use crate::workspace::Workspace;

/// Objects listed by name; the rest are counted.
const OBJECTS_SHOWN: usize = 20;

/// Describes the run of `config`. Objects are listed, a few of them looked at, and the beginnings of
/// eight work units tried out in scratch space; nothing is written that stays.
pub async fn plan(config: &RunConfig) -> Result<String> {
    let workspace = Workspace::open(config)?;
    let commits = workspace.commits().await?;
    let making = Making::load(&workspace.storage, &workspace.engine, config).await?;
    let pinned = pins::pinned(config, &making)?;
    pins::check(&commits, &pinned, config.part)?;
    let sets = config.decontaminate.as_ref();
    let evaluation = Evaluation::load(&workspace.storage, &workspace.engine, sets).await?;
    let objects = listing::list(&workspace.storage, config.places()).await?;
    let stored_bytes: u64 = objects.iter().map(|object| object.meta.size).sum();
    let done = rerun::same_objects(&workspace, &commits, (config, &evaluation), &objects).await?;
    let done = done.map(|(commit, _)| commit.number);
    let before = as_before(&workspace, &commits, stored_bytes).await?;
    let units = unit::plan(objects.clone(), config.engine.range_size.as_u64(), config.engine.threads).await?;
    let estimate = match done {
        Some(_) => "none: there is nothing left to do".to_owned(),
        None => estimate::estimate(&workspace, (config, &evaluation), &units, &pinned).await?.to_string(),
    };

    let mut text = String::new();
    let commit = match done {
        Some(number) => format!("none: these objects are commit {number} already"),
        None => format!("{} of {}", commits.len() + 1, workspace.output),
    };
    let size = ByteSize::bytes(stored_bytes);
    let model = match (&config.embed, &making.model) {
        (Some(embed), Some(model)) => {
            format!("{} ({} numbers, {})", embed.model, model.dimensions(), embed.form.name())
        }
        _ => "none".to_owned(),
    };
    let gpu = match config.engine.gpu {
        _ if making.gpu.is_some() => Devices::find().gpu(),
        GpuMode::Off => "none: engine.gpu is off".to_owned(),
        _ if config.engine.cluster.is_some() => "that of each executor".to_owned(),
        _ => Devices::find().gpu(),
    };
    let summary = [
        ("run", config.run.clone()),
        ("commit", commit),
        ("inputs", format!("{} objects, {size} as stored, read as {} units", objects.len(), units.len())),
        ("tokenizer", format!("{} ({} ids)", config.tokenize.tokenizer, making.tokenizer.vocab_size())),
        ("model", model),
        ("gpu", gpu),
        ("kept out", kept_out(&evaluation)),
        ("estimate", estimate),
        ("last time", before),
    ];
    let mut write = || -> std::fmt::Result {
        for (name, value) in &summary {
            writeln!(text, "{name:<10} {value}")?;
        }
        writeln!(text, "\nobjects")?;
        for object in objects.iter().take(OBJECTS_SHOWN) {
            writeln!(text, "  {:>12}  {}", ByteSize::bytes(object.meta.size).to_string(), object.url())?;
        }
        if objects.len() > OBJECTS_SHOWN {
            writeln!(text, "  … and {} more", objects.len() - OBJECTS_SHOWN)?;
        }
        Ok(())
    };
    write().map_err(|error| Error::new(ErrorKind::Defect, "a plan has no text").with_source(error))?;
    text.push_str(&engine_plans(&workspace, (config, &evaluation), units, stored_bytes).await?);
    Ok(text)
}

/// The evaluation sets, and what they take.
fn kept_out(evaluation: &Evaluation) -> String {
    let named = |set: &EvaluationFigures| format!("{} ({} items)", set.name, set.items);
    match evaluation.sets() {
        [] => "nothing".to_owned(),
        sets => {
            let sets: Vec<String> = sets.iter().map(named).collect();
            let memory = ByteSize::bytes(evaluation.bytes() as u64);
            format!("{}, in {memory} of memory", sets.join(", "))
        }
    }
}

/// Time and size by the last run of this data set that kept its times.
async fn as_before(
    workspace: &Workspace,
    commits: &[crate::sink::manifest::Commit],
    stored_bytes: u64,
) -> Result<String> {
    for commit in commits.iter().rev() {
        let run = workspace.log.run_of(commit).await.map_err(|error| workspace.output_error(error))?;
        let Some(run) = run else { continue };
        let before: u64 = run.inputs.iter().map(|input| input.bytes).sum();
        let seconds: f64 = run.seconds.values().sum();
        if before > 0 && seconds > 0.0 {
            let expected = seconds * stored_bytes as f64 / before as f64;
            let written: u64 = commit.files.iter().map(|file| file.bytes).sum();
            let output = ByteSize::bytes((written as f64 * stored_bytes as f64 / before as f64) as u64);
            return Ok(format!("as commit {}: {expected:.0} s and {output} of shards", commit.number));
        }
    }
    Ok("none: this is the first run of this data set".to_owned())
}

async fn engine_plans(
    workspace: &Workspace,
    (config, evaluation): (&RunConfig, &Evaluation),
    units: Vec<unit::Unit>,
    stored_bytes: u64,
) -> Result<String> {
    let session = workspace.session()?;
    let layout = BucketLayout::new(stored_bytes, &config.split, &workspace.engine);
    let archives = Archives::new(units, ReadLimits::from(config.limits), Arc::new(Progress::new()));
    let normalize = Normalize::new(config, evaluation, layout);
    let reading = normalize::apply(session.read_table(Arc::new(archives))?, &normalize)?;
    let schema: SchemaRef = Arc::new(reading.schema().as_arrow().clone());
    let records = || empty(&session, &schema);
    let history = History::open(&session, &workspace.output, &[], config.dedup.history)?;
    let opened = crate::run::opened(config, records()?, &history)?;
    let withdrawn = Withdrawn::of(&opened, &records()?, &history)?.held(&workspace.engine).await?;
    let deciding = crate::run::decisions(config, opened, &withdrawn, records()?, layout)?;
    let mut text = String::new();
    for (name, frame) in [("reading", reading), ("deciding", deciding)] {
        let plan = frame.create_physical_plan().await?;
        for part in ["\nengine plan: ", name, "\n", &displayable(plan.as_ref()).indent(false).to_string()] {
            text.push_str(part);
        }
    }
    Ok(text)
}

fn empty(session: &SessionContext, schema: &SchemaRef) -> Result<DataFrame> {
    Ok(session.read_batch(RecordBatch::new_empty(Arc::clone(schema)))?)
}
