// The exponential and the GELU, by the polynomials of src/encoder/elementary.rs. What is no number stays that.
#pragma once

#include "types.cuh"

template <u32 terms>
DEVICE float polynomial(float x, const float (&coefficients)[terms]) {
    float sum = coefficients[terms - 1];
#pragma unroll
    for (u32 at = terms - 1; at > 0; at--) sum = __fmaf_rn(sum, x, coefficients[at - 1]);
    return sum;
}

// Of x up to 0; what is below -87 counts as -87.
DEVICE float exponential(float x) {
    constexpr float coefficients[] = {1.0f, 1.0f, 0.49999994f, 0.1666652f, 0.041668393f, 0.008368781f, 0.0013814466f};
    // Adding this leaves the whole number in the lowest bits, rounded to nearest.
    constexpr float shift = 12582912.0f;
    x = x < -87.0f ? -87.0f : x;
    const float shifted = __fmaf_rn(x, 1.44269504f, shift), whole = shifted - shift;
    const float rest = __fmaf_rn(whole, 1.9046542e-9f, __fmaf_rn(whole, -0.693147182f, x));
    return polynomial(rest, coefficients) * __uint_as_float((__float_as_uint(shifted) << 23) + 0x3F800000);
}

DEVICE float gelu(float x) {
    constexpr float coefficients[] = {0.12855193f,  -0.064172335f, 0.04773763f,   -0.038792785f,  0.032070257f,   -0.02604826f,   0.020364571f,  -0.014999074f,
                                      0.010227823f, -0.0068199206f, 0.004621777f, -0.0024186438f, 0.00072011544f, -0.0005291276f, 0.000631555f, -0.00023642142f};
    constexpr float limit = 5.5f;
    const float near = x < -limit ? -limit : x > limit ? limit : x;
    const float share = __fmaf_rn(near, polynomial(__fmaf_rn(near * near, 2.0f / (limit * limit), -1.0f), coefficients), 0.5f);
    return x * (share < 0.0f ? 0.0f : share);
}
