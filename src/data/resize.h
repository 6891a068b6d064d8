/* Resampling of bytes, antialiased as Pillow and PyTorch do it. */
#ifndef DATA_RESIZE_H
#define DATA_RESIZE_H

#include "base/context.h"

/* Resizes `from`, RGBA of width x height with rows `stride` bytes apart and alpha ignored, into `out`, RGB of to_width
 * x to_height with rows `out_stride` bytes apart. Both directions apart, in float: out(o) = sum_i k((i + 1/2 - centre)
 * / s) from(i) / sum_i k(...), centre = (o + 1/2) in/out, s = max(in/out, 1), over the pixels that there are; k is the
 * triangle, or the cubic of Keys with a = -1/2 (Catmull-Rom). Rounded once, at the end. The same bytes in all builds.
 * Fails with SSD_OUT_OF_MEMORY only. */
SSD_MUST_USE ssd_status resize_rgba(ssd_context *context, const uint8_t *from, size_t stride, int width, int height,
                                    ssd_filter filter, uint8_t *out, size_t out_stride, int to_width, int to_height);

#endif
