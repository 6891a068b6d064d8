/* What must be known of a JPEG before stb_image may have it. */
#ifndef DATA_JPEG_H
#define DATA_JPEG_H

#include "base/context.h"

/* Walks the segments of a JPEG. Refuses CMYK and rare codings (SSD_UNSUPPORTED), absurd dimensions (SSD_TOO_LARGE) and
 * damage that stb_image 2.27 does not see (SSD_BAD_FILE): Huffman tables of more than 256 codes, which it writes past
 * the end of its arrays, and scans with tables that were never defined, which it reads uninitialised. A file that ends
 * too soon is left to the decoder. */
SSD_MUST_USE ssd_status jpeg_check(ssd_context *context, const uint8_t *bytes, size_t count);

#endif
