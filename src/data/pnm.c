#include "data/pnm.h"

#include <math.h>

#include "data/limits.h"

typedef struct text {
    const uint8_t *bytes;
    size_t count, at;
} text;

static int is_space(int c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* Over spaces and comments. */
static void skip_space(text *t) {
    while (t->at < t->count && (is_space(t->bytes[t->at]) || t->bytes[t->at] == '#')) {
        if (t->bytes[t->at] == '#')
            while (t->at < t->count && t->bytes[t->at] != '\n')
                t->at++;
        else
            t->at++;
    }
}

/* The next whole number, at most `digits` long; -1 where there is none, 1e6 for all that are larger. */
static long number(text *t, int digits) {
    skip_space(t);
    long value = -1;
    for (int i = 0; i < digits && t->at < t->count && t->bytes[t->at] >= '0' && t->bytes[t->at] <= '9'; i++) {
        value = (value < 0 ? 0 : value) * 10 + (t->bytes[t->at++] - '0');
        value = value > 1000000 ? 1000000 : value;
    }
    return value;
}

/* A plain (P1..P3) or raw (P5, P6) sample; -1 at the end. */
static long sample(text *t, int kind, long most) {
    if (kind <= 3)
        return number(t, kind == 1 ? 1 : 9);
    if (most < 256)
        return t->at < t->count ? t->bytes[t->at++] : -1;
    if (t->count - t->at < 2)
        return -1;
    t->at += 2;
    return (long)t->bytes[t->at - 2] << 8 | t->bytes[t->at - 1];
}

/* Bit x of a P4 row; -1 at the end. Rows begin with a byte. */
static long bit(const text *t, size_t row, int x) {
    const size_t at = row + (size_t)x / 8;
    return at < t->count ? t->bytes[at] >> (7 - x % 8) & 1 : -1;
}

/* Fills the pixels, or returns 0 where the data end too soon. */
static int read_pixels(text *t, int kind, long most, bitmap *picture) {
    const int channels = kind == 3 || kind == 6 ? 3 : 1, bilevel = kind == 1 || kind == 4;
    uint8_t *to = picture->rgba;
    for (int y = 0; y < picture->height; y++) {
        const size_t row = t->at + (size_t)y * (((size_t)picture->width + 7) / 8);
        for (int x = 0; x < picture->width; x++, to += 4) {
            to[3] = 255;
            for (int c = 0; c < 3; c++) {
                if (c >= channels) {
                    to[c] = to[0];
                    continue;
                }
                long value = kind == 4 ? bit(t, row, x) : sample(t, kind, most);
                if (value < 0)
                    return 0;
                if (bilevel)
                    value = !value; /* 1 is black */
                value = value > most ? most : value;
                to[c] = (uint8_t)((value * 255 + most / 2) / most);
            }
        }
    }
    return 1;
}

/* Pixels that `left` bytes can hold: plain samples have a digit and a space, those of P1 may have the digit alone. */
static double pixels_in(int kind, long most, double left, double width) {
    switch (kind) {
    case 1: return left;
    case 2: return (left + 1) / 2;
    case 3: return (left + 1) / 6;
    case 4: return left / ceil(width / 8) * width;
    default: return left / ((kind == 6 ? 3 : 1) * (most < 256 ? 1 : 2));
    }
}

ssd_status pnm_decode(ssd_context *context, const uint8_t *bytes, size_t count, bitmap *out) {
    text t = {bytes, count, 2};
    const int kind = bytes[1] - '0';
    const long width = number(&t, 9), height = number(&t, 9);
    const long most = kind == 1 || kind == 4 ? 1 : number(&t, 9);
    if (width < 0 || height < 0 || most < 1 || most > 65535 || t.at >= count)
        return context_fail(context, SSD_BAD_FILE, "the PNM is damaged or cut off (in its header)");
    t.at++; /* one space ends the header */
    ssd_status status = limits_check(context, (double)width, (double)height);
    if (!status)
        status = limits_check_content(context, "PNM", count, (double)width, (double)height,
                                      pixels_in(kind, most, (double)(count - t.at), (double)width));
    if (status)
        return status;
    bitmap picture = {(int)width, (int)height, context_allocate(context, (size_t)(width * height), 4)};
    if (!picture.rgba)
        return SSD_OUT_OF_MEMORY;
    if (!read_pixels(&t, kind, most, &picture)) {
        bitmap_free(&picture);
        return context_fail(context, SSD_BAD_FILE, "the PNM is cut off: %zu bytes are not all its %ld x %ld pixels",
                            count, width, height);
    }
    *out = picture;
    return SSD_OK;
}
