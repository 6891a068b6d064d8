#include "kernels/conv.h"

#include <string.h>

#include "base/helpers.h"
#include "kernels/conv_frame.h"
#include "kernels/conv_parity.h"
#include "kernels/conv_picture.h"
#include "kernels/gemm.h"
#include "kernels/simd.h"
#include "kernels/winograd.h"

enum { TAPS = 16 };

static int out_height(const conv_shape *s) { return s->height / 2; }
static int out_width(const conv_shape *s) { return s->width / 2; }
static size_t out_pixels(const conv_shape *s) { return (size_t)s->batch * out_height(s) * out_width(s); }

/* --------------------------------------------------------------------------------- phase images --- */

/* The large image with its padding, split by parity of row and column into four images:
 *   phase[c][py][px][n][a][b] = x[c][n][2a + py - 1][2b + px - 1],  (OH + 1) x (OW + 1) each,
 * so that tap (ky, kx) of pixel (oy, ox) is at [ky & 1][kx & 1][oy + ky / 2][ox + kx / 2]: a run of output pixels
 * reads a run of memory. */
typedef struct phase_images {
    float *data;
    const float *x;
    const conv_shape *shape;
    size_t plane;        /* floats of one phase of one picture */
    size_t phase_stride; /* ... of one phase of the whole batch */
    size_t channel_stride;
} phase_images;

static phase_images phase_layout(float *data, const float *x, const conv_shape *s) {
    phase_images p = {.data = data, .x = x, .shape = s};
    p.plane = (size_t)(out_height(s) + 1) * (out_width(s) + 1);
    p.phase_stride = p.plane * s->batch;
    p.channel_stride = 4 * p.phase_stride;
    return p;
}

/* One row of x into a row of both column phases. */
static void split_row(float *even, float *odd, const float *row, int ow) {
    /* even: columns -1, 1, 3 ...; odd: columns 0, 2, 4, ..., W */
    even[0] = 0;
    for (int b = 0; b < ow; b += 4) {
        const f32x4 low = f32x4_load(row + 2 * b), high = f32x4_load(row + 2 * b + 4);
        f32x4_store(odd + b, F32X4_SHUFFLE(low, high, 0, 2, 4, 6));
        f32x4_store(even + 1 + b, F32X4_SHUFFLE(low, high, 1, 3, 5, 7));
    }
    odd[ow] = 0;
}

static void split_channel(const void *argument, int c) {
    const phase_images *p = argument;
    const conv_shape *s = p->shape;
    const int oh = out_height(s), ow = out_width(s), pitch = ow + 1;
    for (int n = 0; n < s->batch; n++) {
        float *base = p->data + c * p->channel_stride + n * p->plane;
        const float *picture = p->x + ((size_t)c * s->batch + n) * s->height * s->width;
        for (int py = 0; py < 2; py++) {
            float *even = base + 2 * py * p->phase_stride, *odd = even + p->phase_stride;
            for (int a = 0; a <= oh; a++) {
                const int iy = 2 * a + py - 1;
                if (iy < 0 || iy >= s->height) {
                    memset(even + (size_t)a * pitch, 0, sizeof(float) * pitch);
                    memset(odd + (size_t)a * pitch, 0, sizeof(float) * pitch);
                } else {
                    split_row(even + (size_t)a * pitch, odd + (size_t)a * pitch, picture + (size_t)iy * s->width, ow);
                }
            }
        }
    }
}

static size_t phase_floats(const conv_shape *s) { return phase_layout(NULL, NULL, s).channel_stride * s->channels; }

/* Offset of the phase pixel that tap 0..15 of output pixel 0 of picture 0 reads. */
static void tap_offsets(const phase_images *p, ptrdiff_t offsets[TAPS]) {
    const int pitch = out_width(p->shape) + 1;
    for (int tap = 0; tap < TAPS; tap++) {
        const int ky = tap / 4, kx = tap % 4;
        const int phase = 2 * (ky & 1) + (kx & 1);
        offsets[tap] = (ptrdiff_t)(phase * p->phase_stride) + (ptrdiff_t)(ky / 2) * pitch + kx / 2;
    }
}

/* Offset of output pixel `index` (n, oy, ox) within images of this plane size and pitch. */
static ptrdiff_t pixel_offset(const conv_shape *s, int index, size_t plane, int pitch) {
    const int ow = out_width(s), picture = out_height(s) * ow;
    const int n = index / picture, rest = index % picture;
    return (ptrdiff_t)(n * plane) + (ptrdiff_t)(rest / ow) * pitch + rest % ow;
}

/* ------------------------------------------------------------------------------------- forward --- */

typedef struct gather_source {
    const float *data;
    const conv_shape *shape;
    size_t plane;
    size_t channel_stride;
    int pitch;
    int taps; /* depth runs over (channel, tap) */
    ptrdiff_t offsets[TAPS];
} gather_source;

/* Eight pixels of one row at every (channel, tap). */
HOT static void gather_row(const float *data, const ptrdiff_t *offsets, int taps, size_t channel_stride, int channels,
                           float *panel) {
    for (int c = 0; c < channels; c++) {
        for (int t = 0; t < taps; t++) {
            const float *from = data + offsets[t];
            f32x4_store(panel, f32x4_load(from));
            f32x4_store(panel + 4, f32x4_load(from + 4));
            panel += GEMM_COLUMNS;
        }
        data += channel_stride;
    }
}

/* The same from two rows of four pixels. */
HOT static void gather_two_rows(const float *data, const ptrdiff_t *offsets, int taps, size_t channel_stride,
                                int channels, int pitch, float *panel) {
    for (int c = 0; c < channels; c++) {
        for (int t = 0; t < taps; t++) {
            const float *from = data + offsets[t];
            f32x4_store(panel, f32x4_load(from));
            f32x4_store(panel + 4, f32x4_load(from + pitch));
            panel += GEMM_COLUMNS;
        }
        data += channel_stride;
    }
}

/* Columns are output pixels: always eight, since an output row has 4, 8, 16 ... pixels and a picture 16 or more. */
static void pack_pixels(const void *source, int first, int lanes, int depth_first, int depth, float *panel) {
    (void)lanes;
    const gather_source *g = source;
    const float *data = g->data + pixel_offset(g->shape, first, g->plane, g->pitch) +
                        (size_t)(depth_first / g->taps) * g->channel_stride;
    if (out_width(g->shape) >= GEMM_COLUMNS)
        gather_row(data, g->offsets, g->taps, g->channel_stride, depth / g->taps, panel);
    else
        gather_two_rows(data, g->offsets, g->taps, g->channel_stride, depth / g->taps, g->pitch, panel);
}

void conv_forward(parallel_pool *pool, float *y, const float *x, const float *w, float scale, const conv_shape *shape,
                  float *scratch) {
    if (winograd_fits(shape))
        winograd_forward(pool, y, x, w, scale, shape, scratch);
    else
        conv_forward_direct(pool, y, x, w, scale, shape, scratch);
}

void conv_forward_direct(parallel_pool *pool, float *y, const float *x, const float *w, float scale,
                         const conv_shape *shape, float *scratch) {
    phase_images phases = phase_layout(scratch, x, shape);
    parallel_for(pool, shape->channels, split_channel, &phases);

    const int depth = shape->channels * TAPS;
    const gemm_strided weights = {w, depth, 1, scale};
    gather_source pixels = {.data = phases.data,
                            .shape = shape,
                            .plane = phases.plane,
                            .channel_stride = phases.channel_stride,
                            .pitch = out_width(shape) + 1,
                            .taps = TAPS};
    tap_offsets(&phases, pixels.offsets);
    const gemm_problem problem = {.m = shape->filters,
                                  .n = (int)out_pixels(shape),
                                  .k = depth,
                                  .pack_a = gemm_pack_a_strided,
                                  .a = &weights,
                                  .pack_b = pack_pixels,
                                  .b = &pixels,
                                  .c = y,
                                  .c_stride = (ptrdiff_t)out_pixels(shape)};
    gemm_run(pool, &problem, scratch + phase_floats(shape));
}

/* ---------------------------------------------------------------------------- weight gradient --- */

/* Four pixels (depth) of four taps (columns): loads along the pixels, transposed. */
HOT static void gather_taps(const float *data, const ptrdiff_t *offsets, int pixels, float *panel) {
    for (int p = 0; p < pixels; p += 4) {
        f32x4 a = f32x4_load(data + offsets[0] + p), b = f32x4_load(data + offsets[1] + p);
        f32x4 c = f32x4_load(data + offsets[2] + p), d = f32x4_load(data + offsets[3] + p);
        f32x4_transpose(&a, &b, &c, &d);
        f32x4_store(panel, a);
        f32x4_store(panel + GEMM_COLUMNS, b);
        f32x4_store(panel + 2 * GEMM_COLUMNS, c);
        f32x4_store(panel + 3 * GEMM_COLUMNS, d);
        panel += 4 * GEMM_COLUMNS;
    }
}

/* Columns are (channel, tap), eight taps of one channel; depth runs over output pixels, a row at a time. */
static void pack_taps(const void *source, int first, int lanes, int depth_first, int depth, float *panel) {
    (void)lanes;
    const gather_source *g = source;
    const int ow = out_width(g->shape);
    const float *data = g->data + (size_t)(first / TAPS) * g->channel_stride;
    const ptrdiff_t *offsets = g->offsets + first % TAPS;
    for (int pixel = depth_first; pixel < depth_first + depth;) {
        int run = ow - pixel % ow;
        if (run > depth_first + depth - pixel)
            run = depth_first + depth - pixel;
        const float *from = data + pixel_offset(g->shape, pixel, g->plane, g->pitch);
        gather_taps(from, offsets, run, panel);
        gather_taps(from, offsets + 4, run, panel + 4);
        panel += (ptrdiff_t)run * GEMM_COLUMNS;
        pixel += run;
    }
}

void conv_weight_grad(parallel_pool *pool, float *dw, const float *dy, const float *x, const conv_shape *shape,
                      grad_mode mode, float *scratch) {
    (winograd_fits(shape) ? winograd_weight_grad : conv_weight_grad_direct)(pool, dw, dy, x, shape, mode, scratch);
}

void conv_weight_grad_direct(parallel_pool *pool, float *dw, const float *dy, const float *x, const conv_shape *shape,
                             grad_mode mode, float *scratch) {
    phase_images phases = phase_layout(scratch, x, shape);
    parallel_for(pool, shape->channels, split_channel, &phases);

    const gemm_strided gradients = {dy, (ptrdiff_t)out_pixels(shape), 1, 1.0f};
    gather_source taps = {.data = phases.data,
                          .shape = shape,
                          .plane = phases.plane,
                          .channel_stride = phases.channel_stride,
                          .pitch = out_width(shape) + 1,
                          .taps = TAPS};
    tap_offsets(&phases, taps.offsets);
    const gemm_problem problem = {.m = shape->filters,
                                  .n = shape->channels * TAPS,
                                  .k = (int)out_pixels(shape),
                                  .pack_a = gemm_pack_a_strided,
                                  .a = &gradients,
                                  .pack_b = pack_taps,
                                  .b = &taps,
                                  .c = dw,
                                  .c_stride = (ptrdiff_t)shape->channels * TAPS,
                                  .accumulate = mode == GRAD_ADD};
    gemm_run(pool, &problem, scratch + phase_floats(shape));
}

/* ----------------------------------------------------------------------------- input gradient --- */

/* dy with a border of one pixel of zeros: K x N x (OH + 2) x (OW + 2). */
typedef struct padded_images {
    float *data;
    const float *dy;
    const conv_shape *shape;
} padded_images;

static size_t padded_plane(const conv_shape *s) { return frame_floats(out_height(s), out_width(s)); }

static void pad_channel(const void *argument, int k) {
    const padded_images *p = argument;
    const conv_shape *s = p->shape;
    for (int n = 0; n < s->batch; n++) {
        const size_t picture = (size_t)k * s->batch + n;
        fill_frame(p->data + picture * padded_plane(s), p->dy + picture * out_height(s) * out_width(s), out_height(s),
                   out_width(s));
    }
}

/* Weights for output pixels of parity (py, px): rows are channels c, depth runs over (k, ty, tx). */
typedef struct parity_weights {
    const float *w;
    const conv_shape *shape;
    int py, px;
    float scale;
} parity_weights;

static void pack_parity_weights(const void *source, int first, int lanes, int depth_first, int depth, float *panel) {
    const parity_weights *s = source;
    int taps[4];
    for (int t = 0; t < 4; t++)
        taps[t] = 4 * PARITY_TAP[s->py][t / 2] + PARITY_TAP[s->px][t % 2];
    for (int k = depth_first / 4; k < (depth_first + depth) / 4; k++) {
        const float *row = s->w + ((size_t)k * s->shape->channels + first) * TAPS;
        for (int t = 0; t < 4; t++)
            for (int l = 0; l < GEMM_ROWS; l++)
                *panel++ = l < lanes ? s->scale * row[l * TAPS + taps[t]] : 0.0f;
    }
}

/* The four parity images, C x N x OH x OW each, into one of C x N x H x W. */
typedef struct interleave_work {
    float *dx;
    const float *parities;
    const conv_shape *shape;
} interleave_work;

static void interleave_channel(const void *argument, int c) {
    const interleave_work *work = argument;
    const conv_shape *s = work->shape;
    const int oh = out_height(s), ow = out_width(s);
    const size_t parity_stride = (size_t)s->channels * out_pixels(s);
    for (int row = 0; row < s->batch * oh; row++) {
        for (int py = 0; py < 2; py++) {
            const float *even = work->parities + 2 * py * parity_stride + c * out_pixels(s) + (size_t)row * ow;
            const float *odd = even + parity_stride;
            float *out = work->dx + (size_t)c * 4 * out_pixels(s) + ((size_t)row * 2 + py) * s->width;
            for (int b = 0; b < ow; b += 4) {
                const f32x4 e = f32x4_load(even + b), o = f32x4_load(odd + b);
                f32x4_store(out + 2 * b, F32X4_SHUFFLE(e, o, 0, 4, 1, 5));
                f32x4_store(out + 2 * b + 4, F32X4_SHUFFLE(e, o, 2, 6, 3, 7));
            }
        }
    }
}

static void input_grad_by_parity(parallel_pool *pool, float *dx, const float *dy, const float *w, float scale,
                                 const conv_shape *shape, float *scratch) {
    padded_images padded = {scratch, dy, shape};
    parallel_for(pool, shape->filters, pad_channel, &padded);
    const size_t plane = padded_plane(shape);
    float *parities = scratch + plane * shape->filters * shape->batch;
    float *gemm_scratch = parities + 4 * (size_t)shape->channels * out_pixels(shape);
    const int pitch = out_width(shape) + 2;
    for (int parity = 0; parity < 4; parity++) {
        const int py = parity / 2, px = parity % 2;
        const parity_weights weights = {w, shape, py, px, scale};
        gather_source pixels = {.data = padded.data + pitch + 1,
                                .shape = shape,
                                .plane = plane,
                                .channel_stride = plane * shape->batch,
                                .pitch = pitch,
                                .taps = 4};
        for (int t = 0; t < 4; t++)
            pixels.offsets[t] = (ptrdiff_t)PARITY_SHIFT[py][t / 2] * pitch + PARITY_SHIFT[px][t % 2];
        const gemm_problem problem = {.m = shape->channels,
                                      .n = (int)out_pixels(shape),
                                      .k = shape->filters * 4,
                                      .pack_a = pack_parity_weights,
                                      .a = &weights,
                                      .pack_b = pack_pixels,
                                      .b = &pixels,
                                      .c = parities + parity * (size_t)shape->channels * out_pixels(shape),
                                      .c_stride = (ptrdiff_t)out_pixels(shape)};
        gemm_run(pool, &problem, gemm_scratch);
    }
    const interleave_work work = {dx, parities, shape};
    parallel_for(pool, shape->channels, interleave_channel, &work);
}

void conv_input_grad(parallel_pool *pool, float *dx, const float *dy, const float *w, float scale,
                     const conv_shape *shape, float *scratch) {
    if (winograd_fits(shape))
        winograd_input_grad(pool, dx, dy, w, scale, shape, scratch);
    else
        conv_input_grad_direct(pool, dx, dy, w, scale, shape, scratch);
}

void conv_input_grad_direct(parallel_pool *pool, float *dx, const float *dy, const float *w, float scale,
                            const conv_shape *shape, float *scratch) {
    if (conv_picture_fits(shape))
        conv_picture_input_grad(pool, dx, dy, w, scale, shape, scratch);
    else
        input_grad_by_parity(pool, dx, dy, w, scale, shape, scratch);
}

/* ------------------------------------------------------------------------------------ scratch --- */

size_t conv_scratch_floats(const conv_shape *s, int threads) {
    return winograd_fits(s) ? winograd_scratch_floats(s, threads) : conv_direct_scratch_floats(s, threads);
}

size_t conv_direct_scratch_floats(const conv_shape *s, int threads) {
    const size_t pixels = out_pixels(s);
    const size_t forward = phase_floats(s) + gemm_scratch_floats(s->filters, s->channels * TAPS, threads);
    const size_t weight = phase_floats(s) + gemm_scratch_floats(s->filters, (int)pixels, threads);
    const size_t parity = padded_plane(s) * s->filters * s->batch + 4 * s->channels * pixels +
                          gemm_scratch_floats(s->channels, s->filters * 4, threads);
    return max_size(max_size(forward, weight), conv_picture_fits(s) ? conv_picture_scratch_floats(s, threads) : parity);
}
