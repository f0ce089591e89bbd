//! The exponential and the GELU, sixteen numbers at a time.

#![expect(clippy::inline_always, reason = "a body is compiled for its instructions only where it is inlined")]

use super::lanes::Lanes;

/// eˣ for x ≤ 0, within 2⁻²³ of it in proportion; what is below −87 counts as −87.
///
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2; e^r is a polynomial of degree 6 (minimax, within 4e-9), 2ⁿ is made in the exponent.
#[inline(always)]
pub(super) fn exp<V: Lanes>(x: V) -> V {
    // Adding this leaves the whole number in the lowest bits, rounded to nearest.
    const SHIFT: f32 = 12_582_912.0; // 1.5 · 2²³
    const LN_2_REST: f32 = -1.904_654_2e-9; // what the nearest number to ln 2 lacks
    let x = x.max(V::splat(-87.0));
    let shifted = x.fma(V::splat(std::f32::consts::LOG2_E), V::splat(SHIFT));
    let whole = shifted.sub(V::splat(SHIFT));
    let rest = whole.fma(V::splat(-std::f32::consts::LN_2), x);
    let rest = whole.fma(V::splat(-LN_2_REST), rest);
    let power = polynomial(
        rest,
        &[1.0, 1.0, 0.499_999_94, 0.166_665_2, 0.041_668_393, 0.008_368_781, 0.001_381_446_6],
    );
    power.mul(shifted.power_of_two())
}

/// GELU: x·Φ(x), where Φ(x) = (1 + erf(x / √2)) / 2, not its approximation by tanh. Φ is within 1e-7.
///
/// Up to |x| = 5.5, Φ(x) = ½ + x·P(u), where u takes x² from −1 to 1 and P is a polynomial of degree 15 (weighted minimax,
/// within 9e-9): in u it loses nothing to cancellation, and there is neither a division nor an exponential. At the limit it is
/// 0 or 1 to the last bit, and stays that beyond.
#[inline(always)]
pub(super) fn gelu<V: Lanes>(x: V) -> V {
    const LIMIT: f32 = 5.5;
    const HALF_SQUARE: f32 = 2.0 / (LIMIT * LIMIT);
    const COEFFICIENTS: [f32; 16] = [
        0.128_551_93,
        -0.064_172_335,
        0.047_737_63,
        -0.038_792_785,
        0.032_070_257,
        -0.026_048_26,
        0.020_364_571,
        -0.014_999_074,
        0.010_227_823,
        -0.006_819_920_6,
        0.004_621_777,
        -0.002_418_643_8,
        0.000_720_115_44,
        -0.000_529_127_6,
        0.000_631_555,
        -0.000_236_421_42,
    ];
    let near = x.max(V::splat(-LIMIT)).min(V::splat(LIMIT));
    let u = near.mul(near).fma(V::splat(HALF_SQUARE), V::splat(-1.0));
    let share = near.fma(polynomial(u, &COEFFICIENTS), V::splat(0.5));
    x.mul(share.max(V::splat(0.0)))
}

/// Σ cᵢ·xⁱ by Horner's rule, from the highest.
#[inline(always)]
fn polynomial<V: Lanes, const TERMS: usize>(x: V, coefficients: &[f32; TERMS]) -> V {
    let mut sum = V::splat(coefficients[TERMS - 1]);
    for at in (0..TERMS - 1).rev() {
        sum = sum.fma(x, V::splat(coefficients[at]));
    }
    sum
}
