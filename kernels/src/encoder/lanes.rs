//! Sixteen numbers at a time: the operations that every body is written in, and their plain form.

#![expect(clippy::inline_always, reason = "a body is compiled for its instructions only where it is inlined")]

use super::line::{Line, WIDTH};

/// Sixteen numbers in registers.
///
/// Every operation is exact or rounded once, as IEEE 754 has it, and [`Lanes::sum`] has one order: what is written in these
/// operations has the same bits in every implementation. There is no approximate reciprocal and no conversion.
pub(super) trait Lanes: Copy {
    /// Most rows of a tile of a product: with [`Lanes::PANELS`], what fits the registers.
    const ROWS: usize;
    /// Lines that a tile of a product is wide: 1 or 2.
    const PANELS: usize;

    /// `value` in every lane.
    fn splat(value: f32) -> Self;
    /// The numbers of `line`.
    fn load(line: &Line) -> Self;
    /// Writes the numbers to `line`.
    fn store(self, line: &mut Line);
    /// The sum.
    fn add(self, other: Self) -> Self;
    /// The difference.
    fn sub(self, other: Self) -> Self;
    /// The product.
    fn mul(self, other: Self) -> Self;
    /// The quotient.
    fn div(self, other: Self) -> Self;
    /// self · by + plus, rounded once.
    fn fma(self, by: Self, plus: Self) -> Self;
    /// The larger one; `other` where they can't be compared.
    fn max(self, other: Self) -> Self;
    /// The smaller one; `other` where they can't be compared.
    fn min(self, other: Self) -> Self;
    /// The first `count` lanes, and those of `rest` after them.
    fn first(self, count: usize, rest: Self) -> Self;
    /// 2ⁿ of a whole number n that stands in the lowest bits of each lane, −126 to 127.
    fn power_of_two(self) -> Self;

    /// The sum of all lanes: of halves eight apart, then four, two and one.
    #[inline(always)]
    fn sum(self) -> f32 {
        self.fold(|left, right| left + right)
    }

    /// The largest of all lanes.
    #[inline(always)]
    fn greatest(self) -> f32 {
        self.fold(|left, right| if left > right { left } else { right })
    }

    /// All lanes folded into one, halves upon halves.
    #[inline(always)]
    fn fold(self, with: impl Fn(f32, f32) -> f32) -> f32 {
        let mut line = Line::ZERO;
        self.store(&mut line);
        let lanes = line.0;
        let eight: [f32; 8] = std::array::from_fn(|at| with(lanes[at], lanes[at + 8]));
        let four: [f32; 4] = std::array::from_fn(|at| with(eight[at], eight[at + 4]));
        with(with(four[0], four[2]), with(four[1], four[3]))
    }
}

/// Work that is written once, in [`Lanes`], and compiled for each set of instructions.
pub(super) trait Task {
    /// Does it. Implementations are `#[inline(always)]`, as is all they call.
    fn run<V: Lanes>(self);
}

/// The plain body: correct everywhere. Where the target of the build multiplies and adds in one instruction, as 64-bit ARM does,
/// the compiler makes it one of vectors; elsewhere each [`f32::mul_add`] is a call, and this is a hundred times slower than AVX-512.
#[derive(Clone, Copy)]
pub(super) struct Plain([f32; WIDTH]);

impl Plain {
    #[inline(always)]
    fn each(self, other: Self, of: impl Fn(f32, f32) -> f32) -> Self {
        Self(std::array::from_fn(|at| of(self.0[at], other.0[at])))
    }
}

impl Lanes for Plain {
    const ROWS: usize = 6;
    const PANELS: usize = 1;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self([value; WIDTH])
    }

    #[inline(always)]
    fn load(line: &Line) -> Self {
        Self(line.0)
    }

    #[inline(always)]
    fn store(self, line: &mut Line) {
        line.0 = self.0;
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.each(other, |left, right| left + right)
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.each(other, |left, right| left - right)
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.each(other, |left, right| left * right)
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.each(other, |left, right| left / right)
    }

    #[inline(always)]
    fn fma(self, by: Self, plus: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at].mul_add(by.0[at], plus.0[at])))
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.each(other, |left, right| if left > right { left } else { right })
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.each(other, |left, right| if left < right { left } else { right })
    }

    #[inline(always)]
    fn first(self, count: usize, rest: Self) -> Self {
        Self(std::array::from_fn(|at| if at < count { self.0[at] } else { rest.0[at] }))
    }

    #[inline(always)]
    fn power_of_two(self) -> Self {
        Self(self.0.map(|lane| f32::from_bits((lane.to_bits() << 23).wrapping_add(1.0_f32.to_bits()))))
    }
}
