//! What a run tells people and scripts: how far it is, and its numbers at the end.

mod funnel;
mod members;
mod progress;
pub(crate) mod quantity;
mod summary;
mod view;

pub use funnel::funnel;
pub use members::{MemberCounts, warnings};
pub use progress::{Progress, Snapshot};
pub use summary::{FateCounts, Records, RunSummary};
pub use view::{ProgressView, Style};
