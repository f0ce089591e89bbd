// The digests of texts, as src/hash defines them: a thread a text.
#include "xxh3.cuh"

// Text i is the bytes from ends[i - 1], or 0, to ends[i]. Digest i is written as its low and its high half.
KERNEL content_hash(const u8* __restrict__ bytes, const u32* __restrict__ ends, u32 texts, u64* __restrict__ digests) {
    for (u32 text = thread_of_all(); text < texts; text += all_threads()) {
        const u32 start = text == 0 ? 0 : ends[text - 1];
        const Hash128 hash = xxh3_128(bytes + start, ends[text] - start);
        digests[2 * text] = hash.low;
        digests[2 * text + 1] = hash.high;
    }
}
