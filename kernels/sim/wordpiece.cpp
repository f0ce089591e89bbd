#include "host.hpp"

#include "../cuda/wordpiece.cu"

SIM_UNIT(wordpiece, SIM_KERNEL(wordpiece_encode), SIM_KERNEL(scan_tiles), SIM_KERNEL(scan_sums), SIM_KERNEL(scan_starts), SIM_KERNEL(gather_ids))
