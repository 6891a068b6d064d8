/* Files as people have them: not quite as the standards say, and yet with all their pixels. What browsers show is
 * decoded; what cannot be is refused by name, before it costs anything. */
#include <string.h>

#include "check.h"
#include "data/image.h"
#include "made_file.h"
#include "pictures.h"

/* The same pixels as the file of `bytes`. */
static void check_same(const file *f, const unsigned char *bytes, size_t count) {
    bitmap got, want;
    file whole = {.count = 0};
    put(&whole, bytes, count);
    CHECK(decode(&whole, &want) == SSD_OK && decode(f, &got) == SSD_OK);
    CHECK(got.rgba && want.rgba && got.width == want.width && got.height == want.height &&
          memcmp(got.rgba, want.rgba, (size_t)want.width * want.height * 4) == 0);
    bitmap_free(&got);
    bitmap_free(&want);
}

/* `bytes` with `extra` put in at `at`, and as much as `count` says. */
static file with(const unsigned char *bytes, size_t count, size_t at, const void *extra, size_t extra_count) {
    file f = {.count = 0};
    put(&f, bytes, at);
    put(&f, extra, extra_count);
    put(&f, bytes + at, count - at);
    return f;
}

/* ------------------------------------------------------------------------------------------ JPEG --- */

/* Where a marker is in a file of the tests: none of their segments holds its bytes. */
static size_t place(const unsigned char *bytes, size_t count, uint8_t code) {
    size_t at = 2;
    while (at + 1 < count && !(bytes[at] == 0xff && bytes[at + 1] == code))
        at++;
    return at;
}

/* Junk between the image data and EOI, as drones write it, with and without that EOI. */
static void check_junk(const unsigned char *bytes, size_t count) {
    static const struct {
        const char *bytes;
        size_t count;
    } junk[] = {{"\xff\x00\x12\x34\x56\x00\xff\x00\x12", 9},
                {"\0\0\0\0\0\0", 6},
                {"\xff\x8a\x01", 3},
                {"\xff\xd3\xff\xd4 hello", 10},
                {"\xff\xff\xff", 3},
                {"\xff\xe1\0\4ab", 6}};
    for (size_t i = 0; i < sizeof junk / sizeof *junk; i++) {
        file f = with(bytes, count, count - 2, junk[i].bytes, junk[i].count);
        check_same(&f, bytes, count);
        f.count -= 2;
        check_same(&f, bytes, count);
    }
    const size_t tables = place(bytes, count, 0xdb);
    const file before = with(bytes, count, tables, "\0junk\0\xff\xff", 8);
    check_same(&before, bytes, count);
}

/* Files that lack image data, or that cost much for what they hold. */
static void check_missing_data(void) {
    const size_t scan = place(jpeg_rgb, sizeof jpeg_rgb, 0xda),
                 dc = place(jpeg_progressive, sizeof jpeg_progressive, 0xda);
    file f = {.count = 0};
    put(&f, jpeg_rgb, scan);
    PUT(&f, "\xff\xd9");
    check_refused(&f, SSD_BAD_FILE, "image data are missing");
    f = (file){.count = 0}; /* progressive, without its first scan, of the DC */
    put(&f, jpeg_progressive, dc);
    const size_t next = dc + 2 + place(jpeg_progressive + dc + 2, sizeof jpeg_progressive - dc - 2, 0xc4);
    put(&f, jpeg_progressive + next, sizeof jpeg_progressive - next);
    check_refused(&f, SSD_BAD_FILE, "image data are missing");
    f = (file){.count = 0}; /* complete, but for its last scan and EOI */
    put(&f, jpeg_progressive, sizeof jpeg_progressive - 6);
    check_refused(&f, SSD_BAD_FILE, "cut off");
    f = (file){.count = 0}; /* 8192 x 8192 pixels in the data of 16 x 8 */
    put(&f, jpeg_rgb, sizeof jpeg_rgb);
    memcpy(f.bytes + place(jpeg_rgb, sizeof jpeg_rgb, 0xc0) + 5, "\x20\0\x20\0", 4);
    check_refused(&f, SSD_BAD_FILE, "are not all its 8192 x 8192 pixels");
}

/* A few bytes more for each further scan, but all blocks are gone over again: 200 scans are fine for a small picture,
 * not for one of 64 Mpixel. */
static void check_many_scans(void) {
    size_t last = sizeof jpeg_progressive - 2;
    while (!(jpeg_progressive[last] == 0xff && jpeg_progressive[last + 1] == 0xda))
        last--;
    const size_t frame = place(jpeg_progressive, sizeof jpeg_progressive, 0xc2),
                 scan = place(jpeg_progressive, sizeof jpeg_progressive, 0xda),
                 count = sizeof jpeg_progressive - 2 - last;
    const size_t padding = 500000; /* the first scan needs as many bytes for its blocks */
    uint8_t *bytes = calloc(1, sizeof jpeg_progressive + padding + 200 * count);
    for (int is_large = 0; is_large < 2; is_large++) {
        size_t size = scan + 14;
        memcpy(bytes, jpeg_progressive, size);
        if (is_large)
            memcpy(bytes + frame + 5, "\x20\0\x20\0", 4);
        memset(bytes + size, 0, padding);
        size += is_large ? padding : 0;
        memcpy(bytes + size, jpeg_progressive + scan + 14, sizeof jpeg_progressive - 2 - scan - 14);
        size += sizeof jpeg_progressive - 2 - scan - 14;
        for (int i = 0; i < 200; i++, size += count)
            memcpy(bytes + size, jpeg_progressive + last, count);
        memcpy(bytes + size, "\xff\xd9", 2);
        bitmap picture = {0};
        const ssd_status status = image_decode(context, bytes, size + 2, &picture);
        CHECK(status == (is_large ? SSD_BAD_FILE : SSD_OK));
        CHECK(!is_large || strstr(ssd_context_error(context), "too many scans"));
        bitmap_free(&picture);
    }
    free(bytes);
}

/* R, G, B as the names of the components, or Adobe's mark: libjpeg's rules for what the three are. */
static void check_colour(void) {
    static const char adobe[] = "\xff\xee\0\x0e"
                                "Adobe\0\x64\0\0\0\0\0",
                      jfif[] = "\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0";
    file f = {.count = 0}; /* the file's colours, taken for red, green and blue */
    put(&f, jpeg_rgb, 2);
    put(&f, jpeg_rgb + 20, sizeof jpeg_rgb - 20); /* without JFIF */
    check_same(&f, jpeg_rgb, sizeof jpeg_rgb);
    file rgb = with(f.bytes, f.count, 2, adobe, sizeof adobe - 1);
    bitmap plain, named;
    CHECK(decode(&rgb, &plain) == SSD_OK);
    CHECK(plain.rgba && !(plain.rgba[0] > 200 && plain.rgba[1] < 60));  /* no longer red */
    file marked = with(rgb.bytes, rgb.count, 2, jfif, sizeof jfif - 1); /* JFIF counts for more */
    check_same(&marked, jpeg_rgb, sizeof jpeg_rgb);
    const size_t frame = place(f.bytes, f.count, 0xc0), scan = place(f.bytes, f.count, 0xda);
    for (size_t i = 0; i < 3; i++)
        f.bytes[frame + 10 + 3 * i] = f.bytes[scan + 5 + 2 * i] = (uint8_t)"RGB"[i];
    CHECK(decode(&f, &named) == SSD_OK);
    CHECK(plain.rgba && named.rgba && memcmp(plain.rgba, named.rgba, 16 * 8 * 4) == 0);
    bitmap_free(&plain);
    bitmap_free(&named);
}

static void check_kinds(void) {
    static const struct {
        uint8_t code, bits;
        const char *name;
    } kinds[] = {{0xc3, 8, "a lossless JPEG"},
                 {0xc5, 8, "a hierarchical JPEG"},
                 {0xc9, 8, "a JPEG with arithmetic coding"},
                 {0xca, 8, "a JPEG with arithmetic coding"},
                 {0xc1, 12, "a JPEG of 12 bits"}};
    const size_t frame = place(jpeg_rgb, sizeof jpeg_rgb, 0xc0);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        file f = {.count = 0};
        put(&f, jpeg_rgb, sizeof jpeg_rgb);
        f.bytes[frame + 1] = kinds[i].code;
        f.bytes[frame + 4] = kinds[i].bits;
        check_refused(&f, SSD_UNSUPPORTED, kinds[i].name);
    }
}

/* ------------------------------------------------------------------------------------------- PNG --- */

static void put_chunk(file *f, const char *name, const void *data, size_t count) {
    put32be(f, (unsigned)count);
    put(f, name, 4);
    put(f, data, count);
    put32be(f, 0);
}

/* A PNG of 8 bits from its raw rows, not compressed. `apple`: as iPhones write it. */
static file png(unsigned width, unsigned height, uint8_t colour, const char *palette, size_t palette_count,
                const char *rows, size_t count, int apple) {
    file f = {.count = 0}, data = {.count = 0};
    PUT(&f, "\x89PNG\r\n\x1a\n");
    if (apple)
        put_chunk(&f, "CgBI", "\x50\0\x20\6", 4);
    file header = {.count = 0};
    put32be(&header, width);
    put32be(&header, height);
    put(&header, (uint8_t[]){8, colour, 0, 0, 0}, 5);
    put_chunk(&f, "IHDR", header.bytes, header.count);
    if (palette)
        put_chunk(&f, "PLTE", palette, palette_count);
    if (!apple)
        PUT(&data, "\x78\x01");
    PUT(&data, "\1");
    put16(&data, (unsigned)count);
    put16(&data, ~(unsigned)count);
    put(&data, rows, count);
    if (!apple)
        put32be(&data, 0);
    put_chunk(&f, "IDAT", data.bytes, data.count);
    put_chunk(&f, "IEND", NULL, 0);
    return f;
}

static void check_png(void) {
    const size_t data = 33, end = sizeof png_rgb - 12; /* of IDAT and IEND */
    for (int i = 0; i < 2; i++) {                      /* a length beyond the file's end, and beyond 2^31 */
        file f = {.count = 0};
        put(&f, png_rgb, sizeof png_rgb);
        memcpy(f.bytes + data, i ? "\xff\xff\xff\xff" : "\x40\0\0\0", 4);
        check_same(&f, png_rgb, sizeof png_rgb);
        memcpy(f.bytes + data + 4, "iTXt", 4); /* not of the data: nothing follows */
        check_refused(&f, SSD_BAD_FILE, "cut off");
    }
    file f = with(png_rgb, sizeof png_rgb, end, "\0\0\0\0\x1b[2J junk instead of the end", 32);
    check_same(&f, png_rgb, sizeof png_rgb);
    f = with(png_rgb, sizeof png_rgb, data, "\0\0\0\0IDAT....", 12);
    check_same(&f, png_rgb, sizeof png_rgb);
    f = with(png_rgb, sizeof png_rgb, data,
             "\0\0\0\0\x1b"
             "cZZ....",
             12);
    check_refused(&f, SSD_BAD_FILE, "not known: \\x1bcZZ");
    f = (file){.count = 0}; /* 8192 x 8192 pixels in the data of 16 x 8 */
    put(&f, png_rgb, sizeof png_rgb);
    memcpy(f.bytes + 16, "\0\0\x20\0\0\0\x20\0", 8);
    check_refused(&f, SSD_BAD_FILE, "are not all its 8192 x 8192 pixels");
    f = png(2, 1, 3, "\1\2\3\4\5\6", 6, "\0\0\7", 3, 0); /* a colour that the palette lacks */
    CHECK_PIXELS(&f, 2, 1, 1, 2, 3, 4, 5, 6);
    f = png(2, 1, 3, NULL, 0, "\0\0\7", 3, 0);
    check_refused(&f, SSD_BAD_FILE, "palette is missing");
    /* Blue, green, red, multiplied by alpha; no zlib header. */
    f = png(2, 1, 6, NULL, 0, "\0\3\2\1\xff\x10\x20\x40\x80", 9, 1);
    CHECK_PIXELS(&f, 2, 1, 1, 2, 3, 191, 159, 143);
    f.count -= 12;
    CHECK_PIXELS(&f, 2, 1, 1, 2, 3, 191, 159, 143);
}

/* --------------------------------------------------------------------------- GIF, TGA, PNM, EXIF --- */

/* One pixel, colour 1 (1, 2, 3), at (x, y) of a canvas. */
static file gif(unsigned width, unsigned height, unsigned x, unsigned y) {
    file f = {.count = 0};
    PUT(&f, "GIF89a");
    put16(&f, width);
    put16(&f, height);
    PUT(&f, "\x81\3\0\0\0\0\1\2\3\4\5\6\7\x08\x09,");
    put16(&f, x);
    put16(&f, y);
    PUT(&f, "\1\0\1\0\0\2\2\x4c\1\0;");
    return f;
}

static void check_gif(void) {
    file f = gif(2, 2, 1, 0); /* what is around the first frame is transparent, whatever the background */
    CHECK_PIXELS(&f, 2, 2, 255, 255, 255, 1, 2, 3, 255, 255, 255, 255, 255, 255);
    f = gif(1, 1, 1, 0); /* the canvas grows to hold it */
    CHECK_PIXELS(&f, 2, 1, 255, 255, 255, 1, 2, 3);
    f = gif(0, 0, 0, 0);
    CHECK_PIXELS(&f, 1, 1, 1, 2, 3);
    for (int i = 0; i < 2; i++) { /* without its end, and without that of the frame */
        f.count--;
        CHECK_PIXELS(&f, 1, 1, 1, 2, 3);
    }
    f.count -= 2;
    check_refused(&f, SSD_BAD_FILE, "cut off");
    f = gif(1, 1, 0, 0); /* zeros between its parts */
    const file padded = with(f.bytes, f.count, 25, "\0!\xfe\1a\0\0\0", 8);
    CHECK_PIXELS(&padded, 1, 1, 1, 2, 3);
    f = gif(8192, 8192, 0, 0);
    check_refused(&f, SSD_BAD_FILE, "are not all its 8192 x 8192 pixels");
}

static void check_small_files(void) {
    file f = {.count = 0};
    PUT(&f, "\0\0\x0a\0\0\0\0\0\0\0\0\0\0\x40\0\x10\x18\0\xff\1\2\3\xff\1\2\3\xff\1\2\3");
    check_refused(&f, SSD_BAD_FILE, "30 bytes are not all its 16384 x 4096 pixels");
    f = (file){.count = 0};
    PUT(&f, "\0\0\2\0\0\0\0\0\0\0\0\0\0\x40\0\x10\x18\0......");
    check_refused(&f, SSD_BAD_FILE, "16384 x 4096");
    static const char *const pnms[] = {"P1 8192 8192\n1 0", "P2 8192 8192 15\n1 0", "P3 8192 8192 15\n1 0",
                                       "P4 8192 8192\n1 0", "P5 8192 8192 15\n1 0", "P6 8192 8192 300\n1 0"};
    for (size_t i = 0; i < sizeof pnms / sizeof *pnms; i++) {
        f = (file){.count = 0};
        put(&f, pnms[i], strlen(pnms[i]));
        check_refused(&f, SSD_BAD_FILE, "are not all its 8192 x 8192 pixels");
    }
}

int main(void) {
    context = ssd_context_create(1);
    check_junk(jpeg_rgb, sizeof jpeg_rgb);
    check_junk(jpeg_progressive, sizeof jpeg_progressive);
    check_missing_data();
    check_many_scans();
    check_colour();
    check_kinds();
    check_png();
    check_gif();
    check_small_files();
    ssd_context_destroy(context);
    return check_report("repair");
}
