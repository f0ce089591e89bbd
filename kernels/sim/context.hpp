// A stack to run on, and going from one to another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <sys/mman.h>
#if !defined(__x86_64__) || defined(SIM_UCONTEXT)
#include <ucontext.h>
#endif
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace sim {

// Sanitizers make frames several times as large.
#if defined(__SANITIZE_ADDRESS__)
constexpr size_t STACK_BYTES = 256 << 10;
#else
constexpr size_t STACK_BYTES = 64 << 10;
#endif
constexpr size_t GUARD_BYTES = 64 << 10;

// Memory for one stack, below which nothing can be written.
class Stack {
  public:
    Stack() {
        void* memory = mmap(nullptr, GUARD_BYTES + STACK_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) __builtin_trap();
        all = static_cast<char*>(memory);
        if (mprotect(bottom(), STACK_BYTES, PROT_READ | PROT_WRITE) != 0) __builtin_trap();
    }
    Stack(const Stack&) = delete;
    ~Stack() {
        forget();
        munmap(all, GUARD_BYTES + STACK_BYTES);
    }

    char* bottom() const { return all + GUARD_BYTES; }

    // What ran here was left in the middle: its frames are no more.
    void forget() {
#if defined(__SANITIZE_ADDRESS__)
        __asan_unpoison_memory_region(bottom(), STACK_BYTES);
#endif
    }

  private:
    char* all;
};

// Where something stopped, to go on from.
struct Context {
#if defined(__x86_64__) && !defined(SIM_UCONTEXT)
    void* top = nullptr;
#else
    ucontext_t registers;
#endif
    const void* bottom = nullptr;
    size_t bytes = 0;
    void* fake_stack = nullptr;
};

#if defined(__x86_64__) && !defined(SIM_UCONTEXT)
// Keeps what a function must leave as it was on its own stack, and takes up another.
extern "C" void tweetmill_sim_switch(void** from, void* to);
#endif

// Makes `context` begin `run`, which never returns, on `stack`.
inline void prepare(Context& context, Stack& stack, void (*run)()) {
    stack.forget();
    context.bottom = stack.bottom();
    context.bytes = STACK_BYTES;
    context.fake_stack = nullptr;
#if defined(__x86_64__) && !defined(SIM_UCONTEXT)
    void** top = reinterpret_cast<void**>(stack.bottom() + STACK_BYTES);
    *--top = nullptr;
    *--top = reinterpret_cast<void*>(run);
    for (int saved = 0; saved < 6; saved++) *--top = nullptr;
    context.top = top;
#else
    getcontext(&context.registers);
    context.registers.uc_stack.ss_sp = stack.bottom();
    context.registers.uc_stack.ss_size = STACK_BYTES;
    context.registers.uc_link = nullptr;
    makecontext(&context.registers, run, 0);
#endif
}

// To be called first by what `prepare` begins. `from` is what went there.
inline void arrived([[maybe_unused]] void* fake_stack, [[maybe_unused]] Context* from) {
#if defined(__SANITIZE_ADDRESS__)
    const void* bottom;
    size_t bytes;
    __sanitizer_finish_switch_fiber(fake_stack, &bottom, &bytes);
    if (from && !from->bottom) {
        from->bottom = bottom;
        from->bytes = bytes;
    }
#endif
}

// Stops here and goes on at `to`, until something comes back.
inline void go(Context& from, Context& to) {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(&from.fake_stack, to.bottom, to.bytes);
#endif
#if defined(__x86_64__) && !defined(SIM_UCONTEXT)
    tweetmill_sim_switch(&from.top, to.top);
#else
    swapcontext(&from.registers, &to.registers);
#endif
    arrived(from.fake_stack, nullptr);
}

}  // namespace sim
