#include "data/resize.h"

#include <math.h>
#include <stdlib.h>

#include "kernels/simd_bytes.h"

#define NOINLINE __attribute__((noinline))

/* Along one direction: output pixel o is the sum of weights[o * most + k] * input pixel first[o] + k, k < count[o]. */
typedef struct taps {
    int *first, *count;
    float *weights;
    int most;
} taps;

static double kernel(ssd_filter filter, double x) {
    x = fabs(x);
    if (filter == SSD_FILTER_TRIANGLE)
        return x < 1 ? 1 - x : 0;
    return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

static void fill_taps(taps *t, ssd_filter filter, int from, int to) {
    const double scale = (double)from / to, stretch = scale > 1 ? scale : 1;
    const double reach = (filter == SSD_FILTER_CUBIC ? 2 : 1) * stretch;
    for (int o = 0; o < to; o++) {
        const double centre = (o + 0.5) * scale;
        const int low = (int)fmax(0, floor(centre - reach)), high = (int)fmin(from, ceil(centre + reach));
        float *weights = t->weights + (size_t)o * t->most;
        double total = 0;
        for (int i = low; i < high; i++)
            total += kernel(filter, (i + 0.5 - centre) / stretch);
        for (int i = low; i < high; i++)
            weights[i - low] = (float)(kernel(filter, (i + 0.5 - centre) / stretch) / total);
        t->first[o] = low;
        t->count[o] = high - low;
    }
}

static int make_taps(ssd_context *context, taps *t, ssd_filter filter, int from, int to) {
    const double scale = from > to ? (double)from / to : 1;
    const int most = (int)ceil((filter == SSD_FILTER_CUBIC ? 4 : 2) * scale) + 2;
    *t = (taps){context_allocate(context, (size_t)to * 2, sizeof(int)), NULL,
                context_allocate(context, (size_t)to * most, sizeof(float)), most};
    if (!t->first || !t->weights)
        return 0;
    t->count = t->first + to;
    fill_taps(t, filter, from, to);
    return 1;
}

static void free_taps(taps *t) {
    free(t->first);
    free(t->weights);
}

/* row += or = weights[0] * rows 0 + ... + weights[3] * rows 3, in this order; `row` is pixels x 4 floats. Four rows at
 * a time: each is read as a stream, whatever the stride, and the sums are loaded and stored a quarter as often. */
static NOINLINE void add_rows(float *row, const uint8_t *from, size_t stride, const float *weights, int pixels,
                              int first) {
    const f32x4 a = f32x4_splat(weights[0]), b = f32x4_splat(weights[1]), c = f32x4_splat(weights[2]),
                d = f32x4_splat(weights[3]), zero = f32x4_splat(0.0f);
    const uint8_t *from_b = from + stride, *from_c = from_b + stride, *from_d = from_c + stride;
    for (size_t i = 0; i < (size_t)pixels * 4; i += 4) {
        f32x4 sum = first ? zero : f32x4_load(row + i);
        sum = f32x4_add(sum, f32x4_mul(a, f32x4_load_bytes(from + i)));
        sum = f32x4_add(sum, f32x4_mul(b, f32x4_load_bytes(from_b + i)));
        sum = f32x4_add(sum, f32x4_mul(c, f32x4_load_bytes(from_c + i)));
        sum = f32x4_add(sum, f32x4_mul(d, f32x4_load_bytes(from_d + i)));
        f32x4_store(row + i, sum);
    }
}

static NOINLINE void add_one_row(float *row, const uint8_t *from, float weight, int pixels, int first) {
    const f32x4 a = f32x4_splat(weight), zero = f32x4_splat(0.0f);
    for (size_t i = 0; i < (size_t)pixels * 4; i += 4)
        f32x4_store(row + i, f32x4_add(first ? zero : f32x4_load(row + i), f32x4_mul(a, f32x4_load_bytes(from + i))));
}

/* One row of sums to one row of RGB. */
static NOINLINE void shrink_row(uint8_t *out, const float *row, const taps *across, int to_width) {
    for (int x = 0; x < to_width; x++) {
        const float *from = row + (size_t)across->first[x] * 4, *weights = across->weights + (size_t)x * across->most;
        f32x4 sum = f32x4_splat(0.0f);
        for (int k = 0; k < across->count[x]; k++)
            sum = f32x4_add(sum, f32x4_mul(f32x4_load_splat(weights + k), f32x4_load(from + (size_t)k * 4)));
        const i32x4 levels = i32x4_levels(sum);
        out[3 * x] = (uint8_t)I32X4_LANE(levels, 0);
        out[3 * x + 1] = (uint8_t)I32X4_LANE(levels, 1);
        out[3 * x + 2] = (uint8_t)I32X4_LANE(levels, 2);
    }
}

ssd_status resize_rgba(ssd_context *context, const uint8_t *from, size_t stride, int width, int height,
                       ssd_filter filter, uint8_t *out, size_t out_stride, int to_width, int to_height) {
    taps across = {0}, down = {0};
    float *row = context_allocate(context, (size_t)width * 4, sizeof *row);
    const int ready = row && make_taps(context, &across, filter, width, to_width) &&
                      make_taps(context, &down, filter, height, to_height);
    /* Downwards first: the long rows are read in order, and the second direction has few rows left. */
    for (int y = 0; ready && y < to_height; y++) {
        const uint8_t *line = from + (size_t)down.first[y] * stride;
        const float *weights = down.weights + (size_t)y * down.most;
        int k = 0;
        for (; k + 4 <= down.count[y]; k += 4)
            add_rows(row, line + (size_t)k * stride, stride, weights + k, width, k == 0);
        for (; k < down.count[y]; k++)
            add_one_row(row, line + (size_t)k * stride, weights[k], width, k == 0);
        shrink_row(out + (size_t)y * out_stride, row, &across, to_width);
    }
    free_taps(&across);
    free_taps(&down);
    free(row);
    return ready ? SSD_OK : SSD_OUT_OF_MEMORY;
}
