/* Augmentation against the formulas of its header, one change after the other in double; its gradient by the adjoint
 * identity <A x - A 0, y> = <x, AT y>; what is drawn. */
#include <math.h>
#include <string.h>

#include "check.h"
#include "nn/augment.h"

enum { BATCH = 5 };

/* Picture n of `x`, changed step by step. */
static double reference(const float *x, const augment *a, int n, int size, int c, int row, int column) {
    const size_t plane = (size_t)size * size;
    if (row >= a->cut_top && row < a->cut_top + a->cut_height && column >= a->cut_left &&
        column < a->cut_left + a->cut_width)
        return 0;
    const int i = row + a->shift_y, j = column + a->shift_x;
    if (i < 0 || i >= size || j < 0 || j >= size)
        return 0;
    double all = 0, value = 0;
    for (int k = 0; k < 3; k++)
        for (size_t p = 0; p < plane; p++)
            all += (x[((size_t)k * BATCH + n) * plane + p] + (double)a->brightness) / (3.0 * (double)plane);
    double colours[3], mean = 0;
    for (int k = 0; k < 3; k++) {
        colours[k] = x[((size_t)k * BATCH + n) * plane + (size_t)i * size + j] + (double)a->brightness;
        mean += colours[k] / 3;
    }
    value = mean + a->saturation * (colours[c] - mean);
    return all + a->contrast * (value - all);
}

static void check_size(parallel_pool *pool, int size, rng *random) {
    const size_t plane = (size_t)size * size, count = 3 * BATCH * plane;
    float *x = malloc(4 * count * sizeof *x), *y = x + count, *dy = x + 2 * count, *dx = x + 3 * count;
    augment changes[BATCH];
    rng_normal(random, x, (int)count);
    rng_normal(random, dy, (int)count);
    memset(y, 0xff, count * sizeof *y);
    memset(dx, 0xff, count * sizeof *dx);
    augment_draw(changes, BATCH, AUGMENT_COLOUR | AUGMENT_TRANSLATION | AUGMENT_CUTOUT, 0.8, size, random);
    changes[0] = (augment){.saturation = 1, .contrast = 1};
    augment_forward(pool, y, x, changes, BATCH, size);
    augment_backward(pool, dx, dy, changes, BATCH, size);
    double worst = 0;
    for (int c = 0; c < 3; c++)
        for (int n = 0; n < BATCH; n++)
            for (size_t p = 0; p < plane; p += size > 32 ? 7 : 1) {
                const double want = reference(x, &changes[n], n, size, c, (int)p / size, (int)p % size);
                worst = fmax(worst, fabs(y[((size_t)c * BATCH + n) * plane + p] - want));
            }
    CHECK_BELOW(worst, 2e-6);
    CHECK(memcmp(y, x, plane * sizeof *x) == 0); /* no change is none */
    /* zero, through the same changes */
    double forward = 0, back = 0;
    for (size_t i = 0; i < count; i++) {
        forward += (double)y[i] * dy[i];
        back += (double)x[i] * dx[i];
    }
    memset(x, 0, count * sizeof *x);
    augment_forward(pool, y, x, changes, BATCH, size);
    for (size_t i = 0; i < count; i++)
        forward -= (double)y[i] * dy[i];
    CHECK_BELOW(fabs(forward - back), 1e-6 * (double)count);
    free(x);
}

static void check_draws(rng *random) {
    enum { COUNT = 20000, SIZE = 64 };
    augment *a = malloc(COUNT * sizeof *a);
    augment_draw(a, COUNT, AUGMENT_COLOUR | AUGMENT_TRANSLATION | AUGMENT_CUTOUT, 0.5, SIZE, random);
    double brightness = 0, bright = 0, shift = 0, cut = 0;
    int out_of_range = 0, farthest = 0;
    for (int n = 0; n < COUNT; n++) {
        bright += a[n].brightness != 0;
        brightness += (double)a[n].brightness * a[n].brightness;
        shift += a[n].shift_x != 0 || a[n].shift_y != 0;
        cut += a[n].cut_width > 0;
        farthest = abs(a[n].shift_x) > farthest ? abs(a[n].shift_x) : farthest;
        out_of_range |= a[n].cut_left < 0 || a[n].cut_top < 0 || a[n].cut_width > SIZE / 2 ||
                        a[n].cut_height > SIZE / 2 || a[n].cut_left + a[n].cut_width > SIZE ||
                        a[n].cut_top + a[n].cut_height > SIZE || a[n].saturation < 0 || a[n].saturation > 2 ||
                        a[n].contrast < 0.5 || a[n].contrast > 1.5;
    }
    CHECK(!out_of_range);
    CHECK(farthest == SIZE / 8);
    CHECK_BELOW(fabs(bright / COUNT - 0.5), 0.02);
    CHECK_BELOW(fabs(brightness / bright - 1.0 / 12), 0.005);
    CHECK_BELOW(fabs(shift / COUNT - 0.5), 0.02);
    CHECK_BELOW(fabs(cut / COUNT - 0.5), 0.02);
    augment_draw(a, COUNT, AUGMENT_COLOUR | AUGMENT_TRANSLATION, 0, SIZE, random);
    int changed = 0;
    for (int n = 0; n < COUNT; n++)
        changed += a[n].brightness != 0 || a[n].contrast != 1 || a[n].shift_x != 0 || a[n].cut_width != 0;
    CHECK(changed == 0);
    free(a);
}

int main(void) {
    rng random;
    rng_seed(&random, 5, 1);
    parallel_pool *pool = parallel_create(CHECK_THREADS);
    static const int sizes[] = {8, 16, 32, 64, 12};
    for (int i = 0; i < 15; i++)
        check_size(pool, sizes[i % 5], &random);
    check_draws(&random);
    parallel_destroy(pool);
    return check_report("augment");
}
