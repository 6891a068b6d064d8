/* BMPs of every header, either direction of rows, masks, palettes; the kinds that are named. */
#include <string.h>

#include "check.h"
#include "data/image.h"
#include "made_file.h"

/* A BMP with a header of `size` bytes; masks (inside the header or behind it) or a palette; rows. */
static file bmp(unsigned size, int width, int height, unsigned bits, unsigned compression, const char *masks,
                size_t masks_count, const char *rows, size_t rows_count) {
    file f = {.count = 0}, info = {.count = 0};
    const size_t end = 14 + (size_t)size > 54 + masks_count ? 14 + (size_t)size : 54 + masks_count;
    PUT(&f, "BM\0\0\0\0\0\0\0\0");
    put32(&f, (unsigned)(size < 40 ? 14 + size : end));
    put32(&f, size);
    put32(&info, (unsigned)width);
    put32(&info, (unsigned)height);
    PUT(&info, "\1\0");
    put16(&info, bits);
    put32(&info, compression);
    PUT(&info, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    if (size == 12)
        put(&f, (uint8_t[]){(uint8_t)width, 0, (uint8_t)height, 0, 1, 0, (uint8_t)bits, 0}, 8);
    else
        put(&f, info.bytes, size < 40 ? size - 4 : 36);
    put(&f, masks, masks_count);
    while (size > 40 && f.count < end)
        PUT(&f, "\0");
    put(&f, rows, rows_count);
    return f;
}

/* The same from texts. */
#define BMP(size, width, height, bits, compression, masks, rows)                                                       \
    bmp(size, width, height, bits, compression, masks, sizeof(masks) - 1, rows, sizeof(rows) - 1)
#define MASKS "\0\0\xff\0\0\xff\0\0\xff\0\0\0"

static void check_bmp(void) {
    static const unsigned sizes[] = {12, 16, 40, 52, 56, 64, 108, 124};
    file f;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        f = BMP(sizes[i], 1, 2, 24, 0, "", "\3\2\1\0\6\5\4\0");
        CHECK_PIXELS(&f, 1, 2, 4, 5, 6, 1, 2, 3); /* the lower row comes first */
        f.count--;                                /* the last row's filling may be missing */
        CHECK_PIXELS(&f, 1, 2, 4, 5, 6, 1, 2, 3);
        f.count--;
        check_refused(&f, SSD_BAD_FILE, "cut off");
        if (sizes[i] == 12)
            continue;
        f = BMP(sizes[i], 1, -2, 24, 0, "", "\3\2\1\0\6\5\4\0"); /* or the upper one */
        CHECK_PIXELS(&f, 1, 2, 1, 2, 3, 4, 5, 6);
        f = BMP(sizes[i], 2, 1, 32, 0, "", "\3\2\1\x10\6\5\4\x80"); /* the fourth byte is nothing */
        CHECK_PIXELS(&f, 2, 1, 1, 2, 3, 4, 5, 6);
    }
    for (size_t i = 2; i < 4; i++) { /* masks without alpha, behind the header and in it */
        f = BMP(sizes[i], 2, 1, 32, 3, MASKS, "\3\2\1\x10\6\5\4\x80");
        CHECK_PIXELS(&f, 2, 1, 1, 2, 3, 4, 5, 6);
    }
    f = BMP(56, 2, 1, 32, 3, MASKS "\0\0\0\xff", "\3\2\1\xff\6\5\4\0"); /* alpha, over white */
    CHECK_PIXELS(&f, 2, 1, 1, 2, 3, 255, 255, 255);
    f = BMP(40, 2, 1, 32, 6, MASKS "\0\0\0\xff", "\3\2\1\xff\6\5\4\0");
    CHECK_PIXELS(&f, 2, 1, 1, 2, 3, 255, 255, 255);
    f = BMP(56, 2, 1, 32, 3, MASKS "\0\0\0\xff", "\3\2\1\0\6\5\4\0"); /* 0 throughout, it is none */
    CHECK_PIXELS(&f, 2, 1, 1, 2, 3, 4, 5, 6);
    f = BMP(40, 2, 1, 16, 0, "", "\x1f\x7c\xe0\x83"); /* 5 bits each, the highest unused */
    CHECK_PIXELS(&f, 2, 1, 255, 0, 255, 0, 255, 0);
    f = BMP(40, 2, 1, 16, 3, "\0\xf8\0\0\xe0\7\0\0\x1f\0\0\0", "\x1f\xf8\xe0\7"); /* 5, 6, 5 */
    CHECK_PIXELS(&f, 2, 1, 255, 0, 255, 0, 255, 0);
    f = BMP(40, 2, 1, 32, 3, "\0\0\xf0\x3f\0\xfc\x0f\0\xff\3\0\0", "\0\0\xf0\x3f\xff\3\0\0"); /* 10 each */
    CHECK_PIXELS(&f, 2, 1, 255, 0, 0, 0, 0, 255);
    f = BMP(40, 2, 1, 8, 0, "\3\2\1\0", "\0\7"); /* a colour that the palette lacks */
    CHECK_PIXELS(&f, 2, 1, 1, 2, 3, 0, 0, 0);
    f = BMP(40, 8192, 8192, 24, 0, "", "........");
    check_refused(&f, SSD_BAD_FILE, "cut off");
    static const char *const kinds[] = {"run-length compression (RLE8)", "run-length compression (RLE4)", NULL,
                                        "a JPEG inside", "a PNG inside"};
    for (unsigned i = 0; i < 5; i++) {
        f = BMP(40, 2, 1, 8, i + 1, "", "........");
        if (kinds[i])
            check_refused(&f, SSD_UNSUPPORTED, kinds[i]);
    }
    f = BMP(40, 2, 1, 2, 0, "", "........");
    check_refused(&f, SSD_UNSUPPORTED, "2 bits");
}

int main(void) {
    context = ssd_context_create(1);
    check_bmp();
    ssd_context_destroy(context);
    return check_report("bmp");
}
