//! Functions that say what a text is like: its language, its words, what takes how much of it.

mod capital_ratio;
mod detect_language;
mod digit_ratio;
mod hashtag_ratio;
mod language;
mod link_ratio;
mod mention_ratio;
mod repeat_ratio;
mod share;
mod word_count;

pub(crate) use self::capital_ratio::capital_ratio;
pub(crate) use self::detect_language::detect_language;
pub(crate) use self::digit_ratio::digit_ratio;
pub(crate) use self::hashtag_ratio::hashtag_ratio;
pub(crate) use self::link_ratio::link_ratio;
pub(crate) use self::mention_ratio::mention_ratio;
pub(crate) use self::repeat_ratio::repeat_ratio;
pub(crate) use self::word_count::word_count;
