//! Sixteen lanes in one register of AVX-512.

#![expect(unsafe_code, reason = "intrinsics that need a processor with AVX-512")]
#![expect(clippy::inline_always, reason = "a body is compiled for its instructions only where it is inlined")]

use std::arch::x86_64::{
    __m512, _mm512_add_epi32, _mm512_add_ps, _mm512_castps_si512, _mm512_castsi512_ps, _mm512_div_ps,
    _mm512_fmadd_ps, _mm512_load_ps, _mm512_mask_blend_ps, _mm512_max_ps, _mm512_min_ps, _mm512_mul_ps,
    _mm512_set1_epi32, _mm512_set1_ps, _mm512_slli_epi32, _mm512_store_ps, _mm512_sub_ps,
};

use super::lanes::{Lanes, Task};
use super::line::Line;

/// Whether this processor can [`run`].
pub(super) fn is_available() -> bool {
    is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl")
}

/// Does `task` with these lanes.
///
/// # Panics
///
/// Where the processor can't: ask [`is_available`] first.
pub(super) fn run(task: impl Task) {
    assert!(is_available(), "this body needs AVX-512");
    // SAFETY: the assertion above saw every feature that `run_here` is compiled for.
    unsafe { run_here(task) }
}

#[target_feature(enable = "avx512f,avx512vl,fma,avx2")]
fn run_here(task: impl Task) {
    task.run::<Wide>();
}

/// Lanes that are only made inside [`run_here`].
#[derive(Clone, Copy)]
struct Wide(__m512);

/// What intrinsics give.
macro_rules! wide {
    ($call:expr) => {{
        // SAFETY: only `run_here` runs a task with these lanes, on a processor that has AVX-512; a line is aligned to its
        // 64 bytes, which is all that a load or a store touches.
        unsafe { $call }
    }};
}

impl Lanes for Wide {
    // 24 sums, 2 lines and the number that multiplies them, of 32 registers: more rows gain nothing where a sum takes 4 or 5
    // cycles and one or two are begun in each.
    const ROWS: usize = 12;
    const PANELS: usize = 2;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self(wide!(_mm512_set1_ps(value)))
    }

    #[inline(always)]
    fn load(line: &Line) -> Self {
        Self(wide!(_mm512_load_ps(line.0.as_ptr())))
    }

    #[inline(always)]
    fn store(self, line: &mut Line) {
        wide!(_mm512_store_ps(line.0.as_mut_ptr(), self.0));
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(wide!(_mm512_add_ps(self.0, other.0)))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(wide!(_mm512_sub_ps(self.0, other.0)))
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(wide!(_mm512_mul_ps(self.0, other.0)))
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        Self(wide!(_mm512_div_ps(self.0, other.0)))
    }

    #[inline(always)]
    fn fma(self, by: Self, plus: Self) -> Self {
        Self(wide!(_mm512_fmadd_ps(self.0, by.0, plus.0)))
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(wide!(_mm512_max_ps(self.0, other.0)))
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self(wide!(_mm512_min_ps(self.0, other.0)))
    }

    #[inline(always)]
    fn first(self, count: usize, rest: Self) -> Self {
        let mask = if count < 16 { (1 << count) - 1 } else { u16::MAX };
        Self(wide!(_mm512_mask_blend_ps(mask, rest.0, self.0)))
    }

    #[inline(always)]
    fn power_of_two(self) -> Self {
        Self(wide!({
            let exponents = _mm512_slli_epi32::<23>(_mm512_castps_si512(self.0));
            let one = _mm512_set1_epi32(1.0_f32.to_bits() as i32);
            _mm512_castsi512_ps(_mm512_add_epi32(exponents, one))
        }))
    }
}
