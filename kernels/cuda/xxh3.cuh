// XXH3 of 64 and of 128 bits with the seed 0 and the secret that its specification defines.
#pragma once

#include "types.cuh"

constexpr u32 XXH_32_1 = 0x9E3779B1, XXH_32_2 = 0x85EBCA77, XXH_32_3 = 0xC2B2AE3D;
constexpr u64 XXH_64_1 = 0x9E3779B185EBCA87, XXH_64_2 = 0xC2B2AE3D27D4EB4F, XXH_64_3 = 0x165667B19E3779F9;
constexpr u64 XXH_64_4 = 0x85EBCA77C2B2AE63, XXH_64_5 = 0x27D4EB2F165667C5;
constexpr u64 XXH3_MIX_1 = 0x165667919E3779F9, XXH3_MIX_2 = 0x9FB21C651E98DF25;

constexpr u32 XXH3_SECRET_BYTES = 192;

__constant__ u64 XXH3_SECRET[XXH3_SECRET_BYTES / 8] = {
    0xBE4BA423396CFEB8, 0x1CAD21F72C81017C, 0xDB979083E96DD4DE, 0x1F67B3B7A4A44072,
    0x78E5C0CC4EE679CB, 0x2172FFCC7DD05A82, 0x8E2443F7744608B8, 0x4C263A81E69035E0,
    0xCB00C391BB52283C, 0xA32E531B8B65D088, 0x4EF90DA297486471, 0xD8ACDEA946EF1938,
    0x3F349CE33F76FAA8, 0x1D4F0BC7C7BBDCF9, 0x3159B4CD4BE0518A, 0x647378D9C97E9FC8,
    0xC3EBD33483ACC5EA, 0xEB6313FAFFA081C5, 0x49DAF0B751DD0D17, 0x9E68D429265516D3,
    0xFCA1477D58BE162B, 0xCE31D07AD1B8F88F, 0x280416958F3ACB45, 0x7E404BBBCAFBD7AF,
};

struct Hash128 {
    u64 low, high;
};

// Eight bytes of the secret.
DEVICE u64 xxh3_secret(u32 at) {
    const u32 past = at % 8 * 8;
    const u64 word = XXH3_SECRET[at / 8];
    return past == 0 ? word : word >> past | XXH3_SECRET[at / 8 + 1] << (64 - past);
}
DEVICE u32 xxh3_secret32(u32 at) { return static_cast<u32>(XXH3_SECRET[at / 8] >> at % 8 * 8); }

DEVICE u64 swapped(u64 word) {
    word = (word & 0x00FF00FF00FF00FF) << 8 | (word >> 8 & 0x00FF00FF00FF00FF);
    word = (word & 0x0000FFFF0000FFFF) << 16 | (word >> 16 & 0x0000FFFF0000FFFF);
    return word << 32 | word >> 32;
}
DEVICE u32 swapped(u32 word) { return static_cast<u32>(swapped(static_cast<u64>(word)) >> 32); }
DEVICE u32 rotated(u32 word, u32 by) { return word << by | word >> (32 - by); }
DEVICE u64 rotated(u64 word, u32 by) { return word << by | word >> (64 - by); }

// The halves of a product, one upon the other.
DEVICE u64 folded_product(u64 left, u64 right) { return left * right ^ __umul64hi(left, right); }

DEVICE u64 xxh64_avalanche(u64 hash) {
    hash = (hash ^ hash >> 33) * XXH_64_2;
    hash = (hash ^ hash >> 29) * XXH_64_3;
    return hash ^ hash >> 32;
}
DEVICE u64 xxh3_avalanche(u64 hash) {
    hash = (hash ^ hash >> 37) * XXH3_MIX_1;
    return hash ^ hash >> 32;
}

DEVICE u64 xxh3_mix16(const u8* __restrict__ at, u32 secret) {
    return folded_product(word64(at) ^ xxh3_secret(secret), word64(at + 8) ^ xxh3_secret(secret + 8));
}
DEVICE void xxh3_mix32(Hash128& sum, const u8* __restrict__ first, const u8* __restrict__ second, u32 secret) {
    sum.low = (sum.low + xxh3_mix16(first, secret)) ^ (word64(second) + word64(second + 8));
    sum.high = (sum.high + xxh3_mix16(second, secret + 16)) ^ (word64(first) + word64(first + 8));
}

// Up to three bytes of a text of one to three, and its length.
DEVICE u32 xxh3_few(const u8* __restrict__ text, u32 bytes) {
    return static_cast<u32>(text[0]) << 16 | static_cast<u32>(text[bytes / 2]) << 24 | text[bytes - 1] | bytes << 8;
}

// The eight sums of a text of more than 240 bytes.
struct Xxh3Sums {
    u64 at[8];
};
DEVICE void xxh3_stripe(Xxh3Sums& sums, const u8* __restrict__ text, u32 secret) {
#pragma unroll
    for (u32 at = 0; at < 8; at++) {
        const u64 word = word64(text + 8 * at);
        const u64 keyed = word ^ xxh3_secret(secret + 8 * at);
        sums.at[at ^ 1] += word;
        sums.at[at] += (keyed & 0xFFFFFFFF) * (keyed >> 32);
    }
}
DEVICE Xxh3Sums xxh3_sums(const u8* __restrict__ text, u32 bytes) {
    constexpr u32 STRIPE = 64, BLOCK = (XXH3_SECRET_BYTES - STRIPE) / 8;
    Xxh3Sums sums = {{XXH_32_3, XXH_64_1, XXH_64_2, XXH_64_3, XXH_64_4, XXH_32_2, XXH_64_5, XXH_32_1}};
    const u32 stripes = (bytes - 1) / STRIPE;
    for (u32 stripe = 0; stripe < stripes; stripe++) {
        xxh3_stripe(sums, text + STRIPE * stripe, stripe % BLOCK * 8);
        // A block before the last is closed; the last stripe is of no block.
        if (stripe % BLOCK == BLOCK - 1) {
#pragma unroll
            for (u32 at = 0; at < 8; at++) {
                const u64 sum = sums.at[at];
                sums.at[at] = (sum ^ sum >> 47 ^ xxh3_secret(XXH3_SECRET_BYTES - STRIPE + 8 * at)) * XXH_32_1;
            }
        }
    }
    xxh3_stripe(sums, text + bytes - STRIPE, XXH3_SECRET_BYTES - STRIPE - 7);
    return sums;
}
DEVICE u64 xxh3_merged(const Xxh3Sums& sums, u32 secret, u64 start) {
#pragma unroll
    for (u32 at = 0; at < 4; at++) {
        start += folded_product(sums.at[2 * at] ^ xxh3_secret(secret + 16 * at), sums.at[2 * at + 1] ^ xxh3_secret(secret + 16 * at + 8));
    }
    return xxh3_avalanche(start);
}

// XXH3-64.
DEVICE u64 xxh3_64(const u8* __restrict__ text, u32 bytes) {
    if (bytes == 0) return xxh64_avalanche(xxh3_secret(56) ^ xxh3_secret(64));
    if (bytes <= 3) return xxh64_avalanche(xxh3_few(text, bytes) ^ (xxh3_secret32(0) ^ xxh3_secret32(4)));
    if (bytes <= 8) {
        const u64 both = word32(text + bytes - 4) | static_cast<u64>(word32(text)) << 32;
        u64 hash = both ^ xxh3_secret(8) ^ xxh3_secret(16);
        hash = (hash ^ rotated(hash, 49) ^ rotated(hash, 24)) * XXH3_MIX_2;
        hash = (hash ^ ((hash >> 35) + bytes)) * XXH3_MIX_2;
        return hash ^ hash >> 28;
    }
    if (bytes <= 16) {
        const u64 low = word64(text) ^ xxh3_secret(24) ^ xxh3_secret(32);
        const u64 high = word64(text + bytes - 8) ^ xxh3_secret(40) ^ xxh3_secret(48);
        return xxh3_avalanche(bytes + swapped(low) + high + folded_product(low, high));
    }
    u64 sum = bytes * XXH_64_1;
    if (bytes <= 128) {
        for (u32 pair = (bytes - 1) / 32 + 1; pair-- > 0;) {
            sum += xxh3_mix16(text + 16 * pair, 32 * pair);
            sum += xxh3_mix16(text + bytes - 16 * (pair + 1), 32 * pair + 16);
        }
        return xxh3_avalanche(sum);
    }
    if (bytes <= 240) {
        for (u32 at = 0; at < 8; at++) sum += xxh3_mix16(text + 16 * at, 16 * at);
        sum = xxh3_avalanche(sum);
        for (u32 at = 8; at < bytes / 16; at++) sum += xxh3_mix16(text + 16 * at, 16 * (at - 8) + 3);
        return xxh3_avalanche(sum + xxh3_mix16(text + bytes - 16, 136 - 17));
    }
    return xxh3_merged(xxh3_sums(text, bytes), 11, sum);
}

// XXH3-128.
DEVICE Hash128 xxh3_128(const u8* __restrict__ text, u32 bytes) {
    if (bytes == 0) return {xxh64_avalanche(xxh3_secret(64) ^ xxh3_secret(72)), xxh64_avalanche(xxh3_secret(80) ^ xxh3_secret(88))};
    if (bytes <= 3) {
        const u32 low = xxh3_few(text, bytes), high = rotated(swapped(low), 13);
        return {xxh64_avalanche(low ^ (xxh3_secret32(0) ^ xxh3_secret32(4))), xxh64_avalanche(high ^ (xxh3_secret32(8) ^ xxh3_secret32(12)))};
    }
    if (bytes <= 8) {
        const u64 both = word32(text) | static_cast<u64>(word32(text + bytes - 4)) << 32;
        const u64 keyed = both ^ xxh3_secret(16) ^ xxh3_secret(24), by = XXH_64_1 + (bytes << 2);
        Hash128 hash = {keyed * by, __umul64hi(keyed, by)};
        hash.high += hash.low << 1;
        hash.low ^= hash.high >> 3;
        hash.low = (hash.low ^ hash.low >> 35) * XXH3_MIX_2;
        return {hash.low ^ hash.low >> 28, xxh3_avalanche(hash.high)};
    }
    if (bytes <= 16) {
        const u64 last = word64(text + bytes - 8), mixed = word64(text) ^ last ^ xxh3_secret(32) ^ xxh3_secret(40);
        const u64 keyed = last ^ xxh3_secret(48) ^ xxh3_secret(56);
        Hash128 product = {mixed * XXH_64_1, __umul64hi(mixed, XXH_64_1)};
        product.low += static_cast<u64>(bytes - 1) << 54;
        product.high += keyed + (keyed & 0xFFFFFFFF) * (XXH_32_2 - 1);
        product.low ^= swapped(product.high);
        return {xxh3_avalanche(product.low * XXH_64_2), xxh3_avalanche(__umul64hi(product.low, XXH_64_2) + product.high * XXH_64_2)};
    }
    if (bytes <= 240) {
        Hash128 sum = {bytes * XXH_64_1, 0};
        if (bytes <= 128) {
            for (u32 pair = (bytes - 1) / 32 + 1; pair-- > 0;) xxh3_mix32(sum, text + 16 * pair, text + bytes - 16 * (pair + 1), 32 * pair);
        } else {
            for (u32 at = 0; at < 4; at++) xxh3_mix32(sum, text + 32 * at, text + 32 * at + 16, 32 * at);
            sum = {xxh3_avalanche(sum.low), xxh3_avalanche(sum.high)};
            for (u32 at = 4; at < bytes / 32; at++) xxh3_mix32(sum, text + 32 * at, text + 32 * at + 16, 32 * (at - 4) + 3);
            xxh3_mix32(sum, text + bytes - 16, text + bytes - 32, 136 - 17 - 16);
        }
        const u64 high = sum.low * XXH_64_1 + sum.high * XXH_64_4 + bytes * XXH_64_2;
        return {xxh3_avalanche(sum.low + sum.high), 0 - xxh3_avalanche(high)};
    }
    const Xxh3Sums sums = xxh3_sums(text, bytes);
    return {xxh3_merged(sums, 11, bytes * XXH_64_1), xxh3_merged(sums, XXH3_SECRET_BYTES - 64 - 11, ~(bytes * XXH_64_2))};
}
