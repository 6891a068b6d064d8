#include "kernels/resample.h"

#include <string.h>

#include "base/helpers.h"
#include "kernels/simd.h"

typedef struct resample_work {
    float *out;
    const float *in;
    int rows, columns; /* of 4x4 weights; or planes (channels), and pixels a side (floats a channel) */
    int turned, times, accumulate;
    float keep, scale;
} resample_work;

/* ------------------------------------------------------------------------------------- weights --- */

enum { NARROW = 3, WIDE = 4, NARROW_TAPS = 9, WIDE_TAPS = 16, FRAME = 5 };

HOT static void widen_one(float *w4, const float *w3, int turned, float factor) {
    float framed[FRAME][FRAME] = {{0}};
    for (int y = 0; y < NARROW; y++)
        for (int x = 0; x < NARROW; x++)
            framed[y + 1][x + 1] = w3[turned ? NARROW_TAPS - 1 - (NARROW * y + x) : NARROW * y + x];
    for (int y = 0; y < WIDE; y++)
        for (int x = 0; x < WIDE; x++)
            w4[WIDE * y + x] = factor * ((framed[y][x] + framed[y][x + 1]) + (framed[y + 1][x] + framed[y + 1][x + 1]));
}

HOT static void narrow_one(float *dw3, const float *dw4, int turned, float factor, int accumulate) {
    for (int y = 0; y < NARROW; y++)
        for (int x = 0; x < NARROW; x++) {
            const float *d = dw4 + WIDE * y + x;
            float *out = dw3 + (turned ? NARROW_TAPS - 1 - (NARROW * y + x) : NARROW * y + x);
            *out = (accumulate ? *out : 0.0f) + factor * ((d[0] + d[1]) + (d[WIDE] + d[WIDE + 1]));
        }
}

static void widen_row(const void *argument, int r) {
    const resample_work *w = argument;
    for (int c = 0; c < w->columns; c++) {
        const size_t source = w->turned ? (size_t)c * w->rows + r : (size_t)r * w->columns + c;
        widen_one(w->out + ((size_t)r * w->columns + c) * WIDE_TAPS, w->in + source * NARROW_TAPS, w->turned, w->scale);
    }
}

static void narrow_row(const void *argument, int r) {
    const resample_work *w = argument;
    const int length = w->turned ? w->rows : w->columns;
    for (int c = 0; c < length; c++) {
        const size_t source = w->turned ? (size_t)c * w->columns + r : (size_t)r * w->columns + c;
        narrow_one(w->out + ((size_t)r * length + c) * NARROW_TAPS, w->in + source * WIDE_TAPS, w->turned, w->scale,
                   w->accumulate);
    }
}

void weights_widen(parallel_pool *pool, float *w4, const float *w3, int rows, int columns, int turned, float factor) {
    const resample_work work = {
        .out = w4, .in = w3, .rows = rows, .columns = columns, .turned = turned, .scale = factor};
    parallel_for(pool, rows, widen_row, &work);
}

void weights_narrow(parallel_pool *pool, float *dw3, const float *dw4, int rows, int columns, int turned, float factor,
                    grad_mode mode) {
    const resample_work work = {.out = dw3,
                                .in = dw4,
                                .rows = rows,
                                .columns = columns,
                                .turned = turned,
                                .scale = factor,
                                .accumulate = mode == GRAD_ADD};
    parallel_for(pool, turned ? columns : rows, narrow_row, &work);
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

HOT static void shrink_row(float *out, const float *x, int times, float scale, int small) {
    for (int i = 0; i < small; i++) {
        float sum = 0;
        for (int k = 0; k < times; k++)
            sum += x[i * times + k];
        out[i] += scale * sum;
    }
}

static void shrink_plane(const void *argument, int plane) {
    const resample_work *w = argument;
    const int size = w->columns, small = size / w->times;
    const float *x = w->in + (size_t)plane * size * size;
    float *y = w->out + (size_t)plane * small * small;
    memset(y, 0, sizeof *y * small * small);
    for (int r = 0; r < size; r++)
        shrink_row(y + (size_t)(r / w->times) * small, x + (size_t)r * size, w->times, w->scale, small);
}

void shrink(parallel_pool *pool, float *y, const float *x, int planes, int size, int times, float scale) {
    const resample_work work = {.out = y, .in = x, .columns = size, .times = times, .scale = scale};
    parallel_for(pool, planes, shrink_plane, &work);
}

HOT static void enlarge_row(float *out, const float *x, int times, float keep, float scale, int size) {
    for (int i = 0; i < size; i++)
        for (int k = 0; k < times; k++) {
            float *place = out + i * times + k;
            *place = (keep != 0 ? keep * *place : 0.0f) + scale * x[i];
        }
}

HOT static void blend(float *out, const float *x, float keep, float scale, int count) {
    const f32x4 k = f32x4_splat(keep), s = f32x4_splat(scale);
    int i = 0;
    for (; i + 4 <= count; i += 4) {
        const f32x4 added = f32x4_mul(s, f32x4_load(x + i));
        f32x4_store(out + i, keep != 0 ? f32x4_madd(k, f32x4_load(out + i), added) : added);
    }
    for (; i < count; i++)
        out[i] = (keep != 0 ? keep * out[i] : 0.0f) + scale * x[i];
}

static void enlarge_plane(const void *argument, int plane) {
    const resample_work *w = argument;
    const int size = w->columns, large = size * w->times;
    const float *x = w->in + (size_t)plane * size * size;
    float *y = w->out + (size_t)plane * large * large;
    if (w->times == 1) {
        blend(y, x, w->keep, w->scale, size * size);
        return;
    }
    for (int r = 0; r < large; r++)
        enlarge_row(y + (size_t)r * large, x + (size_t)(r / w->times) * size, w->times, w->keep, w->scale, size);
}

void enlarge(parallel_pool *pool, float *y, const float *x, int planes, int size, int times, float keep, float scale) {
    const resample_work work = {.out = y, .in = x, .columns = size, .times = times, .keep = keep, .scale = scale};
    parallel_for(pool, planes, enlarge_plane, &work);
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
