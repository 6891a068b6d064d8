/* PNM (PBM, PGM, PPM): P1 to P6, any maximum up to 65535. stb_image 2.27 reads the 16-bit ones with their bytes
 * swapped and does not scale by the maximum, hence this. */
#ifndef DATA_PNM_H
#define DATA_PNM_H

#include "base/context.h"
#include "data/bitmap.h"

/* Fails with SSD_BAD_FILE (damaged, cut off), SSD_TOO_LARGE, SSD_OUT_OF_MEMORY. *out is set on success only. */
SSD_MUST_USE ssd_status pnm_decode(ssd_context *context, const uint8_t *bytes, size_t count, bitmap *out);

#endif
