#include "kernels/conv_prepared.h"

#include "base/helpers.h"
#include "kernels/conv_frame.h"
#include "kernels/conv_parity.h"
#include "kernels/gemm.h"
#include "kernels/simd.h"
#include "kernels/winograd_prepared.h"

/* Nine shifts of dy serve all four parities; tap (ty, tx) of a parity is conv_parity.h's, each way. */
enum { TAPS = 16, SHIFTS = 9, PARITY_TAPS = 4, SIDE_TAPS = 8 /* of both column parities */ };

static int out_width(const conv_shape *s) { return s->width / 2; }
static int out_picture(const conv_shape *s) { return s->height / 2 * (s->width / 2); }
static int column_panels(const conv_shape *s) { return s->batch * out_picture(s) / GEMM_COLUMNS; }

int conv_prepared_fits(const conv_shape *s) { return s->channels % GEMM_ROWS == 0; }

size_t conv_prepared_floats(const conv_shape *s) {
    return winograd_prepared_fits(s) ? winograd_prepared_floats(s) : (size_t)s->channels * s->filters * TAPS;
}

/* ------------------------------------------------------------------------------------- weights --- */

/* prepared[py][c / 4][px][tap][k][c % 4]: what a piece of work reads is one run. */
static size_t row_panel_floats(const conv_shape *s) { return (size_t)SIDE_TAPS * s->filters * GEMM_ROWS; }

typedef struct prepare_work {
    float *prepared;
    const float *w;
    const conv_shape *shape;
} prepare_work;

static void prepare_panel(const void *argument, int index) {
    const prepare_work *work = argument;
    const conv_shape *s = work->shape;
    const int panels = s->channels / GEMM_ROWS, py = index / panels, first = index % panels * GEMM_ROWS;
    float *out = work->prepared + (size_t)index * row_panel_floats(s);
    for (int t = 0; t < SIDE_TAPS; t++) {
        const int px = t / PARITY_TAPS, tap = 4 * PARITY_TAP[py][t % PARITY_TAPS / 2] + PARITY_TAP[px][t % 2];
        for (int k = 0; k < s->filters; k++)
            for (int l = 0; l < GEMM_ROWS; l++)
                *out++ = work->w[((size_t)k * s->channels + first + l) * TAPS + tap];
    }
}

void conv_prepare(parallel_pool *pool, float *prepared, const float *w, const conv_shape *shape) {
    if (winograd_prepared_fits(shape)) {
        winograd_prepare(pool, prepared, w, shape);
        return;
    }
    const prepare_work work = {prepared, w, shape};
    parallel_for(pool, 2 * (shape->channels / GEMM_ROWS), prepare_panel, &work);
}

/* -------------------------------------------------------------------------------------- pixels --- */

typedef struct product_work {
    float *dx;
    const float *dy, *prepared;
    float *pixels; /* [panel of eight pixels][shift][k][8] */
    float *frames; /* one a lane: a channel of a picture with a border of zeros */
    size_t frame_floats;
    const conv_shape *shape;
} product_work;

static size_t pixel_panel_floats(const conv_shape *s) { return (size_t)SHIFTS * s->filters * GEMM_COLUMNS; }

/* One channel's share of every panel of one picture. */
HOT static void gather_shifts(float *out, const float *frame, int height, int width, size_t panel,
                              size_t shift_floats) {
    const int pitch = width + 2;
    /* eight pixels of a row, or four each of two rows */
    const ptrdiff_t second = width >= GEMM_COLUMNS ? 4 : pitch;
    const int rows = width >= GEMM_COLUMNS ? 1 : 2;
    for (int y = 0; y < height; y += rows)
        for (int x = 0; x < width; x += GEMM_COLUMNS, out += panel)
            for (int shift = 0; shift < SHIFTS; shift++) {
                const float *from = frame + (ptrdiff_t)(y + shift / 3) * pitch + x + shift % 3;
                f32x4_store(out + shift * shift_floats, f32x4_load(from));
                f32x4_store(out + shift * shift_floats + 4, f32x4_load(from + second));
            }
}

enum { PACK_CHANNELS = 8 };

static void pack_channels(const void *argument, int index, int lane) {
    const product_work *work = argument;
    const conv_shape *s = work->shape;
    const int height = s->height / 2, width = out_width(s), end = (index + 1) * PACK_CHANNELS;
    const size_t panel = pixel_panel_floats(s), shift = (size_t)s->filters * GEMM_COLUMNS;
    float *frame = work->frames + (size_t)lane * work->frame_floats;
    for (int k = index * PACK_CHANNELS; k < end && k < s->filters; k++)
        for (int n = 0; n < s->batch; n++) {
            fill_frame(frame, work->dy + ((size_t)k * s->batch + n) * out_picture(s), height, width);
            gather_shifts(work->pixels + (size_t)n * column_panels(s) / s->batch * panel + (size_t)k * GEMM_COLUMNS,
                          frame, height, width, panel, shift);
        }
}

/* ------------------------------------------------------------------------------------- product --- */

/* Four channels x eight pixels of both column parities, interleaved into rows of dx. */
HOT static void store_pixels(float *dx, const float tiles[2][GEMM_ROWS][GEMM_COLUMNS], size_t channel,
                             ptrdiff_t second) {
    for (int c = 0; c < GEMM_ROWS; c++, dx += channel) {
        const f32x4 e0 = f32x4_load(tiles[0][c]), o0 = f32x4_load(tiles[1][c]);
        const f32x4 e1 = f32x4_load(tiles[0][c] + 4), o1 = f32x4_load(tiles[1][c] + 4);
        f32x4_store(dx, F32X4_SHUFFLE(e0, o0, 0, 4, 1, 5));
        f32x4_store(dx + 4, F32X4_SHUFFLE(e0, o0, 2, 6, 3, 7));
        f32x4_store(dx + second, F32X4_SHUFFLE(e1, o1, 0, 4, 1, 5));
        f32x4_store(dx + second + 4, F32X4_SHUFFLE(e1, o1, 2, 6, 3, 7));
    }
}

/* Four channels of the rows of one parity, all pictures. */
static void multiply_rows(const void *argument, int index) {
    const product_work *work = argument;
    const conv_shape *s = work->shape;
    const int panels = s->channels / GEMM_ROWS, py = index / panels, c = index % panels * GEMM_ROWS;
    const int width = out_width(s), picture = out_picture(s);
    const float *weights = work->prepared + (size_t)index * row_panel_floats(s);
    const size_t shift_floats = (size_t)s->filters * GEMM_COLUMNS, tap_floats = (size_t)s->filters * GEMM_ROWS;
    const ptrdiff_t second = width >= GEMM_COLUMNS ? 8 : 2 * (ptrdiff_t)s->width;
    for (int j = 0; j < column_panels(s); j++) {
        float tiles[2][GEMM_ROWS][GEMM_COLUMNS];
        const float *pixels = work->pixels + (size_t)j * pixel_panel_floats(s);
        for (int t = 0; t < SIDE_TAPS; t++) {
            const int px = t / PARITY_TAPS;
            const int shift = 3 * (PARITY_SHIFT[py][t % PARITY_TAPS / 2] + 1) + PARITY_SHIFT[px][t % 2] + 1;
            gemm_tile(s->filters, weights + t * tap_floats, pixels + shift * shift_floats, tiles[px][0], GEMM_COLUMNS,
                      t % PARITY_TAPS > 0);
        }
        const int first = j * GEMM_COLUMNS % picture, n = j * GEMM_COLUMNS / picture;
        const size_t row = (size_t)(2 * (first / width) + py) * s->width + 2 * (size_t)(first % width);
        store_pixels(work->dx + ((size_t)c * s->batch + n) * 4 * picture + row, tiles, (size_t)s->batch * 4 * picture,
                     second);
    }
}

size_t conv_prepared_scratch_floats(const conv_shape *s, int threads) {
    if (winograd_prepared_fits(s))
        return winograd_prepared_scratch_floats(s, threads);
    return (size_t)column_panels(s) * pixel_panel_floats(s) + threads * frame_floats(s->height / 2, out_width(s));
}

void conv_input_grad_prepared(parallel_pool *pool, float *dx, const float *dy, const float *prepared,
                              const conv_shape *shape, float *scratch) {
    if (winograd_prepared_fits(shape)) {
        winograd_input_grad_prepared(pool, dx, dy, prepared, shape, scratch);
        return;
    }
    product_work work = {.dx = dx,
                         .dy = dy,
                         .prepared = prepared,
                         .pixels = scratch,
                         .frame_floats = frame_floats(shape->height / 2, out_width(shape)),
                         .shape = shape};
    work.frames = scratch + (size_t)column_panels(shape) * pixel_panel_floats(shape);
    parallel_for_lanes(pool, (shape->filters + PACK_CHANNELS - 1) / PACK_CHANNELS, pack_channels, &work);
    parallel_for(pool, 2 * (shape->channels / GEMM_ROWS), multiply_rows, &work);
}
