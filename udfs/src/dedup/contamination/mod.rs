//! Texts that say what an evaluation set asks: a model that read them can't be judged by it.
//!
//! ```text
//!   item ──► canonical text ──┬─► its hash ────────────────────► whole texts    ─┐
//!                             └─► its letters ──► shingles ────► Index          ─┴─► Contaminants ◄── canonical text of a tweet
//! ```

mod column;
mod contaminants;

pub use self::column::contamination;
pub use self::contaminants::{
    Contaminants, ContaminantsBuilder, Item, LEAST_WHOLE, LookedFor, Match, SHARED, Searcher,
};
