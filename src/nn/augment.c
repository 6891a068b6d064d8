#include "nn/augment.h"

#include <string.h>

#include "base/helpers.h"
#include "kernels/simd.h"

/* --------------------------------------------------------------------------------------- drawn --- */

static int chosen(double p, rng *random) { return rng_uniform(random) < p; }

/* A span of `length` around a centre in 0 .. size, cut at the border. */
static void draw_span(int *first, int *length, int size, rng *random) {
    const int centre = (int)rng_below(random, (uint32_t)size + 1), half = size / 4;
    *first = max_int(0, centre - half);
    *length = min_int(size, centre + half) - *first;
}

void augment_draw(augment *changes, int count, int kinds, double p, int size, rng *random) {
    const int reach = (size + 4) / 8;
    for (int n = 0; n < count; n++) {
        augment *a = &changes[n];
        *a = (augment){.saturation = 1, .contrast = 1};
        if (kinds & AUGMENT_COLOUR) {
            if (chosen(p, random))
                a->brightness = (float)(rng_uniform(random) - 0.5);
            if (chosen(p, random))
                a->saturation = (float)(rng_uniform(random) * 2);
            if (chosen(p, random))
                a->contrast = (float)(rng_uniform(random) + 0.5);
        }
        if (kinds & AUGMENT_TRANSLATION && chosen(p, random)) {
            a->shift_x = (int)rng_below(random, 2 * (uint32_t)reach + 1) - reach;
            a->shift_y = (int)rng_below(random, 2 * (uint32_t)reach + 1) - reach;
        }
        if (kinds & AUGMENT_CUTOUT && chosen(p, random)) {
            draw_span(&a->cut_left, &a->cut_width, size, random);
            draw_span(&a->cut_top, &a->cut_height, size, random);
        }
    }
}

/* ------------------------------------------------------------------------------------- colours --- */

/* The three of a picture, `plane` floats each, `stride` apart. */
typedef struct picture {
    float *colours[3];
} picture;

static picture picture_of(const float *images, int n, int batch, size_t plane) {
    picture p;
    for (int c = 0; c < 3; c++)
        p.colours[c] = (float *)images + ((size_t)c * batch + n) * plane;
    return p;
}

enum { SUM_RUN = 1024 };

HOT static float sum_run(const float *x, size_t count) {
    f32x4 sum = f32x4_splat(0);
    for (size_t i = 0; i < count; i += 4)
        sum = f32x4_add(sum, f32x4_load(x + i));
    return f32x4_sum(sum);
}

static float mean_of(const picture *p, size_t plane) {
    double sum = 0;
    for (int c = 0; c < 3; c++)
        for (size_t i = 0; i < plane; i += SUM_RUN)
            sum += sum_run(p->colours[c] + i, plane - i < SUM_RUN ? plane - i : SUM_RUN);
    return (float)(sum / (3.0 * (double)plane));
}

/* The three changes of colour are one affine map: own x + others (x0 + x1 + x2) + constant, where brightness passes
 * through the other two unchanged. Its linear part is symmetric: the gradient takes the same way. */
typedef struct colour_map {
    float own, others, constant;
} colour_map;

static colour_map map_of(const augment *a, float mean, int with_brightness) {
    const float k = a->contrast, s = a->saturation;
    return (colour_map){k * s, k * (1 - s) / 3, (1 - k) * mean + (with_brightness ? a->brightness : 0)};
}

HOT static void colour_run(const picture *out, size_t to, const picture *in, size_t from, colour_map map,
                           size_t count) {
    float *const y0 = out->colours[0] + to, *const y1 = out->colours[1] + to, *const y2 = out->colours[2] + to;
    const float *const x0 = in->colours[0] + from, *const x1 = in->colours[1] + from, *const x2 = in->colours[2] + from;
    const f32x4 own = f32x4_splat(map.own), others = f32x4_splat(map.others), constant = f32x4_splat(map.constant);
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        const f32x4 a = f32x4_load(x0 + i), b = f32x4_load(x1 + i), c = f32x4_load(x2 + i);
        const f32x4 rest = f32x4_add(f32x4_mul(others, f32x4_add(f32x4_add(a, b), c)), constant);
        f32x4_store(y0 + i, f32x4_add(f32x4_mul(own, a), rest));
        f32x4_store(y1 + i, f32x4_add(f32x4_mul(own, b), rest));
        f32x4_store(y2 + i, f32x4_add(f32x4_mul(own, c), rest));
    }
    for (; i < count; i++) {
        const float a = x0[i], b = x1[i], c = x2[i], rest = map.others * (a + b + c) + map.constant;
        y0[i] = map.own * a + rest;
        y1[i] = map.own * b + rest;
        y2[i] = map.own * c + rest;
    }
}

/* ------------------------------------------------------------------------------------- pictures --- */

typedef struct augment_work {
    float *out;
    const float *in;
    const augment *changes;
    int batch, size;
} augment_work;

static void clear(const picture *p, size_t at, size_t count) {
    for (int c = 0; c < 3; c++)
        memset(p->colours[c] + at, 0, count * sizeof(float));
}

static void clear_cut(const picture *p, const augment *a, int row, int size) {
    if (row >= a->cut_top && row < a->cut_top + a->cut_height)
        clear(p, (size_t)row * size + a->cut_left, (size_t)a->cut_width);
}

static void forward_picture(const void *argument, int n) {
    const augment_work *work = argument;
    const augment *a = &work->changes[n];
    const int size = work->size;
    const size_t plane = (size_t)size * size;
    const picture out = picture_of(work->out, n, work->batch, plane), in = picture_of(work->in, n, work->batch, plane);
    const colour_map map = map_of(a, mean_of(&in, plane), 1);
    const int left = max_int(0, -a->shift_x), right = min_int(size, size - a->shift_x);
    for (int row = 0; row < size; row++) {
        const int source = row + a->shift_y;
        const size_t at = (size_t)row * size;
        if (source < 0 || source >= size) {
            clear(&out, at, (size_t)size);
            continue;
        }
        clear(&out, at, (size_t)left);
        clear(&out, at + right, (size_t)(size - right));
        colour_run(&out, at + left, &in, (size_t)source * size + left + a->shift_x, map, (size_t)(right - left));
        clear_cut(&out, a, row, size);
    }
}

void augment_forward(parallel_pool *pool, float *y, const float *x, const augment *changes, int batch, int size) {
    const augment_work work = {y, x, changes, batch, size};
    parallel_for(pool, batch, forward_picture, &work);
}

/* The gradient at each source pixel is that of the pixel that took it, or zero; then the colours' map. */
static void backward_picture(const void *argument, int n) {
    const augment_work *work = argument;
    const augment *a = &work->changes[n];
    const int size = work->size;
    const size_t plane = (size_t)size * size;
    const picture out = picture_of(work->out, n, work->batch, plane), in = picture_of(work->in, n, work->batch, plane);
    const int left = max_int(0, -a->shift_x), right = min_int(size, size - a->shift_x);
    const int cut_left = max_int(left, a->cut_left), cut_right = min_int(right, a->cut_left + a->cut_width);
    clear(&out, 0, plane);
    for (int row = 0; row < size; row++) {
        const int source = row + a->shift_y;
        if (source < 0 || source >= size)
            continue;
        const size_t at = (size_t)row * size + left, to = (size_t)source * size + left + a->shift_x;
        for (int c = 0; c < 3; c++)
            memcpy(out.colours[c] + to, in.colours[c] + at, (size_t)(right - left) * sizeof(float));
        if (row >= a->cut_top && row < a->cut_top + a->cut_height && cut_left < cut_right)
            clear(&out, (size_t)source * size + cut_left + a->shift_x, (size_t)(cut_right - cut_left));
    }
    colour_run(&out, 0, &out, 0, map_of(a, mean_of(&out, plane), 0), plane);
}

void augment_backward(parallel_pool *pool, float *dx, const float *dy, const augment *changes, int batch, int size) {
    const augment_work work = {dx, dy, changes, batch, size};
    parallel_for(pool, batch, backward_picture, &work);
}
