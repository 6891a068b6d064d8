/* Picture files that a test makes byte by byte, and what must become of them. */
#ifndef MADE_FILE_H
#define MADE_FILE_H

#include <string.h>

#include "check.h"
#include "data/image.h"

static ssd_context *context;

/* A file in the making. */
typedef struct file {
    uint8_t bytes[4096];
    size_t count;
} file;

static inline void put(file *f, const void *bytes, size_t count) {
    if (count)
        memcpy(f->bytes + f->count, bytes, count);
    f->count += count;
}

#define PUT(f, text) put(f, text, sizeof(text) - 1)

static inline void put16(file *f, unsigned value) { put(f, (uint8_t[]){(uint8_t)value, (uint8_t)(value >> 8)}, 2); }
static inline void put32(file *f, unsigned value) { put16(f, value), put16(f, value >> 16); }
static inline void put32be(file *f, unsigned value) {
    put(f, (uint8_t[]){(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value}, 4);
}

static inline ssd_status decode(const file *f, bitmap *out) {
    *out = (bitmap){0};
    uint8_t *exact = malloc(f->count ? f->count : 1);
    memcpy(exact, f->bytes, f->count);
    const ssd_status status = image_decode(context, exact, f->count, out);
    free(exact);
    return status;
}

static inline void check_refused(const file *f, ssd_status status, const char *word) {
    bitmap picture;
    const ssd_status got = decode(f, &picture);
    if (got != status || !strstr(ssd_context_error(context), word))
        printf("status %d, \"%s\"; wanted %d, \"%s\"\n", (int)got, ssd_context_error(context), (int)status, word);
    CHECK(got == status && strstr(ssd_context_error(context), word));
    bitmap_free(&picture);
}

/* Decodes to width x height pixels of these three channels each. */
static inline void check_pixels(const file *f, int width, int height, const uint8_t *want) {
    bitmap picture;
    CHECK(decode(f, &picture) == SSD_OK);
    CHECK(picture.width == width && picture.height == height);
    int wrong = !picture.rgba;
    for (int i = 0; picture.rgba && i < width * height; i++)
        wrong += memcmp(picture.rgba + (size_t)i * 4, want + (size_t)i * 3, 3) != 0 || picture.rgba[i * 4 + 3] != 255;
    CHECK(wrong == 0);
    bitmap_free(&picture);
}

#define CHECK_PIXELS(f, width, height, ...) check_pixels(f, width, height, (const uint8_t[]){__VA_ARGS__})

#endif
