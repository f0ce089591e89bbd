//! The main path: from a run file to a commit, top to bottom.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use datafusion::dataframe::DataFrame;
use tweetmill_kernels::device::Gpu;
use tweetmill_udfs::embed::VectorForm;

use crate::config::{Part, RunConfig};
use crate::engine::give_back;
use crate::error::{Error, ErrorKind, Result};
use crate::evaluation::Evaluation;
use crate::gates;
use crate::gpu;
use crate::hands::{Hands, Order};
use crate::history::History;
use crate::history::near::NearHistory;
use crate::kill_point::{self, KillPoint};
use crate::making::Making;
use crate::pins;
use crate::progress::Progress;
use crate::publish::{self, Made};
use crate::report::{self, RunSummary};
use crate::rerun;
use crate::run_log::RunLog;
use crate::sink::Attempt;
use crate::sink::digesting::short;
use crate::sink::manifest::{Commit, Pinned, SemanticFigures};
use crate::sink::paths;
use crate::source::head;
use crate::source::limits::ReadLimits;
use crate::source::listing::{self, Object};
use crate::source::unit::{self, Unit};
use crate::stages::boundary::Boundary;
use crate::stages::buckets::{self, BucketLayout};
use crate::stages::canonical::Canonical;
use crate::stages::decided::Decided;
use crate::stages::dedup::near::{self, Near};
use crate::stages::dedup::semantic::{self, SemanticSearch};
use crate::stages::documents::{self, Sharding};
use crate::stages::embed::vector_of_text;
use crate::stages::fates::{self, Accounts};
use crate::stages::withdrawn::Withdrawn;
use crate::stages::written::{self, Written};
use crate::stages::{by_id, caps, decontaminate, dedup, filter, retweets, sample, withdrawn};
use crate::steps::{RunKey, Steps};
use crate::workspace::Workspace;

/// Times a run starts over because another run committed first.
const RACES: u32 = 20;

/// Reads the archives a run file names and commits their documents to its data set.
///
/// ```text
///  open ─► list ─► read and normalize ═► withdrawn ─► retweets ─► by id ─► filters ─► exact duplicates ═╗
///                                     canonical                                               compared ║
///                                                               decided ╔═ caps ◄─ near-duplicates ◄═══╝
///                          commit ◄─ shards ◄─ tokenize ◄─ render ◄─ redact ◄═╝
/// ```
///
/// `═►` is a boundary written to scratch space, `─►` a step of a plan; without `dedup.near` there is no boundary before the
/// caps, and with `dedup.semantic` there is another, where documents are compared by their vectors. Nothing counts before the commit;
/// a run whose inputs and settings are committed already changes nothing and says so.
pub async fn run(config: &RunConfig, progress: &Arc<Progress>) -> Result<RunSummary> {
    let started = Instant::now();
    let run_log = RunLog::start(config)?;
    let workspace = Workspace::open(config)?;
    let commits = workspace.commits().await?;

    progress.begin("listing", None);
    let objects = listing::list(&workspace.storage, config.places()).await?;
    let sets = config.decontaminate.as_ref();
    let evaluation = Evaluation::load(&workspace.storage, &workspace.engine, sets).await?;
    let key = RunKey::new(config, &evaluation, &objects);
    let hands = Hands::of(config, &workspace.output, &key)?;
    if let Some((done, record)) =
        rerun::same_objects(&workspace, &commits, (config, &evaluation), &objects).await?
    {
        // Of a run that was killed between its commit and its end.
        Steps::discard(&config.engine.scratch, &key)?;
        hands.done().await;
        publish::put_card(&workspace, config, &commits).await;
        return Ok(RunSummary::of_commit(done, true, record.members(), 0, started.elapsed()));
    }
    let steps = Steps::open(&config.engine.scratch, &key, workspace.scratch())?;
    kill_point::at(KillPoint::Listed);
    let started = Started {
        workspace: &workspace,
        config,
        evaluation,
        objects,
        commits,
        run_log,
        progress,
        at: started,
    };
    let summary = Box::pin(carry_out(started, &steps, &hands)).await;
    if summary.is_err()
        && let Some(refused) = gpu::wrong_vectors(config)
    {
        // Steps that are done may rest on vectors that were as wrong.
        steps.done();
        return Err(refused);
    }
    match &summary {
        Ok(_) => {
            steps.done();
            hands.done().await;
        }
        // What is full must not stay so; and with more memory, steps are other steps.
        Err(error) if error.kind() == ErrorKind::Resource => steps.done(),
        Err(_) => {}
    }
    summary
}

/// A run that has something to do.
struct Started<'a> {
    workspace: &'a Workspace,
    config: &'a RunConfig,
    evaluation: Evaluation,
    objects: Vec<Object>,
    commits: Vec<Commit>,
    run_log: RunLog,
    progress: &'a Arc<Progress>,
    at: Instant,
}

/// From listed inputs to a commit.
async fn carry_out(started: Started<'_>, steps: &Steps, hands: &Hands) -> Result<RunSummary> {
    let Started { workspace, config, evaluation, objects, mut commits, mut run_log, progress, at } = started;
    // Together: the tables of a tokenizer and of a model take some tenths of a second, and reading stops where one is refused.
    let ((pinned, gpu), (canonical, layout)) = tokio::try_join!(
        settings(workspace, config, &commits),
        read(workspace, (config, &evaluation), objects.clone(), (steps, hands), progress)
    )?;
    let (canonical, evaluation) = (Arc::new(canonical), evaluation.without_items());
    give_back::freed_memory();
    hands.name().clone_into(&mut run_log.record.engine);
    run_log.read(&objects, &canonical);
    for warning in report::warnings(canonical.damaged()) {
        tracing::warn!("{warning}");
    }
    let (inputs, members) = (canonical.identity(), canonical.members());
    let stored_bytes = canonical.stored_bytes();

    let sharding = Arc::new(Sharding::new(config, &pinned, layout)?);
    for _ in 0..RACES {
        if let Some(done) = rerun::same_inputs(&commits, (config, &evaluation), &inputs) {
            publish::put_card(workspace, config, &commits).await;
            return Ok(RunSummary::of_commit(done, true, members, stored_bytes, at.elapsed()));
        }
        gates::members(config, &members)?;
        let state = state(&commits, &pinned)?;
        progress.begin("deciding", None);
        let deciding = format!("decided-{state}");
        let decided = steps
            .step(&deciding, async |folder| {
                decide(workspace, config, &canonical, &commits, layout, &folder).await
            })
            .await?;
        run_log.step("deciding");
        give_back::freed_memory();
        let accounts = account(workspace, &canonical, &decided.records).await?;
        gates::rejects(config, &accounts)?;

        progress.begin("writing", None);
        let (shard_bytes, multiple_of) = (config.output.shard_size, config.output.shards_multiple_of);
        let ids = documents::shards(&accounts.documents, shard_bytes.as_u64(), multiple_of.get())?;
        let order = Order {
            canonical: &canonical,
            decided: &decided,
            ids,
            sharding: &sharding,
            folder: paths::data_folder(publish::next_number(commits.last()), &config.run)?,
            state: &state,
            pinned: &pinned,
            gpu: gpu.as_ref(),
        };
        let Written { shards, sent, sides, largest } =
            Box::pin(hands.write(workspace, config, order, steps)).await?;
        run_log.step("writing");

        progress.begin("committing", None);
        let made =
            Made { shards, sent, sides, accounts, inputs: inputs.clone(), evaluation: evaluation.clone() };
        let commit = publish::upload(workspace, config, commits.last(), &pinned, &made, &mut run_log).await?;
        match publish::commit(workspace, &commit).await? {
            Attempt::Done => {
                let elapsed = at.elapsed();
                let summary = RunSummary {
                    clusters: largest,
                    ..RunSummary::of_commit(&commit, false, members, stored_bytes, elapsed)
                };
                commits.push(commit);
                publish::end_run(workspace, run_log).await;
                publish::put_card(workspace, config, &commits).await;
                return Ok(summary);
            }
            Attempt::Lost(theirs) => {
                let (label, number) = (&theirs.label, theirs.number);
                tracing::warn!("run {label} took commit {number} first: deciding again on top of it");
                steps.forget(&deciding)?;
                steps.forget(&written::step(&state))?;
                commits = workspace.commits().await?;
                pins::check(&commits, &pinned, config.part)?;
            }
        }
    }
    Err(Error::new(ErrorKind::Conflict, format!("other runs committed first {RACES} times in a row"))
        .with_hint("run the same command again when the data set is quieter"))
}

/// Makes tokenizer and model known to every session, and gives what documents depend on, with the GPU that helps to make them; refused where
/// the data set was begun with something else.
async fn settings(
    workspace: &Workspace,
    config: &RunConfig,
    commits: &[Commit],
) -> Result<(Pinned, Option<Arc<Gpu>>)> {
    let making = Making::load(&workspace.storage, &workspace.engine, config).await?;
    let pinned = pins::pinned(config, &making)?;
    pins::check(commits, &pinned, config.part)?;
    let of_tokens = match config.engine.cluster {
        None => gpu::use_as_told(&making.tokenizer, config.engine.gpu).await?,
        // Executors look for their own.
        Some(_) => None,
    };
    Ok((pinned, of_tokens.or(making.gpu)))
}

/// A name for what decisions and shards are made from beside the inputs: the commits before, the tokenizer and all else
/// that is pinned.
fn state(commits: &[Commit], pinned: &Pinned) -> Result<String> {
    let parent = commits.last().map_or("none", |parent| &parent.id);
    let pinned = serde_json::to_string(pinned).map_err(|error| {
        Error::new(ErrorKind::Defect, "pinned settings cannot be written").with_source(error)
    })?;
    let digest = blake3::hash(format!("{parent}\n{pinned}").as_bytes()).to_hex();
    Ok(short(&digest).to_owned())
}

/// Objects → what tasks read of them.
async fn units(config: &RunConfig, objects: Vec<Object>, progress: &Arc<Progress>) -> Result<Vec<Unit>> {
    let (range_bytes, threads) = (config.engine.range_size.as_u64(), config.engine.threads);
    match config.part {
        Some(Part::Lines(lines)) => {
            progress.begin("counting lines", None);
            let limits = ReadLimits::from(config.limits);
            head::units(objects, lines.get(), range_bytes, threads, &limits, progress).await
        }
        Some(Part::Sample(_)) | None => unit::plan(objects, range_bytes, threads).await,
    }
}

/// Archives → records in scratch space, and how they lie there.
async fn read(
    workspace: &Workspace,
    (config, evaluation): (&RunConfig, &Evaluation),
    objects: Vec<Object>,
    (steps, hands): (&Steps, &Hands),
    progress: &Arc<Progress>,
) -> Result<(Canonical, BucketLayout)> {
    let units = units(config, objects, progress).await?;
    let stored_bytes = units.iter().map(Unit::bytes).sum();
    let layout = BucketLayout::new(stored_bytes, &config.split, &workspace.engine);
    progress.begin("reading", Some(stored_bytes));
    let canonical = hands.read(workspace, (config, evaluation), (units, layout), steps, progress).await?;
    Ok((canonical, layout))
}

/// Records → one fate each, in the order of precedence.
pub(crate) async fn decide(
    workspace: &Workspace,
    config: &RunConfig,
    canonical: &Canonical,
    commits: &[Commit],
    layout: BucketLayout,
    folder: &Path,
) -> Result<Decided> {
    let session = workspace.session()?;
    let history = History::open(&session, &workspace.output, commits, config.dedup.history)?;
    let tweets = canonical.records(&session, |bucket| bucket >= buckets::RETWEETS)?;
    let events = canonical.records(&session, |bucket| bucket == buckets::EVENTS)?;
    let others =
        canonical.records(&session, |bucket| [buckets::EVENTS, buckets::REJECTS].contains(&bucket))?;

    let records = opened(config, tweets, &history)?;
    let withdrawn = Withdrawn::of(&records, &events, &history)?.held(&workspace.engine).await?;
    let records = up_to_exact(config, records, &withdrawn)?;
    let tweets = canonical.records(&session, |bucket| bucket > buckets::RETWEETS)?;
    let (records, near) =
        near_duplicates(workspace, config, (records, tweets.clone()), commits, folder).await?;
    let (records, semantic) = semantic_duplicates(workspace, config, (records, tweets), folder).await?;
    let decisions = from_caps_on(config, records, others, layout)?;
    let records =
        Boundary::write(decisions, &folder.join("decided"), workspace.engine.writer_bytes()).await?;
    Ok(Decided { records: Arc::new(records), near, semantic })
}

/// Tweets and retweets beside the documents of earlier commits, those outside a sample left alone.
///
/// `history` is what past commits left behind.
pub(crate) fn opened(config: &RunConfig, tweets: DataFrame, history: &History) -> Result<DataFrame> {
    let quotes = withdrawn::concerns_quotes(config);
    let handles = config.caps.per_author.is_some();
    let items = config.decontaminate.iter().flat_map(|_| [decontaminate::ITEM, decontaminate::SHARE]);
    let further =
        quotes.then_some("quote_of").into_iter().chain(handles.then_some(caps::HANDLE)).chain(items);
    sample::apply(fates::open(tweets, history.heads.clone(), further)?, config)
}

/// Duplicates by text among `records`, as [`near`] finds them, where the run file asks for it.
async fn near_duplicates(
    workspace: &Workspace,
    config: &RunConfig,
    (records, tweets): (DataFrame, DataFrame),
    commits: &[Commit],
    folder: &Path,
) -> Result<(DataFrame, Option<near::Made>)> {
    let Some(rule) = config.dedup.near else { return Ok((records, None)) };
    let near = Near {
        engine: &workspace.engine,
        texts: tweets.select_columns(&["record", "text"])?,
        history: NearHistory::of(&workspace.output, commits, config.dedup.history)?,
        preset: rule.rule(),
        redact: config.redact,
        folder: folder.join("near"),
    };
    let (records, made) = near::apply(near, records).await?;
    Ok((records, Some(made)))
}

/// Duplicates by vector among `records`, as [`semantic`] finds them, where the run file asks for it.
async fn semantic_duplicates(
    workspace: &Workspace,
    config: &RunConfig,
    (records, tweets): (DataFrame, DataFrame),
    folder: &Path,
) -> Result<(DataFrame, Option<SemanticFigures>)> {
    let (Some(rule), Some(embed)) = (config.dedup.semantic, &config.embed) else {
        return Ok((records, None));
    };
    let search = SemanticSearch {
        engine: &workspace.engine,
        tweets,
        rule,
        vector: vector_of_text(embed, VectorForm::Float32),
        redact: config.redact,
        template: config.document.template.clone(),
        quotes: withdrawn::concerns_quotes(config),
        seed: config.split.seed,
        folder: folder.join("semantic"),
    };
    let (records, figures) = semantic::apply(search, records).await?;
    Ok((records, Some(figures)))
}

/// The plan from [`opened`] records to decisions, stage by stage, but for near and semantic duplicates, which are found between
/// two plans.
///
/// `others` are the events and rejects.
pub(crate) fn decisions(
    config: &RunConfig,
    records: DataFrame,
    withdrawn: &Withdrawn,
    others: DataFrame,
    layout: BucketLayout,
) -> Result<DataFrame> {
    from_caps_on(config, up_to_exact(config, records, withdrawn)?, others, layout)
}

fn up_to_exact(config: &RunConfig, records: DataFrame, withdrawn: &Withdrawn) -> Result<DataFrame> {
    let records = withdrawn::apply(records, withdrawn, withdrawn::concerns_quotes(config))?;
    let records = retweets::apply(records)?;
    let records = by_id::apply(records)?;
    let records = filter::apply(records)?;
    if config.dedup.exact { dedup::exact::apply(records) } else { Ok(records) }
}

fn from_caps_on(
    config: &RunConfig,
    records: DataFrame,
    others: DataFrame,
    layout: BucketLayout,
) -> Result<DataFrame> {
    let records = match config.caps.per_author {
        Some(most) => caps::apply(records, most)?,
        None => records,
    };
    fates::close(records, others, layout)
}

/// Counts the fates, and fails unless they are exactly the records that were read.
pub(crate) async fn account(
    workspace: &Workspace,
    canonical: &Canonical,
    decided: &Boundary,
) -> Result<Accounts> {
    let session = workspace.session()?;
    let accounts = fates::account(decided.read(&session, |_| true)?).await?;
    fates::conserved(&accounts, canonical.framed(), canonical.count(&workspace.engine).await?)?;
    Ok(accounts)
}
