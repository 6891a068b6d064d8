#include "data/image.h"

#include <limits.h>
#include <string.h>

#include "data/exif.h"
#include "data/format.h"
#include "data/limits.h"
#include "data/pnm.h"
#include "data/resize.h"
#include "data/stb.h"
#include <stb/stb_image.h>

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

/* The file as a stream for stb_image, which takes the end of the data for zeros in most formats: here it is noticed. */
typedef struct reader {
    const uint8_t *bytes;
    size_t count, at;
    const char *buffer; /* stb's own read-ahead buffer; any other place must be filled */
    int cut;            /* something beyond the end was wanted */
} reader;

static int reader_read(void *user, char *data, int size) {
    reader *r = user;
    const size_t left = r->count - r->at, got = left < (size_t)size ? left : (size_t)size;
    memcpy(data, r->bytes + r->at, got);
    r->at += got;
    if (!r->buffer)
        r->buffer = data;
    r->cut |= got < (size_t)size && (got == 0 || data != r->buffer);
    return (int)got;
}

static void reader_skip(void *user, int size) {
    reader *r = user;
    const size_t left = r->count - r->at;
    r->at += size > 0 && (size_t)size < left ? (size_t)size : size > 0 ? left : 0;
}

static int reader_eof(void *user) {
    const reader *r = user;
    return r->at == r->count;
}

static const stbi_io_callbacks READER = {reader_read, reader_skip, reader_eof};

static ssd_status fail_decode(ssd_context *context, format kind, int cut) {
    const char *reason = stbi_failure_reason(), *name = format_name(kind);
    if (reason && strcmp(reason, "outofmem") == 0)
        return context_fail(context, SSD_OUT_OF_MEMORY, "not enough memory to decode the picture; make it smaller");
    if (reason && strcmp(reason, "too large") == 0)
        return context_fail(context, SSD_TOO_LARGE, "the picture has absurd dimensions, or its header is damaged");
    if (cut)
        return context_fail(context, SSD_BAD_FILE, "the %s is cut off (its end is missing)", name);
    return context_fail(context, SSD_BAD_FILE, "the %s is damaged, or of a kind that is not read (%s)", name,
                        reason ? reason : "unknown");
}

/* Everything but PNM. */
static ssd_status decode_stb(ssd_context *context, const uint8_t *bytes, size_t count, bitmap *out) {
    const format kind = format_of(bytes, count);
    reader r = {.bytes = bytes, .count = count};
    int width = 0, height = 0, channels = 0;
    if (!stbi_info_from_callbacks(&READER, &r, &width, &height, &channels)) {
        if (kind != FORMAT_OTHER)
            return fail_decode(context, kind, r.cut);
        return context_fail(context, SSD_BAD_FILE, "not a picture that can be read (JPEG, PNG, BMP, GIF, TGA or PNM)");
    }
    ssd_status status = limits_check(context, width, height);
    if (status)
        return status;
    r = (reader){.bytes = bytes, .count = count};
    bitmap picture = {.rgba = stbi_load_from_callbacks(&READER, &r, &width, &height, &channels, 4)};
    picture.width = width, picture.height = height;
    if (!picture.rgba || r.cut)
        status = fail_decode(context, kind, r.cut);
    else
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
    return format_of(bytes, count) == FORMAT_PNM ? pnm_decode(context, bytes, count, out)
                                                 : decode_stb(context, bytes, count, out);
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
