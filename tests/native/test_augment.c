/* Shifts against the formula of their header; their gradient by the adjoint identity <A x, y> = <x, AT y>; what is
 * drawn. */
#include <math.h>
#include <string.h>

#include "check.h"
#include "nn/augment.h"

enum { BATCH = 5 };

/* Pixel (row, column) of a plane that is shifted. */
static float reference(const float *x, augment_shift shift, int size, int row, int column) {
    const int i = row + shift.y, j = column + shift.x;
    return i < 0 || i >= size || j < 0 || j >= size ? 0 : x[(size_t)i * size + j];
}

static void check_size(parallel_pool *pool, int size, rng *random) {
    const size_t plane = (size_t)size * size, count = 3 * BATCH * plane;
    float *x = malloc(4 * count * sizeof *x), *y = x + count, *dy = x + 2 * count, *dx = x + 3 * count;
    augment_shift shifts[BATCH];
    rng_normal(random, x, (int)count);
    rng_normal(random, dy, (int)count);
    memset(y, 0xff, count * sizeof *y);
    memset(dx, 0xff, count * sizeof *dx);
    augment_draw(shifts, BATCH, size, random);
    shifts[0] = (augment_shift){0, 0};
    shifts[1] = (augment_shift){size / 8, -(size / 8)};
    augment_forward(pool, y, x, shifts, BATCH, size);
    augment_backward(pool, dx, dy, shifts, BATCH, size);
    int wrong = 0;
    double forward = 0, back = 0;
    for (size_t i = 0; i < count; i++) {
        const int n = (int)(i / plane % BATCH), row = (int)(i % plane) / size, column = (int)(i % plane) % size;
        wrong += y[i] != reference(x + i / plane * plane, shifts[n], size, row, column);
        forward += (double)y[i] * dy[i];
        back += (double)x[i] * dx[i];
    }
    CHECK(wrong == 0);
    CHECK_BELOW(fabs(forward - back), 1e-9 * (double)count);
    free(x);
}

static void check_draws(rng *random) {
    enum { COUNT = 20000, SIZE = 64 };
    augment_shift *shifts = malloc(COUNT * sizeof *shifts);
    augment_draw(shifts, COUNT, SIZE, random);
    double sums[2] = {0, 0}, squares[2] = {0, 0}, products = 0;
    int farthest[2] = {0, 0};
    for (int n = 0; n < COUNT; n++) {
        const int shift[2] = {shifts[n].x, shifts[n].y};
        for (int axis = 0; axis < 2; axis++) {
            sums[axis] += shift[axis];
            squares[axis] += (double)shift[axis] * shift[axis];
            farthest[axis] = abs(shift[axis]) > farthest[axis] ? abs(shift[axis]) : farthest[axis];
        }
        products += (double)shift[0] * shift[1];
    }
    for (int axis = 0; axis < 2; axis++) {
        CHECK(farthest[axis] == SIZE / 8);
        CHECK_BELOW(fabs(sums[axis] / COUNT), 0.2);
        CHECK_BELOW(fabs(squares[axis] / COUNT - 24), 1); /* 2 (1 + 4 + ... + 64) / 17 */
    }
    CHECK_BELOW(fabs(products / COUNT), 1);
    free(shifts);
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
