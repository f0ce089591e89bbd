//! How much of a known text stands in another one: shingles of known items, looked up by those of a text.
//!
//! ```text
//!   items ── shingles, hashed ──► sorted (hash, item, place) ──► Index
//!   text ─── shingles, hashed ──► looked up ──► places of items ──► letters that they cover ≥ share? ──► Found
//! ```
//!
//! Contract: items and texts are slices of Unicode code points, as canonical as the caller wants them; white space is best
//! left out, so that where words are parted tells nothing. A shingle is [`ALPHABETIC`] code points, [`DENSE`] where the first
//! belongs to a script in which few say much ([`crate::near::is_dense`]); that one weighs as two. What is contained of an item are its letters that stand in a
//! shingle which the text has too, wherever: a word in the middle that was replaced costs the letters of that word, not all
//! the shingles across it. Decided in integers, item by item, whatever else is in the index.
//!
//! The hash of code points c₀ … cₙ₋₁ is mix64(aₙ + Σ mᵢ·cᵢ mod 2⁶⁴), multilinear (Carter and Wegman 1979) with odd mᵢ; two
//! shingles are taken for equal where their hashes are. It is in no file: it may change.

mod index;
mod shingles;
#[cfg(test)]
mod tests;

pub use self::index::{BYTES_A_LETTER, Finder, Found, Index, IndexBuilder, Rule};
pub use self::shingles::{ALPHABETIC, DENSE};
