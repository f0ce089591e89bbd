//! What vectors are kept as, and how alike two are.

use half::f16;
use half::slice::HalfFloatSliceExt;

/// Rounds `vector` to half precision, to nearest, ties to even.
///
/// # Panics
///
/// Where the two differ in length.
pub fn to_f16(vector: &[f32], out: &mut [f16]) {
    out.convert_from_f32_slice(vector);
}

/// Rounds the finite numbers of `vector` to whole multiples of a scale, −127 to 127 of them, ties to even, and gives the scale: value · scale is what
/// the number was, within half a scale.
///
/// The scale is the largest magnitude / 127; a vector of zeros has the scale 0.
///
/// # Panics
///
/// Where the two differ in length.
pub fn to_int8(vector: &[f32], out: &mut [i8]) -> f32 {
    assert_eq!(vector.len(), out.len(), "one value for each number");
    let largest = vector.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    let scale = largest / 127.0;
    for (to, from) in out.iter_mut().zip(vector) {
        *to = if scale > 0.0 { (from / scale).round_ties_even().clamp(-127.0, 127.0) as i8 } else { 0 };
    }
    scale
}

/// One bit for each number of `vector`, set where it is positive: the first is the highest of the first byte, and zeros fill
/// the last.
///
/// # Panics
///
/// Where `out` doesn't have a byte for every eight numbers.
pub fn to_binary(vector: &[f32], out: &mut [u8]) {
    assert_eq!(vector.len().div_ceil(8), out.len(), "one byte for eight numbers");
    for (byte, eight) in out.iter_mut().zip(vector.chunks(8)) {
        *byte =
            eight.iter().enumerate().fold(0, |byte, (at, value)| byte | u8::from(*value > 0.0) << (7 - at));
    }
}

/// The cosine of the angle between two vectors, −1 to 1, summed in double precision from the first number to the last; 0
/// where one is zeros.
///
/// # Panics
///
/// Where the two differ in length.
pub fn cosine(left: &[f32], right: &[f32]) -> f64 {
    assert_eq!(left.len(), right.len(), "vectors of one model");
    let dot = |left: &[f32], right: &[f32]| -> f64 {
        left.iter().zip(right).map(|(left, right)| f64::from(*left) * f64::from(*right)).sum()
    };
    let lengths = (dot(left, left) * dot(right, right)).sqrt();
    if lengths > 0.0 { (dot(left, right) / lengths).clamp(-1.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_rounds_to_nearest_even() {
        let mut out = [f16::ZERO; 5];
        to_f16(&[1.0, 1.000_488_3, 1.001_464_8, -65_504.0, 1e6], &mut out);
        assert_eq!(out.map(f16::to_bits), [0x3C00, 0x3C00, 0x3C02, 0xFBFF, 0x7C00]);
    }

    #[test]
    fn a_byte_is_within_half_a_scale() {
        let vector = [0.3_f32, -0.9, 0.0, 0.017, 0.899];
        let mut out = [0; 5];
        let scale = to_int8(&vector, &mut out);
        assert_eq!(out[1], -127);
        for (value, byte) in vector.iter().zip(out) {
            assert!((value - f32::from(byte) * scale).abs() <= scale * 0.500_01, "{value} became {byte}");
        }
        assert_eq!(to_int8(&[0.0; 5], &mut out).to_bits(), 0);
        assert_eq!(out, [0; 5]);
    }

    #[test]
    fn bits_start_at_the_highest() {
        let mut out = [0xFF; 2];
        to_binary(&[1.0, 0.0, -1.0, f32::NAN, 0.1, -0.0, 1e-30, -1.0, 2.0], &mut out);
        assert_eq!(out, [0b1000_1010, 0b1000_0000]);
    }

    #[test]
    fn the_cosine_is_of_the_angle() {
        assert!((cosine(&[3.0, 4.0], &[4.0, 3.0]) - 0.96).abs() < 1e-12);
        assert!((cosine(&[1.0, 0.0], &[-7.0, 0.0]) + 1.0).abs() < 1e-12);
        assert!(cosine(&[0.0, 0.0], &[1.0, 2.0]).abs() < 1e-12);
    }
}
