//! The dot product, in one order of sums.

/// Sums that are taken side by side, so that a processor's lanes can take one each.
const LANES: usize = 16;

/// Σ aᵢ·bᵢ: lane l sums the products l, l + 16, l + 32, …, and the lanes are summed in pairs, then pairs of pairs.
///
/// What the longer one has more counts for nothing.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest = a_chunks.remainder().iter().zip(b_chunks.remainder());
    for (a, b) in a_chunks.zip(b_chunks) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    for (lane, (a, b)) in lanes.iter_mut().zip(rest) {
        *lane += a * b;
    }
    let mut width = LANES;
    while width > 1 {
        width /= 2;
        let (low, high) = lanes.split_at_mut(width);
        for (low, high) in low.iter_mut().zip(high) {
            *low += *high;
        }
    }
    lanes[0]
}

/// Makes the length of `vector` 1; one of nothing but zeros stays.
pub fn normalize(vector: &mut [f32]) {
    let length = f64::from(dot(vector, vector)).sqrt();
    if length > 0.0 {
        for number in vector {
            *number = (f64::from(*number) / length) as f32;
        }
    }
}
