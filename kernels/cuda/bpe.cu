// The ids of texts, as src/bpe defines them.
//
//   bytes ─ a thread a text ─► ends of words ─ a warp a text ─► ids, each text's where its bytes start ─ scan ─► ids, one after another
//
// A word that is a token is looked up by a lane. Another is merged by the whole warp, a lane a byte; where it has more than 32 bytes, part by
// part between seams. A part without seams that is longer is merged in memory, and where it is longer than LONGEST_PART its text is left
// to the processor.
#include "gather.cuh"
#include "split.cuh"
#include "vocabulary.cuh"

constexpr u32 LONGEST_PART = 256;

struct Merger {
    Pairs pairs;
    Seams seams;
    // The id of each symbol.
    const u32* ids;
    // Whether no merge makes a pair that goes before it.
    bool all_at_once;

    // Writes the ids of a word of 32 bytes at most, and tells how many they are.
    DEVICE_METHOD u32 merge_short(const u8* word, u32 bytes, u32* out) const {
        const u32 lane = lane_of_warp();
        // Where a symbol starts. Each lane has that of its byte, and what it and the next merge into.
        u32 standing = lanes_below(bytes);
        u32 symbol = lane < bytes ? word[lane] : NO_SYMBOL, merged = NO_SYMBOL;
        bool is_new = true;
        for (;;) {
            const u32 after = standing & ~lanes_below(lane + 1);
            const u32 next = after != 0 ? __ffs(after) - 1 : lane;
            const u32 right = __shfl_sync(ALL_LANES, symbol, next);
            const bool has_pair = (standing >> lane & 1) != 0 && after != 0;
            if (is_new) merged = has_pair ? pairs.merged(symbol, right) : NO_SYMBOL;
            const u32 least = __reduce_min_sync(ALL_LANES, merged);
            if (least == NO_SYMBOL) break;
#ifdef BUG_LANES_LEFT_OUT
            u32 left = __ballot_sync(lanes_below(bytes), merged == least);
#else
            u32 left = __ballot_sync(ALL_LANES, merged == least);
#endif
            if (!all_at_once) left &= 0 - left;
            // Of pairs that overlap the first merges.
            u32 won = 0, gone = 0;
            while (left != 0) {
                const u32 bit = left & (0 - left);
                const u32 others = standing & ~(bit | (bit - 1));
                won |= bit;
                gone |= others & (0 - others);
                left &= ~(won | gone);
            }
            standing &= ~gone;
            const u32 changed = won | gone;
            if (won >> lane & 1) symbol = least;
            if (gone >> lane & 1) merged = NO_SYMBOL;
            is_new = (standing >> lane & 1) != 0 && (changed >> lane & 1 || (after != 0 && changed >> next & 1));
        }
        if (standing >> lane & 1) out[__popc(standing & lanes_below(lane))] = ids[symbol];
        return __popc(standing);
    }

    // As `merge_short`, of a longer part, merged where its ids are written: there is room for a symbol a byte.
    DEVICE_METHOD u32 merge_long(const u8* part, u32 bytes, u32* out) const {
        const u32 lane = lane_of_warp();
        for (u32 at = lane; at < bytes; at += WARP) out[at] = part[at];
        __syncwarp();
        u32 symbols = bytes;
        for (;;) {
            u32 merged = NO_SYMBOL, place = NO_SYMBOL;
            for (u32 at = lane; at + 1 < symbols; at += WARP) {
                const u32 of_pair = pairs.merged(out[at], out[at + 1]);
                if (of_pair < merged) {
                    merged = of_pair;
                    place = at;
                }
            }
            const u32 least = __reduce_min_sync(ALL_LANES, merged);
            if (least == NO_SYMBOL) break;
            const u32 left = __reduce_min_sync(ALL_LANES, merged == least ? place : NO_SYMBOL);
            symbols--;
            __syncwarp();
            if (lane == 0) out[left] = least;
            for (u32 first = left + 1; first < symbols; first += WARP) {
                const u32 at = first + lane;
                const u32 moved = at < symbols ? out[at + 1] : 0;
#ifndef BUG_HASTY_MOVE
                __syncwarp();
#endif
                if (at < symbols) out[at] = moved;
            }
            __syncwarp();
        }
        __syncwarp();
        for (u32 at = lane; at < symbols; at += WARP) out[at] = ids[out[at]];
        return symbols;
    }

    // The places after `from` where there is a seam of the word that ends at `end`, bit i for i + 1 bytes after.
    DEVICE_METHOD u32 seams_after(const u8* from, const u8* end) const {
        const u8* at = from + 1 + lane_of_warp();
        return __ballot_sync(ALL_LANES, at < end && seams.is_before(at));
    }

    // Writes the ids of a word that is no token, and tells how many they are; NO_SYMBOL where a part is too long.
    DEVICE_METHOD u32 spell(const u8* word, const u8* end, u32* out) const {
        u32 written = 0;
        while (end - word > WARP) {
            const u32 cuts = seams_after(word, end);
            if (cuts != 0) {
                const u32 bytes = WARP - __clz(cuts);
                written += merge_short(word, bytes, out + written);
                word += bytes;
                continue;
            }
            const u8* from = word + WARP;
            u32 later = 0;
            while (later == 0 && from < end && from - word <= LONGEST_PART) {
                later = seams_after(from, end);
                from += later != 0 ? __ffs(later) : WARP;
            }
            const u32 bytes = static_cast<u32>((from < end ? from : end) - word);
            if (bytes > LONGEST_PART) return NO_SYMBOL;
            written += merge_long(word, bytes, out + written);
            word += bytes;
        }
        return end > word ? written + merge_short(word, static_cast<u32>(end - word), out + written) : written;
    }
};

// Text i is the UTF-8 from ends[i - 1], or 0, to ends[i]. The ends of its words are written from where it starts on.
KERNEL bpe_split(const u8* __restrict__ bytes, const u32* __restrict__ ends, u32 texts, const u16* __restrict__ class_places,
                 const u8* __restrict__ class_blocks, u32 kind, u32 digits, u32 contractions, u32* __restrict__ word_ends,
                 u32* __restrict__ words) {
    const Pattern pattern = {kind, digits, contractions};
    for (u32 at = thread_of_all(); at < texts; at += all_threads()) {
        const u32 start = at == 0 ? 0 : ends[at - 1];
        const Text text = {bytes + start, ends[at] - start, class_places, class_blocks};
        u32 count = 0;
        for (u32 end = 0; !text.ends(end); count++) {
            end = word_end(text, end, pattern);
            word_ends[start + count] = start + end;
        }
        words[at] = count;
    }
}

// The ids of each text are written from where it starts on, and how many they are. Where they aren't, they are none, and `redo` is 1.
KERNEL bpe_encode(const u8* __restrict__ bytes, const u32* __restrict__ ends, u32 texts, const u32* __restrict__ word_ends,
                  const u32* __restrict__ words, const u64* __restrict__ word_slots, u32 word_mask, const u8* __restrict__ entries, u32 longest,
                  const u64* __restrict__ some_pairs, u32 some_shift, const u64* __restrict__ first_pairs, u32 first_shift, u32 first_mask,
                  const u64* __restrict__ rest_pairs, u32 rest_shift, u32 rest_mask, const u64* __restrict__ together,
                  const u64* __restrict__ in_part, const u32* __restrict__ ids, u32 all_at_once, u32* pieces, u32* __restrict__ counts,
                  u8* __restrict__ redo) {
    const Words table = {word_slots, word_mask, entries, longest};
    const Merger merger = {{some_pairs, some_shift, {first_pairs, first_shift, first_mask}, {rest_pairs, rest_shift, rest_mask}},
                           {together, in_part},
                           ids,
                           all_at_once != 0};
    const u32 lane = lane_of_warp();
    for (u32 text = warp_of_all(); text < texts; text += all_warps()) {
        const u32 start = text == 0 ? 0 : ends[text - 1];
        const u32 count = words[text];
        u32* out = pieces + start;
        u32 written = 0;
        bool is_left = false;
        for (u32 first = 0; first < count && !is_left; first += WARP) {
            const u32 word = first + lane, here = count - first < WARP ? count - first : WARP;
            const u32 from = word >= count ? 0 : word == 0 ? start : word_ends[start + word - 1];
            const u32 to = word >= count ? 0 : word_ends[start + word];
            const u32 symbol = word < count ? table.symbol(bytes + from, to - from) : NO_SYMBOL;
            u32 unknown = __ballot_sync(ALL_LANES, symbol == NO_SYMBOL) & lanes_below(here);
            // Tokens up to the next word that is none, then its pieces.
            for (u32 done = 0; done < here;) {
                const u32 next = unknown != 0 ? __ffs(unknown) - 1 : here;
                if (lane >= done && lane < next) out[written + lane - done] = ids[symbol];
                written += next - done;
                done = next + 1;
                if (unknown == 0) break;
                unknown &= unknown - 1;
                const u32 word_start = __shfl_sync(ALL_LANES, from, next), word_end = __shfl_sync(ALL_LANES, to, next);
                const u32 spelt = merger.spell(bytes + word_start, bytes + word_end, out + written);
                is_left = spelt == NO_SYMBOL;
                if (is_left) break;
                written += spelt;
            }
        }
        if (lane == 0) {
            counts[text] = is_left ? 0 : written;
            redo[text] = is_left;
        }
    }
}
