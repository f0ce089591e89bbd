// Ids of many texts, those of each where its bytes start, to ids one after another.
#pragma once

#include "scan.cuh"

// Puts the ids of all texts one after another.
KERNEL gather_ids(const u32* __restrict__ ends, u32 texts, const u32* __restrict__ pieces, const u32* __restrict__ starts, u32* __restrict__ ids) {
    for (u32 text = warp_of_all(); text < texts; text += all_warps()) {
        const u32 start = text == 0 ? 0 : ends[text - 1];
        const u32 to = starts[text], count = starts[text + 1] - to;
        for (u32 at = lane_of_warp(); at < count; at += WARP) ids[to + at] = pieces[start + at];
    }
}
