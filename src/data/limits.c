#include "data/limits.h"

enum { MAX_SIDE = 16384, MAX_PIXELS = 64 << 20 };

ssd_status limits_check(ssd_context *context, double width, double height) {
    if (width < 1 || height < 1)
        return context_fail(context, SSD_BAD_FILE, "the picture has no pixels");
    if (width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_PIXELS)
        return context_fail(context, SSD_TOO_LARGE,
                            "the picture is %.0f x %.0f pixels; the limit is %d a side and %d Mpixel in all: make it "
                            "smaller",
                            width, height, MAX_SIDE, MAX_PIXELS >> 20);
    return SSD_OK;
}

ssd_status limits_check_content(ssd_context *context, const char *name, size_t count, double width, double height,
                                double most) {
    if (width * height <= most)
        return SSD_OK;
    return context_fail(context, SSD_BAD_FILE, "the %s is cut off: %zu bytes are not all its %.0f x %.0f pixels", name,
                        count, width, height);
}
