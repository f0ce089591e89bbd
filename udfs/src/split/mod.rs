//! Functions that put documents in splits.

mod split_of;

pub(crate) use self::split_of::SplitOf;
pub use self::split_of::Splits;
