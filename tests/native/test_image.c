/* The decoder on good pictures of every format and on bad ones; the resizer against a plain one in double. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "data/image.h"
#include "pictures.h"

static ssd_context *context;

/* Decodes from memory of just the file's length, so that AddressSanitizer sees one byte too many. */
static ssd_status decode(const void *bytes, size_t count, bitmap *out) {
    *out = (bitmap){0};
    uint8_t *exact = malloc(count ? count : 1);
    if (count)
        memcpy(exact, bytes, count);
    const ssd_status status = image_decode(context, exact, count, out);
    free(exact);
    CHECK(!status == (out->rgba != NULL));
    return status;
}

/* ---------------------------------------------------------------------------------- good files --- */

static int near_colour(const uint8_t *pixel, int r, int g, int b, int within) {
    return abs(pixel[0] - r) <= within && abs(pixel[1] - g) <= within && abs(pixel[2] - b) <= within && pixel[3] == 255;
}

/* Red first (left, or above when turned), blue last, every channel within `within`. */
static void check_halves(const void *bytes, size_t count, int turned, int within) {
    bitmap picture;
    CHECK(decode(bytes, count, &picture) == SSD_OK);
    CHECK(picture.width == (turned ? 8 : 16) && picture.height == (turned ? 16 : 8));
    int wrong = !picture.rgba;
    for (int i = 0; picture.rgba && i < 128; i++) {
        const int second = turned ? i >= 64 : i % 16 >= 8;
        const uint8_t *pixel = picture.rgba + (size_t)i * 4;
        wrong += !(second ? near_colour(pixel, 20, 60, 200, within) : near_colour(pixel, 220, 40, 30, within));
    }
    CHECK(wrong == 0);
    bitmap_free(&picture);
}

static void check_formats(void) {
    check_halves(png_rgb, sizeof png_rgb, 0, 0);
    check_halves(png_16, sizeof png_16, 0, 0);
    check_halves(png_turned, sizeof png_turned, 1, 0);
    check_halves(jpeg_rgb, sizeof jpeg_rgb, 0, 3);
    check_halves(jpeg_progressive, sizeof jpeg_progressive, 0, 3);
    check_halves(jpeg_turned, sizeof jpeg_turned, 1, 3);
    check_halves(gif_animated, sizeof gif_animated, 0, 0);
    check_halves(tga_rle, sizeof tga_rle, 0, 0);

    uint8_t padded[sizeof jpeg_rgb + 100] = {0}; /* bytes after the end do no harm */
    memcpy(padded, jpeg_rgb, sizeof jpeg_rgb);
    check_halves(padded, sizeof padded, 0, 3);

    bitmap picture; /* alpha over white: white on the left, the colour on the right */
    CHECK(decode(png_rgba, sizeof png_rgba, &picture) == SSD_OK);
    CHECK(picture.rgba && near_colour(picture.rgba, 255, 255, 255, 0));
    CHECK(picture.rgba && near_colour(picture.rgba + 15 * 4, 20, 60, 200, 0));
    CHECK(picture.rgba && near_colour(picture.rgba + 4, 253, 241, 240, 1)); /* alpha 17 */
    bitmap_free(&picture);
}

/* A two-pixel file whose pixels must be (first, first, first) and (second, ...), or three given channels. */
static void check_pair(const char *bytes, size_t count, const int want[6]) {
    bitmap picture;
    CHECK(decode(bytes, count, &picture) == SSD_OK);
    CHECK(picture.width == 2 && picture.height == 1);
    for (int i = 0; picture.rgba && i < 2; i++)
        CHECK(near_colour(picture.rgba + (size_t)i * 4, want[i * 3], want[i * 3 + 1], want[i * 3 + 2], 0));
    bitmap_free(&picture);
}

#define CHECK_PAIR(bytes, ...) check_pair(bytes, sizeof(bytes) - 1, (const int[]){__VA_ARGS__})

static void check_small_formats(void) {
    CHECK_PAIR("P1 # a comment\n2 1\n10", 0, 0, 0, 255, 255, 255);
    CHECK_PAIR("P2 2 1 15 0 5", 0, 0, 0, 85, 85, 85);
    CHECK_PAIR("P3\n2\n1\n255\n1 2 3 4 5 300", 1, 2, 3, 4, 5, 255);
    CHECK_PAIR("P4 2 1\n\x40", 255, 255, 255, 0, 0, 0);
    CHECK_PAIR("P5 2 1 255\n\x10\xf0", 16, 16, 16, 240, 240, 240);
    CHECK_PAIR("P5 2 1 65535\n\x10\x10\xf0\xf0", 16, 16, 16, 240, 240, 240);
    CHECK_PAIR("P6 2 1 255\n\1\2\3\4\5\6", 1, 2, 3, 4, 5, 6);
    /* Blue, green, red; rows padded to four bytes. */
    CHECK_PAIR(
        "BM\x3e\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\2\0\0\0\1\0\0\0\1\0\x18\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
        "\0\0\0\0\3\2\1\6\5\4\0\0",
        1, 2, 3, 4, 5, 6);
    CHECK_PAIR("\0\0\2\0\0\0\0\0\0\0\0\0\2\0\1\0\x18\0\3\2\1\6\5\4", 1, 2, 3, 4, 5, 6);
    CHECK_PAIR("\0\0\3\0\0\0\0\0\0\0\0\0\2\0\1\0\x08\0\x10\xf0", 16, 16, 16, 240, 240, 240);
}

/* ----------------------------------------------------------------------------------- bad files --- */

/* Refused with `status`, by a sentence that holds `word`. */
static void check_refused(const void *bytes, size_t count, ssd_status status, const char *word) {
    bitmap picture;
    const ssd_status got = decode(bytes, count, &picture);
    const int as_wanted = got == status && strstr(ssd_context_error(context), word) != NULL;
    if (!as_wanted)
        printf("status %d, \"%s\"; wanted %d, \"%s\"\n", (int)got, ssd_context_error(context), (int)status, word);
    CHECK(as_wanted);
    bitmap_free(&picture);
}

#define CHECK_REFUSED(bytes, status, word) check_refused(bytes, sizeof(bytes) - 1, status, word)

static void check_foreign(void) {
    CHECK_REFUSED("", SSD_BAD_FILE, "empty");
    CHECK_REFUSED("RIFF....WEBPVP8 ", SSD_UNSUPPORTED, "a WebP file");
    CHECK_REFUSED("\0\0\0\x1c"
                  "ftypavif",
                  SSD_UNSUPPORTED, "a AVIF file");
    CHECK_REFUSED("\0\0\0\x18"
                  "ftypheic",
                  SSD_UNSUPPORTED, "a HEIC file");
    CHECK_REFUSED("\0\0\0\x18"
                  "ftypisom",
                  SSD_UNSUPPORTED, "video");
    CHECK_REFUSED("II*\0\x08\0\0\0", SSD_UNSUPPORTED, "TIFF");
    CHECK_REFUSED("%PDF-1.4", SSD_UNSUPPORTED, "PDF");
    CHECK_REFUSED("PK\3\4....", SSD_UNSUPPORTED, "zip");
    CHECK_REFUSED("<svg xmlns=''/>", SSD_UNSUPPORTED, "SVG");
    CHECK_REFUSED("\xef\xbb\xbf \n<!doctype html>", SSD_UNSUPPORTED, "HTML");
    CHECK_REFUSED("\xff\x0a..", SSD_UNSUPPORTED, "a JPEG XL file");
    CHECK_REFUSED("hello, this is no picture at all", SSD_BAD_FILE, "not a picture");
    CHECK_REFUSED("\x89PNG\r\n\x1a\n", SSD_BAD_FILE, "cut off");
    check_refused(jpeg_cmyk, sizeof jpeg_cmyk, SSD_UNSUPPORTED, "CMYK");
}

static void check_absurd_sizes(void) {
    uint8_t png[sizeof png_rgb];
    memcpy(png, png_rgb, sizeof png);
    memcpy(png + 16, "\0\0\x75\x30\0\0\x75\x30", 8); /* 30000 x 30000 */
    check_refused(png, sizeof png, SSD_TOO_LARGE, "30000 x 30000");
    memcpy(png + 16, "\0\0\x30\x00\0\0\x30\x00", 8); /* sides fit, 144 Mpixel do not */
    check_refused(png, sizeof png, SSD_TOO_LARGE, "64 Mpixel");
    memcpy(png + 16, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
    check_refused(png, sizeof png, SSD_TOO_LARGE, "make it smaller");
    memcpy(png + 16, "\0\0\0\0\0\0\0\x08", 8);
    check_refused(png, sizeof png, SSD_BAD_FILE, "no pixels");

    uint8_t jpeg[sizeof jpeg_rgb];
    memcpy(jpeg, jpeg_rgb, sizeof jpeg);
    for (size_t i = 2; i + 9 < sizeof jpeg; i++)
        if (jpeg[i] == 0xff && jpeg[i + 1] == 0xc0)
            memcpy(jpeg + i + 5, "\x75\x30\x75\x30", 4);
    check_refused(jpeg, sizeof jpeg, SSD_TOO_LARGE, "30000 x 30000");
    for (size_t i = 2; i + 9 < sizeof jpeg; i++)
        if (jpeg[i] == 0xff && jpeg[i + 1] == 0xc0)
            jpeg[i + 1] = 0xc9; /* arithmetic coding */
    check_refused(jpeg, sizeof jpeg, SSD_UNSUPPORTED, "a JPEG with arithmetic coding");

    CHECK_REFUSED("GIF89a\x30\x75\x30\x75\0\0\0,\0\0\0\0\1\0\1\0\0\2\0;", SSD_TOO_LARGE, "30000 x 30000");
    CHECK_REFUSED("P6 30000 30000 255\n......", SSD_TOO_LARGE, "30000 x 30000");
    CHECK_REFUSED("P5 99999999999999999999 1 255\n.", SSD_TOO_LARGE, "smaller");
    CHECK_REFUSED("BM\x3e\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x30\x75\0\0\x30\x75\0\0\1\0\x18\0"
                  "........................",
                  SSD_TOO_LARGE, "30000 x 30000");
    CHECK_REFUSED("\0\0\2\0\0\0\0\0\0\0\0\0\x30\x75\x30\x75\x18\0......", SSD_TOO_LARGE, "30000 x 30000");
}

/* What stb_image 2.27 does not see: it would write or read outside its tables. */
static void check_hostile_jpegs(void) {
    uint8_t jpeg[sizeof jpeg_rgb + 1];
    memcpy(jpeg, jpeg_rgb, sizeof jpeg_rgb);
    size_t tables = 2;
    while (tables + 21 < sizeof jpeg_rgb && !(jpeg[tables] == 0xff && jpeg[tables + 1] == 0xc4))
        tables++;
    memset(jpeg + tables + 5, 0xff, 16); /* 4080 codes */
    check_refused(jpeg, sizeof jpeg_rgb, SSD_BAD_FILE, "Huffman");
    memcpy(jpeg, jpeg_rgb, sizeof jpeg_rgb);
    jpeg[tables + 1] = 0xfe; /* a comment now */
    check_refused(jpeg, sizeof jpeg_rgb, SSD_BAD_FILE, "table is missing");
    jpeg[0] = 0xff; /* filling before the start: stb_image would take it */
    memcpy(jpeg + 1, jpeg_rgb, sizeof jpeg_rgb);
    check_refused(jpeg, sizeof jpeg, SSD_BAD_FILE, "not a picture");
}

static int same_pixels(const bitmap *a, const bitmap *b) {
    return a->rgba && b->rgba && a->width == b->width && a->height == b->height &&
           memcmp(a->rgba, b->rgba, (size_t)a->width * a->height * 4) == 0;
}

/* Cut at every length, a file is refused, but for up to `spare` last bytes, which hold no pixels: then the pixels are
 * those of the whole file. Then bits are turned: whatever comes out, nothing may break. */
static void check_damage(const unsigned char *bytes, size_t count, size_t spare, int rounds) {
    bitmap picture, whole;
    CHECK(decode(bytes, count, &whole) == SSD_OK);
    for (size_t length = 0; length < count; length++) {
        const ssd_status status = decode(bytes, length, &picture);
        CHECK(length + spare < count ? status == SSD_BAD_FILE : same_pixels(&picture, &whole));
        bitmap_free(&picture);
    }
    bitmap_free(&whole);
    rng random;
    rng_seed(&random, count, 2);
    uint8_t *turned = malloc(count);
    for (int i = 0; i < rounds; i++) {
        memcpy(turned, bytes, count);
        for (uint32_t flips = 1 + rng_below(&random, 3); flips > 0; flips--)
            turned[rng_below(&random, (uint32_t)count)] ^= (uint8_t)(1u << rng_below(&random, 8));
        const size_t length = i % 4 ? count : 1 + rng_below(&random, (uint32_t)count);
        (void)decode(turned, length, &picture);
        bitmap_free(&picture);
    }
    free(turned);
}

static void check_all_damage(void) {
    static const char bmp[] =
        "BM\x3e\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\2\0\0\0\1\0\0\0\1\0\x18\0\0\0\0\0\0\0\0\0\0\0\0\0"
        "\0\0\0\0\0\0\0\0\0\0\0\0\3\2\1\6\5\4\0\0";
    static const char pnm[] = "P6 2 1 255\n\1\2\3\4\5\6", plain[] = "P2 2 1 15 10 9";
    const int rounds = 3000;
    const size_t png_end = 20, jpeg_end = 2; /* checksums of the data and of their chunk, IEND; EOI */
    check_damage(png_rgb, sizeof png_rgb, png_end, rounds);
    check_damage(png_rgba, sizeof png_rgba, png_end, rounds);
    check_damage(png_16, sizeof png_16, png_end, rounds);
    check_damage(jpeg_rgb, sizeof jpeg_rgb, jpeg_end, rounds);
    check_damage(jpeg_progressive, sizeof jpeg_progressive, jpeg_end, rounds);
    check_damage(jpeg_turned, sizeof jpeg_turned, jpeg_end, rounds);
    check_damage(gif_animated, sizeof gif_animated, 71, rounds); /* the second frame and the trailer */
    check_damage(tga_rle, sizeof tga_rle, 26, rounds);           /* the footer */
    check_damage((const unsigned char *)bmp, sizeof bmp - 1, 2, rounds);
    check_damage((const unsigned char *)pnm, sizeof pnm - 1, 0, rounds);
    check_damage((const unsigned char *)plain, sizeof plain - 1, 0, rounds);
}

/* ------------------------------------------------------------------------------------- resizing --- */

/* The antialiased kernel of Pillow and PyTorch, stretched by the scale when shrinking. */
static double kernel(ssd_filter filter, double x) {
    x = fabs(x);
    if (filter == SSD_FILTER_TRIANGLE)
        return x < 1 ? 1 - x : 0;
    return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

/* Weight of input pixel i, of `count`, in output pixel o, of `size`; unnormalised. */
static double weight(ssd_filter filter, int o, int size, int i, int count) {
    const double scale = (double)count / size, stretch = scale > 1 ? scale : 1;
    return kernel(filter, (i + 0.5 - (o + 0.5) * scale) / stretch);
}

/* Channel c of output pixel (x, y), the plain way. */
static double resized(const bitmap *p, ssd_filter filter, int size, int x, int y, int c) {
    double sum = 0, total = 0;
    for (int j = 0; j < p->height; j++) {
        const double down = weight(filter, y, size, j, p->height);
        for (int i = 0; down != 0 && i < p->width; i++) {
            const double w = down * weight(filter, x, size, i, p->width);
            sum += w * p->rgba[((size_t)j * p->width + i) * 4 + c];
            total += w;
        }
    }
    sum /= total;
    return sum < 0 ? 0 : sum > 255 ? 255 : sum;
}

static bitmap make_noise(int width, int height) {
    rng random;
    rng_seed(&random, 3, (uint64_t)width * 1000 + height);
    bitmap picture = {width, height, malloc((size_t)width * height * 4)};
    for (int i = 0; i < width * height * 4; i++)
        picture.rgba[i] = i % 4 == 3 ? 255 : (uint8_t)rng_next(&random);
    return picture;
}

/* Within rounding of the plain resizer in every pixel, the border included. */
static void check_resize(int width, int height, int size) {
    bitmap picture = make_noise(width, height);
    uint8_t *out = malloc((size_t)size * size * 3);
    for (int filter = 0; filter < 2; filter++) {
        CHECK(image_fit(context, &picture, SSD_CROP_SQUASH, (ssd_filter)filter, size, out) == SSD_OK);
        double worst = 0;
        for (int i = 0; i < size * size * 3; i++) {
            const double want = resized(&picture, (ssd_filter)filter, size, i / 3 % size, i / 3 / size, i % 3);
            worst = fmax(worst, fabs(out[i] - want));
        }
        CHECK_BELOW(worst, 0.5001); /* all but rounding itself is in float */
    }
    free(out);
    bitmap_free(&picture);
}

/* A 4 x 2 picture, black but for a white column at each end, made square in three ways at 8 pixels... and upright. */
static void check_crops(void) {
    bitmap wide = {4, 2, malloc(32)}, tall = {1, 3, malloc(12)};
    memset(wide.rgba, 255, 32);
    memset(tall.rgba, 255, 12);
    for (int i = 0; i < 8; i++)
        memset(wide.rgba + (size_t)i * 4, i % 4 == 1 || i % 4 == 2 ? 0 : 255, 3);
    memset(tall.rgba, 0, 3);
    memset(tall.rgba + 4, 100, 3);
    memset(tall.rgba + 8, 0, 3);
    uint8_t out[8 * 8 * 3];
    CHECK(image_fit(context, &wide, SSD_CROP_CENTRE, SSD_FILTER_TRIANGLE, 8, out) == SSD_OK);
    CHECK(out[0] == 0 && out[sizeof out - 1] == 0 && out[(3 * 8 + 3) * 3] == 0);
    CHECK(image_fit(context, &wide, SSD_CROP_SQUASH, SSD_FILTER_TRIANGLE, 8, out) == SSD_OK);
    CHECK(out[0] == 255 && out[sizeof out - 1] == 255 && out[(3 * 8 + 3) * 3] == 0);
    CHECK(image_fit(context, &wide, SSD_CROP_PAD, SSD_FILTER_TRIANGLE, 8, out) == SSD_OK);
    CHECK(out[(1 * 8 + 4) * 3] == 255 && out[(2 * 8 + 4) * 3] == 0 && out[(5 * 8 + 4) * 3] == 0);
    CHECK(out[(6 * 8 + 4) * 3] == 255);
    CHECK(image_fit(context, &tall, SSD_CROP_CENTRE, SSD_FILTER_CUBIC, 8, out) == SSD_OK);
    CHECK(out[0] == 100 && out[sizeof out - 1] == 100);
    CHECK(image_fit(context, &tall, SSD_CROP_PAD, SSD_FILTER_TRIANGLE, 8, out) == SSD_OK);
    CHECK(out[0] == 255 && out[3 * 3] == 0 && out[(3 * 8 + 3) * 3] > 50 && out[7 * 3] == 255);
    bitmap_free(&wide);
    bitmap_free(&tall);
}

/* A picture as extreme as the limits allow still pads to at least one line. */
static void check_thin(void) {
    bitmap thin = {16384, 1, calloc(16384, 4)};
    for (int i = 0; i < 16384; i++)
        thin.rgba[(size_t)i * 4 + 3] = 255;
    uint8_t out[64 * 64 * 3];
    CHECK(image_fit(context, &thin, SSD_CROP_PAD, SSD_FILTER_TRIANGLE, 64, out) == SSD_OK);
    CHECK(out[0] == 255 && out[31 * 64 * 3] == 0 && out[32 * 64 * 3] == 255);
    CHECK(image_fit(context, &thin, SSD_CROP_SQUASH, SSD_FILTER_CUBIC, 64, out) == SSD_OK);
    CHECK(out[0] == 0 && out[sizeof out - 1] == 0);
    bitmap_free(&thin);
}

int main(void) {
    context = ssd_context_create(1);
    check_formats();
    check_small_formats();
    check_foreign();
    check_absurd_sizes();
    check_hostile_jpegs();
    check_all_damage();
    check_resize(37, 53, 16);
    check_resize(64, 64, 16);
    check_resize(16, 16, 16);
    check_resize(9, 17, 16);
    check_resize(1, 1, 16);
    check_resize(200, 3, 8);
    check_resize(150, 131, 32);
    check_resize(5, 301, 9);
    check_crops();
    check_thin();
    ssd_context_destroy(context);
    return check_report("image");
}
