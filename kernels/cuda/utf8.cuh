// Characters of texts, which are UTF-8.
#pragma once

#include "types.cuh"

// Whether a character starts with this byte.
DEVICE bool is_lead(u8 byte) { return (byte & 0xC0) != 0x80; }

// The bytes of the character that starts with `lead`.
DEVICE u32 width(u8 lead) { return lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4; }

// The code point at `at`.
DEVICE u32 code_point(const u8* at) {
    const u32 lead = at[0];
    if (lead < 0x80) return lead;
    if (lead < 0xE0) return (lead & 0x1F) << 6 | (at[1] & 0x3Fu);
    if (lead < 0xF0) return (lead & 0x0F) << 12 | (at[1] & 0x3Fu) << 6 | (at[2] & 0x3Fu);
    return (lead & 0x07) << 18 | (at[1] & 0x3Fu) << 12 | (at[2] & 0x3Fu) << 6 | (at[3] & 0x3Fu);
}
