/* BMP for stb_image: any header becomes the one that it reads rightly. */
#ifndef DATA_BMP_H
#define DATA_BMP_H

#include "data/source.h"

/* Lays out a BMP (the file begins with "BM") of any header, OS/2's included: rows up or down, 1 to 32 bits a pixel,
 * masks of any length, colours that the palette lacks black. The fourth byte of a plain 32-bit pixel is nothing, as in
 * browsers; masks may name an alpha, which counts unless it is 0 throughout. Fails with SSD_UNSUPPORTED (compressed
 * kinds, named: the page gives the sentences that begin "a BMP with" to the browser), SSD_BAD_FILE, SSD_TOO_LARGE,
 * SSD_OUT_OF_MEMORY. */
SSD_MUST_USE ssd_status bmp_prepare(ssd_context *context, const uint8_t *bytes, size_t count, source *out);

#endif
