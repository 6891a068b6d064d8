/* Decoding of picture files to upright, opaque pixels, and making them square. */
#ifndef DATA_IMAGE_H
#define DATA_IMAGE_H

#include "base/context.h"
#include "data/bitmap.h"

/* JPEG, PNG, BMP, GIF (first frame), TGA, PNM. Grey becomes RGB, 16 bits become 8, alpha is laid over white, EXIF
 * orientation is honoured. Small faults that leave all pixels there (a missing end, junk, false lengths) are mended.
 * Refused before decoding: sides above 16384 or more than 64 Mpixel (SSD_TOO_LARGE), other formats and kinds that are
 * named (SSD_UNSUPPORTED), empty files and those too short for their pixels (SSD_BAD_FILE). The same bytes give the
 * same pixels, however damaged. *out is set on success only. */
SSD_MUST_USE ssd_status image_decode(ssd_context *context, const uint8_t *bytes, size_t count, bitmap *out);

/* Lays `rgba` (height x width x 4, not premultiplied) over white. */
SSD_MUST_USE ssd_status image_from_rgba(ssd_context *context, const uint8_t *rgba, int width, int height, bitmap *out);

/* Makes `picture` square by the crop and resizes it, antialiased, into out: size x size x 3. Triangle is PyTorch's
 * (and Pillow's) antialiased bilinear; cubic is Catmull-Rom. Padding is white, by whole pixels of the result. */
SSD_MUST_USE ssd_status image_fit(ssd_context *context, const bitmap *picture, ssd_crop crop, ssd_filter filter,
                                  int size, uint8_t *out);

#endif
