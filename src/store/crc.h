/* CRC-32C (Castagnoli), for noticing bytes that changed on the disk. Pure. */
#ifndef GODWIT_STORE_CRC_H
#define GODWIT_STORE_CRC_H

#include "base/str.h"

uint32_t store_crc32c(str bytes);

#endif
