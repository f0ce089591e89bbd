// The tables that src/bpe builds, as they are: words that are tokens, pairs that merge, seams that no merge reaches across.
#pragma once

#include "utf8.cuh"
#include "xxh3.cuh"

// Of no token; of two that don't merge.
constexpr u32 NO_SYMBOL = 0xFFFFFFFF;

constexpr u64 GOLDEN = 0x9E3779B97F4A7C15;

// The first `count` bytes at `at`, eight at most, the others zero. Up to 15 bytes beyond the first are read.
DEVICE u64 some_bytes(const u8* __restrict__ at, u32 count) { return count >= 8 ? word64(at) : word64(at) & ((1ull << 8 * count) - 1); }

// src/bpe/words.rs.
struct Words {
    const u64* slots;
    u32 mask;
    // For each its bytes, its symbol and its length.
    const u8* entries;
    u32 longest;

    static DEVICE_METHOD u64 hash(const u8* word, u32 bytes) {
        if (bytes > 15) return xxh3_64(word, bytes);
        const u64 low = some_bytes(word, bytes);
        const u64 high = (bytes > 8 ? some_bytes(word + 8, bytes - 8) : 0) | static_cast<u64>(bytes) << 56;
        return folded_product(low ^ GOLDEN, high ^ 0xD6E8FEB86659FD93);
    }
    static DEVICE_METHOD bool are_equal(const u8* left, const u8* right, u32 bytes) {
        for (u32 at = 0; at < bytes; at += 8) {
            if (some_bytes(left + at, bytes - at) != some_bytes(right + at, bytes - at)) return false;
        }
        return true;
    }
    // The symbol of a word that is a token.
    DEVICE_METHOD u32 symbol(const u8* word, u32 bytes) const {
        if (bytes > longest) return NO_SYMBOL;
        const u64 hash = Words::hash(word, bytes);
        for (u32 at = static_cast<u32>(hash) & mask;; at = (at + 1) & mask) {
            const u64 slot = slots[at];
            if (slot == 0) return NO_SYMBOL;
            if (slot >> 32 != hash >> 32) continue;
            const u8* tail = entries + static_cast<u32>(slot) - 8;
            const u64 symbol_and_bytes = word64(tail);
            if (symbol_and_bytes >> 32 == bytes && are_equal(tail - bytes, word, bytes)) return static_cast<u32>(symbol_and_bytes);
        }
    }
};

// A table of src/bpe/pairs.rs.
struct PairTable {
    const u64* slots;
    u32 shift;
    u32 mask;

    DEVICE_METHOD u32 merged(u64 key, u64 hash) const {
        for (u32 at = static_cast<u32>(hash >> shift);; at = (at + 1) & mask) {
            const u64 slot = slots[at];
            if (slot == 0) return NO_SYMBOL;
            if (slot >> 20 == key) return static_cast<u32>(slot) & 0xFFFFF;
        }
    }
};

// src/bpe/pairs.rs.
struct Pairs {
    // A bit by the hash of each pair that merges.
    const u64* some;
    u32 some_shift;
    PairTable first, rest;

    // What two symbols merge into.
    DEVICE_METHOD u32 merged(u32 left, u32 right) const {
        const u64 key = static_cast<u64>(left) << 20 | right;
        const u64 hash = key * GOLDEN, bit = hash >> some_shift;
        if ((some[bit / 64] >> bit % 64 & 1) == 0) return NO_SYMBOL;
        const u32 found = first.merged(key, hash);
        return found != NO_SYMBOL ? found : rest.merged(key, hash);
    }
};

// src/bpe/seams.rs.
struct Seams {
    const u64* together;
    const u64* in_part;

    static DEVICE_METHOD u32 packed(const u8* character, u32 bytes) {
        u32 packed = 0;
        for (u32 at = bytes; at > 0; at--) packed = packed << 8 | character[at - 1];
        return packed;
    }
    // Whether there is one before the byte at `at`, which others of the word come before.
    DEVICE_METHOD bool is_before(const u8* at) const {
        if (!is_lead(at[0])) return false;
        const u8* before = at - 1;
        while (!is_lead(before[0])) before--;
        const u64 both = static_cast<u64>(packed(before, static_cast<u32>(at - before))) << 32 | packed(at, width(at[0]));
        const u64 bit = both * GOLDEN >> (64 - 18);
        const u32 part = at[-1] << 8 | at[0];
        return ((together[bit / 64] >> bit % 64 | in_part[part / 64] >> part % 64) & 1) == 0;
    }
};
