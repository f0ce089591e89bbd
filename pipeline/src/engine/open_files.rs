//! How many files the process may have open.

/// What is assumed where the system doesn't say: the usual limit of a login.
const USUAL: u64 = 1024;

/// Raises the process's soft limit on open files as far as it may go, and returns it.
pub fn limit() -> u64 {
    rlimit::increase_nofile_limit(u64::MAX).unwrap_or(USUAL)
}
