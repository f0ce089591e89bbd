#include "host.hpp"

#include "../cuda/near.cu"

SIM_UNIT(near, SIM_KERNEL(band_keys))
