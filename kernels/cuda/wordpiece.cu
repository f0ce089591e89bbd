// The ids of texts, as src/wordpiece defines them: a thread a text.
//
// What a character does is looked up; what goes on a word is put into memory of the thread, and a word that has ended is spelt by the trie. A text is left
// to the processor if a character does several things, or a word has more than WORD_BYTES.
#include "gather.cuh"
#include "utf8.cuh"

constexpr u32 WORD_BYTES = 256;

// What a code point does: the low byte of its action, as src/wordpiece/cuda.rs packs it. The byte above is a count, the high half a number or bytes.
constexpr u32 KEEP = 0, DROP = 1, GAP = 2, ALONE = 3, SHORT = 4, LONG = 5;

// Code points of a block of equal actions.
constexpr u32 ACTION_BLOCK = 64;

constexpr u32 NO_TOKEN = 0xFFFFFF;

// src/wordpiece/trie.rs and vocabulary.rs.
struct Spelling {
    // From the low bits up a byte, the id of the token that ends there, 24 bits, and the base.
    const u64* nodes;
    u32 unknown;
    u32 most_characters;

    // Writes the ids of a word, which has a byte at least, and tells how many they are.
    DEVICE_METHOD u32 spell(const u8* word, u32 bytes, u32* out) const {
        u32 characters = 0;
        for (u32 at = 0; at < bytes; at++) characters += is_lead(word[at]);
        u32 written = 0, root = 0;
        if (characters > most_characters) {
            out[0] = unknown;
            return 1;
        }
        for (u32 start = 0; start < bytes; root = 1) {
            u32 id = NO_TOKEN, end = start;
            u32 base = static_cast<u32>(nodes[root] >> 32);
            for (u32 at = start; at < bytes; at++) {
                const u64 node = nodes[base ^ word[at]];
                if (static_cast<u8>(node) != word[at]) break;
                const u32 token = static_cast<u32>(node) >> 8;
                if (token != NO_TOKEN) {
                    id = token;
                    end = at + 1;
                }
                base = static_cast<u32>(node >> 32);
            }
            if (id == NO_TOKEN) {
                out[0] = unknown;
                return 1;
            }
            out[written++] = id;
            start = end;
        }
        return written;
    }
};

// The ids of each text are written from where it starts on, and how many they are. Where they aren't, they are none, and `redo` is 1.
KERNEL wordpiece_encode(const u8* __restrict__ bytes, const u32* __restrict__ ends, u32 texts, const u16* __restrict__ places,
                        const u64* __restrict__ actions, const u8* __restrict__ long_bytes, const u64* __restrict__ nodes, u32 unknown,
                        u32 most_characters, u32* __restrict__ pieces, u32* __restrict__ counts, u8* __restrict__ redo) {
    const Spelling spelling = {nodes, unknown, most_characters};
    for (u32 text = thread_of_all(); text < texts; text += all_threads()) {
        const u32 start = text == 0 ? 0 : ends[text - 1], end = ends[text];
        u32* out = pieces + start;
        u8 word[WORD_BYTES];
        u32 length = 0, written = 0;
        bool is_left = false;
        for (u32 at = start; at < end && !is_left;) {
            const u32 point = code_point(bytes + at), width_here = width(bytes[at]);
            const u64 action = actions[places[point / ACTION_BLOCK] * ACTION_BLOCK + point % ACTION_BLOCK];
            const u32 kind = static_cast<u32>(action) & 0xFF, high = static_cast<u32>(action >> 32);
            if (kind == KEEP || kind == SHORT || kind == LONG) {
                const u32 count = kind == KEEP ? width_here : static_cast<u32>(action) >> 8 & 0xFF;
                is_left = length + count > WORD_BYTES;
                for (u32 byte = 0; byte < count && !is_left; byte++) {
                    word[length + byte] = kind == KEEP ? bytes[at + byte] : kind == SHORT ? static_cast<u8>(high >> 8 * byte) : long_bytes[high + byte];
                }
                length += count;
            } else if (kind == GAP || kind == ALONE) {
                if (length > 0) written += spelling.spell(word, length, out + written);
                if (kind == ALONE) out[written++] = high;
                length = 0;
            } else {
                is_left = kind != DROP;
            }
            at += width_here;
        }
        if (length > 0 && !is_left) written += spelling.spell(word, length, out + written);
        counts[text] = is_left ? 0 : written;
        redo[text] = is_left;
    }
}
