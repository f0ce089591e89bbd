//! Texts nobody wrote: words of made-up languages, put together, edited, and laid out as the platform does.
//!
//! ```text
//!  Language ──► Lexicon ──► Body ──► Parts ──► Post
//!  (a table)    (words)     (words    (+ mentions, (the text as delivered, with its
//!                            in a row)  links)       entities in code points)
//! ```

mod body;
mod edits;
mod languages;
mod lexicon;
mod post;

pub(super) use body::Body;
pub use edits::Edit;
pub(super) use edits::Parts;
pub(super) use lexicon::{Lexicon, Lexicons};
pub(super) use post::{Entity, EntityKind, Post, slice_chars, write_link};
