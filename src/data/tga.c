#include "data/tga.h"

#include "data/limits.h"

enum { HEADER = 18, INDEXED = 1, COLOUR = 2, GREY = 3, RUNS = 8 };

static int is_depth(unsigned bits) { return bits == 8 || bits == 15 || bits == 16 || bits == 24 || bits == 32; }

/* The header of a kind that stb_image reads. */
static int is_tga(const uint8_t *p, size_t count) {
    if (count < HEADER)
        return 0;
    const unsigned kind = p[2] & ~RUNS;
    if (p[2] > 11 || !little16(p + 12) || !little16(p + 14))
        return 0;
    if (p[1] == 1)
        return kind == INDEXED && is_depth(p[7]) && little16(p + 5) && (p[16] == 8 || p[16] == 16);
    return p[1] == 0 && (kind == COLOUR || (kind == GREY && (p[16] == 8 || p[16] == 16))) && is_depth(p[16]);
}

/* Pixels that the packets of runs from `at` on give, up to `most`. */
static double count_runs(const uint8_t *bytes, size_t count, size_t at, size_t pixel, double most) {
    double pixels = 0;
    while (at < count && pixels < most) {
        const size_t length = (size_t)(bytes[at] & 127) + 1, size = 1 + (bytes[at] & 128 ? pixel : length * pixel);
        if (size > count - at)
            break;
        pixels += (double)length;
        at += size;
    }
    return pixels;
}

ssd_status tga_prepare(ssd_context *context, const uint8_t *bytes, size_t count, source *out) {
    if (!is_tga(bytes, count))
        return context_fail(context, SSD_BAD_FILE, "not a picture that can be read (JPEG, PNG, BMP, GIF, TGA or PNM)");
    const double width = little16(bytes + 12), height = little16(bytes + 14);
    ssd_status status = limits_check(context, width, height);
    if (status)
        return status;
    const size_t pixel = (bytes[16] + 7u) / 8, colour = bytes[1] ? (bytes[7] + 7u) / 8 : 0;
    /* stb passes over as many bytes as the palette's first colour has for a number. */
    const size_t data = HEADER + (size_t)bytes[0] + (bytes[1] ? little16(bytes + 3) + colour * little16(bytes + 5) : 0);
    const double there = data < count ? (double)(count - data) : 0;
    const double pixels =
        bytes[2] & RUNS ? count_runs(bytes, count, data, pixel, width * height) : there / (double)pixel;
    status = limits_check_content(context, "TGA", count, width, height, pixels);
    if (!status)
        status = source_room(context, out, 1);
    out->width = (int)width;
    out->height = (int)height;
    out->rest = bytes;
    out->rest_count = count;
    return status;
}
