//! Texts that are nearly the same: keys that they share, and how far apart they are.
//!
//! ```text
//!   code points ─┬─ shingles ── MinHash ── bands ──► keys        two texts with many shingles in common share one
//!                ├─ deletions ────────────────────► keys        two short texts a few edits apart share one
//!                └─ bag ──► bound ≤ indel distance ≤ limit?     what is meant by "nearly the same", exactly
//! ```
//!
//! Contract: a text is a slice of Unicode code points, as canonical as the caller wants it. Everything is computed in
//! integers, modulo a power of two, from parameters that [`crate::hash`] derives: any device that multiplies has the same
//! bits. Keys go into histories, so none may ever change. The plain body of each stands in its file and is the truth; `avx2`
//! gives the same where the processor can.
//!
//! - [`BandScheme`], [`Bands`]: MinHash over shingles, as one 64-bit key a band
//! - [`GpuBands`]: the same keys of many texts, by a GPU
//! - [`Deletions`]: the keys of all that is left when a few code points are deleted
//! - [`Bag`]: 32 bytes that bound the distance from below
//! - [`Pattern`]: a text made ready to be compared with many
//! - [`is_near`]: the decision

#[cfg(target_arch = "x86_64")]
mod avx2;
mod bag;
mod bands;
mod cuda;
mod deletions;
mod gpu;
mod indel;
mod mix;
mod script;
mod shingles;

pub use self::bag::Bag;
pub use self::bands::{BandScheme, Bands};
pub use self::deletions::Deletions;
pub use self::gpu::GpuBands;
pub use self::indel::{Pattern, is_near, limit};
pub(crate) use self::mix::mix64;
pub use self::script::is_dense;
pub use self::shingles::{LONGEST_SHINGLE, Shingles};

/// The code points of `text`.
#[cfg(test)]
fn points(text: &str) -> Vec<u32> {
    text.chars().map(u32::from).collect()
}

/// Few letters, so that texts have much in common, and others of every size.
#[cfg(test)]
fn point() -> impl proptest::strategy::Strategy<Value = u32> {
    use proptest::prelude::*;
    prop_oneof![
        8 => 97_u32..105,
        1 => 0_u32..128,
        2 => prop::sample::select(vec![0x3042_u32, 0x3044, 0x4E00, 0x6F22, 0xAC00, 0xE01, 0x627, 0x1F600, 0x20000]),
        1 => any::<char>().prop_map(u32::from),
        1 => any::<u32>(),
    ]
}
