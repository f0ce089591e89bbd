#include "host.hpp"

#include "../cuda/bpe.cu"

SIM_UNIT(bpe, SIM_KERNEL(bpe_split), SIM_KERNEL(bpe_encode), SIM_KERNEL(scan_tiles), SIM_KERNEL(scan_sums), SIM_KERNEL(scan_starts), SIM_KERNEL(gather_ids))
