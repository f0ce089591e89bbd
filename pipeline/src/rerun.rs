//! Whether an earlier run has done the work already.

use crate::config::RunConfig;
use crate::error::Result;
use crate::evaluation::Evaluation;
use crate::run_log;
use crate::sink::manifest::{Commit, EvaluationFigures, Inputs, RunRecord};
use crate::source::listing::Object;
use crate::workspace::Workspace;

/// The commit of an earlier run of this label, configuration and evaluation sets over the very same objects, told by
/// their names, sizes and versions before a byte of them is read, and the record of that run.
pub async fn same_objects<'a>(
    workspace: &Workspace,
    commits: &'a [Commit],
    made: (&RunConfig, &Evaluation),
    objects: &[Object],
) -> Result<Option<(&'a Commit, RunRecord)>> {
    let wanted = run_log::input_records(objects);
    for commit in commits.iter().rev().filter(|commit| is_of(commit, made)) {
        let run = workspace.log.run_of(commit).await.map_err(|error| workspace.output_error(error))?;
        if let Some(run) = run.filter(|run| run.inputs == wanted) {
            return Ok(Some((commit, run)));
        }
    }
    Ok(None)
}

/// The commit of an earlier run of this label, configuration and evaluation sets over the same content.
pub fn same_inputs<'a>(
    commits: &'a [Commit],
    made: (&RunConfig, &Evaluation),
    inputs: &Inputs,
) -> Option<&'a Commit> {
    commits.iter().rev().find(|commit| is_of(commit, made) && commit.inputs == *inputs)
}

fn is_of(commit: &Commit, (config, evaluation): (&RunConfig, &Evaluation)) -> bool {
    let digests =
        |sets: &[EvaluationFigures]| -> Vec<String> { sets.iter().map(|set| set.digest.clone()).collect() };
    commit.label == config.run
        && commit.config_digest == config.digest()
        && digests(&commit.evaluation) == digests(evaluation.sets())
}
