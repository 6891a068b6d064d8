/* Orientation from JPEG and PNG, both byte orders; turning by all eight; damaged and hostile structures. */
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "data/exif.h"
#include "pictures.h"

typedef struct file {
    uint8_t bytes[256];
    size_t count;
} file;

static void put(file *f, const void *bytes, size_t count) {
    memcpy(f->bytes + f->count, bytes, count);
    f->count += count;
}

static void put_number(file *f, int big_endian, int bytes, unsigned value) {
    for (int i = 0; i < bytes; i++)
        f->bytes[f->count++] = (uint8_t)(value >> 8 * (big_endian ? bytes - 1 - i : i));
}

/* A TIFF structure whose directory holds an unrelated entry and then `tag` = `value`, of EXIF's type number `type`. */
static void put_tiff(file *f, int big_endian, unsigned tag, unsigned type, unsigned value) {
    put(f, big_endian ? "MM\0*" : "II*\0", 4);
    put_number(f, big_endian, 4, 8);
    put_number(f, big_endian, 2, 2);
    for (int i = 0; i < 2; i++) {
        put_number(f, big_endian, 2, i ? tag : 0x0100);
        put_number(f, big_endian, 2, i ? type : 3);
        put_number(f, big_endian, 4, 1);
        const int size = i && (type == 4 || type == 9) ? 4 : 2;
        put_number(f, big_endian, size, i ? value : 7);
        put_number(f, big_endian, 4 - size, 0);
    }
    put_number(f, big_endian, 4, 0);
}

enum { SHORT = 3 };

static file make_jpeg(int big_endian, unsigned tag, unsigned type, unsigned value) {
    file tiff = {.count = 0}, f = {.count = 0};
    put_tiff(&tiff, big_endian, tag, type, value);
    put(&f, "\xff\xd8\xff\xe0\0\4ab\0\xff\xff\xe1", 12); /* junk and filling before the marker, too */
    put_number(&f, 1, 2, (unsigned)tiff.count + 8);
    put(&f, "Exif\0\0", 6);
    put(&f, tiff.bytes, tiff.count);
    put(&f, "\xff\xda\0\2", 4);
    return f;
}

static file make_png(int big_endian, unsigned value) {
    file tiff = {.count = 0}, f = {.count = 0};
    put_tiff(&tiff, big_endian, 0x0112, SHORT, value);
    put(&f, "\x89PNG\r\n\x1a\n\0\0\0\4IDAT....CRC.", 24); /* EXIF may follow the pixels */
    put_number(&f, 1, 4, (unsigned)tiff.count);
    put(&f, "eXIf", 4);
    put(&f, tiff.bytes, tiff.count);
    put(&f, "CRC.", 4);
    return f;
}

/* The fuzzers' files lie in memory of just their length, so that AddressSanitizer sees one byte too many. */
static int orientation_of(const uint8_t *bytes, size_t count) {
    uint8_t *exact = malloc(count ? count : 1);
    if (count)
        memcpy(exact, bytes, count);
    const int orientation = exif_orientation(exact, count);
    free(exact);
    return orientation;
}

static void check_reading(void) {
    for (int big_endian = 0; big_endian < 2; big_endian++) {
        for (unsigned value = 0; value <= 10; value++) {
            const int want = value >= 1 && value <= 8 ? (int)value : 1;
            const file jpeg = make_jpeg(big_endian, 0x0112, SHORT, value), png = make_png(big_endian, value);
            CHECK(orientation_of(jpeg.bytes, jpeg.count) == want);
            CHECK(orientation_of(png.bytes, png.count) == want);
        }
        const file other = make_jpeg(big_endian, 0x0113, SHORT, 6);
        CHECK(orientation_of(other.bytes, other.count) == 1);
        for (unsigned type = 0; type <= 12;
             type++) { /* SHORT, LONG and the signed two; nothing else is a number here */
            const file typed = make_jpeg(big_endian, 0x0112, type, 6);
            const int is_number = type == 3 || type == 4 || type == 8 || type == 9;
            CHECK(orientation_of(typed.bytes, typed.count) == (is_number ? 6 : 1));
        }
    }
    CHECK(exif_orientation(jpeg_turned, sizeof jpeg_turned) == 6);
    CHECK(exif_orientation(png_turned, sizeof png_turned) == 6);
    CHECK(exif_orientation(jpeg_rgb, sizeof jpeg_rgb) == 1);
    CHECK(exif_orientation(gif_animated, sizeof gif_animated) == 1);
}

static void check_damage(void) {
    rng random;
    rng_seed(&random, 1, 0);
    for (int kind = 0; kind < 4; kind++) {
        const file whole = kind & 1 ? make_png(kind >> 1, 6) : make_jpeg(kind >> 1, 0x0112, SHORT, 6);
        for (size_t count = 0; count <= whole.count; count++) {
            const int got = orientation_of(whole.bytes, count);
            CHECK(got == 1 || got == 6);
        }
        for (int i = 0; i < 20000; i++) {
            file f = whole;
            for (uint32_t flips = 1 + rng_below(&random, 4); flips > 0; flips--)
                f.bytes[rng_below(&random, (uint32_t)f.count)] = (uint8_t)rng_next(&random);
            const int got = orientation_of(f.bytes, f.count);
            CHECK(got >= 1 && got <= 8);
        }
    }
}

/* The stored picture ABC / DEF, upright, row by row; from the definition of the eight values (where row 0 and column 0
 * of the stored picture belong). */
static void check_turning(void) {
    static const char *const upright[] = {"ABCDEF", "CBAFED", "FEDCBA", "DEFABC",
                                          "ADBECF", "DAEBFC", "FCEBDA", "CFBEAD"};
    for (int orientation = 1; orientation <= 8; orientation++) {
        const int width = orientation >= 5 ? 2 : 3, height = 5 - width;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int from_x = -1, from_y = -1;
                exif_source(orientation, 3, 2, x, y, &from_x, &from_y);
                CHECK("ABCDEF"[from_y * 3 + from_x] == upright[orientation - 1][y * width + x]);
            }
        }
    }
}

int main(void) {
    check_reading();
    check_damage();
    check_turning();
    return check_report("exif");
}
