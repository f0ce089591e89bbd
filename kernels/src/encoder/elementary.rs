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

#[cfg(test)]
mod tests {
    use super::super::InstructionSet;
    use super::super::lanes::Task;
    use super::super::line::Line;
    use super::super::naive::normal;
    use super::*;

    struct Each<'a> {
        lines: &'a mut [Line],
        gelu: bool,
    }

    impl Task for Each<'_> {
        #[inline(always)]
        fn run<V: Lanes>(self) {
            for line in self.lines {
                let x = V::load(line);
                if self.gelu { gelu(x) } else { exp(x) }.store(line);
            }
        }
    }

    /// Pairs of x and what a function gives, for `count` numbers from `low` to `high`.
    fn sampled(low: f32, high: f32, count: usize, gelu: bool) -> Vec<(f64, f64)> {
        let step = (high - low) / count as f32;
        let xs: Vec<f32> = (0..count).map(|at| low + at as f32 * step).collect();
        let mut lines: Vec<Line> = xs.chunks(16).map(Line::of).collect();
        InstructionSet::best().run(Each { lines: &mut lines, gelu });
        let values = lines.iter().flat_map(|line| line.0);
        xs.iter().zip(values).map(|(x, value)| (f64::from(*x), f64::from(value))).collect()
    }

    #[test]
    fn the_exponential_is_within_two_last_places() {
        for (x, value) in sampled(-87.0, 0.0, 400_000, false) {
            let error = value / x.exp() - 1.0;
            assert!(error.abs() <= 2.0_f64.powi(-23), "{error:e} at {x}");
        }
        assert_eq!(sampled(-200.0, -100.0, 16, false)[0].1.to_bits(), f64::from((-87.0_f32).exp()).to_bits());
    }

    #[test]
    fn the_share_of_gelu_is_within_a_ten_millionth() {
        for (x, value) in sampled(-8.0, 8.0, 400_000, true) {
            // x·Φ(x) is rounded once more than Φ(x).
            let allowed = 1e-7 * x.abs() + value.abs() * 2.0_f64.powi(-24);
            let error = (value - x * normal(x)).abs();
            assert!(error <= allowed, "{error:e} at {x}");
        }
        let far = sampled(-1000.0, 1000.0, 16, true);
        assert_eq!(far[0].1.abs().to_bits(), 0.0_f64.to_bits());
        assert_eq!(far[15].1.to_bits(), far[15].0.to_bits());
    }
}
