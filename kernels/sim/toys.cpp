// Kernels that do what the model allows, and what it forbids: they test the simulation.
#include "host.hpp"

#include "../cuda/half.cuh"

// Sums of all values so far, in one block of 128.
template <bool waits>
static void running_sums(const uint32_t* values, uint32_t* sums) {
    SHARED(uint32_t, so_far, 128);
    const unsigned at = threadIdx.x;
    so_far[at] = values[at];
    __syncthreads();
    for (unsigned by = 1; by < 128; by *= 2) {
        const uint32_t before = at >= by ? so_far[at - by] : 0;
        if (waits) __syncthreads();
        so_far[at] += before;
        __syncthreads();
    }
    sums[at] = so_far[at];
}

static void right_sums(const uint32_t* values, uint32_t* sums) { running_sums<true>(values, sums); }
static void hasty_sums(const uint32_t* values, uint32_t* sums) { running_sums<false>(values, sums); }

// The largest lane of each half warp, by masks of the halves.
static void halves(uint32_t* found) {
    const unsigned lane = threadIdx.x % 32;
    const uint32_t mask = lane < 16 ? 0xFFFFu : 0xFFFF0000u;
    found[threadIdx.x] = 31 - __reduce_min_sync(mask, 31 - lane);
}

static void half_with_the_mask_of_all(uint32_t* found) {
    if (threadIdx.x % 32 < 16) found[threadIdx.x] = __shfl_sync(0xFFFFFFFFu, threadIdx.x, 3);
}

static void lane_outside_its_mask(uint32_t* found) { found[threadIdx.x] = __ballot_sync(0xFFFFu, 1); }

static void two_places(uint32_t* found) {
    if (threadIdx.x % 2) found[threadIdx.x] = __ballot_sync(0xFFFFFFFFu, 1);
    else found[threadIdx.x] = __ballot_sync(0xFFFFFFFFu, 1);
}

static void barrier_of_one(uint32_t*) {
    if (threadIdx.x == 0) __syncthreads();
    else __syncwarp();
}

// Each block leaves a value for itself where the others do, too.
static void one_place_for_all(uint32_t* place, uint32_t* found) {
    if (threadIdx.x == 0) *place = blockIdx.x;
    __syncthreads();
    if (threadIdx.x == 0) found[blockIdx.x] = *place;
}

static void count_all(uint32_t* count) { atomicAdd(count, 1u); }

static void count_unset(uint32_t* found) {
    SHARED(uint32_t, unset, 4);
    found[threadIdx.x] = unset[threadIdx.x];
}

// The number that each half is, and the half that each number becomes.
static void value_of_half(uint32_t* found) {
    const uint32_t half = blockIdx.x * blockDim.x + threadIdx.x;
    found[half] = __float_as_uint(of_half(static_cast<u16>(half)));
}
static void half_of_value(const uint32_t* values, uint32_t* found) {
    const uint32_t at = blockIdx.x * blockDim.x + threadIdx.x;
    found[at] = to_half(__uint_as_float(values[at]));
}

SIM_UNIT(toys, SIM_KERNEL(right_sums), SIM_KERNEL(hasty_sums), SIM_KERNEL(halves), SIM_KERNEL(half_with_the_mask_of_all),
         SIM_KERNEL(lane_outside_its_mask), SIM_KERNEL(two_places), SIM_KERNEL(barrier_of_one), SIM_KERNEL(one_place_for_all),
         SIM_KERNEL(count_all), SIM_KERNEL(count_unset), SIM_KERNEL(value_of_half), SIM_KERNEL(half_of_value))
