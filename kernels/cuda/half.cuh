// Numbers of half precision, as words of 16 bits.
#pragma once

#include "types.cuh"

// Sixteen bytes, eight halves: what a thread copies at once, from a multiple of sixteen.
struct alignas(16) Word128 {
    u32 words[4];
};
constexpr u32 CHUNK = 8;

// What stands for a number that halves have no room for: it makes nothing but itself of whatever it meets, up to the vector.
constexpr u16 NO_HALF = 0x7E00;

#if defined(__CUDACC__) || defined(__CUDACC_RTC__)
DEVICE float of_half(u16 half) {
    float value;
    asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(half));
    return value;
}
DEVICE u16 rounded_to_half(float value) {
    u16 half;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(half) : "f"(value));
    return half;
}
#else
DEVICE float of_half(u16 half) {
    const u32 sign = (half & 0x8000u) << 16, exponent = half >> 10 & 31, fraction = half & 1023;
    if (exponent == 0) return __uint_as_float(sign | __float_as_uint(static_cast<float>(fraction) * 0x1p-24f));
    return __uint_as_float(sign | (exponent == 31 ? 0x7F800000 : (exponent + 112) << 23) | fraction << 13);
}
// Of what is less than 65,520.
DEVICE u16 rounded_to_half(float value) {
    const u32 bits = __float_as_uint(value), sign = bits >> 16 & 0x8000, size = bits & 0x7FFFFFFF;
    // Below the least normal half: added to one half, it is rounded where halves end.
    if (size < 0x38800000) return static_cast<u16>(sign | (__float_as_uint(__uint_as_float(size) + 0.5f) - 0x3F000000));
    return static_cast<u16>(sign | (((size + 0xFFF + (size >> 13 & 1)) >> 13) - (112 << 10)));
}
#endif

// The nearest half, the even one of two; NO_HALF where that would be infinite, or `value` is no number.
DEVICE u16 to_half(float value) {
    return (__float_as_uint(value) & 0x7FFFFFFF) < 0x477FF000 ? rounded_to_half(value) : NO_HALF;
}

// Two halves in a word, the first lowest.
DEVICE float low_half(u32 pair) { return of_half(static_cast<u16>(pair)); }
DEVICE float high_half(u32 pair) { return of_half(static_cast<u16>(pair >> 16)); }
DEVICE u32 to_halves(float low, float high) { return to_half(low) | static_cast<u32>(to_half(high)) << 16; }
