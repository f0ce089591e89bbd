// Words that every source of a kernel uses. Nothing is included: nvcc, NVRTC and, for the simulation, an ordinary compiler take the same.
#pragma once

using u8 = unsigned char;
using u16 = unsigned short;
using u32 = unsigned int;
using u64 = unsigned long long;

#if defined(__CUDACC__) || defined(__CUDACC_RTC__)
#define KERNEL extern "C" __global__ void
#define DEVICE __device__ __forceinline__
#define DEVICE_METHOD __device__ __forceinline__
// Memory of a block: so many of a type, and what the launch asks for beside.
#define SHARED(type, name, count) __shared__ type name[count]
#define SHARED_REST(type, name) extern __shared__ type name[]
#else
#define KERNEL static void
#define DEVICE static inline
#define DEVICE_METHOD inline
#endif

constexpr u32 WARP = 32;
constexpr u32 ALL_LANES = 0xFFFFFFFF;

// The thread among all of the launch, how many there are, and the same of warps.
DEVICE u32 thread_of_all() { return blockIdx.x * blockDim.x + threadIdx.x; }
DEVICE u32 all_threads() { return gridDim.x * blockDim.x; }
DEVICE u32 warp_of_all() { return thread_of_all() / WARP; }
DEVICE u32 all_warps() { return all_threads() / WARP; }
DEVICE u32 lane_of_warp() { return threadIdx.x % WARP; }

// The lanes below `lane`, which is at most 32.
DEVICE u32 lanes_below(u32 lane) { return lane >= WARP ? ALL_LANES : (1u << lane) - 1; }

// The eight bytes at `at`, the first lowest. Memory is read by whole words of eight bytes, and so up to seven bytes more on either side.
DEVICE u64 word64(const u8* __restrict__ at) {
    const u32 past = static_cast<u32>(reinterpret_cast<u64>(at) % 8);
    const u64* words = reinterpret_cast<const u64*>(at - past);
    return past == 0 ? words[0] : words[0] >> 8 * past | words[1] << (64 - 8 * past);
}

// The four bytes at `at`.
DEVICE u32 word32(const u8* __restrict__ at) {
    return at[0] | at[1] << 8 | at[2] << 16 | static_cast<u32>(at[3]) << 24;
}
