// The words of CUDA C++ that our kernels use, for an ordinary compiler. Included before the source of a kernel.
#pragma once

#include <utility>

#include "sim.hpp"

#define __device__
#define __global__
#define __forceinline__ inline __attribute__((always_inline))
#define __restrict__ __restrict
#define __launch_bounds__(...)
#define __constant__ static const

// As `SHARED` and `SHARED_REST` of cuda/types.cuh.
#define SHARED(type, name, count)        \
    static const char name##_key = 0;    \
    type* const name = static_cast<type*>(sim::shared(&name##_key, sizeof(type) * (count)))
#define SHARED_REST(type, name) type* const name = static_cast<type*>(sim::dynamic_shared())

#define threadIdx (sim::thread_index())
#define blockIdx (sim::block_index())
#define blockDim (sim::block_size())
#define gridDim (sim::grid_size())

#define SIM_HERE const char *file = __builtin_FILE(), int line = __builtin_LINE()

namespace sim {
inline uint32_t bits(float number) {
    uint32_t bits;
    std::memcpy(&bits, &number, sizeof bits);
    return bits;
}
inline float number(uint32_t bits) {
    float number;
    std::memcpy(&number, &bits, sizeof number);
    return number;
}
}  // namespace sim

inline void __syncthreads(SIM_HERE) { sim::barrier(file, line); }

inline void __syncwarp(uint32_t mask = ~0u, SIM_HERE) {
    uint64_t values[32];
    sim::meet({mask, "__syncwarp", file, line}, 0, values);
}

inline uint32_t __ballot_sync(uint32_t mask, int predicate, SIM_HERE) {
    uint64_t values[32];
    sim::meet({mask, "__ballot_sync", file, line}, predicate != 0, values);
    uint32_t bits = 0;
    for (unsigned lane = 0; lane < 32; lane++) bits |= static_cast<uint32_t>(values[lane]) << lane;
    return bits;
}

inline uint32_t __shfl_sync(uint32_t mask, uint32_t value, int from, SIM_HERE) {
    uint64_t values[32];
    sim::meet({mask, "__shfl_sync", file, line}, value, values);
    if (!sim::takes_part(mask, from & 31)) sim::fail("__shfl_sync at line %d reads lane %d, which the mask %08x is without", line, from & 31, mask);
    return static_cast<uint32_t>(values[from & 31]);
}

// As on the device, a lane without one so far below keeps its own.
inline uint32_t __shfl_up_sync(uint32_t mask, uint32_t value, unsigned by, SIM_HERE) {
    uint64_t values[32];
    sim::meet({mask, "__shfl_up_sync", file, line}, value, values);
    if (sim::lane() < by) return value;
    if (!sim::takes_part(mask, sim::lane() - by)) sim::fail("__shfl_up_sync at line %d reads a lane that the mask %08x is without", line, mask);
    return static_cast<uint32_t>(values[sim::lane() - by]);
}

inline float __shfl_xor_sync(uint32_t mask, float value, unsigned with, SIM_HERE) {
    uint64_t values[32];
    sim::meet({mask, "__shfl_xor_sync", file, line}, sim::bits(value), values);
    const unsigned from = (sim::lane() ^ with) & 31;
    if (!sim::takes_part(mask, from)) sim::fail("__shfl_xor_sync at line %d reads lane %u, which the mask %08x is without", line, from, mask);
    return sim::number(static_cast<uint32_t>(values[from]));
}

inline uint32_t __reduce_min_sync(uint32_t mask, uint32_t value, SIM_HERE) {
    uint64_t values[32];
    sim::meet({mask, "__reduce_min_sync", file, line}, value, values);
    uint32_t least = ~0u;
    for (unsigned lane = 0; lane < 32; lane++)
        if (sim::takes_part(mask, lane) && values[lane] < least) least = static_cast<uint32_t>(values[lane]);
    return least;
}

template <class Number>
inline Number atomicAdd(Number* at, Number value) {
    sim::pause();
    const Number before = *at;
    *at = before + value;
    return before;
}

inline float __uint_as_float(uint32_t bits) { return sim::number(bits); }
inline uint32_t __float_as_uint(float number) { return sim::bits(number); }
inline float __fmaf_rn(float left, float right, float more) { return __builtin_fmaf(left, right, more); }
inline float __fsqrt_rn(float number) { return __builtin_sqrtf(number); }
inline int __ffs(int bits) { return __builtin_ffs(bits); }
inline int __popc(unsigned bits) { return __builtin_popcount(bits); }
inline int __clz(int bits) { return bits ? __builtin_clz(bits) : 32; }
inline unsigned long long __umul64hi(unsigned long long left, unsigned long long right) {
    return static_cast<unsigned long long>(static_cast<unsigned __int128>(left) * right >> 64);
}

namespace sim {
// What a lane has of the two sides of a product of tensor cores, in the layout that the PTX ISA gives for mma.m16n8k16 of f16.
struct Fragment {
    float left[8];
    float right[4];
};
// Adds to each of the four sums of a lane the sixteen products of its row and its column, from the first to the last. A product of halves is exact.
inline void multiply_add(float (&sums)[4], const Fragment& fragment, SIM_HERE) {
    uint64_t lanes[32], gone[32];
    meet({~0u, "mma", file, line}, reinterpret_cast<uint64_t>(&fragment), lanes);
    const unsigned group = lane() / 4, member = lane() % 4;
    const auto of = [&](unsigned lane) { return reinterpret_cast<const Fragment*>(lanes[lane]); };
    for (unsigned input = 0; input < 16; input++) {
        const unsigned from = input / 2 % 4, half = input / 8, place = input % 2;
        for (unsigned at = 0; at < 4; at++) {
            const float left = of(4 * group + from)->left[4 * half + 2 * (at / 2) + place];
            const float right = of(4 * (2 * member + at % 2) + from)->right[2 * half + place];
            sums[at] += left * right;
        }
    }
    // What a lane brought is there until all have read it.
    meet({~0u, "mma", file, line}, 0, gone);
}
template <class... Arguments, size_t... at>
inline void call(void (*kernel)(Arguments...), void** arguments, std::index_sequence<at...>) {
    kernel(*static_cast<std::remove_reference_t<Arguments>*>(arguments[at])...);
}
template <class... Arguments>
inline void call(void (*kernel)(Arguments...), [[maybe_unused]] void** arguments) {
    call(kernel, arguments, std::index_sequence_for<Arguments...>());
}
template <class... Arguments>
inline const size_t* sizes(void (*)(Arguments...)) {
    static const size_t sizes[] = {sizeof(Arguments)..., 0};
    return sizes;
}
}  // namespace sim

// The kernels of a unit, in a list that ends with one without a name, under a symbol of their own.
#define SIM_KERNEL(kernel) {#kernel, [](void** arguments) { sim::call(kernel, arguments); }, sim::sizes(kernel)}
#define SIM_JOIN_(left, right) left##right
#define SIM_JOIN(left, right) SIM_JOIN_(left, right)
#ifndef SIM_VARIANT
#define SIM_VARIANT
#endif
#define SIM_UNIT(name, ...)                                                                     \
    extern "C" const sim::Kernel* SIM_JOIN(tweetmill_sim_##name, SIM_VARIANT)() {               \
        static const sim::Kernel kernels[] = {__VA_ARGS__, {nullptr, nullptr, nullptr}};                 \
        return kernels;                                                                         \
    }
