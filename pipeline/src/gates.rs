//! What must hold before anything is committed: the gates of the run file.

use crate::config::RunConfig;
use crate::error::{Error, ErrorKind, Result};
use crate::fate::REJECTED;
use crate::source::member_counts::MemberCounts;
use crate::stages::fates::Accounts;

/// Refuses inputs of which more members are damaged than the run file lets through.
pub(crate) fn members(config: &RunConfig, members: &MemberCounts) -> Result<()> {
    let damaged = members.damaged();
    match config.gates.max_damaged_members {
        Some(limit) if damaged > limit => Err(Error::new(
            ErrorKind::Gate,
            format!(
                "{damaged} of {} members could not be read whole, more than gates.max_damaged_members ({limit}); nothing was committed",
                members.total()
            ),
        )
        .with_hint("get these archives again; to accept the loss, raise gates.max_damaged_members")),
        _ => Ok(()),
    }
}

/// Refuses records of which a larger share was rejected than the run file lets through.
pub(crate) fn rejects(config: &RunConfig, accounts: &Accounts) -> Result<()> {
    let rejected: u64 = accounts
        .fates
        .iter()
        .filter(|(fate, _)| fate.starts_with(REJECTED))
        .map(|(_, records)| records)
        .sum();
    let limit = config.gates.max_reject_rate;
    if !limit.is_exceeded_by(rejected, accounts.lines) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Gate,
        format!("{rejected} of {} lines could not be read, more than gates.max_reject_rate ({limit}); nothing was committed", accounts.lines),
    )
    .with_hint("look at the archives; to accept this, raise gates.max_reject_rate"))
}
