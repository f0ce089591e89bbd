//! Near-duplicates: which texts are nearly the same as an earlier one, and drop out.
//!
//! ```text
//!   canonical texts, in order, none empty, none twice
//!        │ keys        a text shares one with almost every text that is near
//!        │ buckets     of each key the earliest few texts: its heads
//!        ▼
//!   candidates ── bag and length bound ── select ── indel similarity ──► neighbours, all earlier
//!                                                                            │ decide
//!                                                                            ▼
//!                                             dropped iff an earlier neighbour is kept: the earliest survives
//! ```
//!
//! [`Preset`] is the rule with its parameters, [`Keys`] makes the keys, [`select`] and [`decide`] are the two choices of the
//! rule. [`Index`] is all of it in memory, and [`exhaustive`] the truth it is measured against: every pair compared. See
//! docs/near-duplicates.md.

mod buckets;
mod decide;
pub mod exhaustive;
mod index;
mod keys;
mod preset;
mod select;
mod texts;

pub use self::buckets::Buckets;
pub use self::decide::decide;
pub use self::index::{Examined, Examiner, Index, Tally};
pub use self::keys::Keys;
pub use self::preset::{NEAR_VERSION, Preset, Scheme, SchemeKind};
pub use self::select::{Candidate, select};
pub use self::texts::Texts;
