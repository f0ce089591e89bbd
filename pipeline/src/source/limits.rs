//! What reading may cost, from the archive down to the line.

use crate::config;
use crate::source::container::Limits;
use crate::source::frame::LineLimits;

/// Bounds on archives and on lines; exceeding one costs only what exceeds it.
#[derive(Debug, Clone, Default)]
pub struct ReadLimits {
    /// Of members and nesting.
    pub archive: Limits,
    /// Of lines and blocks of them.
    pub line: LineLimits,
}

impl From<config::Limits> for ReadLimits {
    /// The run file's limits, and the defaults of those that are no setting.
    fn from(limits: config::Limits) -> Self {
        let line_bytes = usize::try_from(limits.line_size.as_u64()).unwrap_or(usize::MAX);
        Self {
            archive: Limits { max_member_bytes: limits.member_size.as_u64(), ..Limits::default() },
            line: LineLimits { line_bytes, ..LineLimits::default() },
        }
    }
}
