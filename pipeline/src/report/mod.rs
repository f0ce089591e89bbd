//! What a run tells people and scripts: how far it is, and its numbers at the end.

mod damage;
mod funnel;
mod summary;
mod view;

pub use damage::warnings;
pub use funnel::funnel;
pub use summary::{FateCounts, Records, RunSummary};
pub use view::{ProgressView, Style};
