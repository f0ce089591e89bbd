#include "host.hpp"

#include "../cuda/hash.cu"

SIM_UNIT(hash, SIM_KERNEL(content_hash))
