//! What reading may cost, from the archive down to the line.

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
