/* stb_image, compiled once with this project's limits, behind one function. */
#ifndef DATA_STB_H
#define DATA_STB_H

#include "base/context.h"
#include "data/bitmap.h"
#include "data/format.h"
#include "data/source.h"

/* Decodes the source with stb's decoder of this format (FORMAT_OTHER is TGA), the tail's bytes being `filling`. *out is
 * set on success only, its alpha as in the file. Fails with SSD_OUT_OF_MEMORY, or with SSD_BAD_FILE. */
SSD_MUST_USE ssd_status stb_decode(ssd_context *context, format kind, const source *from, uint8_t filling, bitmap *out);

#endif
