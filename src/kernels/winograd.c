#include "kernels/winograd.h"

#include <string.h>

#include "kernels/gemm.h"
#include "kernels/simd.h"
#include "kernels/winograd_lines.h"
#include "kernels/winograd_product.h"

#define HOT __attribute__((noinline))

enum {
    TILE = 4,    /* output pixels of a tile, each way */
    SIDE = 5,    /* points, each way */
    WINDOW = 10, /* pixels of the large image that a tile sees, each way: 8 t - 1 .. 8 t + 8 */
    PHASES = 4,
    TAPS = 16,
    LANES = 4
};

/* Tiles of the whole batch, counted so that four consecutive ones are the same tile of four pictures:
 * tile index = ((n / 4) * tiles_a_picture + tile) * 4 + n % 4. The picture count is filled up to a whole number of
 * fours, and the columns to eights: what is computed there is thrown away. */
typedef struct tiling {
    const conv_shape *shape;
    int across, down; /* tiles of a picture */
    int quads;        /* groups of four pictures */
    int columns;
} tiling;

static tiling tiling_of(const conv_shape *s) {
    tiling t = {.shape = s, .across = s->width / 8, .down = s->height / 8, .quads = (s->batch + LANES - 1) / LANES};
    t.columns = (t.quads * t.across * t.down * LANES + GEMM_COLUMNS - 1) / GEMM_COLUMNS * GEMM_COLUMNS;
    return t;
}

static int tiles_of(const tiling *t) { return t->across * t->down; }
static int min_int(int a, int b) { return a < b ? a : b; }

/* The tile and the first picture of four columns; those beyond the batch see its last picture again. */
typedef struct tile_place {
    int n, row, column; /* of the tile, in tiles */
} tile_place;

static tile_place place_of(const tiling *t, int column) {
    const int group = column / LANES, tiles = tiles_of(t), quad = min_int(group / tiles, t->quads - 1);
    return (tile_place){quad * LANES, group % tiles / t->across, group % tiles % t->across};
}

/* ------------------------------------------------------------------------------ tiles of images --- */

/* Four lanes of a row of the window, from the row's columns 8 t onwards. */
HOT static void load_window_row(f32x4 *row, const float *const lanes[LANES], ptrdiff_t offset, int left, int right) {
    const float *p0 = lanes[0] + offset, *p1 = lanes[1] + offset, *p2 = lanes[2] + offset, *p3 = lanes[3] + offset;
    row[0] = left ? f32x4_gather(p0 - 1, p1 - 1, p2 - 1, p3 - 1) : f32x4_splat(0);
    for (int i = 0; i < 8; i += 4) {
        f32x4 a = f32x4_load(p0 + i), b = f32x4_load(p1 + i), c = f32x4_load(p2 + i), d = f32x4_load(p3 + i);
        f32x4_transpose(&a, &b, &c, &d);
        row[i + 1] = a;
        row[i + 2] = b;
        row[i + 3] = c;
        row[i + 4] = d;
    }
    row[9] = right ? f32x4_gather(p0 + 8, p1 + 8, p2 + 8, p3 + 8) : f32x4_splat(0);
}

/* The window of a tile of the large image, with zeros beyond the border; `lanes` are four planes of it. */
static void load_window(f32x4 window[WINDOW * WINDOW], const float *const lanes[LANES], const conv_shape *s,
                        const tile_place *at) {
    const int left = at->column > 0, right = 8 * at->column + 8 < s->width;
    for (int r = 0; r < WINDOW; r++) {
        const int y = 8 * at->row + r - 1;
        if (y < 0 || y >= s->height)
            memset(window + (ptrdiff_t)r * WINDOW, 0, sizeof *window * WINDOW);
        else
            load_window_row(window + (ptrdiff_t)r * WINDOW, lanes, (ptrdiff_t)y * s->width + 8 * at->column, left,
                            right);
    }
}

/* A row of five points of both column phases. */
HOT static void store_input_row(float *even, float *odd, ptrdiff_t point_stride, const f32x4 *row) {
    f32x4 points[SIDE];
    line_input(points, 1, row, 2);
    for (int j = 0; j < SIDE; j++)
        f32x4_store(even + j * point_stride, points[j]);
    line_input(points, 1, row + 1, 2);
    for (int j = 0; j < SIDE; j++)
        f32x4_store(odd + j * point_stride, points[j]);
}

HOT static void input_columns(f32x4 out[2][SIDE][WINDOW], const f32x4 window[WINDOW * WINDOW]) {
    for (int j = 0; j < WINDOW; j++) {
        line_input(&out[0][0][j], WINDOW, window + j, 2 * WINDOW);
        line_input(&out[1][0][j], WINDOW, window + WINDOW + j, 2 * WINDOW);
    }
}

/* V of a window: phase f of point p goes to out + phase_offset[f] + p * point_stride. */
static void transform_window(float *out, const ptrdiff_t phase_offset[PHASES], ptrdiff_t point_stride,
                             const f32x4 window[WINDOW * WINDOW]) {
    f32x4 columns[2][SIDE][WINDOW];
    input_columns(columns, window);
    for (int py = 0; py < 2; py++)
        for (int i = 0; i < SIDE; i++)
            store_input_row(out + phase_offset[2 * py] + i * SIDE * point_stride,
                            out + phase_offset[2 * py + 1] + i * SIDE * point_stride, point_stride, columns[py][i]);
}

/* W of a 4x4 tile of the small image, whose four lanes start at `lanes` + offset. */
HOT static void transform_tile(float *out, ptrdiff_t point_stride, const float *const lanes[LANES], ptrdiff_t offset,
                               ptrdiff_t pitch) {
    f32x4 tile[TILE][TILE], columns[SIDE][TILE], points[SIDE];
    for (int r = 0; r < TILE; r++, offset += pitch) {
        for (int l = 0; l < LANES; l++)
            tile[r][l] = f32x4_load(lanes[l] + offset);
        f32x4_transpose(&tile[r][0], &tile[r][1], &tile[r][2], &tile[r][3]);
    }
    for (int j = 0; j < TILE; j++)
        line_output_adjoint(&columns[0][j], TILE, &tile[0][j], TILE);
    for (int i = 0; i < SIDE; i++) {
        line_output_adjoint(points, 1, columns[i], 1);
        for (int j = 0; j < SIDE; j++)
            f32x4_store(out + (i * SIDE + j) * point_stride, points[j]);
    }
}

/* ------------------------------------------------------------------------------ operands: images --- */

typedef struct image_source {
    const float *data;
    const tiling *tiles;
} image_source;

/* The same plane of four pictures. */
static void picture_lanes(const float *lanes[LANES], const float *plane, size_t picture, int n, int batch) {
    for (int l = 0; l < LANES; l++)
        lanes[l] = plane + min_int(n + l, batch - 1) * picture;
}

/* V, columns being tiles and depth (c, phase). */
static void pack_input_by_tile(const void *source, int first, int lanes, int depth_first, int depth,
                               const winograd_panels *out) {
    static const ptrdiff_t PHASE_OFFSET[PHASES] = {0, GEMM_COLUMNS, 2 * GEMM_COLUMNS, 3 * GEMM_COLUMNS};
    const image_source *image = source;
    const conv_shape *s = image->tiles->shape;
    const size_t picture = (size_t)s->height * s->width;
    for (int column = first; column < first + lanes; column += LANES) {
        const tile_place at = place_of(image->tiles, column);
        float *panel = out->data + (column - first) / GEMM_COLUMNS * out->panel_stride + column % GEMM_COLUMNS;
        for (int c = depth_first / PHASES; c < (depth_first + depth) / PHASES; c++) {
            const float *planes[LANES];
            f32x4 window[WINDOW * WINDOW];
            picture_lanes(planes, image->data + c * s->batch * picture, picture, at.n, s->batch);
            load_window(window, planes, s, &at);
            transform_window(panel, PHASE_OFFSET, out->point_stride, window);
            panel += (ptrdiff_t)PHASES * GEMM_COLUMNS;
        }
    }
}

/* W, columns being tiles and depth k. */
static void pack_output_by_tile(const void *source, int first, int lanes, int depth_first, int depth,
                                const winograd_panels *out) {
    const image_source *image = source;
    const conv_shape *s = image->tiles->shape;
    const int height = s->height / 2, width = s->width / 2;
    const size_t picture = (size_t)height * width;
    for (int column = first; column < first + lanes; column += LANES) {
        const tile_place at = place_of(image->tiles, column);
        float *panel = out->data + (column - first) / GEMM_COLUMNS * out->panel_stride + column % GEMM_COLUMNS;
        for (int k = depth_first; k < depth_first + depth; k++) {
            const float *planes[LANES];
            picture_lanes(planes, image->data + k * s->batch * picture, picture, at.n, s->batch);
            transform_tile(panel, out->point_stride, planes, (ptrdiff_t)(at.row * width + at.column) * TILE, width);
            panel += GEMM_COLUMNS;
        }
    }
}

/* Tile number `index` of the batch where tiles are a depth: (n, row, column). */
static tile_place plain_place(const tiling *t, int index) {
    const int tiles = tiles_of(t);
    return (tile_place){index / tiles, index % tiles / t->across, index % tiles % t->across};
}

/* Vt: depth is tiles; columns are (c / 4, phase, c % 4), so that a panel is two phases of four channels. */
static void pack_input_by_channel(const void *source, int first, int lanes, int depth_first, int depth,
                                  const winograd_panels *out) {
    const image_source *image = source;
    const conv_shape *s = image->tiles->shape;
    const size_t picture = (size_t)s->height * s->width, channel = picture * s->batch;
    for (int column = first; column < first + lanes; column += TAPS) {
        const ptrdiff_t panel = (column - first) / GEMM_COLUMNS * out->panel_stride;
        const ptrdiff_t offset[PHASES] = {panel, panel + LANES, panel + out->panel_stride,
                                          panel + out->panel_stride + LANES};
        const float *base = image->data + column / PHASES * channel;
        for (int t = 0; t < depth; t++) {
            const tile_place at = plain_place(image->tiles, depth_first + t);
            const float *plane = base + at.n * picture;
            const float *const planes[LANES] = {plane, plane + channel, plane + 2 * channel, plane + 3 * channel};
            f32x4 window[WINDOW * WINDOW];
            load_window(window, planes, s, &at);
            transform_window(out->data + (ptrdiff_t)t * GEMM_COLUMNS, offset, out->point_stride, window);
        }
    }
}

/* Wt: rows are k, depth is tiles. */
static void pack_output_by_channel(const void *source, int first, int lanes, int depth_first, int depth,
                                   const winograd_panels *out) {
    const image_source *image = source;
    const conv_shape *s = image->tiles->shape;
    const int height = s->height / 2, width = s->width / 2;
    const size_t picture = (size_t)height * width, channel = picture * s->batch;
    for (int k = first; k < first + lanes; k += LANES) {
        float *panel = out->data + (k - first) / GEMM_ROWS * out->panel_stride;
        for (int t = 0; t < depth; t++, panel += GEMM_ROWS) {
            const tile_place at = plain_place(image->tiles, depth_first + t);
            const float *plane = image->data + k * channel + at.n * picture;
            const float *const planes[LANES] = {plane, plane + channel, plane + 2 * channel, plane + 3 * channel};
            transform_tile(panel, out->point_stride, planes, (ptrdiff_t)(at.row * width + at.column) * TILE, width);
        }
    }
}

/* ----------------------------------------------------------------------------- operands: weights --- */

typedef struct weight_source {
    const float *w; /* K x C x 4 x 4 */
    const conv_shape *shape;
} weight_source;

/* U of one phase, from its 2x2 weights. */
HOT static void store_weight(float *out, ptrdiff_t point_stride, const f32x4 weights[2][2]) {
    f32x4 columns[SIDE][2], points[SIDE];
    for (int j = 0; j < 2; j++)
        line_weight(&columns[0][j], 2, &weights[0][j], 2);
    for (int i = 0; i < SIDE; i++) {
        line_weight(points, 1, columns[i], 1);
        for (int j = 0; j < SIDE; j++)
            f32x4_store(out + (i * SIDE + j) * point_stride, points[j]);
    }
}

/* U, rows being k and depth (c, phase). */
static void pack_weights(const void *source, int first, int lanes, int depth_first, int depth,
                         const winograd_panels *out) {
    const weight_source *s = source;
    const ptrdiff_t filter = (ptrdiff_t)s->shape->channels * TAPS;
    for (int k = first; k < first + lanes; k += LANES) {
        float *panel = out->data + (k - first) / GEMM_ROWS * out->panel_stride;
        for (int c = depth_first / PHASES; c < (depth_first + depth) / PHASES; c++) {
            const float *w = s->w + k * filter + (ptrdiff_t)c * TAPS;
            f32x4 taps[4][4]; /* lanes are four filters */
            for (int r = 0; r < 4; r++) {
                for (int l = 0; l < LANES; l++)
                    taps[r][l] = f32x4_load(w + l * filter + (ptrdiff_t)4 * r);
                f32x4_transpose(&taps[r][0], &taps[r][1], &taps[r][2], &taps[r][3]);
            }
            for (int phase = 0; phase < PHASES; phase++, panel += GEMM_ROWS) {
                const int py = phase / 2, px = phase % 2;
                const f32x4 weights[2][2] = {{taps[py][px], taps[py][px + 2]},
                                             {taps[py + 2][px], taps[py + 2][px + 2]}};
                store_weight(panel, out->point_stride, weights);
            }
        }
    }
}

/* Ut, rows being (c, phase), a panel the four phases of a channel; depth k. */
static void pack_weights_transposed(const void *source, int first, int lanes, int depth_first, int depth,
                                    const winograd_panels *out) {
    const weight_source *s = source;
    for (int k = 0; k < depth; k++) {
        const float *w = s->w + ((ptrdiff_t)(depth_first + k) * s->shape->channels + first / PHASES) * TAPS;
        float *panel = out->data + (ptrdiff_t)k * GEMM_ROWS;
        for (int row = 0; row < lanes; row += PHASES, w += TAPS, panel += out->panel_stride) {
            f32x4 weights[2][2]; /* lanes are the phases */
            for (int i = 0; i < 2; i++) {
                const f32x4 upper = f32x4_load(w + (ptrdiff_t)8 * i), lower = f32x4_load(w + (ptrdiff_t)8 * i + 4);
                weights[i][0] = F32X4_SHUFFLE(upper, lower, 0, 1, 4, 5);
                weights[i][1] = F32X4_SHUFFLE(upper, lower, 2, 3, 6, 7);
            }
            store_weight(panel, out->point_stride, weights);
        }
    }
}

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
                          .pack_a = pack_weights,
                          .pack_b = pack_input_by_tile,
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

/* Adds one phase of a window to the frame: every second vector of every second row. */
HOT static void add_phase(float *frame, ptrdiff_t pitch, const float *block, ptrdiff_t point_stride) {
    f32x4 columns[SIDE][SIDE], row[SIDE];
    adjoint_columns(columns, block, point_stride);
    for (int i = 0; i < SIDE; i++, frame += 2 * pitch) {
        line_input_adjoint(row, 1, columns[i], 1);
        for (int j = 0; j < SIDE; j++) {
            float *to = frame + (ptrdiff_t)2 * LANES * j;
            f32x4_store(to, f32x4_add(f32x4_load(to), row[j]));
        }
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
    memset(block->spare, 0, frame_vectors(s) * LANES * sizeof(float));
    for (int tile = 0; tile < tiles_of(sink->tiles); tile++) {
        const tile_place at = place_of(sink->tiles, block->first_column + column + tile * LANES);
        float *frame = block->spare + 8 * at.row * pitch + (ptrdiff_t)8 * at.column * LANES;
        const float *data = block->data + row * block->row_stride + column + (ptrdiff_t)tile * LANES;
        for (int phase = 0; phase < PHASES; phase++)
            add_phase(frame + phase / 2 * pitch + (ptrdiff_t)phase % 2 * LANES, pitch, data + phase * block->row_stride,
                      block->point_stride);
    }
    float *lanes[LANES];
    for (int l = 0; l < LANES; l++)
        lanes[l] = sink->data + ((size_t)c * s->batch + n + l) * picture;
    for (int y = 0; y < s->height; y++)
        store_frame_row(lanes, min_int(LANES, s->batch - n), (ptrdiff_t)y * s->width,
                        block->spare + (y + 1) * pitch + LANES, s->width, sink->scale);
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
                          .pack_a = pack_weights_transposed,
                          .pack_b = pack_output_by_tile,
                          .finish = finish_input_grad,
                          .spare_floats = frame_vectors(s) * LANES};
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
                              .pack_a = pack_output_by_channel,
                              .pack_b = pack_input_by_channel,
                              .finish = finish_weight_grad};
}

void winograd_weight_grad(parallel_pool *pool, float *dw, const float *dy, const float *x, const conv_shape *shape,
                          int accumulate, float *scratch) {
    const tiling tiles = tiling_of(shape);
    winograd_product p = weight_grad_product(shape, &tiles);
    p.a = &(image_source){dy, &tiles};
    p.b = &(image_source){x, &tiles};
    p.sink = &(weight_sink){dw, shape, accumulate};
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
