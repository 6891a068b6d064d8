#include "kernels/norm.h"

#include "base/helpers.h"
#include "kernels/simd.h"

typedef struct norm_work {
    float *out; /* y or dx */
    float *dscale, *dshift;
    float *mean_out, *variance_out;
    const float *dy, *x, *mean, *rstd, *scale, *shift;
    float slope;
    const norm_shape *shape;
    int across;    /* groups with common statistics; 0: the statistics stand still */
    int per_piece; /* groups a piece */
    int total;     /* groups in all */
} norm_work;

/* Groups are handed out about 2,000 floats at a time: a piece should outweigh the counter that hands it out. */
static int groups_per_piece(int length) {
    const int groups = 2048 / length;
    return groups < 1 ? 1 : groups;
}

static void run(parallel_pool *pool, norm_work *work, int groups, parallel_body body) {
    work->per_piece = groups_per_piece(work->shape->length);
    work->total = groups;
    parallel_for(pool, (groups + work->per_piece - 1) / work->per_piece, body, work);
}

static int last_group(const norm_work *work, int piece) {
    const int end = (piece + 1) * work->per_piece;
    return end < work->total ? end : work->total;
}

/* ---------------------------------------------------------------------------------- statistics --- */

/* Sums of up to a few thousand floats at a time in four lanes, the chunks summed in double: the error does not grow
 * with the group's length. */
enum { SUM_CHUNK = 4096 };

HOT static float sum_chunk(const float *x, int length) {
    f32x4 a = f32x4_splat(0), b = a;
    int i = 0;
    for (; i + 8 <= length; i += 8) {
        a = f32x4_add(a, f32x4_load(x + i));
        b = f32x4_add(b, f32x4_load(x + i + 4));
    }
    for (; i < length; i += 4)
        a = f32x4_add(a, f32x4_load(x + i));
    return f32x4_sum(f32x4_add(a, b));
}

HOT static float square_chunk(const float *x, float mean, int length) {
    const f32x4 m = f32x4_splat(mean);
    f32x4 a = f32x4_splat(0), b = a;
    int i = 0;
    for (; i + 8 <= length; i += 8) {
        const f32x4 p = f32x4_sub(f32x4_load(x + i), m), q = f32x4_sub(f32x4_load(x + i + 4), m);
        a = f32x4_madd(p, p, a);
        b = f32x4_madd(q, q, b);
    }
    for (; i < length; i += 4) {
        const f32x4 p = f32x4_sub(f32x4_load(x + i), m);
        a = f32x4_madd(p, p, a);
    }
    return f32x4_sum(f32x4_add(a, b));
}

static int chunk_at(int i, int length) { return length - i < SUM_CHUNK ? length - i : SUM_CHUNK; }

static void statistics_piece(const void *argument, int piece) {
    const norm_work *work = argument;
    const int length = work->shape->length;
    for (int g = piece * work->per_piece; g < last_group(work, piece); g++) {
        const float *x = work->x + (long)g * length;
        double sum = 0, squares = 0;
        for (int i = 0; i < length; i += SUM_CHUNK)
            sum += sum_chunk(x + i, chunk_at(i, length));
        const float mean = (float)(sum / length);
        for (int i = 0; i < length; i += SUM_CHUNK)
            squares += square_chunk(x + i, mean, chunk_at(i, length));
        work->mean_out[g] = mean;
        work->variance_out[g] = (float)(squares / length);
    }
}

void norm_statistics(parallel_pool *pool, float *mean, float *variance, const float *x, const norm_shape *shape) {
    norm_work work = {.mean_out = mean, .variance_out = variance, .x = x, .shape = shape};
    run(pool, &work, shape->groups / shape->share, statistics_piece);
}

/* ------------------------------------------------------------------------------------- forward --- */

/* The affine map of a group, v = (x - mean) * gain + shift, gain = scale * rstd: the backward pass must see the very
 * same v, to find the same side of the kink. */
HOT static void forward_group(float *y, const float *x, float mean, float gain, float shift, float slope, int length) {
    const f32x4 m = f32x4_splat(mean), a = f32x4_splat(gain), b = f32x4_splat(shift), s = f32x4_splat(slope);
    for (int i = 0; i < length; i += 4) {
        const f32x4 v = f32x4_madd(f32x4_sub(f32x4_load(x + i), m), a, b);
        f32x4_store(y + i, f32x4_select_positive(v, v, f32x4_mul(v, s)));
    }
}

static void forward_piece(const void *argument, int piece) {
    const norm_work *work = argument;
    const int length = work->shape->length, share = work->shape->share;
    for (int g = piece * work->per_piece; g < last_group(work, piece); g++) {
        const int source = g / share;
        forward_group(work->out + (long)g * length, work->x + (long)source * length, work->mean[source],
                      work->scale[g] * work->rstd[source], work->shift[g], work->slope, length);
    }
}

void norm_forward(parallel_pool *pool, float *y, const float *x, const float *mean, const float *rstd,
                  const float *scale, const float *shift, float slope, const norm_shape *shape) {
    norm_work work = {
        .out = y, .x = x, .mean = mean, .rstd = rstd, .scale = scale, .shift = shift, .slope = slope, .shape = shape};
    run(pool, &work, shape->groups, forward_piece);
}

/* ------------------------------------------------------------------------------------ backward --- */

typedef struct group_terms {
    f32x4 mean, rstd, gain, shift, slope;
} group_terms;

static group_terms terms_of(const norm_work *work, int group, int source) {
    return (group_terms){f32x4_splat(work->mean[source]), f32x4_splat(work->rstd[source]),
                         f32x4_splat(work->scale[group] * work->rstd[source]), f32x4_splat(work->shift[group]),
                         f32x4_splat(work->slope)};
}

/* dv from dy: through the activation's kink. */
static inline f32x4 through_kink(const group_terms *t, f32x4 centred, f32x4 dy) {
    const f32x4 v = f32x4_madd(centred, t->gain, t->shift);
    return f32x4_select_positive(v, dy, f32x4_mul(dy, t->slope));
}

/* Sums of dv and dv * (x - mean). */
HOT static void backward_sums(const group_terms *t, const float *dy, const float *x, int length, float sums[2]) {
    f32x4 sum = f32x4_splat(0), product = sum;
    for (int i = 0; i < length; i += 4) {
        const f32x4 centred = f32x4_sub(f32x4_load(x + i), t->mean);
        const f32x4 dv = through_kink(t, centred, f32x4_load(dy + i));
        sum = f32x4_add(sum, dv);
        product = f32x4_madd(dv, centred, product);
    }
    sums[0] = f32x4_sum(sum);
    sums[1] = f32x4_sum(product);
}

/* dx = gain * (dv - mean(dv) - xhat * mean(dv * xhat)) */
HOT static void backward_apply(const group_terms *t, float *dx, const float *dy, const float *x, float mean_dv,
                               float mean_product, int length) {
    const f32x4 offset = f32x4_splat(mean_dv), factor = f32x4_splat(mean_product);
    for (int i = 0; i < length; i += 4) {
        const f32x4 centred = f32x4_sub(f32x4_load(x + i), t->mean);
        const f32x4 dv = through_kink(t, centred, f32x4_load(dy + i));
        const f32x4 inner = f32x4_sub(f32x4_sub(dv, offset), f32x4_mul(centred, factor));
        f32x4_store(dx + i, f32x4_mul(inner, t->gain));
    }
}

/* What all backward passes are given. */
static norm_work backward_work(float *dx, float *dscale, float *dshift, const float *dy, const float *x,
                               const float *mean, const float *rstd, const float *scale, const float *shift,
                               float slope, const norm_shape *shape) {
    return (norm_work){.out = dx,
                       .dscale = dscale,
                       .dshift = dshift,
                       .dy = dy,
                       .x = x,
                       .mean = mean,
                       .rstd = rstd,
                       .scale = scale,
                       .shift = shift,
                       .slope = slope,
                       .shape = shape};
}

/* A group's sums, in double over chunks, also as dshift and dscale. */
static void group_sums(const norm_work *work, int g, const group_terms *t, double *sum, double *product) {
    const int length = work->shape->length;
    const float *dy = work->dy + (long)g * length, *x = work->x + (long)g * length;
    *sum = *product = 0;
    for (int i = 0; i < length; i += SUM_CHUNK) {
        float part[2];
        backward_sums(t, dy + i, x + i, chunk_at(i, length), part);
        *sum += part[0];
        *product += part[1];
    }
    work->dshift[g] = (float)*sum;
    work->dscale[g] = (float)(*product * work->rstd[g]);
}

static void backward_piece(const void *argument, int piece) {
    const norm_work *work = argument;
    const int length = work->shape->length;
    for (int g = piece * work->per_piece; g < last_group(work, piece); g++) {
        const float *dy = work->dy + (long)g * length, *x = work->x + (long)g * length;
        const group_terms t = terms_of(work, g, g);
        double sum, product;
        group_sums(work, g, &t, &sum, &product);
        const double rstd = work->rstd[g];
        for (int i = 0; i < length; i += SUM_CHUNK)
            backward_apply(&t, work->out + (long)g * length + i, dy + i, x + i, (float)(sum / length),
                           (float)(product * rstd * rstd / length), chunk_at(i, length));
    }
}

void norm_backward(parallel_pool *pool, float *dx, float *dscale, float *dshift, const float *dy, const float *x,
                   const float *mean, const float *rstd, const float *scale, const float *shift, float slope,
                   const norm_shape *shape) {
    norm_work work = backward_work(dx, dscale, dshift, dy, x, mean, rstd, scale, shift, slope, shape);
    run(pool, &work, shape->groups, backward_piece);
}

static void across_sums_piece(const void *argument, int piece) {
    const norm_work *work = argument;
    for (int g = piece * work->per_piece; g < last_group(work, piece); g++) {
        const group_terms t = terms_of(work, g, g);
        double sum, product;
        group_sums(work, g, &t, &sum, &product);
    }
}

/* dx = gain * dv - rstd * (mean(dxhat) + xhat * mean(dxhat * xhat)), dxhat = scale * dv, with means over all groups
 * that have their statistics in common. */
static void across_apply_piece(const void *argument, int piece) {
    const norm_work *work = argument;
    const int length = work->shape->length, across = work->across;
    for (int g = piece * work->per_piece; g < last_group(work, piece); g++) {
        double sum = 0, product = 0;
        for (int k = across ? g - g % across : g; across && k < g - g % across + across; k++) {
            sum += (double)work->scale[k] * work->dshift[k];
            product += (double)work->scale[k] * work->dscale[k];
        }
        const double count = (double)length * (across ? across : 1), rstd = work->rstd[g];
        const group_terms t = terms_of(work, g, g);
        const f32x4 offset = f32x4_splat((float)(rstd * sum / count));
        const f32x4 factor = f32x4_splat((float)(rstd * rstd * product / count));
        const float *dy = work->dy + (long)g * length, *x = work->x + (long)g * length;
        for (int i = 0; i < length; i += 4) {
            const f32x4 centred = f32x4_sub(f32x4_load(x + i), t.mean);
            const f32x4 dv = f32x4_mul(through_kink(&t, centred, f32x4_load(dy + i)), t.gain);
            f32x4_store(work->out + (long)g * length + i, f32x4_sub(f32x4_sub(dv, offset), f32x4_mul(centred, factor)));
        }
    }
}

void norm_backward_across(parallel_pool *pool, float *dx, float *dscale, float *dshift, const float *dy, const float *x,
                          const float *mean, const float *rstd, const float *scale, const float *shift, float slope,
                          const norm_shape *shape, int across) {
    norm_work work = backward_work(dx, dscale, dshift, dy, x, mean, rstd, scale, shift, slope, shape);
    work.across = across;
    run(pool, &work, shape->groups, across_sums_piece);
    run(pool, &work, shape->groups, across_apply_piece);
}

enum { SHARED_LENGTH = 64 };

static void backward_shared_piece(const void *argument, int source) {
    const norm_work *work = argument;
    const int length = work->shape->length, share = work->shape->share;
    const float *x = work->x + (long)source * length;
    float dxhat[SHARED_LENGTH] = {0};
    for (int g = source * share; g < (source + 1) * share; g++) {
        const float *dy = work->dy + (long)g * length;
        const group_terms t = terms_of(work, g, source);
        const f32x4 scale = f32x4_splat(work->scale[g]);
        float sums[2];
        backward_sums(&t, dy, x, length, sums);
        work->dshift[g] = sums[0];
        work->dscale[g] = sums[1] * work->rstd[source];
        for (int i = 0; i < length; i += 4) {
            const f32x4 dv = through_kink(&t, f32x4_sub(f32x4_load(x + i), t.mean), f32x4_load(dy + i));
            f32x4_store(dxhat + i, f32x4_madd(dv, scale, f32x4_load(dxhat + i)));
        }
    }
    const double mean = work->mean[source], rstd = work->rstd[source];
    double sum = 0, product = 0;
    for (int i = 0; i < length; i++) {
        sum += dxhat[i];
        product += dxhat[i] * (x[i] - mean) * rstd;
    }
    for (int i = 0; i < length; i++)
        work->out[(long)source * length + i] =
            (float)(rstd * (dxhat[i] - sum / length - (x[i] - mean) * rstd * product / length));
}

void norm_backward_shared(parallel_pool *pool, float *dx, float *dscale, float *dshift, const float *dy, const float *x,
                          const float *mean, const float *rstd, const float *scale, const float *shift, float slope,
                          const norm_shape *shape) {
    const norm_work work = backward_work(dx, dscale, dshift, dy, x, mean, rstd, scale, shift, slope, shape);
    parallel_for(pool, shape->groups / shape->share, backward_shared_piece, &work);
}
