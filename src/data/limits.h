/* The largest pictures that are decoded. */
#ifndef DATA_LIMITS_H
#define DATA_LIMITS_H

#include "base/context.h"

/* Refuses absurd dimensions: SSD_OK, SSD_BAD_FILE (below 1), SSD_TOO_LARGE (a side above 16384, or 64 Mpixel). */
SSD_MUST_USE ssd_status limits_check(ssd_context *context, double width, double height);

#endif
