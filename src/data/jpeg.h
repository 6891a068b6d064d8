/* JPEG for stb_image: only the parts that make the pixels, as libjpeg would find them among whatever else is there. */
#ifndef DATA_JPEG_H
#define DATA_JPEG_H

#include "data/source.h"

/* Lays out a JPEG (the file begins with its mark, SOI). Left out are metadata, junk between the parts, and all after
 * the image data; a missing end (EOI) is supplied; the colours are told as libjpeg takes them. Fails with
 * SSD_UNSUPPORTED (CMYK and rare codings, named), SSD_TOO_LARGE, SSD_OUT_OF_MEMORY, and SSD_BAD_FILE for damage that
 * stb_image 2.27 does not see: Huffman tables of more than 256 codes, which it writes past the end of its arrays, scans
 * with tables that were never defined, and missing image data, which it makes up. The page relies on the sentences that
 * begin "a CMYK JPEG", "a lossless JPEG", "a hierarchical JPEG", "a JPEG with arithmetic coding", "a JPEG of": those it
 * gives to the browser. */
SSD_MUST_USE ssd_status jpeg_prepare(ssd_context *context, const uint8_t *bytes, size_t count, source *out);

#endif
