/* GIF for stb_image: its first frame, on a canvas that holds it. */
#ifndef DATA_GIF_H
#define DATA_GIF_H

#include "data/source.h"

/* Lays out a GIF (the file begins with "GIF87a" or "GIF89a"). The canvas grows to hold the first frame, and is
 * transparent around it, as in browsers. Fails with SSD_BAD_FILE, SSD_TOO_LARGE, SSD_OUT_OF_MEMORY. */
SSD_MUST_USE ssd_status gif_prepare(ssd_context *context, const uint8_t *bytes, size_t count, source *out);

#endif
