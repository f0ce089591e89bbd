// The keys of the bands of texts, as src/near/bands.rs defines them: a warp a text.
//
//   bytes ── 32 at a time: a lane each ──► code points ── a lane a shingle ──► hashes ── to all lanes, four permutations each ──► minima ──► keys
#include "utf8.cuh"

// With twelve blocks on a multiprocessor, a thread has as many registers as it needs.
constexpr u32 WARPS_OF_BLOCK = 4, BLOCKS_AT_ONCE = 12;
// Code points of the longest shingle.
constexpr u32 LONGEST_SHINGLE = 8;
// Permutations of a lane, all of which see a hash at once.
constexpr u32 LANE_PERMUTATIONS = 4;
// Code points that wait for those after them, and those of 32 bytes.
constexpr u32 WINDOW = LONGEST_SHINGLE - 1 + WARP;

DEVICE u32 mix32(u32 word) {
    word = (word ^ word >> 16) * 0x85EBCA6B;
    word = (word ^ word >> 13) * 0xC2B2AE35;
    return word ^ word >> 16;
}
DEVICE u64 mix64(u64 word) {
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9;
    word = (word ^ word >> 27) * 0x94D049BB133111EB;
    return word ^ word >> 31;
}

struct Shingles {
    // Of each code point, by its place; then what a hash of so many code points starts from.
    const u32* multipliers;
    const u32* offsets;
    // First and last code points of the dense scripts.
    const u32* dense_blocks;
    u32 blocks;
    u32 alphabetic, dense;

    DEVICE_METHOD u32 length(u32 first) const {
        for (u32 block = 0; block < blocks; block++) {
            if (first >= dense_blocks[2 * block] && first <= dense_blocks[2 * block + 1]) return dense;
        }
        return alphabetic;
    }
    DEVICE_METHOD u32 hash(const u32* points, u32 length) const {
        u32 sum = offsets[length];
        for (u32 at = 0; at < length; at++) sum += points[at] * multipliers[at];
        return mix32(sum);
    }
};

struct Minima {
    u32 a[LANE_PERMUTATIONS], b[LANE_PERMUTATIONS], least[LANE_PERMUTATIONS];

    // Those of `permutations` from `first` on, 32 apart. What is beyond has no minimum.
    DEVICE_METHOD void start(const u32* all_a, const u32* all_b, u32 permutations, u32 first) {
#pragma unroll
        for (u32 at = 0; at < LANE_PERMUTATIONS; at++) {
            const u32 permutation = first + WARP * at;
            a[at] = permutation < permutations ? all_a[permutation] : 0;
            b[at] = permutation < permutations ? all_b[permutation] : ALL_LANES;
            least[at] = ALL_LANES;
        }
    }
    DEVICE_METHOD void take(u32 hash) {
#pragma unroll
        for (u32 at = 0; at < LANE_PERMUTATIONS; at++) {
            const u32 permuted = a[at] * hash + b[at];
            least[at] = permuted < least[at] ? permuted : least[at];
        }
    }
};

// Has all lanes take all hashes of `text`. `window` is this warp's own.
DEVICE void take_shingles(const Shingles& shingles, const u8* text, u32 bytes, u32* window, Minima& minima) {
    const u32 lane = lane_of_warp();
    u32 points = 0, found = 0;
    for (u32 from = 0;; from += WARP) {
        const u32 at = from + lane;
        const bool leads = at < bytes && is_lead(text[at]);
        const u32 leading = __ballot_sync(ALL_LANES, leads);
        if (leads) window[points + __popc(leading & lanes_below(lane))] = code_point(text + at);
#ifndef BUG_HASTY_WINDOW
        __syncwarp();
#endif
        points += __popc(leading);
        const bool is_last = from + WARP >= bytes;
        const u32 waiting = is_last ? 0 : points < LONGEST_SHINGLE ? points : LONGEST_SHINGLE - 1;
        const u32 ready = points - waiting;
        for (u32 first = 0; first < ready; first += WARP) {
            const u32 start = first + lane;
            const u32 length = start < ready ? shingles.length(window[start]) : 0;
            const bool fits = start < ready && start + length <= points;
            const u32 hash = fits ? shingles.hash(window + start, length) : 0;
            u32 fitting = __ballot_sync(ALL_LANES, fits);
            found |= fitting;
            for (; fitting != 0; fitting &= fitting - 1) minima.take(__shfl_sync(ALL_LANES, hash, __ffs(fitting) - 1));
        }
        // A text in which none fits is shorter than the longest: all of it is here.
        if (is_last && found == 0) minima.take(shingles.hash(window, points));
        const u32 kept = lane < waiting ? window[ready + lane] : 0;
        __syncwarp();
        if (is_last) return;
        if (lane < waiting) window[lane] = kept;
        points = waiting;
    }
}

// Text i is the UTF-8 from ends[i - 1], or 0, to ends[i]; its keys are those from i * bands on. The empty text's are left as they are.
// The launch asks for a word of shared memory for each of bands * rows, four times.
KERNEL __launch_bounds__(WARPS_OF_BLOCK* WARP, BLOCKS_AT_ONCE)
band_keys(const u8* __restrict__ bytes, const u32* __restrict__ ends, u32 texts, const u32* __restrict__ multipliers,
          const u32* __restrict__ offsets, const u32* __restrict__ dense_blocks, u32 blocks, u32 alphabetic, u32 dense,
          const u32* __restrict__ a, const u32* __restrict__ b, const u64* __restrict__ row_multipliers, u32 rows,
          const u64* __restrict__ band_tags, u32 bands, u64* __restrict__ keys) {
    SHARED(u32, windows, WARPS_OF_BLOCK * WINDOW);
    SHARED_REST(u32, all_minima);
    const u32 lane = lane_of_warp(), warp = threadIdx.x / WARP, permutations = bands * rows;
    u32* minima = all_minima + warp * permutations;
    const Shingles shingles = {multipliers, offsets, dense_blocks, blocks, alphabetic, dense};
    for (u32 text = warp_of_all(); text < texts; text += all_warps()) {
        const u32 start = text == 0 ? 0 : ends[text - 1];
        const u32 length = ends[text] - start;
        if (length == 0) continue;
        for (u32 first = 0; first < permutations; first += LANE_PERMUTATIONS * WARP) {
            Minima some;
            some.start(a, b, permutations, first + lane);
            take_shingles(shingles, bytes + start, length, windows + warp * WINDOW, some);
#pragma unroll
            for (u32 at = 0; at < LANE_PERMUTATIONS; at++) {
                const u32 permutation = first + lane + WARP * at;
                if (permutation < permutations) minima[permutation] = some.least[at];
            }
        }
        __syncwarp();
        for (u32 band = lane; band < bands; band += WARP) {
            u64 sum = band_tags[band];
            for (u32 row = 0; row < rows; row++) sum += row_multipliers[row] * minima[band * rows + row];
            keys[static_cast<u64>(text) * bands + band] = mix64(sum);
        }
        __syncwarp();
    }
}
