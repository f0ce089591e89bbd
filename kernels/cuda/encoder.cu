// The vectors of texts, from their tokens, as src/encoder defines them, in half precision: tokens of all texts one after another, none of nothing.
//
//   ids ── embed ──► rows ─┬─ multiply ──► queries, keys, values ── attend ──► mixtures ── multiply ──► add_norm ─┬─► rows ── pool ──► vectors
//                          └─ multiply (GELU), multiply, add_norm ◄── × layers ────────────────────────────────┘
//
// Halves are what is kept; every sum is in single precision, and goes in an order that the text alone decides. Rows have zeros from their numbers to a
// multiple of TILE_COLUMNS.
#include "elementary.cuh"
#include "mma.cuh"

constexpr u32 WARPS_OF_BLOCK = 4, BLOCK = WARPS_OF_BLOCK * WARP;

// The same for all lanes: halves of a warp, then quarters, and so on.
DEVICE float sum_of_lanes(float value) {
#pragma unroll
    for (u32 by = WARP / 2; by > 0; by /= 2) value += __shfl_xor_sync(ALL_LANES, value, by);
    return value;
}
DEVICE float largest_of_lanes(float value) {
#pragma unroll
    for (u32 by = WARP / 2; by > 0; by /= 2) {
        const float other = __shfl_xor_sync(ALL_LANES, value, by);
        value = other > value ? other : value;
    }
    return value;
}

// Where the tokens of a text are among those of some texts, the first of which is `first`.
struct Tokens {
    u32 start, count;

    DEVICE_METHOD Tokens(const u32* starts, u32 first, u32 text) : start(starts[text] - starts[first]), count(starts[text + 1] - starts[text]) {}
};

// ── products ──

// What a block makes, and inputs of it that are in shared memory at once; then halves from the start of a row there to that of the next, so that the
// lanes of a warp read from all banks.
constexpr u32 TILE_ROWS = 128, TILE_COLUMNS = 64, TILE_DEPTH = 32, TILE_STRIDE = TILE_DEPTH + CHUNK;
constexpr u32 STAGE_ROWS = TILE_ROWS + TILE_COLUMNS, STAGE_CHUNKS = STAGE_ROWS * TILE_STRIDE / CHUNK;
// What a warp makes of it.
constexpr u32 WARP_ROWS = 64, WARP_COLUMNS = 32, ROW_PARTS = WARP_ROWS / 16, COLUMN_PARTS = WARP_COLUMNS / 8;
// Chunks of a stage that a thread copies.
constexpr u32 ROW_CHUNKS = TILE_DEPTH / CHUNK, THREAD_CHUNKS = STAGE_ROWS * ROW_CHUNKS / BLOCK;

// Inputs on their way from memory: rows of the left side, then of the right.
struct Stage {
    Word128 chunks[THREAD_CHUNKS];

    // Rows from `row` on, columns from `column` on, and inputs from `from` on.
    DEVICE_METHOD void load(const u16* left, u32 row, u32 rows, const u16* right, u32 column, u32 depth, u32 from) {
#pragma unroll
        for (u32 at = 0; at < THREAD_CHUNKS; at++) {
            const u32 line = (at * BLOCK + threadIdx.x) / ROW_CHUNKS, input = from + threadIdx.x % ROW_CHUNKS * CHUNK;
            const bool is_left = line < TILE_ROWS;
            const u16* side = is_left ? left + static_cast<u64>(row + line) * depth : right + static_cast<u64>(column + line - TILE_ROWS) * depth;
            if (is_left && row + line >= rows) chunks[at] = {};
            else chunks[at] = *reinterpret_cast<const Word128*>(side + input);
        }
    }
    DEVICE_METHOD void store(Word128* stage) const {
#pragma unroll
        for (u32 at = 0; at < THREAD_CHUNKS; at++) {
            stage[(at * BLOCK + threadIdx.x) / ROW_CHUNKS * (TILE_STRIDE / CHUNK) + threadIdx.x % ROW_CHUNKS] = chunks[at];
        }
    }
};

// Adds the products of a stage to `sums`.
DEVICE void multiply_stage(const Word128* stage, u32 warp_row, u32 warp_column, float (&sums)[ROW_PARTS][COLUMN_PARTS][4]) {
    constexpr u32 stride = TILE_STRIDE / 2;
    const u32 group = lane_of_warp() / 4, member = lane_of_warp() % 4;
    const u32* left_words = reinterpret_cast<const u32*>(stage) + (warp_row + group) * stride + member;
    const u32* right_words = reinterpret_cast<const u32*>(stage) + (TILE_ROWS + warp_column + group) * stride + member;
#pragma unroll
    for (u32 word = 0; word < TILE_DEPTH / 2; word += 8) {
        u32 right[COLUMN_PARTS][2];
#pragma unroll
        for (u32 part = 0; part < COLUMN_PARTS; part++) {
            const u32* from = right_words + part * 8 * stride + word;
            right[part][0] = from[0];
            right[part][1] = from[4];
        }
#pragma unroll
        for (u32 part = 0; part < ROW_PARTS; part++) {
            const u32* from = left_words + part * 16 * stride + word;
            const u32 left[4] = {from[0], from[8 * stride], from[4], from[8 * stride + 4]};
#pragma unroll
            for (u32 columns = 0; columns < COLUMN_PARTS; columns++) multiply_add(sums[part][columns], left, right[columns]);
        }
    }
}

// `out` = `bias` + `left` · `right`, or the GELU of it: `rows` rows of `depth` by `columns` columns, which are the rows of `right`. A block for each tile,
// those of the same rows one after another. `depth` is a multiple of TILE_DEPTH, and `columns` of TILE_COLUMNS.
KERNEL __launch_bounds__(BLOCK) multiply(const u16* __restrict__ left, u32 rows, u32 depth, const u16* __restrict__ right, const float* __restrict__ bias,
                                         u32 columns, u32 is_gelu, u32* __restrict__ out) {
    SHARED(Word128, stages, 2 * STAGE_CHUNKS);
    const u32 tiles = columns / TILE_COLUMNS;
    const u32 row = blockIdx.x / tiles * TILE_ROWS, column = blockIdx.x % tiles * TILE_COLUMNS;
    const u32 warp = threadIdx.x / WARP, group = lane_of_warp() / 4, member = lane_of_warp() % 4;
    const u32 warp_row = warp / 2 * WARP_ROWS, warp_column = warp % 2 * WARP_COLUMNS;
    const u32 first_column = column + warp_column + 2 * member;
    float sums[ROW_PARTS][COLUMN_PARTS][4];
#pragma unroll
    for (u32 at = 0; at < COLUMN_PARTS; at++) {
        const float low = bias[first_column + 8 * at], high = bias[first_column + 8 * at + 1];
#pragma unroll
        for (u32 part = 0; part < ROW_PARTS; part++) {
            sums[part][at][0] = sums[part][at][2] = low;
            sums[part][at][1] = sums[part][at][3] = high;
        }
    }
    Stage next;
    next.load(left, row, rows, right, column, depth, 0);
    for (u32 from = 0, turn = 0; from < depth; from += TILE_DEPTH, turn ^= 1) {
        Word128* stage = stages + turn * STAGE_CHUNKS;
        next.store(stage);
        // Who waits here has read the other stage, which is written next.
#ifndef BUG_HASTY_STAGE
        __syncthreads();
#endif
        if (from + TILE_DEPTH < depth) next.load(left, row, rows, right, column, depth, from + TILE_DEPTH);
        multiply_stage(stage, warp_row, warp_column, sums);
    }
#pragma unroll
    for (u32 part = 0; part < ROW_PARTS; part++) {
#pragma unroll
        for (u32 half = 0; half < 2; half++) {
            const u32 to = row + warp_row + 16 * part + 8 * half + group;
            if (to >= rows) continue;
#pragma unroll
            for (u32 at = 0; at < COLUMN_PARTS; at++) {
                float low = sums[part][at][2 * half], high = sums[part][at][2 * half + 1];
                if (is_gelu) {
                    low = gelu(low);
                    high = gelu(high);
                }
                out[(static_cast<u64>(to) * columns + first_column + 8 * at) / 2] = to_halves(low, high);
            }
        }
    }
}

// ── attention ──

// Keys in shared memory at once, a lane each; queries of a warp and of a block; and numbers of a head for each lane, at most.
constexpr u32 KEYS = WARP, WARP_QUERIES = 4, QUERIES = WARPS_OF_BLOCK * WARP_QUERIES, LANE_NUMBERS = 4;
constexpr float LEAST = -3.40282347e38f;

// softmax(Q·Kᵀ·scale)·V: a block for each head of each of `parts`, which are a text and the first of QUERIES tokens of it. Rows of `projected` have the
// queries of all heads, their keys, their values, each `width` numbers, a multiple of 16 up to 128; those of `mixed` the mixtures of all heads.
//
// Sums go from the first key to the last, KEYS at a time, and are made smaller where a larger score comes. The launch asks for the shared memory of
// KEYS keys, a word more each, and values, QUERIES queries, and the shares of WARP_QUERIES for each key of a warp.
KERNEL __launch_bounds__(BLOCK) attend(const u16* __restrict__ projected, u32 stride, const u32* __restrict__ starts, u32 first_text,
                                       const u32* __restrict__ parts, u32 heads, u32 width, float scale, u16* __restrict__ mixed, u32 mixed_stride) {
    SHARED_REST(u32, memory);
    const u32 words = width / 2, key_stride = words + 1, chunks = width / CHUNK;
    u32* keys = memory;
    u32* values = keys + KEYS * key_stride;
    float* queries = reinterpret_cast<float*>(values + KEYS * words);
    const u32 lane = lane_of_warp(), warp = threadIdx.x / WARP, head = blockIdx.x % heads, part = blockIdx.x / heads;
    const Tokens tokens(starts, first_text, parts[2 * part]);
    const u32 first = parts[2 * part + 1], own = first + warp * WARP_QUERIES;
    const u16* rows = projected + static_cast<u64>(tokens.start) * stride + head * width;
    for (u32 at = threadIdx.x; at < QUERIES * width; at += BLOCK) {
        const u32 query = first + at / width;
        queries[at] = query < tokens.count ? of_half(rows[static_cast<u64>(query) * stride + at % width]) : 0.0f;
    }
    const float* own_queries = queries + warp * WARP_QUERIES * width;
    float* shares = queries + QUERIES * width + warp * KEYS * WARP_QUERIES;
    float largest[WARP_QUERIES], sums[WARP_QUERIES] = {}, mixtures[WARP_QUERIES][LANE_NUMBERS] = {};
#pragma unroll
    for (u32 query = 0; query < WARP_QUERIES; query++) largest[query] = LEAST;

    for (u32 from = 0; from < tokens.count; from += KEYS) {
        const u32 here = tokens.count - from < KEYS ? tokens.count - from : KEYS;
        // Those before have been read.
        __syncthreads();
        for (u32 at = threadIdx.x; at < KEYS * chunks; at += BLOCK) {
            const u32 key = at / chunks, chunk = at % chunks;
            Word128 some_keys = {}, some_values = {};
            if (key < here) {
                const u16* row = rows + static_cast<u64>(from + key) * stride + chunk * CHUNK;
                some_keys = *reinterpret_cast<const Word128*>(row + heads * width);
                some_values = *reinterpret_cast<const Word128*>(row + 2 * heads * width);
            }
#pragma unroll
            for (u32 word = 0; word < 4; word++) {
                keys[key * key_stride + chunk * 4 + word] = some_keys.words[word];
                values[key * words + chunk * 4 + word] = some_values.words[word];
            }
        }
#ifndef BUG_HASTY_KEYS
        __syncthreads();
#endif
        if (own >= tokens.count) continue;
        float scores[WARP_QUERIES] = {};
        for (u32 word = 0; word < words; word++) {
            const u32 pair = keys[lane * key_stride + word];
            const float low = low_half(pair), high = high_half(pair);
#pragma unroll
            for (u32 query = 0; query < WARP_QUERIES; query++) {
                const float* numbers = own_queries + query * width + 2 * word;
                scores[query] = __fmaf_rn(numbers[1], high, __fmaf_rn(numbers[0], low, scores[query]));
            }
        }
#ifdef BUG_MASK_ONE_OFF
        const bool is_key = lane <= here;
#else
        const bool is_key = lane < here;
#endif
#pragma unroll
        for (u32 query = 0; query < WARP_QUERIES; query++) {
            const float here_largest = largest_of_lanes(is_key ? scores[query] : LEAST), before = largest[query];
            largest[query] = here_largest > before ? here_largest : before;
            const float smaller = exponential((before - largest[query]) * scale);
            const float share = is_key ? exponential((scores[query] - largest[query]) * scale) : 0.0f;
            sums[query] = __fmaf_rn(sums[query], smaller, share);
#pragma unroll
            for (u32 at = 0; at < LANE_NUMBERS; at++) mixtures[query][at] *= smaller;
            shares[lane * WARP_QUERIES + query] = share;
        }
        __syncwarp();
        const u16* numbers = reinterpret_cast<const u16*>(values);
        for (u32 key = 0; key < here; key++) {
#pragma unroll
            for (u32 at = 0; at < LANE_NUMBERS; at++) {
                if (lane + at * WARP >= width) continue;
                const float value = of_half(numbers[key * width + lane + at * WARP]);
#pragma unroll
                for (u32 query = 0; query < WARP_QUERIES; query++) {
                    mixtures[query][at] = __fmaf_rn(shares[key * WARP_QUERIES + query], value, mixtures[query][at]);
                }
            }
        }
    }
#pragma unroll
    for (u32 query = 0; query < WARP_QUERIES; query++) {
        if (own + query >= tokens.count) continue;
        const float share = 1.0f / sum_of_lanes(sums[query]);
        u16* out = mixed + static_cast<u64>(tokens.start + own + query) * mixed_stride;
#pragma unroll
        for (u32 at = 0; at < LANE_NUMBERS; at++) {
            if (lane + at * WARP < width) out[head * width + lane + at * WARP] = to_half(mixtures[query][at] * share);
        }
        // What a product reads beyond the last head.
        if (head == heads - 1) {
            for (u32 at = heads * width + lane; at < mixed_stride; at += WARP) out[at] = 0;
        }
    }
}

// ── rows ──

// Layer normalisation of rows of `values` numbers, `wide` with the zeros that follow, by a warp.
struct Norm {
    const float* gamma;
    const float* beta;
    u32 values, wide;
    float epsilon;

    // Numbers of `row` are in memory of the warp, where each lane has written those of its words. `sum` is of those of a lane.
    DEVICE_METHOD void apply(const float* row, float sum, u32* out) const {
        const float count = static_cast<float>(values), mean = sum_of_lanes(sum) / count;
        float squares = 0;
        for (u32 at = 2 * lane_of_warp(); at < values; at += 2 * WARP) {
            const float low = row[at] - mean, high = at + 1 < values ? row[at + 1] - mean : 0.0f;
            squares = __fmaf_rn(high, high, __fmaf_rn(low, low, squares));
        }
        const float by = 1.0f / __fsqrt_rn(sum_of_lanes(squares) / count + epsilon);
        for (u32 at = 2 * lane_of_warp(); at < wide; at += 2 * WARP) {
            const float low = (row[at] - mean) * by, high = (row[at + 1] - mean) * by;
            out[at / 2] = to_halves(__fmaf_rn(low, gamma[at], beta[at]), __fmaf_rn(high, gamma[at + 1], beta[at + 1]));
        }
    }
};

// The normalised sum of two rows of halves; `numbers` is memory of the warp.
DEVICE void add_and_normalize(const Norm& norm, const u32* left, const u32* right, float* numbers, u32* out) {
    float sum = 0;
    for (u32 word = lane_of_warp(); 2 * word < norm.wide; word += WARP) {
        const float low = low_half(left[word]) + low_half(right[word]), high = high_half(left[word]) + high_half(right[word]);
        numbers[2 * word] = low;
        numbers[2 * word + 1] = high;
        sum = sum + low + high;
    }
    norm.apply(numbers, sum, out);
}

// The row of each token of the texts from `first_text` on, a block each: what its id and its place stand for, normalised. The launch asks for a row of
// shared memory in single precision for each warp, as do those below.
KERNEL __launch_bounds__(BLOCK) embed(const u32* __restrict__ ids, const u32* __restrict__ starts, u32 first_text, const u32* __restrict__ words,
                                      const u32* __restrict__ places, const float* __restrict__ gamma, const float* __restrict__ beta, u32 numbers, u32 wide,
                                      float epsilon, u32* __restrict__ rows) {
    SHARED_REST(float, sums_of_embed);
    const Norm norm = {gamma, beta, numbers, wide, epsilon};
    const u32 text = first_text + blockIdx.x, warp = threadIdx.x / WARP;
    const Tokens tokens(starts, first_text, text);
    for (u32 token = warp; token < tokens.count; token += WARPS_OF_BLOCK) {
        const u64 id = ids[starts[text] + token];
        add_and_normalize(norm, words + id * (wide / 2), places + static_cast<u64>(token) * (wide / 2), sums_of_embed + warp * wide,
                          rows + static_cast<u64>(tokens.start + token) * (wide / 2));
    }
}

// `rows` and `more`, added and normalised, in the place of `rows`: a warp a row.
KERNEL __launch_bounds__(BLOCK) add_norm(u32* rows, const u32* __restrict__ more, u32 count, const float* __restrict__ gamma, const float* __restrict__ beta,
                                         u32 numbers, u32 wide, float epsilon) {
    SHARED_REST(float, sums_of_rows);
    const Norm norm = {gamma, beta, numbers, wide, epsilon};
    for (u32 row = warp_of_all(); row < count; row += all_warps()) {
        u32* own = rows + static_cast<u64>(row) * (wide / 2);
        add_and_normalize(norm, own, more + static_cast<u64>(row) * (wide / 2), sums_of_rows + threadIdx.x / WARP * wide, own);
    }
}

// The vector of each of `texts` texts from `first_text` on, a warp each: the mean of its rows, or the first, divided by its length if `is_normalized`.
KERNEL __launch_bounds__(BLOCK) pool(const u32* __restrict__ rows, const u32* __restrict__ starts, u32 first_text, u32 texts, u32 is_first, u32 is_normalized,
                                     u32 numbers, u32 wide, float* __restrict__ vectors) {
    SHARED_REST(float, means);
    float* mean = means + threadIdx.x / WARP * wide;
    for (u32 text = first_text + warp_of_all(); text < first_text + texts; text += all_warps()) {
        const Tokens tokens(starts, first_text, text);
        const u32* own = rows + static_cast<u64>(tokens.start) * (wide / 2);
        const u32 count = is_first ? 1 : tokens.count;
        float squares = 0;
        for (u32 word = lane_of_warp(); 2 * word < wide; word += WARP) {
            float low = 0, high = 0;
            for (u32 token = 0; token < count; token++) {
                const u32 pair = own[static_cast<u64>(token) * (wide / 2) + word];
                low += low_half(pair);
                high += high_half(pair);
            }
            mean[2 * word] = low = low / static_cast<float>(count);
            mean[2 * word + 1] = high = high / static_cast<float>(count);
            squares = __fmaf_rn(high, high, __fmaf_rn(low, low, squares));
        }
        // A vector of zeros stays one.
        const float length = __fsqrt_rn(sum_of_lanes(squares)), by = is_normalized == 0 ? 1.0f : length < 1e-12f ? 1e-12f : length;
        for (u32 at = 2 * lane_of_warp(); at < numbers; at += 2 * WARP) {
            float* to = vectors + static_cast<u64>(text) * numbers + at;
            to[0] = mean[at] / by;
            if (at + 1 < numbers) to[1] = mean[at + 1] / by;
        }
    }
}
