/* Datasets: adding, refusing, removing, growing, batches, fingerprints; the same doodles for any number of threads. */
#include <limits.h>
#include <string.h>

#include "base/context.h"
#include "check.h"
#include "data/dataset.h"
#include "pictures.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ASAN 1
/* So that an absurd need gives NULL, as without the sanitizer, and not the end of the test. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "allocator_may_return_null=1"; }
#endif
#endif
#ifndef HAVE_ASAN
#define HAVE_ASAN 0
#endif

static ssd_dataset *make(ssd_context *context, int size) {
    return ssd_dataset_create(context, size, SSD_CROP_CENTRE, SSD_FILTER_TRIANGLE);
}

static void check_sizes(ssd_context *context) {
    CHECK(make(context, 7) == NULL && strstr(ssd_context_error(context), "size"));
    CHECK(make(context, 1025) == NULL);
    CHECK(make(context, -1) == NULL);
    ssd_dataset *dataset = make(context, 8);
    CHECK(ssd_dataset_count(dataset) == 0 && ssd_dataset_size(dataset) == 8);
    CHECK(ssd_dataset_picture(dataset, 0) == NULL && ssd_dataset_picture(dataset, -1) == NULL);
    ssd_dataset_destroy(dataset);
    ssd_dataset_destroy(NULL);
}

/* Bad pictures among good ones: the good ones are kept, the dataset is as it was after each refusal. */
static void check_files(ssd_context *context) {
    ssd_dataset *dataset = make(context, 8);
    CHECK(ssd_dataset_add_file(dataset, png_rgb, sizeof png_rgb) == SSD_OK);
    const double before = ssd_dataset_fingerprint(dataset);
    CHECK(ssd_dataset_add_file(dataset, jpeg_cmyk, sizeof jpeg_cmyk) == SSD_UNSUPPORTED);
    CHECK(ssd_dataset_add_file(dataset, png_rgb, sizeof png_rgb / 2) == SSD_BAD_FILE);
    CHECK(ssd_dataset_add_file(dataset, NULL, 0) == SSD_BAD_FILE);
    CHECK(ssd_dataset_add_rgba(dataset, png_rgb, 20000, 1) == SSD_TOO_LARGE);
    CHECK(ssd_dataset_add_rgba(dataset, png_rgb, 0, 1) == SSD_BAD_FILE);
    CHECK(ssd_dataset_count(dataset) == 1 && ssd_dataset_fingerprint(dataset) == before);
    CHECK(ssd_dataset_add_file(dataset, gif_animated, sizeof gif_animated) == SSD_OK);
    CHECK(ssd_dataset_add_file(dataset, jpeg_turned, sizeof jpeg_turned) == SSD_OK);
    CHECK(ssd_dataset_count(dataset) == 3);
    const uint8_t *left = ssd_dataset_picture(dataset, 0); /* 16 x 8, cut to the middle 8 x 8 */
    CHECK(left && left[0] == 220 && left[7 * 3] == 20);
    const uint8_t *above = ssd_dataset_picture(dataset, 2); /* upright 8 x 16 */
    CHECK(above && above[0] > 200 && above[7 * 3] > 200 && above[63 * 3] < 40);

    const uint8_t one[4] = {10, 20, 30, 255}, clear[4] = {10, 20, 30, 0}; /* 1 x 1 fills the square */
    CHECK(ssd_dataset_add_rgba(dataset, one, 1, 1) == SSD_OK);
    CHECK(ssd_dataset_add_rgba(dataset, clear, 1, 1) == SSD_OK);
    const uint8_t *flat = ssd_dataset_picture(dataset, 3), *white = ssd_dataset_picture(dataset, 4);
    CHECK(flat && flat[0] == 10 && flat[8 * 8 * 3 - 1] == 30);
    CHECK(white && white[0] == 255 && white[8 * 8 * 3 - 1] == 255);
    ssd_dataset_destroy(dataset);
}

/* Good and bad files at once, `rounds` times over: the same pictures as one by one, in order, each failure by itself.
 */
static void check_many_files(int threads, int rounds) {
    static const struct {
        const unsigned char *bytes;
        size_t size;
        ssd_status status;
        const char *word;
    } files[] = {
        {png_rgb, sizeof png_rgb, SSD_OK, ""},
        {jpeg_cmyk, sizeof jpeg_cmyk, SSD_UNSUPPORTED, "CMYK"},
        {gif_animated, sizeof gif_animated, SSD_OK, ""},
        {NULL, 0, SSD_BAD_FILE, "empty"},
        {jpeg_turned, sizeof jpeg_turned, SSD_OK, ""},
        {jpeg_progressive, sizeof jpeg_progressive / 2, SSD_BAD_FILE, "cut off"},
        {jpeg_progressive, sizeof jpeg_progressive, SSD_OK, ""},
        {tga_rle, sizeof tga_rle, SSD_OK, ""},
    };
    enum { KINDS = sizeof files / sizeof *files, MOST = 8 * KINDS };
    ssd_context *context = ssd_context_create(threads);
    ssd_dataset *many = make(context, 16), *single = make(context, 16);
    uint8_t *bytes = malloc(MOST * 1024);
    size_t offsets[MOST + 1] = {0};
    int32_t statuses[MOST];
    const int count = rounds * KINDS;
    for (int i = 0; i < count; i++) {
        const unsigned char *file = files[i % KINDS].bytes;
        const size_t size = files[i % KINDS].size;
        if (size)
            memcpy(bytes + offsets[i], file, size);
        offsets[i + 1] = offsets[i] + size;
        statuses[i] = -1;
        CHECK(ssd_dataset_add_file(single, bytes + offsets[i], size) == files[i % KINDS].status);
    }
    CHECK(ssd_dataset_add_doodles(many, 1, 0, 1) == SSD_OK); /* what was there stays */
    CHECK(ssd_dataset_add_files(many, bytes, offsets, count, statuses) == SSD_OK);
    for (int i = 0; i < count; i++) {
        const char *sentence = ssd_dataset_file_error(many, i);
        CHECK(statuses[i] == (int32_t)files[i % KINDS].status);
        CHECK(strstr(sentence, files[i % KINDS].word) && !*sentence == !statuses[i]);
    }
    CHECK(!*ssd_dataset_file_error(many, -1) && !*ssd_dataset_file_error(many, count));
    CHECK(ssd_dataset_count(many) == 1 + ssd_dataset_count(single));
    CHECK(ssd_dataset_remove(many, 0) == SSD_OK);
    CHECK(ssd_dataset_fingerprint(many) == ssd_dataset_fingerprint(single));

    const double before = ssd_dataset_fingerprint(many);
    offsets[0] = offsets[1] + 1;
    CHECK(ssd_dataset_add_files(many, bytes, offsets, 2, statuses) == SSD_BAD_ARGUMENT);
    CHECK(ssd_dataset_add_files(many, bytes, offsets, -1, statuses) == SSD_BAD_ARGUMENT);
    CHECK(ssd_dataset_add_files(many, bytes, offsets, 0, statuses) == SSD_OK);
    CHECK(ssd_dataset_fingerprint(many) == before);
    free(bytes);
    ssd_dataset_destroy(many);
    ssd_dataset_destroy(single);
    ssd_context_destroy(context);
}

/* Bytes in are the same bytes out, behind what was there. */
static void check_rgb(ssd_context *context) {
    enum { SIZE = 8, BYTES = SIZE * SIZE * 3, COUNT = 100 };
    ssd_dataset *from = make(context, SIZE), *to = make(context, SIZE), *whole = make(context, SIZE);
    CHECK(ssd_dataset_add_doodles(from, 3, 0, COUNT) == SSD_OK);
    CHECK(ssd_dataset_add_rgb(whole, ssd_dataset_picture(from, 0), COUNT) == SSD_OK);
    CHECK(ssd_dataset_fingerprint(whole) == ssd_dataset_fingerprint(from));
    CHECK(ssd_dataset_add_doodles(to, 3, 0, 1) == SSD_OK);
    CHECK(ssd_dataset_add_rgb(to, ssd_dataset_picture(from, 1), COUNT - 1) == SSD_OK);
    CHECK(ssd_dataset_fingerprint(to) == ssd_dataset_fingerprint(from));
    CHECK(memcmp(ssd_dataset_picture(to, COUNT - 1), ssd_dataset_picture(from, COUNT - 1), BYTES) == 0);
    const double before = ssd_dataset_fingerprint(to);
    CHECK(ssd_dataset_add_rgb(to, NULL, 0) == SSD_OK);
    CHECK(ssd_dataset_add_rgb(to, NULL, -1) == SSD_BAD_ARGUMENT);
    CHECK(ssd_dataset_add_rgb(to, NULL, INT_MAX) == SSD_BAD_ARGUMENT);
    CHECK(ssd_dataset_fingerprint(to) == before);
    ssd_dataset_destroy(from);
    ssd_dataset_destroy(to);
    ssd_dataset_destroy(whole);
}

/* Room taken at once: nothing moves until it is full. */
static void check_reserve(ssd_context *context) {
    ssd_dataset *dataset = make(context, 8);
    CHECK(ssd_dataset_reserve(dataset, 300) == SSD_OK && ssd_dataset_count(dataset) == 0);
    CHECK(ssd_dataset_add_doodles(dataset, 1, 0, 1) == SSD_OK);
    const uint8_t *place = ssd_dataset_picture(dataset, 0);
    for (int i = 1; i < 300; i++)
        CHECK(ssd_dataset_add_doodles(dataset, 1, i, 1) == SSD_OK);
    CHECK(ssd_dataset_picture(dataset, 0) == place && ssd_dataset_count(dataset) == 300);
    CHECK(ssd_dataset_reserve(dataset, -1) == SSD_BAD_ARGUMENT);
    CHECK(ssd_dataset_reserve(dataset, INT_MAX) == SSD_BAD_ARGUMENT);
    ssd_dataset_destroy(dataset);
}

/* Adds `count` flat pictures whose bytes are 0, 1, 2, ... */
static void add_numbered(ssd_dataset *dataset, int count) {
    for (int i = 0; i < count; i++) {
        const uint8_t colour[4] = {(uint8_t)i, (uint8_t)i, (uint8_t)i, 255};
        CHECK(ssd_dataset_add_rgba(dataset, colour, 1, 1) == SSD_OK);
    }
}

static void check_growth_and_removal(ssd_context *context) {
    ssd_dataset *dataset = make(context, 8);
    add_numbered(dataset, 200);
    CHECK(ssd_dataset_count(dataset) == 200);
    for (int i = 0; i < 200; i++)
        CHECK(ssd_dataset_picture(dataset, i)[5] == i);
    CHECK(ssd_dataset_remove(dataset, 200) == SSD_BAD_ARGUMENT && ssd_dataset_remove(dataset, -1) == SSD_BAD_ARGUMENT);
    CHECK(ssd_dataset_remove(dataset, 199) == SSD_OK && ssd_dataset_remove(dataset, 0) == SSD_OK);
    CHECK(ssd_dataset_remove(dataset, 50) == SSD_OK && ssd_dataset_count(dataset) == 197);
    CHECK(ssd_dataset_picture(dataset, 0)[0] == 1 && ssd_dataset_picture(dataset, 49)[0] == 50);
    CHECK(ssd_dataset_picture(dataset, 50)[0] == 52 && ssd_dataset_picture(dataset, 196)[0] == 198);
    CHECK(ssd_dataset_picture(dataset, 197) == NULL);
    while (ssd_dataset_count(dataset) > 0)
        CHECK(ssd_dataset_remove(dataset, 0) == SSD_OK);
    CHECK(ssd_dataset_remove(dataset, 0) == SSD_BAD_ARGUMENT);
    ssd_dataset_destroy(dataset);
}

static void check_fingerprint(ssd_context *context) {
    ssd_dataset *a = make(context, 8), *b = make(context, 8), *larger = make(context, 16);
    CHECK(ssd_dataset_fingerprint(a) != ssd_dataset_fingerprint(larger));
    add_numbered(a, 70);
    add_numbered(b, 70);
    const double whole = ssd_dataset_fingerprint(a);
    CHECK(whole == ssd_dataset_fingerprint(b));
    CHECK(whole >= 0 && whole < 0x1p53 && whole == (double)(uint64_t)whole);
    CHECK(ssd_dataset_remove(b, 69) == SSD_OK);
    CHECK(ssd_dataset_fingerprint(b) != whole);
    add_numbered(b, 1); /* the same count, another last picture */
    CHECK(ssd_dataset_count(b) == 70 && ssd_dataset_fingerprint(b) != whole);
    ssd_dataset_destroy(a);
    ssd_dataset_destroy(b);
    ssd_dataset_destroy(larger);
}

/* 3 x count x size x size, byte / 127.5 - 1, mirrored where told. */
static void check_batch(ssd_context *context) {
    enum { SIZE = 8, PLANE = SIZE * SIZE, COUNT = 3 };
    ssd_dataset *dataset = make(context, SIZE);
    CHECK(ssd_dataset_add_doodles(dataset, 1, 0, 4) == SSD_OK);
    const int indices[COUNT] = {3, 0, 3};
    const uint8_t mirror[COUNT] = {0, 1, 1};
    float out[3 * COUNT * PLANE + 1];
    for (int with = 0; with < 2; with++) {
        out[3 * COUNT * PLANE] = 77;
        dataset_batch(dataset, indices, with ? mirror : NULL, COUNT, out);
        int wrong = out[3 * COUNT * PLANE] != 77;
        for (int i = 0; i < 3 * COUNT * PLANE; i++) {
            const int c = i / (COUNT * PLANE), n = i / PLANE % COUNT, y = i / SIZE % SIZE, x = i % SIZE;
            const int from = with && mirror[n] ? SIZE - 1 - x : x;
            const uint8_t byte = ssd_dataset_picture(dataset, indices[n])[(y * SIZE + from) * 3 + c];
            wrong += out[i] != (float)byte / 127.5f - 1.0f;
        }
        CHECK(wrong == 0);
    }
    ssd_dataset_destroy(dataset);
}

static void check_doodles(ssd_context *context) {
    ssd_context *threads = ssd_context_create(CHECK_THREADS);
    ssd_dataset *one = make(context, 32), *many = make(threads, 32);
    CHECK(ssd_dataset_add_doodles(one, 5, 10, 100) == SSD_OK);
    CHECK(ssd_dataset_add_doodles(many, 5, 10, 60) == SSD_OK && ssd_dataset_add_doodles(many, 5, 70, 40) == SSD_OK);
    CHECK(ssd_dataset_fingerprint(one) == ssd_dataset_fingerprint(many));
    uint8_t drawn[32 * 32 * 3];
    ssd_doodle_draw(5, 17, 32, drawn);
    CHECK(memcmp(drawn, ssd_dataset_picture(one, 7), sizeof drawn) == 0);
    CHECK(ssd_dataset_add_doodles(one, 5, 0, 0) == SSD_OK && ssd_dataset_count(one) == 100);
    CHECK(ssd_dataset_add_doodles(one, 5, -1, 1) == SSD_BAD_ARGUMENT);
    CHECK(ssd_dataset_add_doodles(one, 5, INT_MAX, 1) == SSD_BAD_ARGUMENT);
    CHECK(ssd_dataset_add_doodles(one, 5, 0, -1) == SSD_BAD_ARGUMENT);
    CHECK(ssd_dataset_add_doodles(one, 5, 0, INT_MAX) == SSD_BAD_ARGUMENT);
    CHECK(ssd_dataset_count(one) == 100);
    ssd_dataset_destroy(one);
    ssd_dataset_destroy(many);
    ssd_context_destroy(threads);
}

/* Three terabytes cannot be had; what was there stays. */
static void check_out_of_memory(ssd_context *context) {
    if (!HAVE_ASAN)
        return;
    ssd_dataset *dataset = make(context, 1024);
    CHECK(ssd_dataset_add_doodles(dataset, 1, 0, 1) == SSD_OK);
    const double before = ssd_dataset_fingerprint(dataset);
    CHECK(ssd_dataset_add_doodles(dataset, 1, 1, 1 << 20) == SSD_OUT_OF_MEMORY);
    CHECK(strstr(ssd_context_error(context), "memory") != NULL);
    CHECK(ssd_dataset_count(dataset) == 1 && ssd_dataset_fingerprint(dataset) == before);
    ssd_dataset_destroy(dataset);
}

int main(void) {
    ssd_context *context = ssd_context_create(1);
    check_sizes(context);
    check_files(context);
    check_many_files(1, 8);
    check_many_files(3, 8);
    check_many_files(64, 1);
    check_rgb(context);
    check_reserve(context);
    check_growth_and_removal(context);
    check_fingerprint(context);
    check_batch(context);
    check_doodles(context);
    check_out_of_memory(context);
    ssd_context_destroy(context);
    return check_report("dataset");
}
