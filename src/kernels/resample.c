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

enum { SIDE_3X3 = 3, SIDE_4X4 = 4, TAPS_3X3 = 9, TAPS_4X4 = 16, FRAME = 5 };

HOT static void fold_one(float *w4, const float *w3, int transposed, float factor) {
    float framed[FRAME][FRAME] = {{0}};
    for (int y = 0; y < SIDE_3X3; y++)
        for (int x = 0; x < SIDE_3X3; x++)
            framed[y + 1][x + 1] = w3[transposed ? TAPS_3X3 - 1 - (SIDE_3X3 * y + x) : SIDE_3X3 * y + x];
    for (int y = 0; y < SIDE_4X4; y++)
        for (int x = 0; x < SIDE_4X4; x++)
            w4[SIDE_4X4 * y + x] =
                factor * ((framed[y][x] + framed[y][x + 1]) + (framed[y + 1][x] + framed[y + 1][x + 1]));
}

HOT static void fold_adjoint_one(float *dw3, const float *dw4, int transposed, float factor, int accumulate) {
    for (int y = 0; y < SIDE_3X3; y++)
        for (int x = 0; x < SIDE_3X3; x++) {
            const float *d = dw4 + SIDE_4X4 * y + x;
            float *out = dw3 + (transposed ? TAPS_3X3 - 1 - (SIDE_3X3 * y + x) : SIDE_3X3 * y + x);
            *out = (accumulate ? *out : 0.0f) + factor * ((d[0] + d[1]) + (d[SIDE_4X4] + d[SIDE_4X4 + 1]));
        }
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
    for (int i = 0; i < size; i++)
        out[i] = (i ? x[i - 1] : 0.0f) + 2 * x[i] + (i + 1 < size ? x[i + 1] : 0.0f);
}

HOT static void blur_column(float *out, const float *above, const float *here, const float *below, int size) {
    for (int i = 0; i < size; i++)
        out[i] = (above[i] + 2 * here[i] + below[i]) * (1.0f / 16);
}

static void blur_plane(const void *argument, int plane) {
    const resample_work *w = argument;
    const int size = w->columns;
    float *x = w->out + (size_t)plane * size * size;
    float rows[3][BLUR_MOST] = {{0}}; /* of the input, blurred along: row r in rows[(r + 1) % 3] */
    blur_row(rows[1], x, size);
    for (int r = 0; r < size; r++) {
        if (r + 1 < size)
            blur_row(rows[(r + 2) % 3], x + (size_t)(r + 1) * size, size);
        else
            memset(rows[(r + 2) % 3], 0, sizeof rows[0]);
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
