#include "sim.hpp"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "context.hpp"

#if defined(__x86_64__) && !defined(SIM_UCONTEXT)
asm(R"(
.text
.globl tweetmill_sim_switch
.type tweetmill_sim_switch,@function
tweetmill_sim_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size tweetmill_sim_switch,.-tweetmill_sim_switch
)");
#endif

#if defined(__SANITIZE_ADDRESS__)
// What Rust keeps for its own end is no leak, and fibers stay on their stacks.
extern "C" const char* __asan_default_options() { return "detect_leaks=0:detect_stack_use_after_return=0"; }
#endif

namespace sim {
namespace {

constexpr unsigned WARP = 32;
// Blocks that are interleaved at once.
constexpr unsigned RESIDENT = 64;
// Changes of fiber after which a launch is taken to have no end.
constexpr uint64_t MOST_CHANGES = 1ull << 30;

struct Block;

enum class State { runnable, meeting, barrier, done };

struct Fiber {
    Context context;
    std::unique_ptr<Stack> stack;
    Block* block;
    unsigned thread;
    State state;
    Meeting meeting;
    int barrier_line;
    uint64_t value;
    uint64_t values[WARP];
};

struct Block {
    unsigned index;
    unsigned live;
    unsigned at_barrier = 0;
    std::vector<Fiber*> fibers;
    std::map<const void*, std::unique_ptr<char[]>> shared;
    std::unique_ptr<char[]> dynamic;
};

struct Run {
    const Kernel* kernel;
    Launch launch;
    void** arguments;
    Context scheduler;
    std::vector<std::unique_ptr<Block>> resident;
    std::vector<Fiber*> runnable;
    std::vector<std::unique_ptr<Fiber>> idle;
    std::deque<std::unique_ptr<Fiber>> all;
    uint64_t random;
    uint64_t changes = 0;
    bool failed = false;
    char* message;
    size_t message_bytes;
};

thread_local Run* run;
thread_local Fiber* current;

uint64_t draw() {
    uint64_t word = run->random += 0x9E3779B97F4A7C15;
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9;
    word = (word ^ word >> 27) * 0x94D049BB133111EB;
    return word ^ word >> 31;
}

std::unique_ptr<char[]> unset(size_t bytes) {
    std::unique_ptr<char[]> memory(new char[bytes]);
    std::memset(memory.get(), 0xA5, bytes);
    return memory;
}

void rest() { go(current->context, run->scheduler); }

void wake(Fiber* fiber) {
    fiber->state = State::runnable;
    run->runnable.push_back(fiber);
}

void open_barrier(Block& block) {
    if (block.at_barrier == 0 || block.at_barrier != block.live) return;
    block.at_barrier = 0;
    for (Fiber* fiber : block.fibers)
        if (fiber->state == State::barrier) wake(fiber);
}

// The lanes of the current warp: those of the block from here on.
Fiber** warp_of(Fiber* fiber) { return fiber->block->fibers.data() + fiber->thread / WARP * WARP; }

unsigned lanes_of(Fiber* fiber) {
    return std::min<unsigned>(WARP, fiber->block->fibers.size() - fiber->thread / WARP * WARP);
}

void end_of_thread() {
    Fiber** warp = warp_of(current);
    for (unsigned lane = 0; lane < lanes_of(current); lane++) {
        const Fiber& other = *warp[lane];
        if (other.state == State::meeting && takes_part(other.meeting.mask, sim::lane()))
            fail("%s at %s:%d waits for lane %u, which has ended", other.meeting.name, other.meeting.file, other.meeting.line, sim::lane());
    }
    current->state = State::done;
    current->block->live--;
    open_barrier(*current->block);
    rest();
    __builtin_unreachable();
}

void begin_thread() {
    arrived(current->context.fake_stack, &run->scheduler);
    run->kernel->call(run->arguments);
    end_of_thread();
}

void start_block(unsigned index) {
    auto block = std::make_unique<Block>();
    block->index = index;
    block->live = run->launch.threads;
    block->dynamic = unset(run->launch.shared_bytes);
    for (unsigned thread = 0; thread < run->launch.threads; thread++) {
        std::unique_ptr<Fiber> fiber;
        if (run->idle.empty()) {
            fiber = std::make_unique<Fiber>();
            fiber->stack = std::make_unique<Stack>();
        } else {
            fiber = std::move(run->idle.back());
            run->idle.pop_back();
        }
        fiber->block = block.get();
        fiber->thread = thread;
        prepare(fiber->context, *fiber->stack, begin_thread);
        block->fibers.push_back(fiber.get());
        wake(fiber.get());
        run->all.push_back(std::move(fiber));
    }
    run->resident.push_back(std::move(block));
}

// The fibers of blocks that have ended serve others.
void clear_ended() {
    auto& resident = run->resident;
    bool ended = false;
    for (auto& block : resident) ended |= block->live == 0;
    if (!ended) return;
    std::deque<std::unique_ptr<Fiber>> kept;
    for (auto& fiber : run->all) {
        if (fiber->block->live == 0) run->idle.push_back(std::move(fiber));
        else kept.push_back(std::move(fiber));
    }
    run->all = std::move(kept);
    resident.erase(std::remove_if(resident.begin(), resident.end(), [](auto& block) { return block->live == 0; }), resident.end());
}

void note_deadlock() {
    unsigned meeting = 0, barrier = 0;
    const Fiber* one = nullptr;
    for (auto& fiber : run->all) {
        meeting += fiber->state == State::meeting;
        barrier += fiber->state == State::barrier;
        if (fiber->state == State::meeting || (fiber->state == State::barrier && !one)) one = fiber.get();
    }
    const char* name = one->state == State::meeting ? one->meeting.name : "__syncthreads";
    const int line = one->state == State::meeting ? one->meeting.line : one->barrier_line;
    snprintf(run->message, run->message_bytes, "deadlock: %u threads wait for others of their warp, %u at a barrier; block %u thread %u in %s at line %d",
             meeting, barrier, one->block->index, one->thread, name, line);
    run->failed = true;
}

void schedule() {
    std::vector<unsigned> order(run->launch.blocks);
    for (unsigned index = 0; index < order.size(); index++) order[index] = index;
    for (size_t last = order.size(); last > 1; last--) std::swap(order[last - 1], order[draw() % last]);
    const unsigned together = run->launch.interleaved ? RESIDENT : 1;
    size_t started = 0;
    for (;;) {
        if (run->runnable.empty()) {
            clear_ended();
            if (run->resident.empty() && started == order.size()) return;
            const size_t before = started;
            while (run->resident.size() < together && started < order.size()) start_block(order[started++]);
            if (started == before) return note_deadlock();
        }
        auto& runnable = run->runnable;
        std::swap(runnable[draw() % runnable.size()], runnable.back());
        current = runnable.back();
        runnable.pop_back();
        go(run->scheduler, current->context);
        if (run->failed) return;
        if (++run->changes > MOST_CHANGES) {
            snprintf(run->message, run->message_bytes, "the launch has no end");
            run->failed = true;
            return;
        }
    }
}

}  // namespace

Index thread_index() { return {current->thread}; }
Index block_index() { return {current->block->index}; }
Index block_size() { return {run->launch.threads}; }
Index grid_size() { return {run->launch.blocks}; }
unsigned lane() { return current->thread % WARP; }

void fail(const char* format, ...) {
    va_list values;
    va_start(values, format);
    const int written = snprintf(run->message, run->message_bytes, "block %u thread %u: ", current->block->index, current->thread);
    if (written > 0 && static_cast<size_t>(written) < run->message_bytes)
        vsnprintf(run->message + written, run->message_bytes - written, format, values);
    va_end(values);
    run->failed = true;
    rest();
    __builtin_unreachable();
}

void meet(const Meeting& meeting, uint64_t value, uint64_t (&values)[32]) {
    Fiber* me = current;
    Fiber** warp = warp_of(me);
    const unsigned lanes = lanes_of(me);
    const char* name = meeting.name;
    if (!takes_part(meeting.mask, lane())) fail("%s at %s:%d: the mask %08x is without its own lane %u", name, meeting.file, meeting.line, meeting.mask, lane());
    bool complete = true;
    for (unsigned other = 0; other < WARP; other++) {
        if (!takes_part(meeting.mask, other) || other == lane()) continue;
        if (other >= lanes || warp[other]->state == State::done)
            fail("%s at %s:%d: the mask %08x names lane %u, which has ended", name, meeting.file, meeting.line, meeting.mask, other);
        if (warp[other]->state != State::meeting) {
            complete = false;
            continue;
        }
        const Meeting& theirs = warp[other]->meeting;
        if (theirs.mask != meeting.mask || theirs.line != meeting.line || (theirs.name != name && std::strcmp(theirs.name, name) != 0))
            fail("%s at line %d with the mask %08x: lane %u is in %s at line %d with %08x", name, meeting.line, meeting.mask, other, theirs.name, theirs.line, theirs.mask);
    }
    me->meeting = meeting;
    me->value = value;
    me->state = State::meeting;
    if (complete) {
        uint64_t brought[WARP] = {};
        for (unsigned other = 0; other < lanes; other++)
            if (takes_part(meeting.mask, other)) brought[other] = warp[other]->value;
        for (unsigned other = 0; other < lanes; other++)
            if (takes_part(meeting.mask, other)) {
                std::memcpy(warp[other]->values, brought, sizeof brought);
                wake(warp[other]);
            }
    }
    rest();
    std::memcpy(values, me->values, sizeof values);
}

void barrier(const char* file, int line) {
    Fiber* me = current;
    for (const Fiber* other : me->block->fibers)
        if (other->state == State::barrier && other->barrier_line != line)
            fail("__syncthreads at %s:%d: thread %u waits at line %d", file, line, other->thread, other->barrier_line);
    me->barrier_line = line;
    me->state = State::barrier;
    me->block->at_barrier++;
    open_barrier(*me->block);
    rest();
}

void pause() {
    if (draw() & 1) {
        wake(current);
        rest();
    }
}

void* shared(const void* key, size_t bytes) {
    auto& memory = current->block->shared[key];
    if (!memory) memory = unset(bytes);
    return memory.get();
}

void* dynamic_shared() { return current->block->dynamic.get(); }

}  // namespace sim

int tweetmill_sim_launch(const sim::Kernel* kernel, const sim::Launch* launch, void** arguments, char* message, size_t bytes) {
    using namespace sim;
    Run here{};
    here.kernel = kernel;
    here.launch = *launch;
    here.arguments = arguments;
    here.random = launch->seed;
    here.message = message;
    here.message_bytes = bytes;
    run = &here;
    schedule();
    run = nullptr;
    current = nullptr;
    return here.failed;
}
