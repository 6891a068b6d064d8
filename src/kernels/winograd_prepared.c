#include "kernels/winograd_prepared.h"

#include "base/helpers.h"
#include "kernels/conv_frame.h"
#include "kernels/gemm.h"
#include "kernels/simd.h"
#include "kernels/winograd_lines.h"

enum {
    TILE = 4,   /* output pixels of a parity, each way */
    SIDE = 5,   /* points, each way */
    WINDOW = 6, /* pixels of dy that the tiles of all parities see, each way: 4 t - 1 .. 4 t + 4 */
    POINTS = SIDE * SIDE,
    PARITIES = 4,
    TAPS = 16,
    LANES = 4,
    /* Between the points of V: their sizes are powers of two, and without this the 100 points of one tile, written one
     * after another, would share one set of the first cache. */
    GAP = 16,
    FRAME_SLACK = 2 /* a window's row is read as eight pixels */
};

static int out_height(const conv_shape *s) { return s->height / 2; }
static int out_width(const conv_shape *s) { return s->width / 2; }
static int tiles_of(const conv_shape *s) { return out_height(s) / TILE * (out_width(s) / TILE); } /* of a picture */
static int tile_panels(const conv_shape *s) { return s->batch * tiles_of(s) / LANES; }

int winograd_prepared_fits(const conv_shape *s) { return tiles_of(s) % LANES == 0 && s->channels % GEMM_COLUMNS == 0; }

/* ------------------------------------------------------------------------------------- weights --- */

/* Tap of the weights that multiplies dy at a (first) and a + 1 (second), from where the parity's window begins. */
static const int PARITY_TAP[2][2] = {{3, 1}, {2, 0}};

/* prepared[py][c / 8][px][point][k][c % 8]: what a piece of work reads is one run. */
static size_t panel_floats(const conv_shape *s) { return (size_t)s->filters * GEMM_COLUMNS; }
static size_t piece_floats(const conv_shape *s) { return 2 * POINTS * panel_floats(s); }

size_t winograd_prepared_floats(const conv_shape *s) {
    return 2 * (size_t)(s->channels / GEMM_COLUMNS) * piece_floats(s);
}

typedef struct prepare_work {
    float *prepared;
    const float *w;
    const conv_shape *shape;
} prepare_work;

/* U of four channels, from their four weights. */
HOT static void store_points(float *out, size_t point_stride, const float *w, int py, int px) {
    f32x4 weights[2][2];
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            const float *tap = w + (ptrdiff_t)4 * PARITY_TAP[py][i] + PARITY_TAP[px][j];
            weights[i][j] = f32x4_gather(tap, tap + TAPS, tap + (ptrdiff_t)2 * TAPS, tap + (ptrdiff_t)3 * TAPS);
        }
    store_weight_points(out, (ptrdiff_t)point_stride, weights);
}

static void prepare_piece(const void *argument, int index) {
    const prepare_work *work = argument;
    const conv_shape *s = work->shape;
    const int panels = s->channels / GEMM_COLUMNS, py = index / panels, first = index % panels * GEMM_COLUMNS;
    float *out = work->prepared + index * piece_floats(s);
    for (int px = 0; px < 2; px++)
        for (int k = 0; k < s->filters; k++)
            for (int c = 0; c < GEMM_COLUMNS; c += LANES)
                store_points(out + px * POINTS * panel_floats(s) + (ptrdiff_t)k * GEMM_COLUMNS + c, panel_floats(s),
                             work->w + ((size_t)k * s->channels + first + c) * TAPS, py, px);
}

void winograd_prepare(parallel_pool *pool, float *prepared, const float *w, const conv_shape *shape) {
    const prepare_work work = {prepared, w, shape};
    parallel_for(pool, 2 * (shape->channels / GEMM_COLUMNS), prepare_piece, &work);
}

/* --------------------------------------------------------------------------------------- tiles --- */

typedef struct product_work {
    float *dx;
    const float *dy, *prepared;
    float *tiles; /* V: [parity][point][four tiles][k][4] */
    float *lanes; /* scratch of the threads: a framed channel, then the points of a piece */
    size_t lane_floats;
    const conv_shape *shape;
} product_work;

static size_t point_floats(const conv_shape *s) { return (size_t)tile_panels(s) * s->filters * LANES + GAP; }
static size_t frame_room(const conv_shape *s) { return frame_floats(out_height(s), out_width(s)) + FRAME_SLACK; }
static size_t block_floats(const conv_shape *s) { return (size_t)2 * POINTS * tile_panels(s) * LANES * GEMM_COLUMNS; }

HOT static void load_window(f32x4 window[WINDOW][2 * LANES], const float *const lanes[LANES], int pitch) {
    for (int r = 0; r < WINDOW; r++)
        for (int half = 0; half < 2; half++) {
            f32x4 *row = window[r] + (ptrdiff_t)half * LANES;
            for (int l = 0; l < LANES; l++)
                row[l] = f32x4_load(lanes[l] + (ptrdiff_t)r * pitch + (ptrdiff_t)half * LANES);
            f32x4_transpose(&row[0], &row[1], &row[2], &row[3]);
        }
}

/* The points of one row parity, both column parities. */
HOT static void store_window(float *out, size_t point_stride, const f32x4 window[][2 * LANES]) {
    f32x4 columns[SIDE][WINDOW], points[SIDE];
    for (int x = 0; x < WINDOW; x++)
        line_input(&columns[0][x], WINDOW, &window[0][x], 2 * LANES);
    for (int px = 0; px < 2; px++)
        for (int i = 0; i < SIDE; i++) {
            line_input(points, 1, columns[i] + px, 1);
            for (int j = 0; j < SIDE; j++)
                f32x4_store(out + (px * POINTS + i * SIDE + j) * point_stride, points[j]);
        }
}

enum { PACK_CHANNELS = 8 };

static void pack_channels(const void *argument, int index, int lane) {
    const product_work *work = argument;
    const conv_shape *s = work->shape;
    const int height = out_height(s), width = out_width(s), pitch = width + 2, across = width / TILE;
    const int end = (index + 1) * PACK_CHANNELS < s->filters ? (index + 1) * PACK_CHANNELS : s->filters;
    float *frame = work->lanes + (size_t)lane * work->lane_floats;
    for (int k = index * PACK_CHANNELS; k < end; k++)
        for (int panel = 0; panel < tile_panels(s); panel++) {
            const int first = panel * LANES % tiles_of(s), n = panel * LANES / tiles_of(s);
            if (first == 0)
                fill_frame(frame, work->dy + ((size_t)k * s->batch + n) * height * width, height, width);
            const float *lanes[LANES];
            for (int l = 0; l < LANES; l++)
                lanes[l] = frame + (ptrdiff_t)((first + l) / across * pitch + (first + l) % across) * TILE;
            f32x4 window[WINDOW][2 * LANES];
            load_window(window, lanes, pitch);
            float *out = work->tiles + ((size_t)panel * s->filters + k) * LANES;
            for (int py = 0; py < 2; py++)
                store_window(out + 2 * py * POINTS * point_floats(s), point_floats(s), window + py);
        }
}

/* ------------------------------------------------------------------------------------- product --- */

/* Four channels' 4x4 pixels of one column parity. */
HOT static void inverse(f32x4 out[TILE][TILE], const float *block, size_t point_stride) {
    f32x4 points[SIDE][SIDE], columns[TILE][SIDE];
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++)
            points[i][j] = f32x4_load(block + (i * SIDE + j) * point_stride);
    for (int j = 0; j < SIDE; j++)
        line_output(&columns[0][j], SIDE, &points[0][j], SIDE);
    for (int i = 0; i < TILE; i++)
        line_output(out[i], 1, columns[i], 1);
}

/* Both column parities of four channels, interleaved: four rows of eight pixels each. */
HOT static void store_tile(float *dx, size_t channel, int width, const f32x4 even[TILE][TILE],
                           const f32x4 odd[TILE][TILE]) {
    for (int i = 0; i < TILE; i++, dx += (ptrdiff_t)2 * width)
        for (int half = 0; half < 2; half++) {
            f32x4 a = even[i][2 * half], b = odd[i][2 * half], c = even[i][2 * half + 1], d = odd[i][2 * half + 1];
            f32x4_transpose(&a, &b, &c, &d);
            float *out = dx + (ptrdiff_t)4 * half;
            f32x4_store(out, a);
            f32x4_store(out + channel, b);
            f32x4_store(out + 2 * channel, c);
            f32x4_store(out + 3 * channel, d);
        }
}

/* Eight channels of the rows of one parity, all tiles. */
static void multiply_channels(const void *argument, int index, int lane) {
    const product_work *work = argument;
    const conv_shape *s = work->shape;
    const int groups = s->channels / GEMM_COLUMNS, py = index / groups, first = index % groups * GEMM_COLUMNS;
    const int across = out_width(s) / TILE, panels = tile_panels(s);
    const size_t point_stride = (size_t)panels * LANES * GEMM_COLUMNS, picture = (size_t)s->height * s->width;
    const float *weights = work->prepared + index * piece_floats(s);
    float *block = work->lanes + (size_t)lane * work->lane_floats + frame_room(s);
    for (int point = 0; point < 2 * POINTS; point++)
        for (int panel = 0; panel < panels; panel++)
            gemm_tile(s->filters,
                      work->tiles + (2 * (size_t)py * POINTS + point) * point_floats(s) +
                          (size_t)panel * s->filters * LANES,
                      weights + point * panel_floats(s),
                      block + point * point_stride + (size_t)panel * LANES * GEMM_COLUMNS, GEMM_COLUMNS, 0);
    for (int tile = 0; tile < panels * LANES; tile++) {
        const int n = tile / tiles_of(s), row = tile % tiles_of(s) / across, column = tile % tiles_of(s) % across;
        float *out =
            work->dx + ((size_t)first * s->batch + n) * picture + (size_t)(8 * row + py) * s->width + 8 * column;
        for (int c = 0; c < GEMM_COLUMNS; c += LANES) {
            f32x4 even[TILE][TILE], odd[TILE][TILE];
            const float *points = block + (size_t)tile * GEMM_COLUMNS + c;
            inverse(even, points, point_stride);
            inverse(odd, points + POINTS * point_stride, point_stride);
            store_tile(out + (size_t)c * s->batch * picture, s->batch * picture, s->width, even, odd);
        }
    }
}

static size_t lane_floats(const conv_shape *s) { return frame_room(s) + block_floats(s); }
static size_t tiles_floats(const conv_shape *s) { return PARITIES * POINTS * point_floats(s); }

size_t winograd_prepared_scratch_floats(const conv_shape *s, int threads) {
    return tiles_floats(s) + threads * lane_floats(s);
}

void winograd_input_grad_prepared(parallel_pool *pool, float *dx, const float *dy, const float *prepared,
                                  const conv_shape *shape, float *scratch) {
    const product_work work = {.dx = dx,
                               .dy = dy,
                               .prepared = prepared,
                               .tiles = scratch,
                               .lanes = scratch + tiles_floats(shape),
                               .lane_floats = lane_floats(shape),
                               .shape = shape};
    parallel_for_lanes(pool, (shape->filters + PACK_CHANNELS - 1) / PACK_CHANNELS, pack_channels, &work);
    parallel_for_lanes(pool, 2 * (shape->channels / GEMM_COLUMNS), multiply_channels, &work);
}
