#include "kernels/conv_picture.h"

#include <string.h>

#include "base/helpers.h"
#include "kernels/simd.h"

/* A piece of work is a band of rows of one picture of dy, copied with a border, for the second cache. Its pixels and
 * borders are one run: a tile is twelve pixels of it, with the three colours of one parity in nine vectors of sums.
 * What is summed at the borders is thrown away. */
enum { COLOURS = 3, PARITIES = 4, PARITY_TAPS = 4, TAPS = 16, BAND = 8, BLOCK = 12 };

typedef struct picture_work {
    float *dx;
    const float *dy;
    const float *weights; /* [parity][tap][k][colour], taps in the order of rising row and column of dy */
    float *lanes;         /* scratch of the threads: a band, [k][BAND + 2][pitch]; its sums, [parity][colour][run] */
    const conv_shape *shape;
} picture_work;

static int out_height(const conv_shape *s) { return s->height / 2; }
static int out_width(const conv_shape *s) { return s->width / 2; }
static int bands_of(const conv_shape *s) { return (out_height(s) + BAND - 1) / BAND; }
static int pitch_of(const conv_shape *s) { return out_width(s) + 2; }
static size_t channel_floats(const conv_shape *s) { return (size_t)(BAND + 2) * pitch_of(s); }
static size_t run_floats(const conv_shape *s) { return ((size_t)BAND * pitch_of(s) + BLOCK - 1) / BLOCK * BLOCK; }
static size_t weight_floats(const conv_shape *s) { return (size_t)TAPS * s->filters * COLOURS; }

/* The last tile may read a tile beyond the band. */
static size_t band_floats(const conv_shape *s) { return s->filters * channel_floats(s) + BLOCK; }
static size_t lane_floats(const conv_shape *s) { return band_floats(s) + PARITIES * COLOURS * run_floats(s); }

int conv_picture_fits(const conv_shape *s) { return s->channels == COLOURS; }

size_t conv_picture_scratch_floats(const conv_shape *s, int threads) {
    return weight_floats(s) + threads * lane_floats(s);
}

/* Pixels of parity p see dy from p - 1 on, by taps 3 - p and 1 - p (kernels/conv_parity.h). */
static void pack_weights(float *out, const float *w, float scale, const conv_shape *s) {
    for (int parity = 0; parity < PARITIES; parity++)
        for (int t = 0; t < PARITY_TAPS; t++) {
            const int row = 3 - parity / 2 - t / 2 * 2, column = 3 - parity % 2 - t % 2 * 2;
            for (int k = 0; k < s->filters; k++)
                for (int c = 0; c < COLOURS; c++)
                    *out++ = scale * w[((size_t)k * COLOURS + c) * TAPS + 4 * row + column];
        }
}

/* Rows with their borders; a width is a multiple of four. (With calls of memcpy this took as long as the sums.) */
HOT static void copy_rows(float *band, const float *rows, int count, int width) {
    const ptrdiff_t pitch = width + 2;
    for (int y = 0; y < count; y++, band += pitch, rows += width) {
        band[0] = band[pitch - 1] = 0;
        for (int x = 0; x < width; x += 4)
            f32x4_store(band + 1 + x, f32x4_load(rows + x));
    }
}

/* Rows first - 1 .. first + BAND of a picture of every filter, zeros beyond it. */
static void fill_band(float *band, const picture_work *work, int n, int first) {
    const conv_shape *s = work->shape;
    const int height = out_height(s), width = out_width(s), pitch = pitch_of(s);
    const int from = max_int(0, first - 1), to = min_int(height, first + BAND + 1);
    for (int k = 0; k < s->filters; k++, band += channel_floats(s)) {
        memset(band, 0, sizeof *band * (size_t)(from - first + 1) * pitch);
        copy_rows(band + (ptrdiff_t)(from - first + 1) * pitch,
                  work->dy + (((size_t)k * s->batch + n) * height + from) * width, to - from, width);
        memset(band + (ptrdiff_t)(to - first + 1) * pitch, 0, sizeof *band * (size_t)(first + BAND + 1 - to) * pitch);
    }
}

/* Twelve pixels of one parity; `first` is the first of its four taps in the band. One tap at a time: with more in the
 * loop V8 keeps sums on the stack, and it runs at half the speed. */
HOT static void picture_tile(float *out, ptrdiff_t run, const float *first, ptrdiff_t pitch, ptrdiff_t channel,
                             const float *weights, int filters) {
    f32x4 a0 = f32x4_splat(0), a1 = a0, a2 = a0, b0 = a0, b1 = a0, b2 = a0, c0 = a0, c1 = a0, c2 = a0;
    for (int t = 0; t < PARITY_TAPS; t++) {
        const float *from = first + t / 2 * pitch + t % 2;
        for (int k = 0; k < filters; k++, from += channel, weights += COLOURS) {
            const f32x4 x0 = f32x4_load(from), x1 = f32x4_load(from + 4), x2 = f32x4_load(from + 8);
            f32x4 w = f32x4_load_splat(weights);
            a0 = f32x4_madd(w, x0, a0);
            a1 = f32x4_madd(w, x1, a1);
            a2 = f32x4_madd(w, x2, a2);
            w = f32x4_load_splat(weights + 1);
            b0 = f32x4_madd(w, x0, b0);
            b1 = f32x4_madd(w, x1, b1);
            b2 = f32x4_madd(w, x2, b2);
            w = f32x4_load_splat(weights + 2);
            c0 = f32x4_madd(w, x0, c0);
            c1 = f32x4_madd(w, x1, c1);
            c2 = f32x4_madd(w, x2, c2);
        }
    }
    float *second = out + run, *third = second + run;
    f32x4_store(out, a0);
    f32x4_store(out + 4, a1);
    f32x4_store(out + 8, a2);
    f32x4_store(second, b0);
    f32x4_store(second + 4, b1);
    f32x4_store(second + 8, b2);
    f32x4_store(third, c0);
    f32x4_store(third + 4, c1);
    f32x4_store(third + 8, c2);
}

/* A row of both column parities. */
HOT static void interleave_row(float *out, const float *even, const float *odd, int width) {
    for (int x = 0; x < width; x += 4) {
        const f32x4 e = f32x4_load(even + x), o = f32x4_load(odd + x);
        f32x4_store(out + 2 * x, F32X4_SHUFFLE(e, o, 0, 4, 1, 5));
        f32x4_store(out + 2 * x + 4, F32X4_SHUFFLE(e, o, 2, 6, 3, 7));
    }
}

static void input_grad_band(const void *argument, int index, int lane) {
    const picture_work *work = argument;
    const conv_shape *s = work->shape;
    const int n = index / bands_of(s), first = index % bands_of(s) * BAND, rows = min_int(BAND, out_height(s) - first);
    const ptrdiff_t pitch = pitch_of(s), run = (ptrdiff_t)run_floats(s);
    float *band = work->lanes + (size_t)lane * lane_floats(s), *sums = band + band_floats(s);
    fill_band(band, work, n, first);
    for (ptrdiff_t i = 0; i < rows * pitch; i += BLOCK)
        for (int parity = 0; parity < PARITIES; parity++)
            picture_tile(sums + parity * COLOURS * run + i, run, band + parity / 2 * pitch + parity % 2 + i, pitch,
                         (ptrdiff_t)channel_floats(s),
                         work->weights + (size_t)parity * PARITY_TAPS * s->filters * COLOURS, s->filters);
    for (int c = 0; c < COLOURS; c++)
        for (int y = 0; y < 2 * rows; y++) {
            const float *even = sums + (y % 2 * 2 * COLOURS + c) * run + y / 2 * pitch;
            interleave_row(work->dx + (((size_t)c * s->batch + n) * s->height + 2 * first + y) * s->width, even,
                           even + COLOURS * run, out_width(s));
        }
}

void conv_picture_input_grad(parallel_pool *pool, float *dx, const float *dy, const float *w, float scale,
                             const conv_shape *shape, float *scratch) {
    pack_weights(scratch, w, scale, shape);
    const picture_work work = {dx, dy, scratch, scratch + weight_floats(shape), shape};
    parallel_for_lanes(pool, shape->batch * bands_of(shape), input_grad_band, &work);
}
