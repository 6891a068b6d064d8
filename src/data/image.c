#include "data/image.h"

#include <limits.h>
#include <string.h>

#include "data/bmp.h"
#include "data/exif.h"
#include "data/format.h"
#include "data/gif.h"
#include "data/jpeg.h"
#include "data/limits.h"
#include "data/png.h"
#include "data/pnm.h"
#include "data/resize.h"
#include "data/stb.h"
#include "data/tga.h"

/* -------------------------------------------------------------------------------------- pixels --- */

static uint8_t over_white(unsigned value, unsigned alpha) {
    return (uint8_t)((value * alpha + 255 * (255 - alpha) + 127) / 255);
}

/* Lays the picture over white, in place: every alpha is 255 afterwards. */
static void flatten(bitmap *picture) {
    uint8_t *pixel = picture->rgba, *end = pixel + (size_t)picture->width * picture->height * 4;
    for (; pixel < end; pixel += 4) {
        if (pixel[3] == 255)
            continue;
        for (int c = 0; c < 3; c++)
            pixel[c] = over_white(pixel[c], pixel[3]);
        pixel[3] = 255;
    }
}

/* Turns the picture upright, into new memory unless it is so already; the picture is unchanged on failure. */
static ssd_status turn_upright(ssd_context *context, bitmap *picture, int orientation) {
    if (orientation == 1)
        return SSD_OK;
    const int turned = orientation >= 5, width = picture->width, height = picture->height;
    bitmap upright = {turned ? height : width, turned ? width : height,
                      context_allocate(context, (size_t)width * height, 4)};
    if (!upright.rgba)
        return SSD_OUT_OF_MEMORY;
    uint8_t *to = upright.rgba;
    for (int y = 0; y < upright.height; y++) {
        for (int x = 0; x < upright.width; x++, to += 4) {
            int from_x, from_y;
            exif_source(orientation, width, height, x, y, &from_x, &from_y);
            memcpy(to, picture->rgba + ((size_t)from_y * width + from_x) * 4, 4);
        }
    }
    bitmap_free(picture);
    *picture = upright;
    return SSD_OK;
}

ssd_status image_from_rgba(ssd_context *context, const uint8_t *rgba, int width, int height, bitmap *out) {
    const ssd_status status = limits_check(context, width, height);
    if (status)
        return status;
    bitmap picture = {width, height, context_allocate(context, (size_t)width * height, 4)};
    if (!picture.rgba)
        return SSD_OUT_OF_MEMORY;
    memcpy(picture.rgba, rgba, (size_t)width * height * 4);
    flatten(&picture);
    *out = picture;
    return SSD_OK;
}

/* ------------------------------------------------------------------------------------- decoding --- */

static ssd_status prepare(ssd_context *context, format kind, const uint8_t *bytes, size_t count, source *out) {
    switch (kind) {
    case FORMAT_JPEG: return jpeg_prepare(context, bytes, count, out);
    case FORMAT_PNG: return png_prepare(context, bytes, count, out);
    case FORMAT_BMP: return bmp_prepare(context, bytes, count, out);
    case FORMAT_GIF: return gif_prepare(context, bytes, count, out);
    default: return tga_prepare(context, bytes, count, out);
    }
}

/* Tells pictures apart; two different ones are the same to it once in 2^64. */
static uint64_t digest(const bitmap *picture) {
    uint64_t hash = 0xcbf29ce484222325ULL;
    for (size_t i = 0; i < (size_t)picture->width * picture->height; i++) {
        uint32_t pixel;
        memcpy(&pixel, picture->rgba + i * 4, sizeof pixel);
        hash = (hash ^ pixel) * 0x100000001b3ULL;
        hash ^= hash >> 29;
    }
    return hash;
}

/* A file that ends without its mark of the end may still have all its pixels: then they are the same whatever follows.
 */
static ssd_status decode_open(ssd_context *context, format kind, const source *from, bitmap *out) {
    bitmap other, picture;
    ssd_status status = stb_decode(context, kind, from, 0xa5, &other);
    uint64_t hash = 0;
    if (!status) {
        hash = digest(&other);
        bitmap_free(&other);
        status = stb_decode(context, kind, from, 0, &picture);
    }
    if (!status && digest(&picture) == hash) {
        *out = picture;
        return SSD_OK;
    }
    if (!status)
        bitmap_free(&picture);
    if (status == SSD_OUT_OF_MEMORY)
        return status;
    return context_fail(context, SSD_BAD_FILE, "the %s is cut off (its end is missing)", format_name(kind));
}

/* Everything but PNM. */
static ssd_status decode_stb(ssd_context *context, format kind, const uint8_t *bytes, size_t count, bitmap *out) {
    source from = {0};
    bitmap picture;
    ssd_status status = prepare(context, kind, bytes, count, &from);
    if (!status)
        status =
            from.open ? decode_open(context, kind, &from, &picture) : stb_decode(context, kind, &from, 0, &picture);
    source_free(&from);
    if (status)
        return status;
    status = turn_upright(context, &picture, exif_orientation(bytes, count));
    if (status) {
        bitmap_free(&picture);
        return status;
    }
    flatten(&picture);
    *out = picture;
    return SSD_OK;
}

ssd_status image_decode(ssd_context *context, const uint8_t *bytes, size_t count, bitmap *out) {
    const ssd_status status = format_check(context, bytes, count);
    if (status)
        return status;
    if (count > INT_MAX)
        return context_fail(context, SSD_TOO_LARGE, "the file is larger than 2 GB");
    const format kind = format_of(bytes, count);
    return kind == FORMAT_PNM ? pnm_decode(context, bytes, count, out) : decode_stb(context, kind, bytes, count, out);
}

/* --------------------------------------------------------------------------------------- square --- */

/* `count` output pixels of the `size` for `part` of `whole` input pixels: rounded, at least 1. */
static int share(int size, int part, int whole) {
    const int pixels = (int)(((int64_t)size * part * 2 + whole) / ((int64_t)whole * 2));
    return pixels < 1 ? 1 : pixels;
}

ssd_status image_fit(ssd_context *context, const bitmap *picture, ssd_crop crop, ssd_filter filter, int size,
                     uint8_t *out) {
    const size_t stride = (size_t)picture->width * 4, out_stride = (size_t)size * 3;
    const uint8_t *from = picture->rgba;
    int width = picture->width, height = picture->height, to_width = size, to_height = size;
    if (crop == SSD_CROP_CENTRE) {
        const int side = width < height ? width : height;
        from += (size_t)((height - side) / 2) * stride + (size_t)((width - side) / 2) * 4;
        width = height = side;
    } else if (crop == SSD_CROP_PAD) {
        const int side = width > height ? width : height;
        to_width = share(size, width, side);
        to_height = share(size, height, side);
        memset(out, 255, (size_t)size * out_stride);
    }
    uint8_t *to = out + (size_t)((size - to_height) / 2) * out_stride + (size_t)((size - to_width) / 2) * 3;
    return resize_rgba(context, from, stride, width, height, filter, to, out_stride, to_width, to_height);
}
