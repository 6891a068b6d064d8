#include "kernels/resample.h"

#include <string.h>

#include "base/helpers.h"
#include "kernels/simd.h"

typedef struct resample_work {
    float *out;
    const float *in;
    int rows, columns; /* of 4x4 weights; or planes (channels), and pixels a side (floats a channel) */
    int transposed, accumulate;
    float scale;
} resample_work;

/* ------------------------------------------------------------------------------------- weights --- */

enum { SIDE_3X3 = 3, SIDE_4X4 = 4, TAPS_3X3 = 9, TAPS_4X4 = 16 };

/* Row y of a 3x3 kernel in lanes 0 to 2; nothing beyond the kernel is read. */
static inline f32x4 row_of_3x3(const float *w, int y) {
    const f32x4 row = f32x4_load(w + (y < 2 ? 3 * y : 5));
    return y < 2 ? row : F32X4_SHUFFLE(row, row, 1, 2, 3, 3);
}

/* Each 4x4 weight is the sum of the up to four of the 3x3 kernel around it: first along the rows, then across them. */
HOT static void fold_one(float *w4, const float *w3, int transposed, float factor) {
    const f32x4 zero = f32x4_splat(0), f = f32x4_splat(factor);
    f32x4 above = zero;
    for (int y = 0; y < SIDE_3X3; y++) {
        const f32x4 row = row_of_3x3(w3, transposed ? 2 - y : y);
        const f32x4 sums = transposed
                               ? f32x4_add(F32X4_SHUFFLE(row, zero, 4, 2, 1, 0), F32X4_SHUFFLE(row, zero, 2, 1, 0, 4))
                               : f32x4_add(F32X4_SHUFFLE(row, zero, 4, 0, 1, 2), F32X4_SHUFFLE(row, zero, 0, 1, 2, 4));
        f32x4_store(w4 + SIDE_4X4 * y, f32x4_mul(f, f32x4_add(above, sums)));
        above = sums;
    }
    f32x4_store(w4 + SIDE_4X4 * SIDE_3X3, f32x4_mul(f, above));
}

HOT static void fold_adjoint_one(float *dw3, const float *dw4, int transposed, float factor, int accumulate) {
    const f32x4 f = f32x4_splat(factor);
    f32x4 sums[SIDE_4X4], rows[SIDE_3X3]; /* lanes 0 to 2 */
    for (int y = 0; y < SIDE_4X4; y++) {
        const f32x4 row = f32x4_load(dw4 + SIDE_4X4 * y);
        sums[y] = f32x4_add(row, F32X4_SHUFFLE(row, row, 1, 2, 3, 3));
    }
    for (int y = 0; y < SIDE_3X3; y++)
        rows[y] = f32x4_mul(f, f32x4_add(sums[y], sums[y + 1]));
    f32x4 first = F32X4_SHUFFLE(rows[0], rows[1], 0, 1, 2, 4), second = F32X4_SHUFFLE(rows[1], rows[2], 1, 2, 4, 5);
    float last = F32X4_LANE(rows[2], 2);
    if (transposed) {
        first = F32X4_SHUFFLE(rows[2], rows[1], 2, 1, 0, 6);
        second = F32X4_SHUFFLE(rows[1], rows[0], 1, 0, 6, 5);
        last = F32X4_LANE(rows[0], 0);
    }
    f32x4_store(dw3, accumulate ? f32x4_add(f32x4_load(dw3), first) : first);
    f32x4_store(dw3 + 4, accumulate ? f32x4_add(f32x4_load(dw3 + 4), second) : second);
    dw3[8] = accumulate ? dw3[8] + last : last;
}

static void fold_row(const void *argument, int r) {
    const resample_work *w = argument;
    for (int c = 0; c < w->columns; c++) {
        const size_t source = w->transposed ? (size_t)c * w->rows + r : (size_t)r * w->columns + c;
        fold_one(w->out + ((size_t)r * w->columns + c) * TAPS_4X4, w->in + source * TAPS_3X3, w->transposed, w->scale);
    }
}

static void fold_adjoint_row(const void *argument, int r) {
    const resample_work *w = argument;
    const int length = w->transposed ? w->rows : w->columns;
    for (int c = 0; c < length; c++) {
        const size_t source = w->transposed ? (size_t)c * w->columns + r : (size_t)r * w->columns + c;
        fold_adjoint_one(w->out + ((size_t)r * length + c) * TAPS_3X3, w->in + source * TAPS_4X4, w->transposed,
                         w->scale, w->accumulate);
    }
}

void fold_resample(parallel_pool *pool, float *w4, const float *w3, int rows, int columns, int transposed,
                   float factor) {
    const resample_work work = {
        .out = w4, .in = w3, .rows = rows, .columns = columns, .transposed = transposed, .scale = factor};
    parallel_for(pool, rows, fold_row, &work);
}

void fold_resample_adjoint(parallel_pool *pool, float *dw3, const float *dw4, int rows, int columns, int transposed,
                           float factor, grad_mode mode) {
    const resample_work work = {.out = dw3,
                                .in = dw4,
                                .rows = rows,
                                .columns = columns,
                                .transposed = transposed,
                                .scale = factor,
                                .accumulate = mode == GRAD_ADD};
    parallel_for(pool, transposed ? columns : rows, fold_adjoint_row, &work);
}

/* -------------------------------------------------------------------------------------- pictures --- */

enum { BLUR_MOST = 512 };

HOT static void blur_row(float *out, const float *x, int size) {
    const f32x4 two = f32x4_splat(2);
    int i = 0;
    if (size > 1)
        out[i++] = 2 * x[0] + x[1];
    for (; i + 4 < size; i += 4) {
        const f32x4 sum = f32x4_add(f32x4_load(x + i - 1), f32x4_mul(two, f32x4_load(x + i)));
        f32x4_store(out + i, f32x4_add(sum, f32x4_load(x + i + 1)));
    }
    for (; i + 1 < size; i++)
        out[i] = x[i - 1] + 2 * x[i] + x[i + 1];
    out[i] = (i ? x[i - 1] : 0.0f) + 2 * x[i];
}

HOT static void blur_column(float *out, const float *above, const float *here, const float *below, int size) {
    const f32x4 two = f32x4_splat(2), sixteenth = f32x4_splat(1.0f / 16);
    int i = 0;
    for (; i + 4 <= size; i += 4) {
        const f32x4 sum = f32x4_add(f32x4_load(above + i), f32x4_mul(two, f32x4_load(here + i)));
        f32x4_store(out + i, f32x4_mul(f32x4_add(sum, f32x4_load(below + i)), sixteenth));
    }
    for (; i < size; i++)
        out[i] = (above[i] + 2 * here[i] + below[i]) * (1.0f / 16);
}

static void blur_plane(const void *argument, int plane) {
    const resample_work *w = argument;
    const int size = w->columns;
    float *x = w->out + (size_t)plane * size * size;
    float rows[3][BLUR_MOST]; /* of the input, blurred along: row r in rows[(r + 1) % 3] */
    memset(rows[0], 0, sizeof rows[0][0] * size);
    blur_row(rows[1], x, size);
    for (int r = 0; r < size; r++) {
        if (r + 1 < size)
            blur_row(rows[(r + 2) % 3], x + (size_t)(r + 1) * size, size);
        else
            memset(rows[(r + 2) % 3], 0, sizeof rows[0][0] * size);
        blur_column(x + (size_t)r * size, rows[r % 3], rows[(r + 1) % 3], rows[(r + 2) % 3], size);
    }
}

void blur(parallel_pool *pool, float *x, int planes, int size) {
    const resample_work work = {.out = x, .columns = size};
    parallel_for(pool, planes, blur_plane, &work);
}

/* ---------------------------------------------------------------------------------------- bias --- */

HOT static void bias_run(float *x, float bias, float slope, int count) {
    const f32x4 b = f32x4_splat(bias), s = f32x4_splat(slope);
    int i = 0;
    for (; i + 4 <= count; i += 4) {
        const f32x4 v = f32x4_add(f32x4_load(x + i), b);
        f32x4_store(x + i, f32x4_select_positive(v, v, f32x4_mul(v, s)));
    }
    for (; i < count; i++) {
        const float v = x[i] + bias;
        x[i] = v > 0 ? v : slope * v;
    }
}

static void bias_channel(const void *argument, int c) {
    const resample_work *w = argument;
    bias_run(w->out + (size_t)c * w->columns, w->in[c], w->scale, w->columns);
}

void bias_leaky(parallel_pool *pool, float *x, const float *bias, float slope, int channels, int run) {
    const resample_work work = {.out = x, .in = bias, .columns = run, .scale = slope};
    parallel_for(pool, channels, bias_channel, &work);
}

enum { SUM_RUN = 1024 }; /* in lanes; the runs in double */

HOT static float sum_run(const float *x, int count) {
    f32x4 a = f32x4_splat(0);
    int i = 0;
    for (; i + 4 <= count; i += 4)
        a = f32x4_add(a, f32x4_load(x + i));
    float sum = f32x4_sum(a);
    for (; i < count; i++)
        sum += x[i];
    return sum;
}

static void sum_channel(const void *argument, int c) {
    const resample_work *w = argument;
    const float *dy = w->in + (size_t)c * w->columns;
    double sum = w->accumulate ? w->out[c] : 0.0;
    for (int i = 0; i < w->columns; i += SUM_RUN)
        sum += sum_run(dy + i, w->columns - i < SUM_RUN ? w->columns - i : SUM_RUN);
    w->out[c] = (float)sum;
}

void bias_grad(parallel_pool *pool, float *dbias, const float *dy, int channels, int run, grad_mode mode) {
    const resample_work work = {.out = dbias, .in = dy, .columns = run, .accumulate = mode == GRAD_ADD};
    parallel_for(pool, channels, sum_channel, &work);
}
