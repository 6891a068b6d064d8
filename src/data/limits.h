/* The largest pictures that are decoded. */
#ifndef DATA_LIMITS_H
#define DATA_LIMITS_H

#include "base/context.h"

/* Refuses absurd dimensions: SSD_OK, SSD_BAD_FILE (below 1), SSD_TOO_LARGE (a side above 16384, or 64 Mpixel). */
SSD_MUST_USE ssd_status limits_check(ssd_context *context, double width, double height);

/* Refuses a file of `count` bytes whose data cannot hold more than `most` of its width x height pixels (SSD_BAD_FILE):
 * a few bytes must not cost seconds and gigabytes before that is found out. `name` is the format's. */
SSD_MUST_USE ssd_status limits_check_content(ssd_context *context, const char *name, size_t count, double width,
                                             double height, double most);

#endif
