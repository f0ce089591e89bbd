//! The bodies for processors with AVX2: eight shingles, eight lanes, or the bins of a bag at a time.

#![expect(
    unsafe_code,
    reason = "intrinsics that load from memory, and calls that need a processor with AVX2"
)]

use std::arch::x86_64::{
    __m256i, _mm_add_epi64, _mm_cvtsi128_si64, _mm_unpackhi_epi64, _mm256_add_epi32, _mm256_blendv_epi8,
    _mm256_castsi256_si128, _mm256_cmpeq_epi32, _mm256_cmpgt_epi32, _mm256_extracti128_si256,
    _mm256_loadu_si256, _mm256_min_epu32, _mm256_mullo_epi32, _mm256_or_si256, _mm256_sad_epu8,
    _mm256_set1_epi32, _mm256_setzero_si256, _mm256_srli_epi32, _mm256_storeu_si256, _mm256_sub_epi32,
    _mm256_testz_si256, _mm256_xor_si256,
};

use super::Bag;
use super::bands::{LANES, LaneBlock};
use super::script::{DENSE, FIRST_DENSE};
use super::shingles::Shingles;

/// Whether this processor can run what is here.
pub(super) fn is_available() -> bool {
    is_x86_feature_detected!("avx2")
}

/// Appends the hashes of the shingles of `text` that start in its beginning, and gives how long that is: as
/// [`Shingles::hash`] would, were it to stop there.
///
/// # Panics
///
/// Where the processor can't: ask [`is_available`] first.
pub(super) fn shingles(shingles: &Shingles, text: &[u32], hashes: &mut Vec<u32>) -> usize {
    assert!(is_available(), "this body needs AVX2");
    // SAFETY: the assertion above saw the feature that the function is compiled for.
    unsafe { hash_eights(shingles, text, hashes) }
}

/// As [`super::bands::minima`].
///
/// # Panics
///
/// Where the processor can't: ask [`is_available`] first.
pub(super) fn minima(lanes: &[LaneBlock], hashes: &[u32], minima: &mut Vec<u32>) {
    assert!(is_available(), "this body needs AVX2");
    let (fours, rest) = lanes.as_chunks::<4>();
    let (pairs, rest) = rest.as_chunks::<2>();
    // SAFETY: the assertion above saw the feature that these functions are compiled for.
    unsafe {
        for four in fours {
            minima_of_blocks(four, hashes, minima);
        }
        for pair in pairs {
            minima_of_blocks(pair, hashes, minima);
        }
        for one in rest {
            minima_of_blocks(std::array::from_ref(one), hashes, minima);
        }
    }
}

/// As [`Bag::within_each`].
///
/// # Panics
///
/// Where the processor can't: ask [`is_available`] first.
pub(super) fn within(bag: &Bag, bags: &[Bag], limit: u32, base: u32, places: &mut Vec<u32>) {
    assert!(is_available(), "this body needs AVX2");
    // SAFETY: the assertion above saw the feature that the function is compiled for.
    unsafe { bags_within(bag, bags, limit, base, places) }
}

#[target_feature(enable = "avx2")]
fn hash_eights(shingles: &Shingles, text: &[u32], hashes: &mut Vec<u32>) -> usize {
    let (alphabetic, dense) = shingles.lengths();
    let longest = alphabetic.max(dense);
    let Some(fitting) = (text.len() + 1).checked_sub(longest) else { return 0 };
    let eights = fitting / LANES;
    hashes.reserve(eights * LANES);
    let all = _mm256_set1_epi32(-1);
    for start in (0..eights).map(|eight| eight * LANES) {
        let window = text.get(start..start + LANES + longest - 1).unwrap_or_default();
        let Some(first) = load(window, 0) else { break };
        let is_dense = dense_among(first);
        let offset = |length| _mm256_set1_epi32(shingles.offset(length) as i32);
        let mut sum = _mm256_blendv_epi8(offset(alphabetic), offset(dense), is_dense);
        for (at, by) in shingles.multipliers.iter().enumerate().take(longest) {
            let Some(points) = load(window, at) else { break };
            let product = _mm256_mullo_epi32(points, _mm256_set1_epi32(*by as i32));
            let counts = match (at < alphabetic, at < dense) {
                (true, true) => all,
                (true, false) => _mm256_xor_si256(is_dense, all),
                _ => is_dense,
            };
            sum = _mm256_add_epi32(sum, _mm256_blendv_epi8(_mm256_setzero_si256(), product, counts));
        }
        append(mix(sum), hashes);
    }
    eights * LANES
}

/// Eight code points of `window` from `at` on, where it has as many.
#[target_feature(enable = "avx2")]
fn load(window: &[u32], at: usize) -> Option<__m256i> {
    let eight: &[u32; LANES] = window.get(at..)?.first_chunk()?;
    // SAFETY: the array has 32 bytes, and the load needs no alignment.
    Some(unsafe { _mm256_loadu_si256(eight.as_ptr().cast()) })
}

/// All bits of those of eight code points that are of a dense script.
#[target_feature(enable = "avx2")]
fn dense_among(points: __m256i) -> __m256i {
    // Code points are below 2^21; any other word is above all blocks as a positive number, and below as a negative one.
    let beyond = _mm256_cmpgt_epi32(points, _mm256_set1_epi32(FIRST_DENSE as i32 - 1));
    if _mm256_testz_si256(beyond, beyond) == 1 {
        return beyond;
    }
    let mut is_dense = _mm256_setzero_si256();
    for block in DENSE {
        let offset = _mm256_sub_epi32(points, _mm256_set1_epi32(*block.start() as i32));
        let last = _mm256_set1_epi32((block.end() - block.start()) as i32);
        is_dense = _mm256_or_si256(is_dense, _mm256_cmpeq_epi32(_mm256_min_epu32(offset, last), offset));
    }
    is_dense
}

/// As [`super::mix::mix32`], eight words.
#[target_feature(enable = "avx2")]
fn mix(words: __m256i) -> __m256i {
    let words = _mm256_xor_si256(words, _mm256_srli_epi32::<16>(words));
    let words = _mm256_mullo_epi32(words, _mm256_set1_epi32(0x85EB_CA6B_u32 as i32));
    let words = _mm256_xor_si256(words, _mm256_srli_epi32::<13>(words));
    let words = _mm256_mullo_epi32(words, _mm256_set1_epi32(0xC2B2_AE35_u32 as i32));
    _mm256_xor_si256(words, _mm256_srli_epi32::<16>(words))
}

#[target_feature(enable = "avx2")]
fn append(words: __m256i, to: &mut Vec<u32>) {
    let mut eight = [0; LANES];
    // SAFETY: the array has 32 bytes, and the store needs no alignment.
    unsafe { _mm256_storeu_si256(eight.as_mut_ptr().cast(), words) };
    to.extend_from_slice(&eight);
}

/// The minima of `BLOCKS` times eight lanes, whose parameters stay in registers.
#[target_feature(enable = "avx2")]
fn minima_of_blocks<const BLOCKS: usize>(lanes: &[LaneBlock; BLOCKS], hashes: &[u32], minima: &mut Vec<u32>) {
    // SAFETY: each array has 32 bytes, and the loads need no alignment.
    let (a, b) = unsafe {
        (
            lanes.map(|block| _mm256_loadu_si256(block.a.as_ptr().cast())),
            lanes.map(|block| _mm256_loadu_si256(block.b.as_ptr().cast())),
        )
    };
    let mut least = [_mm256_set1_epi32(-1); BLOCKS];
    for hash in hashes {
        let hash = _mm256_set1_epi32(*hash as i32);
        for ((least, a), b) in least.iter_mut().zip(a).zip(b) {
            *least = _mm256_min_epu32(*least, _mm256_add_epi32(_mm256_mullo_epi32(a, hash), b));
        }
    }
    for least in least {
        append(least, minima);
    }
}

#[target_feature(enable = "avx2")]
fn bags_within(bag: &Bag, bags: &[Bag], limit: u32, base: u32, places: &mut Vec<u32>) {
    // SAFETY: a bag has 32 bytes, and the loads need no alignment.
    let load = |bag: &Bag| unsafe { _mm256_loadu_si256(bag.bins().as_ptr().cast()) };
    let bins = load(bag);
    let limit = u64::from(limit);
    for (other, place) in bags.iter().zip(base..) {
        let sums = _mm256_sad_epu8(bins, load(other));
        let halves = _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256::<1>(sums));
        let sum = _mm_cvtsi128_si64(_mm_add_epi64(halves, _mm_unpackhi_epi64(halves, halves))) as u64;
        if sum <= limit {
            places.push(place);
        }
    }
}
