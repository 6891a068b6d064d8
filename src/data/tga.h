/* TGA for stb_image. */
#ifndef DATA_TGA_H
#define DATA_TGA_H

#include "data/source.h"

/* Lays out what may be a TGA, which has no mark at its beginning. Refuses other files ("not a picture"), and those that
 * lack pixels, before anything is allocated for them: SSD_BAD_FILE, SSD_TOO_LARGE, SSD_OUT_OF_MEMORY. */
SSD_MUST_USE ssd_status tga_prepare(ssd_context *context, const uint8_t *bytes, size_t count, source *out);

#endif
