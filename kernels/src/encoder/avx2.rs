//! Sixteen lanes in two registers of AVX2.

#![expect(unsafe_code, reason = "intrinsics that need a processor with AVX2 and FMA")]
#![expect(clippy::inline_always, reason = "a body is compiled for its instructions only where it is inlined")]

use std::arch::x86_64::{
    __m256, _mm256_add_epi32, _mm256_add_ps, _mm256_blendv_ps, _mm256_castps_si256, _mm256_castsi256_ps,
    _mm256_cmpgt_epi32, _mm256_div_ps, _mm256_fmadd_ps, _mm256_load_ps, _mm256_max_ps, _mm256_min_ps,
    _mm256_mul_ps, _mm256_set1_epi32, _mm256_set1_ps, _mm256_setr_epi32, _mm256_slli_epi32, _mm256_store_ps,
    _mm256_sub_ps,
};

use super::lanes::{Lanes, Task};
use super::line::Line;

/// Whether this processor can [`run`].
pub(super) fn is_available() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

/// Does `task` with these lanes.
///
/// # Panics
///
/// Where the processor can't: ask [`is_available`] first.
pub(super) fn run(task: impl Task) {
    assert!(is_available(), "this body needs AVX2 and FMA");
    // SAFETY: the assertion above saw every feature that `run_here` is compiled for.
    unsafe { run_here(task) }
}

#[target_feature(enable = "avx2,fma")]
fn run_here(task: impl Task) {
    task.run::<Pair>();
}

/// Lanes that are only made inside [`run_here`].
#[derive(Clone, Copy)]
struct Pair(__m256, __m256);

/// What intrinsics give.
macro_rules! wide {
    ($call:expr) => {{
        // SAFETY: only `run_here` runs a task with these lanes, on a processor that has AVX2 and FMA; a line is aligned to its
        // 64 bytes, of which a load or a store touches one half.
        unsafe { $call }
    }};
}

impl Lanes for Pair {
    // 12 sums, the 2 halves of a line and the number that multiplies them, of 16 registers.
    const ROWS: usize = 6;
    const PANELS: usize = 1;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        let half = wide!(_mm256_set1_ps(value));
        Self(half, half)
    }

    #[inline(always)]
    fn load(line: &Line) -> Self {
        let (low, high) = line.0.split_at(8);
        Self(wide!(_mm256_load_ps(low.as_ptr())), wide!(_mm256_load_ps(high.as_ptr())))
    }

    #[inline(always)]
    fn store(self, line: &mut Line) {
        let (low, high) = line.0.split_at_mut(8);
        wide!({
            _mm256_store_ps(low.as_mut_ptr(), self.0);
            _mm256_store_ps(high.as_mut_ptr(), self.1);
        });
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(wide!(_mm256_add_ps(self.0, other.0)), wide!(_mm256_add_ps(self.1, other.1)))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(wide!(_mm256_sub_ps(self.0, other.0)), wide!(_mm256_sub_ps(self.1, other.1)))
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(wide!(_mm256_mul_ps(self.0, other.0)), wide!(_mm256_mul_ps(self.1, other.1)))
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        Self(wide!(_mm256_div_ps(self.0, other.0)), wide!(_mm256_div_ps(self.1, other.1)))
    }

    #[inline(always)]
    fn fma(self, by: Self, plus: Self) -> Self {
        Self(wide!(_mm256_fmadd_ps(self.0, by.0, plus.0)), wide!(_mm256_fmadd_ps(self.1, by.1, plus.1)))
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(wide!(_mm256_max_ps(self.0, other.0)), wide!(_mm256_max_ps(self.1, other.1)))
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self(wide!(_mm256_min_ps(self.0, other.0)), wide!(_mm256_min_ps(self.1, other.1)))
    }

    #[inline(always)]
    fn first(self, count: usize, rest: Self) -> Self {
        let count = count.min(16) as i32;
        let half = |of: __m256, rest: __m256, count: i32| {
            wide!({
                let places = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
                let inside = _mm256_cmpgt_epi32(_mm256_set1_epi32(count), places);
                _mm256_blendv_ps(rest, of, _mm256_castsi256_ps(inside))
            })
        };
        Self(half(self.0, rest.0, count), half(self.1, rest.1, count - 8))
    }

    #[inline(always)]
    fn power_of_two(self) -> Self {
        let half = |of: __m256| {
            wide!({
                let exponents = _mm256_slli_epi32::<23>(_mm256_castps_si256(of));
                let one = _mm256_set1_epi32(1.0_f32.to_bits() as i32);
                _mm256_castsi256_ps(_mm256_add_epi32(exponents, one))
            })
        };
        Self(half(self.0), half(self.1))
    }
}
