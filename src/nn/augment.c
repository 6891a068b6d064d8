#include "nn/augment.h"

#include <string.h>

#include "base/helpers.h"

void augment_draw(augment_shift *shifts, int count, int size, rng *random) {
    const int reach = (size + 4) / 8;
    for (int n = 0; n < count; n++) {
        shifts[n].x = (int)rng_below(random, 2 * (uint32_t)reach + 1) - reach;
        shifts[n].y = (int)rng_below(random, 2 * (uint32_t)reach + 1) - reach;
    }
}

typedef struct shift_work {
    float *out;
    const float *in;
    const augment_shift *shifts;
    int direction; /* 1, or -1: back */
    int batch, size;
} shift_work;

static void shift_plane(float *out, const float *in, int x, int y, int size) {
    const int left = max_int(0, -x), right = min_int(size, size - x);
    memset(out, 0, (size_t)size * size * sizeof *out);
    for (int row = max_int(0, -y); row < min_int(size, size - y); row++)
        memcpy(out + (size_t)row * size + left, in + (size_t)(row + y) * size + left + x,
               (size_t)(right - left) * sizeof *out);
}

static void shift_picture(const void *argument, int n) {
    const shift_work *work = argument;
    const size_t plane = (size_t)work->size * work->size;
    const augment_shift shift = work->shifts[n];
    for (int c = 0; c < 3; c++) {
        const size_t at = ((size_t)c * work->batch + n) * plane;
        shift_plane(work->out + at, work->in + at, work->direction * shift.x, work->direction * shift.y, work->size);
    }
}

void augment_forward(parallel_pool *pool, float *y, const float *x, const augment_shift *shifts, int batch, int size) {
    const shift_work work = {y, x, shifts, 1, batch, size};
    parallel_for(pool, batch, shift_picture, &work);
}

/* The gradient at each source pixel is that of the pixel that took it, or zero: the shift back. */
void augment_backward(parallel_pool *pool, float *dx, const float *dy, const augment_shift *shifts, int batch,
                      int size) {
    const shift_work work = {dx, dy, shifts, -1, batch, size};
    parallel_for(pool, batch, shift_picture, &work);
}
