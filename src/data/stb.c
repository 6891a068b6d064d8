#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#pragma GCC diagnostic ignored "-Wsign-compare"
#include "data/stb.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* --------------------------------------------------------------------------------------- memory --- */

/* Of this thread's present call: the longest block that its pixels justify, the length of the one that stb always fills
 * (0 for none), whether one could not be had, and whether a longer one was wanted. */
static _Thread_local uint64_t block_most;
static _Thread_local size_t block_filled;
static _Thread_local int no_memory, too_long;

/* Zeroed: where damaged data leave pixels unset, they are the same in every run. To zero a JPEG's result as well took
 * 8% of its time. */
static void *stb_allocate(size_t size) {
    too_long |= size > block_most;
    if (too_long)
        return NULL;
    void *block = size && size == block_filled ? malloc(size) : calloc(1, size ? size : 1);
    no_memory |= !block;
    return block;
}

static void *stb_reallocate(void *old, size_t old_size, size_t size) {
    too_long |= size > block_most;
    if (too_long)
        return NULL;
    uint8_t *block = realloc(old, size);
    no_memory |= !block;
    if (block && size > old_size)
        memset(block + old_size, 0, size - old_size);
    return block;
}

/* -------------------------------------------------------------------------------- stb_image itself --- */

#define STBI_MALLOC stb_allocate
#define STBI_REALLOC_SIZED stb_reallocate
#define STBI_FREE free
#define STBI_NO_STDIO
#define STBI_NO_HDR
#define STBI_NO_LINEAR
#define STBI_NO_PSD
#define STBI_NO_PIC
#define STBI_NO_PNM
#define STBI_MAX_DIMENSIONS 16384
#define STBI_ASSERT(condition) ((void)0)

/* stb takes its SSE2 paths for JPEGs (the same pixels as its plain ones) where it sees an x86. Emscripten translates
 * the intrinsics to WebAssembly's; stb must be told, and given what it defines beside them. */
#if defined(__EMSCRIPTEN__) && defined(__SSE2__)
#include <emmintrin.h>
#define STBI_SSE2
#define STBI_SIMD_ALIGN(type, name) type name __attribute__((aligned(16)))
static int stbi__sse2_available(void) { return 1; }
#endif

/* In a damaged JPEG, stb 2.27 shifts a zero by up to 39 bits. The result is zero on every machine that this runs on.
 * What else C leaves undefined in it is defined by the options that src/CMakeLists.txt gives this file: overflows wrap,
 * and variables begin as zero. */
#pragma clang attribute push(__attribute__((no_sanitize("shift-exponent"))), apply_to = function)
#define STB_IMAGE_IMPLEMENTATION
#include <stb/stb_image.h>
#pragma clang attribute pop

/* --------------------------------------------------------------------------------------- reading --- */

/* The source as a stream. stb takes the end of the data for zeros in most formats: here it is noticed. */
typedef struct reader {
    const source *from;
    uint8_t filling;
    int is_jpeg;
    size_t at;
    const char *buffer; /* stb's own read-ahead buffer; any other place must be filled */
    int cut;            /* something beyond the end was wanted */
} reader;

static size_t reader_count(const reader *r) {
    return r->from->head_count + r->from->rest_count + r->from->tail_count + r->from->end_count;
}

/* Copies up to `size` bytes of the part that `at` lies in. */
static size_t reader_part(const reader *r, size_t at, char *data, size_t size) {
    const source *s = r->from;
    const void *const parts[] = {s->head, s->rest, NULL, s->end};
    const size_t counts[] = {s->head_count, s->rest_count, s->tail_count, s->end_count};
    for (int i = 0; i < 4; i++) {
        if (at < counts[i]) {
            const size_t got = counts[i] - at < size ? counts[i] - at : size;
            if (parts[i])
                memcpy(data, (const uint8_t *)parts[i] + at, got);
            else
                memset(data, r->filling, got);
            return got;
        }
        at -= counts[i];
    }
    return 0;
}

static int reader_read(void *user, char *data, int size) {
    reader *r = user;
    size_t got = 0;
    for (size_t more = 1; more && got < (size_t)size; got += more)
        more = reader_part(r, r->at + got, data + got, (size_t)size - got);
    if (!r->buffer)
        r->buffer = data;
    r->cut |= got < (size_t)size && (got == 0 || data != r->buffer);
    /* In a JPEG, a 0xff always begins a block, so that none lies unseen in stb's buffer: see reader_eof. */
    const char *next = r->is_jpeg && got > 1 ? memchr(data + 1, 0xff, got - 1) : NULL;
    if (next)
        got = (size_t)(next - data);
    r->at += got;
    return (int)got;
}

static void reader_skip(void *user, int size) {
    reader *r = user;
    const size_t left = reader_count(r) - r->at;
    r->at += size > 0 && (size_t)size < left ? (size_t)size : size > 0 ? left : 0;
}

static uint8_t reader_byte(const reader *r, size_t at) {
    char byte = 0;
    (void)reader_part(r, at, &byte, 1);
    return (uint8_t)byte;
}

/* stb asks this of a JPEG only when a scan has all its blocks and no marker was seen: what then lies before the next
 * marker is junk (drones write some), in which stb would take 0xff 0x00 for a marker. */
static int reader_eof(void *user) {
    reader *r = user;
    const size_t count = reader_count(r);
    for (; r->is_jpeg && r->at + 1 < count; r->at++) {
        const uint8_t code = reader_byte(r, r->at + 1);
        if (reader_byte(r, r->at) == 0xff && code != 0 && code != 0xff && !(code >= 0xd0 && code <= 0xd7))
            break;
    }
    return r->at == count;
}

static const stbi_io_callbacks READER = {reader_read, reader_skip, reader_eof};

/* -------------------------------------------------------------------------------------- decoding --- */

static void *load(format kind, stbi__context *s, int *width, int *height, stbi__result_info *info) {
    int channels = 0;
    switch (kind) {
    case FORMAT_JPEG: return stbi__jpeg_load(s, width, height, &channels, 4, info);
    case FORMAT_PNG: return stbi__png_load(s, width, height, &channels, 4, info);
    case FORMAT_BMP: return stbi__bmp_load(s, width, height, &channels, 4, info);
    case FORMAT_GIF: return stbi__gif_load(s, width, height, &channels, 4, info);
    default: return stbi__tga_load(s, width, height, &channels, 4, info);
    }
}

/* 16 bits a channel to 8, in place: stb's own way needs a second block, and loses the first one without memory. */
static uint8_t *halve(uint16_t *pixels, size_t count) {
    uint8_t *bytes = (uint8_t *)pixels;
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)(pixels[i] >> 8);
    uint8_t *shorter = realloc(bytes, count);
    return shorter ? shorter : bytes;
}

ssd_status stb_decode(ssd_context *context, format kind, const source *from, uint8_t filling, bitmap *out) {
    const uint64_t count = from->head_count + from->rest_count,
                   area = ((uint64_t)from->width + 64) * (from->height + 64);
    block_most = (1 << 20) + (area * 16 > count * 2 ? area * 16 : count * 2);
    block_filled = kind == FORMAT_JPEG ? (size_t)from->width * from->height * 4 + 1 : 0;
    no_memory = too_long = 0;
    stbi_convert_iphone_png_to_rgb_thread(1);
    stbi__unpremultiply_on_load_thread(1);
    reader r = {.from = from, .filling = filling, .is_jpeg = kind == FORMAT_JPEG};
    stbi__context s;
    stbi__result_info info = {.bits_per_channel = 8};
    stbi__g_failure_reason = NULL;
    stbi__start_callbacks(&s, (stbi_io_callbacks *)&READER, &r);
    bitmap picture = {0};
    void *pixels = load(kind, &s, &picture.width, &picture.height, &info);
    if (pixels && info.bits_per_channel == 16)
        pixels = halve(pixels, (size_t)picture.width * picture.height * 4);
    picture.rgba = pixels;
    if (picture.rgba && !r.cut && picture.width == from->width && picture.height == from->height) {
        *out = picture;
        return SSD_OK;
    }
    bitmap_free(&picture);
    if (no_memory)
        return context_fail(context, SSD_OUT_OF_MEMORY, "not enough memory to decode the picture; make it smaller");
    if (too_long)
        return context_fail(context, SSD_BAD_FILE, "the %s is damaged (its data are more than its pixels)",
                            format_name(kind));
    if (r.cut)
        return context_fail(context, SSD_BAD_FILE, "the %s is cut off (its end is missing)", format_name(kind));
    return context_fail(context, SSD_BAD_FILE, "the %s is damaged, or of a kind that is not read (%s)",
                        format_name(kind), stbi__g_failure_reason ? stbi__g_failure_reason : "unknown");
}
