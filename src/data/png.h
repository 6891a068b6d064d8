/* PNG for stb_image: only the parts that make the pixels, with true lengths. */
#ifndef DATA_PNG_H
#define DATA_PNG_H

#include "data/source.h"

/* Lays out a PNG (the file begins with its signature). Chunk lengths are checked against the file, the palette has all
 * 256 colours (the last one again where the file has no more), transparency that does not fit the pixels is left out,
 * and a missing end (IEND) is supplied. Apple's CgBI is kept: stb reads it. Fails with SSD_BAD_FILE,
 * SSD_UNSUPPORTED, SSD_TOO_LARGE, SSD_OUT_OF_MEMORY. */
SSD_MUST_USE ssd_status png_prepare(ssd_context *context, const uint8_t *bytes, size_t count, source *out);

#endif
