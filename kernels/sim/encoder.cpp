#include "host.hpp"

#include "../cuda/encoder.cu"

SIM_UNIT(encoder, SIM_KERNEL(embed), SIM_KERNEL(multiply), SIM_KERNEL(attend), SIM_KERNEL(add_norm), SIM_KERNEL(pool))
