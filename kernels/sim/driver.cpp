// A driver of CUDA whose device is simulated: what programs take for libcuda, to the extent that ours asks for it.
//
// What a stream is asked is done when it is waited for, and not before: who lets go of memory too early is found out. TWEETMILL_SIM_FAULT makes
// something go wrong:
//
//   init:34  version:12040  capability:75       what the driver answers when it is asked first
//   memory:BYTES                                so much memory
//   launch:N                                    launch N, from 1, and all after it, ends as if it had read what isn't there
//   wrong:N                                     copy N to the host has a wrong bit
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "sim.hpp"

extern "C" const sim::Kernel* tweetmill_sim_bpe();
extern "C" const sim::Kernel* tweetmill_sim_encoder();
extern "C" const sim::Kernel* tweetmill_sim_hash();
extern "C" const sim::Kernel* tweetmill_sim_near();
extern "C" const sim::Kernel* tweetmill_sim_wordpiece();

namespace {

enum Result { SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, INVALID_CONTEXT = 201, INVALID_PTX = 218, NOT_FOUND = 500, ILLEGAL_ADDRESS = 700 };

struct Module {
    std::string ptx;
};

struct Function {
    const sim::Kernel* kernel;
};

struct Stream {
    std::vector<std::function<int()>> asked;
};

std::mutex all;
std::map<uint64_t, size_t> device_memory;
std::map<void*, size_t> host_memory;
unsigned streams = 0;
size_t taken = 0;
long launches = 0, copies_back = 0;
int broken = SUCCESS;
thread_local bool is_current = false;

// What comes after `name` in the fault that was asked for.
long fault(const char* name, long otherwise) {
    const char* asked = std::getenv("TWEETMILL_SIM_FAULT");
    const size_t length = std::strlen(name);
    return asked && std::strncmp(asked, name, length) == 0 && asked[length] == ':' ? std::atol(asked + length + 1) : otherwise;
}

size_t all_memory() { return static_cast<size_t>(fault("memory", 256 << 20)); }

bool is_device(uint64_t at, size_t bytes) {
    auto after = device_memory.upper_bound(at);
    if (after == device_memory.begin()) return false;
    --after;
    return at + bytes <= after->first + after->second;
}

bool is_host(const void* at, size_t bytes) {
    for (const auto& [start, size] : host_memory)
        if (at >= start && static_cast<const char*>(at) + bytes <= static_cast<char*>(start) + size) return true;
    return false;
}

// Whether `ptx` has an entry of this name with so many arguments.
bool has_entry(const std::string& ptx, const std::string& name, size_t arguments) {
    const size_t start = ptx.find(".entry " + name + "(");
    if (start == std::string::npos) return false;
    const std::string list = ptx.substr(start, ptx.find(')', start) - start);
    size_t found = 0;
    for (size_t at = list.find(".param"); at != std::string::npos; at = list.find(".param", at + 1)) found++;
    return found == arguments;
}

int run(Stream& stream) {
    auto asked = std::move(stream.asked);
    stream.asked.clear();
    for (auto& one : asked) {
        if (broken != SUCCESS) break;
        const int result = one();
        if (result != SUCCESS) broken = result;
    }
    return broken;
}

}  // namespace

#define DRIVER extern "C" __attribute__((visibility("default"))) int
#define NEEDS_CONTEXT                                \
    std::lock_guard<std::mutex> guard(all);          \
    if (!is_current) return INVALID_CONTEXT;         \
    if (broken != SUCCESS) return broken

DRIVER cuInit(unsigned) { return static_cast<int>(fault("init", SUCCESS)); }
DRIVER cuDriverGetVersion(int* version) {
    *version = static_cast<int>(fault("version", 13000));
    return SUCCESS;
}
DRIVER cuDeviceGetCount(int* count) {
    *count = 1;
    return SUCCESS;
}
DRIVER cuDeviceGet(int* device, int number) {
    *device = 0;
    return number == 0 ? SUCCESS : INVALID_VALUE;
}
DRIVER cuDeviceGetName(char* name, int bytes, int) {
    snprintf(name, bytes, "simulated device");
    return SUCCESS;
}
DRIVER cuDeviceTotalMem_v2(size_t* bytes, int) {
    *bytes = all_memory();
    return SUCCESS;
}
DRIVER cuDeviceGetAttribute(int* value, int attribute, int) {
    const long capability = fault("capability", 90);
    if (attribute == 75) *value = static_cast<int>(capability / 10);
    else if (attribute == 76) *value = static_cast<int>(capability % 10);
    else return INVALID_VALUE;
    return SUCCESS;
}
DRIVER cuDevicePrimaryCtxRetain(void** context, int) {
    *context = &all;
    return SUCCESS;
}
DRIVER cuDevicePrimaryCtxRelease_v2(int) {
    std::lock_guard<std::mutex> guard(all);
    if (!host_memory.empty() || streams != 0) fprintf(stderr, "sim: the context goes before %zu pieces of host memory and %u streams\n", host_memory.size(), streams);
    is_current = false;
    if (std::getenv("TWEETMILL_SIM_FAULT")) printf("the context is given back\n"), fflush(stdout);
    return SUCCESS;
}
DRIVER cuCtxSetCurrent(void* context) {
    is_current = context != nullptr;
    return SUCCESS;
}
DRIVER cuMemAlloc_v2(uint64_t* at, size_t bytes) {
    NEEDS_CONTEXT;
    if (taken + bytes > all_memory()) return OUT_OF_MEMORY;
    void* memory = aligned_alloc(256, (bytes + 255) / 256 * 256);
    if (!memory) return OUT_OF_MEMORY;
    std::memset(memory, 0xA5, bytes);
    taken += bytes;
    *at = reinterpret_cast<uint64_t>(memory);
    device_memory[*at] = bytes;
    return SUCCESS;
}
DRIVER cuMemFree_v2(uint64_t at) {
    std::lock_guard<std::mutex> guard(all);
    const auto found = device_memory.find(at);
    if (found == device_memory.end()) return INVALID_VALUE;
    taken -= found->second;
    free(reinterpret_cast<void*>(at));
    device_memory.erase(found);
    return SUCCESS;
}
DRIVER cuMemHostAlloc(void** at, size_t bytes, unsigned) {
    NEEDS_CONTEXT;
    *at = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
    if (!*at) return OUT_OF_MEMORY;
    host_memory[*at] = bytes;
    return SUCCESS;
}
DRIVER cuMemFreeHost(void* at) {
    std::lock_guard<std::mutex> guard(all);
    if (!host_memory.erase(at)) return INVALID_VALUE;
    free(at);
    return SUCCESS;
}
DRIVER cuStreamCreate(void** stream, unsigned) {
    NEEDS_CONTEXT;
    *stream = new Stream();
    streams++;
    return SUCCESS;
}
DRIVER cuStreamDestroy_v2(void* stream) {
    std::lock_guard<std::mutex> guard(all);
    delete static_cast<Stream*>(stream);
    streams--;
    return SUCCESS;
}
DRIVER cuStreamSynchronize(void* stream) {
    NEEDS_CONTEXT;
    return run(*static_cast<Stream*>(stream));
}
DRIVER cuMemcpyHtoDAsync_v2(uint64_t to, const void* from, size_t bytes, void* stream) {
    NEEDS_CONTEXT;
    if (!is_device(to, bytes)) return INVALID_VALUE;
    // As on the device, what isn't pinned is copied before this returns.
    if (!is_host(from, bytes)) {
        const int result = run(*static_cast<Stream*>(stream));
        std::memcpy(reinterpret_cast<void*>(to), from, bytes);
        return result;
    }
    static_cast<Stream*>(stream)->asked.push_back([=] {
        std::memcpy(reinterpret_cast<void*>(to), from, bytes);
        return SUCCESS;
    });
    return SUCCESS;
}
DRIVER cuMemcpyDtoHAsync_v2(void* to, uint64_t from, size_t bytes, void* stream) {
    NEEDS_CONTEXT;
    if (!is_device(from, bytes) || !is_host(to, bytes)) return INVALID_VALUE;
    static_cast<Stream*>(stream)->asked.push_back([=] {
        std::memcpy(to, reinterpret_cast<void*>(from), bytes);
        if (++copies_back == fault("wrong", 0))
            for (size_t at = 0; at < bytes; ++at) static_cast<char*>(to)[at] ^= 1;
        return SUCCESS;
    });
    return SUCCESS;
}
DRIVER cuModuleLoadData(void** module, const void* image) {
    NEEDS_CONTEXT;
    const std::string ptx(static_cast<const char*>(image));
    if (ptx.find("\n.version 9.0\n") == std::string::npos || ptx.find("\n.target sm_80\n") == std::string::npos) return INVALID_PTX;
    *module = new Module{ptx};
    return SUCCESS;
}
DRIVER cuModuleGetFunction(void** function, void* module, const char* name) {
    NEEDS_CONTEXT;
    for (const sim::Kernel* unit : {tweetmill_sim_bpe(), tweetmill_sim_encoder(), tweetmill_sim_hash(), tweetmill_sim_near(), tweetmill_sim_wordpiece()}) {
        for (const sim::Kernel* kernel = unit; kernel->name; kernel++) {
            size_t arguments = 0;
            while (kernel->sizes[arguments]) arguments++;
            if (std::strcmp(kernel->name, name) != 0 || !has_entry(static_cast<Module*>(module)->ptx, name, arguments)) continue;
            *function = new Function{kernel};
            return SUCCESS;
        }
    }
    return NOT_FOUND;
}
DRIVER cuLaunchKernel(void* function, unsigned blocks, unsigned, unsigned, unsigned threads, unsigned, unsigned, unsigned shared_bytes, void* stream,
                      void** arguments, void**) {
    NEEDS_CONTEXT;
    const sim::Kernel* kernel = static_cast<Function*>(function)->kernel;
    std::vector<std::vector<char>> values;
    for (size_t at = 0; kernel->sizes[at]; at++) {
        const char* value = static_cast<const char*>(arguments[at]);
        values.emplace_back(value, value + kernel->sizes[at]);
    }
    const long number = ++launches;
    if (number == fault("launch", 0)) {
        static_cast<Stream*>(stream)->asked.push_back([] { return ILLEGAL_ADDRESS; });
        return SUCCESS;
    }
    static_cast<Stream*>(stream)->asked.push_back([=]() mutable {
        std::vector<void*> addresses;
        for (auto& value : values) addresses.push_back(value.data());
        const sim::Launch launch = {blocks, threads, shared_bytes, 0, static_cast<uint64_t>(number)};
        char message[512];
        if (tweetmill_sim_launch(kernel, &launch, addresses.data(), message, sizeof message) == 0) return SUCCESS;
        fprintf(stderr, "sim: %s: %s\n", kernel->name, message);
        return ILLEGAL_ADDRESS;
    });
    return SUCCESS;
}
