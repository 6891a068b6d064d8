#include "kernels/winograd_operands.h"

#include <string.h>

#include "base/helpers.h"
#include "kernels/simd.h"
#include "kernels/winograd_lines.h"

/* Pixels of the large image that a tile sees, each way: 8 t - 1 .. 8 t + 8. */
enum { WINDOW = 10 };

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

/* The same plane of four pictures. */
static void picture_lanes(const float *lanes[LANES], const float *plane, size_t picture, int n, int batch) {
    for (int l = 0; l < LANES; l++)
        lanes[l] = plane + min_int(n + l, batch - 1) * picture;
}

/* V, columns being tiles and depth (c, phase). */
void winograd_pack_input_by_tile(const void *source, int first, int lanes, int depth_first, int depth,
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
void winograd_pack_output_by_tile(const void *source, int first, int lanes, int depth_first, int depth,
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
void winograd_pack_input_by_channel(const void *source, int first, int lanes, int depth_first, int depth,
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
void winograd_pack_output_by_channel(const void *source, int first, int lanes, int depth_first, int depth,
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

/* U, rows being k and depth (c, phase). */
void winograd_pack_weights(const void *source, int first, int lanes, int depth_first, int depth,
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
                store_weight_points(panel, out->point_stride, weights);
            }
        }
    }
}

/* Ut, rows being (c, phase), a panel the four phases of a channel; depth k. */
void winograd_pack_weights_transposed(const void *source, int first, int lanes, int depth_first, int depth,
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
            store_weight_points(panel, out->point_stride, weights);
        }
    }
}
