#include "kernels/winograd.h"

#include "base/helpers.h"
#include "kernels/simd.h"
#include "kernels/winograd_lines.h"
#include "kernels/winograd_operands.h"

/* ----------------------------------------------------------------------------------- forward --- */

typedef struct image_sink {
    float *data;
    float scale;
    const tiling *tiles;
} image_sink;

/* The 4x4 output of four tiles. */
HOT static void inverse_tile(f32x4 out[TILE][TILE], const float *block, ptrdiff_t point_stride, float scale) {
    f32x4 points[SIDE][SIDE], columns[TILE][SIDE];
    const f32x4 factor = f32x4_splat(scale);
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++)
            points[i][j] = f32x4_load(block + (i * SIDE + j) * point_stride);
    for (int j = 0; j < SIDE; j++)
        line_output(&columns[0][j], SIDE, &points[0][j], SIDE);
    for (int i = 0; i < TILE; i++) {
        line_output(out[i], 1, columns[i], 1);
        for (int j = 0; j < TILE; j++)
            out[i][j] = f32x4_mul(out[i][j], factor);
        f32x4_transpose(&out[i][0], &out[i][1], &out[i][2], &out[i][3]);
    }
}

static void finish_forward(const void *argument, const winograd_block *block) {
    const image_sink *sink = argument;
    const conv_shape *s = sink->tiles->shape;
    const int height = s->height / 2, width = s->width / 2;
    const size_t picture = (size_t)height * width;
    for (int row = 0; row < block->rows; row++) {
        for (int column = 0; column < block->columns; column += LANES) {
            const tile_place at = place_of(sink->tiles, block->first_column + column);
            f32x4 tile[TILE][TILE];
            inverse_tile(tile, block->data + row * block->row_stride + column, block->point_stride, sink->scale);
            float *out = sink->data + ((size_t)(block->first_row + row) * s->batch + at.n) * picture +
                         (size_t)(at.row * width + at.column) * TILE;
            for (int l = 0; l < min_int(LANES, s->batch - at.n); l++)
                for (int i = 0; i < TILE; i++)
                    f32x4_store(out + l * picture + (size_t)i * width, tile[i][l]);
        }
    }
}

/* Rows of one operand that a piece packs for itself. */
enum { STREAM_ROWS = 16, STREAM_COLUMNS = 32, MOST_COLUMNS = 128, MOST_ROWS = 256 };

/* Cuts a product into pieces: the larger operand is packed piece by piece, where it stays in the second cache; the
 * smaller one whole, beforehand. */
static void cut_product(winograd_product *p, int column_unit) {
    if (p->columns <= MOST_COLUMNS) {
        p->stream_rows = 1;
        p->row_block = STREAM_ROWS;
        p->column_block = p->columns;
    } else {
        p->stream_cols = 1;
        p->row_block = min_int(p->rows, MOST_ROWS);
        p->column_block = column_unit > STREAM_COLUMNS ? column_unit : STREAM_COLUMNS;
    }
}

static winograd_product forward_product(const conv_shape *s, const tiling *tiles) {
    winograd_product p = {.rows = s->filters,
                          .columns = tiles->columns,
                          .depth = s->channels * PHASES,
                          .pack_a = winograd_pack_weights,
                          .pack_b = winograd_pack_input_by_tile,
                          .finish = finish_forward};
    cut_product(&p, GEMM_COLUMNS);
    return p;
}

void winograd_forward(parallel_pool *pool, float *y, const float *x, const float *w, float scale,
                      const conv_shape *shape, float *scratch) {
    const tiling tiles = tiling_of(shape);
    winograd_product p = forward_product(shape, &tiles);
    p.a = &(weight_source){w, shape};
    p.b = &(image_source){x, &tiles};
    p.sink = &(image_sink){y, scale, &tiles};
    winograd_product_run(pool, &p, scratch);
}

/* ----------------------------------------------------------------------------- input gradient --- */

/* Four pictures of one channel with a border of one pixel, lanes being pictures: windows are added here. */
static size_t frame_vectors(const conv_shape *s) { return (size_t)(s->height + 2) * (s->width + 2); }

/* A column of the 25 points of one phase through B, from the packed block. */
HOT static void adjoint_columns(f32x4 out[SIDE][SIDE], const float *block, ptrdiff_t point_stride) {
    f32x4 points[SIDE][SIDE];
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++)
            points[i][j] = f32x4_load(block + (i * SIDE + j) * point_stride);
    for (int j = 0; j < SIDE; j++)
        line_input_adjoint(&out[0][j], SIDE, &points[0][j], SIDE);
}

/* One phase of a window into the frame: every second vector of every second row. The first row and column lie in the
 * windows of the tiles above and to the left too, and are added to theirs; the rest is new. (A step of width 32 took
 * 1.06 times as long when all was added to a frame of zeros.) */
HOT static void add_phase(float *frame, ptrdiff_t pitch, const float *block, ptrdiff_t point_stride, int above,
                          int left) {
    f32x4 columns[SIDE][SIDE], row[SIDE];
    adjoint_columns(columns, block, point_stride);
    for (int i = 0; i < SIDE; i++, frame += 2 * pitch) {
        const int added = i == 0 && above ? SIDE : left;
        line_input_adjoint(row, 1, columns[i], 1);
        for (int j = 0; j < added; j++)
            row[j] = f32x4_add(f32x4_load(frame + (ptrdiff_t)2 * LANES * j), row[j]);
        for (int j = 0; j < SIDE; j++)
            f32x4_store(frame + (ptrdiff_t)2 * LANES * j, row[j]);
    }
}

/* The frame's inside, scaled, to four pictures. */
HOT static void store_frame_row(float *const lanes[LANES], int count, ptrdiff_t offset, const float *frame, int width,
                                float scale) {
    const f32x4 factor = f32x4_splat(scale);
    for (int x = 0; x < width; x += 4, frame += 16) {
        f32x4 rows[LANES];
        for (int l = 0; l < LANES; l++)
            rows[l] = f32x4_mul(f32x4_load(frame + (ptrdiff_t)4 * l), factor);
        f32x4_transpose(&rows[0], &rows[1], &rows[2], &rows[3]);
        for (int l = 0; l < count; l++)
            f32x4_store(lanes[l] + offset + x, rows[l]);
    }
}

static void finish_quad(const image_sink *sink, const winograd_block *block, int row, int column) {
    const conv_shape *s = sink->tiles->shape;
    const ptrdiff_t pitch = (ptrdiff_t)(s->width + 2) * LANES;
    const size_t picture = (size_t)s->height * s->width;
    const int n = place_of(sink->tiles, block->first_column + column).n, c = (block->first_row + row) / PHASES;
    for (int tile = 0; tile < tiles_of(sink->tiles); tile++) {
        const tile_place at = place_of(sink->tiles, block->first_column + column + tile * LANES);
        float *frame = block->scratch + 8 * at.row * pitch + (ptrdiff_t)8 * at.column * LANES;
        const float *data = block->data + row * block->row_stride + column + (ptrdiff_t)tile * LANES;
        for (int phase = 0; phase < PHASES; phase++)
            add_phase(frame + phase / 2 * pitch + (ptrdiff_t)phase % 2 * LANES, pitch, data + phase * block->row_stride,
                      block->point_stride, at.row > 0, at.column > 0);
    }
    float *lanes[LANES];
    for (int l = 0; l < LANES; l++)
        lanes[l] = sink->data + ((size_t)c * s->batch + n + l) * picture;
    for (int y = 0; y < s->height; y++)
        store_frame_row(lanes, min_int(LANES, s->batch - n), (ptrdiff_t)y * s->width,
                        block->scratch + (y + 1) * pitch + LANES, s->width, sink->scale);
}

static void finish_input_grad(const void *argument, const winograd_block *block) {
    const image_sink *sink = argument;
    const int quad_columns = tiles_of(sink->tiles) * LANES;
    /* columns filled up to a multiple of eight are no quad */
    const int end = min_int(block->columns, sink->tiles->quads * quad_columns - block->first_column);
    for (int row = 0; row < block->rows; row += PHASES)
        for (int column = 0; column < end; column += quad_columns)
            finish_quad(sink, block, row, column);
}

static winograd_product input_grad_product(const conv_shape *s, const tiling *tiles) {
    winograd_product p = {.rows = s->channels * PHASES,
                          .columns = tiles->columns,
                          .depth = s->filters,
                          .pack_a = winograd_pack_weights_transposed,
                          .pack_b = winograd_pack_output_by_tile,
                          .finish = finish_input_grad,
                          .scratch_floats = frame_vectors(s) * LANES};
    cut_product(&p, tiles_of(tiles) * LANES);
    return p;
}

void winograd_input_grad(parallel_pool *pool, float *dx, const float *dy, const float *w, float scale,
                         const conv_shape *shape, float *scratch) {
    const tiling tiles = tiling_of(shape);
    winograd_product p = input_grad_product(shape, &tiles);
    p.a = &(weight_source){w, shape};
    p.b = &(image_source){dy, &tiles};
    p.sink = &(image_sink){dx, scale, &tiles};
    winograd_product_run(pool, &p, scratch);
}

/* ---------------------------------------------------------------------------- weight gradient --- */

typedef struct weight_sink {
    float *dw;
    const conv_shape *shape;
    int accumulate;
} weight_sink;

/* The 2x2 weight gradients of one phase. */
HOT static void inverse_weight(f32x4 out[2][2], const float *block, ptrdiff_t point_stride) {
    f32x4 points[SIDE][SIDE], columns[2][SIDE];
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++)
            points[i][j] = f32x4_load(block + (i * SIDE + j) * point_stride);
    for (int j = 0; j < SIDE; j++)
        line_weight_adjoint(&columns[0][j], SIDE, &points[0][j], SIDE);
    for (int i = 0; i < 2; i++)
        line_weight_adjoint(out[i], 1, columns[i], 1);
}

/* Four channels' 4x4 weights of one filter. */
static void finish_weights(float *dw, const float *block, ptrdiff_t point_stride, int accumulate) {
    f32x4 taps[4][4];
    for (int phase = 0; phase < PHASES; phase++) {
        const int py = phase / 2, px = phase % 2;
        f32x4 weights[2][2];
        inverse_weight(weights, block + (ptrdiff_t)phase * LANES, point_stride);
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 2; j++)
                taps[2 * i + py][2 * j + px] = weights[i][j];
    }
    for (int r = 0; r < 4; r++) {
        f32x4_transpose(&taps[r][0], &taps[r][1], &taps[r][2], &taps[r][3]);
        for (int l = 0; l < LANES; l++) {
            float *to = dw + (ptrdiff_t)l * TAPS + (ptrdiff_t)4 * r;
            f32x4_store(to, accumulate ? f32x4_add(f32x4_load(to), taps[r][l]) : taps[r][l]);
        }
    }
}

static void finish_weight_grad(const void *argument, const winograd_block *block) {
    const weight_sink *sink = argument;
    const int channels = sink->shape->channels;
    for (int row = 0; row < block->rows; row++)
        for (int column = 0; column < block->columns; column += TAPS)
            finish_weights(
                sink->dw +
                    ((ptrdiff_t)(block->first_row + row) * channels + (block->first_column + column) / PHASES) * TAPS,
                block->data + row * block->row_stride + column, block->point_stride, sink->accumulate);
}

static winograd_product weight_grad_product(const conv_shape *s, const tiling *tiles) {
    return (winograd_product){.rows = s->filters,
                              .columns = s->channels * PHASES,
                              .depth = s->batch * tiles_of(tiles),
                              .row_block = 32,
                              .column_block = MOST_COLUMNS,
                              .pack_a = winograd_pack_output_by_channel,
                              .pack_b = winograd_pack_input_by_channel,
                              .finish = finish_weight_grad};
}

void winograd_weight_grad(parallel_pool *pool, float *dw, const float *dy, const float *x, const conv_shape *shape,
                          grad_mode mode, float *scratch) {
    const tiling tiles = tiling_of(shape);
    winograd_product p = weight_grad_product(shape, &tiles);
    p.a = &(image_source){dy, &tiles};
    p.b = &(image_source){x, &tiles};
    p.sink = &(weight_sink){dw, shape, mode == GRAD_ADD};
    winograd_product_run(pool, &p, scratch);
}

/* -------------------------------------------------------------------------------------- choice --- */

/* Fewer pictures than three leave most of a quad's work to be thrown away. */
enum { FEWEST_PICTURES = 3, FEWEST_CHANNELS = 8 };

int winograd_fits(const conv_shape *s) {
    return s->batch >= FEWEST_PICTURES && s->channels % LANES == 0 && s->filters % LANES == 0 &&
           s->channels >= FEWEST_CHANNELS && s->filters >= FEWEST_CHANNELS;
}

size_t winograd_scratch_floats(const conv_shape *shape, int threads) {
    const tiling tiles = tiling_of(shape);
    const winograd_product passes[] = {forward_product(shape, &tiles), input_grad_product(shape, &tiles),
                                       weight_grad_product(shape, &tiles)};
    size_t most = 0;
    for (int i = 0; i < 3; i++) {
        const size_t floats = winograd_product_scratch_floats(&passes[i], threads);
        most = floats > most ? floats : most;
    }
    return most;
}
