// The product of small matrices that tensor cores make.
#pragma once

#include "half.cuh"

// `sums` += `left` · `right`, of a warp: 16 rows of 16 halves by 16 rows of 8, summed in single precision. Lane 4g + t has
//
//   left   0: row g, columns 2t and 2t + 1;  1: row g + 8;  2 and 3: as these, 8 columns on
//   right  0: rows 2t and 2t + 1 of column g;  1: 8 rows on
//   sums   0 and 1: row g, columns 2t and 2t + 1;  2 and 3: row g + 8
//
// Each number is made of its own row, its own column and what it was; in which order, only the simulation says: from the first to the last.
DEVICE void multiply_add(float (&sums)[4], const u32 (&left)[4], const u32 (&right)[2]) {
#if defined(__CUDACC__) || defined(__CUDACC_RTC__)
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
                 : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "r"(right[0]), "r"(right[1]));
#else
    sim::Fragment fragment;
    for (u32 at = 0; at < 4; at++) {
        fragment.left[2 * at] = low_half(left[at]);
        fragment.left[2 * at + 1] = high_half(left[at]);
    }
    for (u32 at = 0; at < 2; at++) {
        fragment.right[2 * at] = low_half(right[at]);
        fragment.right[2 * at + 1] = high_half(right[at]);
    }
    sim::multiply_add(sums, fragment);
#endif
}
