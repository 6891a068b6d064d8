/* Doodles: the pinned bits, the same picture at every size, variety, faces that stand out; odd arguments. */
#include <math.h>
#include <string.h>

#include "base/context.h"
#include "check.h"

static double fingerprint(ssd_context *context, int size, double seed, int first, int count) {
    ssd_dataset *dataset = ssd_dataset_create(context, size, SSD_CROP_CENTRE, SSD_FILTER_TRIANGLE);
    CHECK(ssd_dataset_add_doodles(dataset, seed, first, count) == SSD_OK);
    const double value = ssd_dataset_fingerprint(dataset);
    ssd_dataset_destroy(dataset);
    return value;
}

/* The same bits on every platform and compiler: clang, gcc and WebAssembly gave these. Who changes how doodles look
 * changes them here. */
static void check_pinned(ssd_context *context) {
    static const struct {
        int size;
        double want;
    } pinned[] = {{32, 3936504936400506}, {64, 6605367387302206}, {128, 6425376070282247}};
    for (int i = 0; i < 3; i++) {
        const double got = fingerprint(context, pinned[i].size, 1, 0, 64);
        if (got != pinned[i].want)
            printf("size %d: %.0f\n", pinned[i].size, got);
        CHECK(got == pinned[i].want);
    }
}

/* Mean difference in levels between two pictures of `count` bytes. */
static double difference(const uint8_t *a, const uint8_t *b, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += abs(a[i] - b[i]);
    return sum / count;
}

/* A doodle of 128 pixels, averaged 2 x 2, is the doodle of 64 pixels but for its edges. */
static void check_sizes_agree(void) {
    enum { SMALL = 64, LARGE = 128 };
    static uint8_t small[SMALL * SMALL * 3], large[LARGE * LARGE * 3], shrunk[SMALL * SMALL * 3];
    for (int index = 0; index < 20; index++) {
        ssd_doodle_draw(4, index, SMALL, small);
        ssd_doodle_draw(4, index, LARGE, large);
        for (int i = 0; i < SMALL * SMALL * 3; i++) {
            const int y = i / 3 / SMALL * 2, x = i / 3 % SMALL * 2;
            const uint8_t *p = large + (y * LARGE + x) * 3 + i % 3;
            shrunk[i] = (uint8_t)((p[0] + p[3] + p[LARGE * 3] + p[LARGE * 3 + 3] + 2) / 4);
        }
        CHECK_BELOW(difference(small, shrunk, sizeof small), 1.5);
    }
}

/* Different numbers and different seeds give pictures that differ, none is flat, and the middle (a face) has another
 * colour than the corner (background). */
static void check_variety(void) {
    enum { SIZE = 32, COUNT = 60, BYTES = SIZE * SIZE * 3 };
    static uint8_t picture[COUNT][BYTES];
    double corner_middle = 0;
    for (int i = 0; i < COUNT; i++) {
        ssd_doodle_draw(i < COUNT / 2 ? 8 : 9, i % (COUNT / 2), SIZE, picture[i]);
        corner_middle += difference(picture[i], picture[i] + (SIZE / 2 * SIZE + SIZE / 2) * 3, 3) / COUNT;
    }
    double least = 255, mean = 0;
    for (int i = 0; i < COUNT; i++) {
        for (int j = 0; j < i; j++) {
            const double d = difference(picture[i], picture[j], BYTES);
            least = fmin(least, d);
            mean += d / (COUNT * (COUNT - 1) / 2.0);
        }
    }
    CHECK(least > 5);
    CHECK(mean > 35);
    CHECK(corner_middle > 25);
}

/* Nothing is written beyond the picture, and no argument breaks anything. */
static void check_odd_arguments(void) {
    static const double seeds[] = {0, -1, 0.5, 1e300, -INFINITY, INFINITY, NAN, 9007199254740991.0};
    static const int sizes[] = {1, 2, 7, 33};
    uint8_t out[33 * 33 * 3 + 1];
    for (int i = 0; i < 8; i++) {
        for (int j = 0; j < 4; j++) {
            const int bytes = sizes[j] * sizes[j] * 3;
            out[bytes] = 123;
            ssd_doodle_draw(seeds[i], i % 2 ? -5 : 2147483647, sizes[j], out);
            CHECK(out[bytes] == 123);
        }
    }
}

int main(void) {
    ssd_context *context = ssd_context_create(CHECK_THREADS);
    check_pinned(context);
    check_sizes_agree();
    check_variety();
    check_odd_arguments();
    ssd_context_destroy(context);
    return check_report("doodles");
}
