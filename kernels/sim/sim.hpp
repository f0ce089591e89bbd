// CUDA's execution model on the host: what kernels compiled by an ordinary compiler run on.
//
//   grid ── blocks ── warps of 32 ── threads, each a fiber: it runs until it waits for others
//
// All fibers of a launch run on the thread that launched it, in an order drawn from a seed, so that what one needs of another
// without waiting for it comes out wrong in some order. Collectives of a warp and barriers of a block are where fibers wait; what
// the model forbids there ends the launch with a message. Blocks run one after another, in any order, or interleaved.
//
// What it can't show: how memory is ordered between blocks and between collectives without a __syncwarp, what takes how long,
// and, but for the sanitizer of undefined behaviour, loads that aren't aligned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sim {

// A kernel as it is launched: its name, a function that takes its arguments by their addresses, and how many bytes each has, up to 0.
struct Kernel {
    const char* name;
    void (*call)(void** arguments);
    const size_t* sizes;
};

// As the driver's: one dimension of blocks, one of threads.
struct Launch {
    uint32_t blocks;
    uint32_t threads;
    uint32_t shared_bytes;
    uint32_t interleaved;
    uint64_t seed;
};

// What a lane brings to a collective: all that take part must bring the same but for the value.
struct Meeting {
    uint32_t mask;
    const char* name;
    const char* file;
    int line;
};

struct Index {
    unsigned x;
};

// The thread that runs.
Index thread_index();
Index block_index();
Index block_size();
Index grid_size();
unsigned lane();

// Waits for the other lanes of the mask; `values` becomes what each of the 32 brought.
void meet(const Meeting& meeting, uint64_t value, uint64_t (&values)[32]);
// Waits for all threads of the block.
void barrier(const char* file, int line);
// Lets others run first, or not.
void pause();
// The launch ends with this message.
[[noreturn]] void fail(const char* format, ...) __attribute__((format(printf, 1, 2)));

// Memory of the block: the same for the same key. Its first bytes are no zeros.
void* shared(const void* key, size_t bytes);
void* dynamic_shared();

// Whether a value of a collective is of a lane that takes part in it.
inline bool takes_part(uint32_t mask, unsigned lane) { return mask >> lane & 1; }

}  // namespace sim

// Runs `kernel`. 0, or 1 and why in `message`.
extern "C" int tweetmill_sim_launch(const sim::Kernel* kernel, const sim::Launch* launch, void** arguments, char* message, size_t bytes);
