#include "data/image.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "data/exif.h"
#include "data/stb.h"
#include <stb/stb_image.h>
#include <stb/stb_image_resize.h>

enum { MAX_SIDE = 16384, MAX_PIXELS = 64 << 20 };

void image_free(image *picture) {
    free(picture->rgb);
    *picture = (image){0};
}

ssd_status image_check_dimensions(ssd_context *context, double width, double height) {
    if (width < 1 || height < 1)
        return context_fail(context, SSD_BAD_FILE, "the picture has no pixels");
    if (width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_PIXELS)
        return context_fail(context, SSD_TOO_LARGE,
                            "the picture is %.0f x %.0f pixels; the limit is %d a side and %d Mpixel in all: make it "
                            "smaller",
                            width, height, MAX_SIDE, MAX_PIXELS >> 20);
    return SSD_OK;
}

/* ------------------------------------------------------------------------------------ sniffing --- */

static int starts(const uint8_t *bytes, size_t count, size_t at, const char *magic, size_t length) {
    return count >= at + length && memcmp(bytes + at, magic, length) == 0;
}

#define STARTS(at, magic) starts(bytes, count, at, magic, sizeof(magic) - 1)

/* The name of a format that is recognised but not read, or NULL. */
static const char *foreign_format(const uint8_t *bytes, size_t count) {
    if (STARTS(0, "RIFF") && STARTS(8, "WEBP"))
        return "WebP";
    if (STARTS(4, "ftypavif") || STARTS(4, "ftypavis"))
        return "AVIF";
    if (STARTS(4, "ftyphei") || STARTS(4, "ftyphev") || STARTS(4, "ftypmif1") || STARTS(4, "ftypmsf1"))
        return "HEIC";
    if (STARTS(4, "ftyp"))
        return "video";
    if (STARTS(0, "II*\0") || STARTS(0, "MM\0*"))
        return "TIFF or camera raw";
    if (STARTS(0, "%PDF"))
        return "PDF";
    if (STARTS(0, "8BPS"))
        return "Photoshop";
    if (STARTS(0, "PK\3\4") || STARTS(0, "PK\5\6"))
        return "zip";
    if (STARTS(0, "<svg") || STARTS(0, "<?xml") || STARTS(0, "<!DOCTYPE") || STARTS(0, "<html"))
        return "text (SVG or HTML)";
    if (STARTS(0, "\xff\x0a") || STARTS(0, "\0\0\0\x0cJXL "))
        return "JPEG XL";
    if (STARTS(0, "\0\0\0\x0cjP  "))
        return "JPEG 2000";
    return NULL;
}

static unsigned big16(const uint8_t *p) { return (unsigned)p[0] << 8 | p[1]; }

/* Walks a JPEG's segments: refuses CMYK and absurd sizes (stb_image would read CMYK with guessed inks), and wants an
 * end marker, since a file cut in half would otherwise decode to a half-grey picture. */
static ssd_status check_jpeg(ssd_context *context, const uint8_t *bytes, size_t count) {
    size_t at = 2, scan = 0;
    while (!scan && at + 4 <= count) {
        if (bytes[at] != 0xff) {
            at++;
            continue;
        }
        const int marker = bytes[at + 1];
        if (marker == 0xff || marker == 0 || marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
            at += marker == 0xff ? 1 : 2;
            continue;
        }
        const size_t length = big16(bytes + at + 2);
        const int frame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
        if (frame && at + 10 <= count) {
            if (bytes[at + 9] == 4)
                return context_fail(context, SSD_UNSUPPORTED, "a CMYK JPEG (for print): save it as RGB");
            const ssd_status status = image_check_dimensions(context, big16(bytes + at + 7), big16(bytes + at + 5));
            if (status)
                return status;
        }
        if (marker == 0xda)
            scan = at;
        at += 2 + length;
    }
    for (size_t i = count; scan && i >= scan + 2; i--)
        if (bytes[i - 2] == 0xff && bytes[i - 1] == 0xd9)
            return SSD_OK;
    return context_fail(context, SSD_BAD_FILE, "the JPEG is cut off (its end is missing)");
}

static ssd_status check_format(ssd_context *context, const uint8_t *bytes, size_t count) {
    if (count == 0)
        return context_fail(context, SSD_BAD_FILE, "the file is empty");
    const char *foreign = foreign_format(bytes, count);
    if (foreign)
        return context_fail(context, SSD_UNSUPPORTED, "a %s file: convert it to JPEG or PNG", foreign);
    if (STARTS(0, "\xff\xd8"))
        return check_jpeg(context, bytes, count);
    /* stb_image checks sizes by itself and then says nothing but no: these two are asked for theirs. */
    if (STARTS(0, "\x89PNG\r\n\x1a\n") && count >= 24)
        return image_check_dimensions(context, (double)big16(bytes + 16) * 65536 + big16(bytes + 18),
                                      (double)big16(bytes + 20) * 65536 + big16(bytes + 22));
    if (STARTS(0, "GIF8") && count >= 10)
        return image_check_dimensions(context, bytes[6] | bytes[7] << 8, bytes[8] | bytes[9] << 8);
    return SSD_OK;
}

/* -------------------------------------------------------------------------------------- pixels --- */

static uint8_t over_white(unsigned value, unsigned alpha) {
    return (uint8_t)((value * alpha + 255 * (255 - alpha) + 127) / 255);
}

/* `channels` 1..4 (grey, grey and alpha, RGB, RGBA) to RGB over white, turned upright. */
static ssd_status to_upright_rgb(ssd_context *context, const uint8_t *pixels, int width, int height, int channels,
                                 int orientation, image *out) {
    const int turned = orientation >= 5;
    image picture = {.width = turned ? height : width, .height = turned ? width : height};
    picture.rgb = context_allocate(context, (size_t)width * height, 3);
    if (!picture.rgb)
        return SSD_OUT_OF_MEMORY;
    uint8_t *to = picture.rgb;
    for (int y = 0; y < picture.height; y++) {
        for (int x = 0; x < picture.width; x++, to += 3) {
            int from_x = x, from_y = y;
            if (orientation != 1)
                exif_source(orientation, width, height, x, y, &from_x, &from_y);
            const uint8_t *from = pixels + ((size_t)from_y * width + from_x) * channels;
            const unsigned alpha = channels == 2 ? from[1] : channels == 4 ? from[3] : 255;
            for (int c = 0; c < 3; c++)
                to[c] = over_white(from[channels < 3 ? 0 : c], alpha);
        }
    }
    *out = picture;
    return SSD_OK;
}

ssd_status image_from_rgba(ssd_context *context, const uint8_t *rgba, int width, int height, image *out) {
    const ssd_status status = image_check_dimensions(context, width, height);
    return status ? status : to_upright_rgb(context, rgba, width, height, 4, 1, out);
}

ssd_status image_decode(ssd_context *context, const uint8_t *bytes, size_t count, image *out) {
    ssd_status status = check_format(context, bytes, count);
    if (status)
        return status;
    if (count > INT_MAX)
        return context_fail(context, SSD_TOO_LARGE, "the file is larger than 2 GB");
    int width = 0, height = 0, channels = 0;
    if (!stbi_info_from_memory(bytes, (int)count, &width, &height, &channels))
        return context_fail(context, SSD_BAD_FILE,
                            "not a picture that can be read (JPEG, PNG, BMP, GIF, TGA or PNM), or a damaged one");
    status = image_check_dimensions(context, width, height);
    if (status)
        return status;
    uint8_t *pixels = stbi_load_from_memory(bytes, (int)count, &width, &height, &channels, 0);
    if (!pixels)
        return context_fail(context, SSD_BAD_FILE, "the picture is damaged or cut off");
    status = to_upright_rgb(context, pixels, width, height, channels, exif_orientation(bytes, count), out);
    stbi_image_free(pixels);
    return status;
}

/* --------------------------------------------------------------------------------------- square --- */

static ssd_status pad_to_square(ssd_context *context, const image *picture, image *out) {
    const int side = picture->width > picture->height ? picture->width : picture->height;
    image square = {side, side, context_allocate(context, (size_t)side * side, 3)};
    if (!square.rgb)
        return SSD_OUT_OF_MEMORY;
    memset(square.rgb, 255, (size_t)side * side * 3);
    const int left = (side - picture->width) / 2, top = (side - picture->height) / 2;
    for (int y = 0; y < picture->height; y++)
        memcpy(square.rgb + ((size_t)(y + top) * side + left) * 3, picture->rgb + (size_t)y * picture->width * 3,
               (size_t)picture->width * 3);
    *out = square;
    return SSD_OK;
}

/* Pillow's and PyTorch's antialiased filters stretch the kernel when they shrink and renormalise it at the border; the
 * clamped edge differs from that in the outermost pixels only. */
static ssd_status resize(ssd_context *context, const uint8_t *rgb, int width, int height, int stride, ssd_filter filter,
                         int size, uint8_t *out) {
    const stbir_filter kernel = filter == SSD_FILTER_CUBIC ? STBIR_FILTER_CATMULLROM : STBIR_FILTER_TRIANGLE;
    const int done =
        stbir_resize_uint8_generic(rgb, width, height, stride, out, size, size, 0, 3, STBIR_ALPHA_CHANNEL_NONE, 0,
                                   STBIR_EDGE_CLAMP, kernel, STBIR_COLORSPACE_LINEAR, NULL);
    return done ? SSD_OK : context_fail(context, SSD_OUT_OF_MEMORY, "not enough memory to resize the picture");
}

ssd_status image_fit(ssd_context *context, const image *picture, ssd_crop crop, ssd_filter filter, int size,
                     uint8_t *out) {
    const int width = picture->width, height = picture->height;
    if (crop == SSD_CROP_PAD && width != height) {
        image square;
        ssd_status status = pad_to_square(context, picture, &square);
        if (status)
            return status;
        status = resize(context, square.rgb, square.width, square.height, 0, filter, size, out);
        image_free(&square);
        return status;
    }
    const int side = width < height ? width : height;
    const int cut = crop == SSD_CROP_CENTRE;
    const uint8_t *first = picture->rgb;
    if (cut)
        first += ((size_t)((height - side) / 2) * width + (width - side) / 2) * 3;
    return resize(context, first, cut ? side : width, cut ? side : height, width * 3, filter, size, out);
}
