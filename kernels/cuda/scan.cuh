// Where each of many runs starts, from how long each is: in three launches, whose blocks have 256 threads.
#pragma once

#include "types.cuh"

constexpr u32 TILE = 256;

// The sum of `value` over the threads of the block up to this one; in `total` that over all.
DEVICE u32 sum_up_to(u32 value, u32& total) {
    SHARED(u32, warp_sums, TILE / WARP);
    const u32 lane = lane_of_warp(), warp = threadIdx.x / WARP;
#pragma unroll
    for (u32 by = 1; by < WARP; by *= 2) {
        const u32 before = __shfl_up_sync(ALL_LANES, value, by);
        if (lane >= by) value += before;
    }
    if (lane == WARP - 1) warp_sums[warp] = value;
    __syncthreads();
    u32 below = 0;
    total = 0;
#pragma unroll
    for (u32 other = 0; other < TILE / WARP; other++) {
        if (other < warp) below += warp_sums[other];
        total += warp_sums[other];
    }
    __syncthreads();
    return below + value;
}

// The sum of each 256 values: a block each.
KERNEL __launch_bounds__(TILE) scan_tiles(const u32* __restrict__ values, u32 count, u32* __restrict__ sums) {
    const u32 at = thread_of_all();
    u32 total;
    sum_up_to(at < count ? values[at] : 0, total);
    if (threadIdx.x == 0) sums[blockIdx.x] = total;
}

// Of each sum that of those before it, in place, and after the last that of all: one block.
KERNEL __launch_bounds__(TILE) scan_sums(u32* __restrict__ sums, u32 count) {
    u32 before = 0;
    for (u32 first = 0; first < count; first += TILE) {
        const u32 at = first + threadIdx.x;
        const u32 value = at < count ? sums[at] : 0;
        u32 total;
        const u32 up_to = sum_up_to(value, total);
        if (at < count) sums[at] = before + up_to - value;
        before += total;
    }
    if (threadIdx.x == 0) sums[count] = before;
}

// Where each value's run starts, and after the last where it ends: a block for each 256.
KERNEL __launch_bounds__(TILE) scan_starts(const u32* __restrict__ values, u32 count, const u32* __restrict__ sums, u32* __restrict__ starts) {
    const u32 at = thread_of_all();
    const u32 value = at < count ? values[at] : 0;
    u32 total;
    const u32 up_to = sum_up_to(value, total);
    if (at < count) starts[at] = sums[blockIdx.x] + up_to - value;
    if (at == 0) starts[count] = sums[gridDim.x];
}
