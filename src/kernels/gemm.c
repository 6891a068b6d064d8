#include "kernels/gemm.h"

#include "base/helpers.h"
#include "kernels/simd.h"
#include "kernels/vector.h"

/* Short functions throughout (HOT): a tile at depth 256 runs for about 200 ns. */

#ifdef SIMD_EIGHT

/* Even and odd depths have sums of their own: with four chains only, each multiply-add would wait for the one before.
 */
HOT void gemm_tile(int depth, const float *a, const float *b, float *c, ptrdiff_t stride, int add) {
    f32x8 even[GEMM_ROWS] = {0}, odd[GEMM_ROWS] = {0};
    int k = 0;
    for (; k + 2 <= depth; k += 2, a += 2 * GEMM_ROWS, b += 2 * GEMM_COLUMNS) {
        const f32x8 b0 = f32x8_load(b), b1 = f32x8_load(b + GEMM_COLUMNS);
        for (int i = 0; i < GEMM_ROWS; i++)
            even[i] = f32x8_madd(f32x8_load_splat(a + i), b0, even[i]);
        for (int i = 0; i < GEMM_ROWS; i++)
            odd[i] = f32x8_madd(f32x8_load_splat(a + GEMM_ROWS + i), b1, odd[i]);
    }
    for (int i = 0; i < GEMM_ROWS; i++, c += stride) {
        if (k < depth)
            even[i] = f32x8_madd(f32x8_load_splat(a + i), f32x8_load(b), even[i]);
        const f32x8 sum = f32x8_add(even[i], odd[i]);
        f32x8_store(c, add ? f32x8_add(f32x8_load(c), sum) : sum);
    }
}

#else

HOT void gemm_tile(int depth, const float *a, const float *b, float *c, ptrdiff_t stride, int add) {
    f32x4 c00 = f32x4_splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
    for (int k = 0; k < depth; k++) {
        const f32x4 b0 = f32x4_load(b), b1 = f32x4_load(b + 4);
        f32x4 x = f32x4_load_splat(a);
        c00 = f32x4_madd(x, b0, c00);
        c01 = f32x4_madd(x, b1, c01);
        x = f32x4_load_splat(a + 1);
        c10 = f32x4_madd(x, b0, c10);
        c11 = f32x4_madd(x, b1, c11);
        x = f32x4_load_splat(a + 2);
        c20 = f32x4_madd(x, b0, c20);
        c21 = f32x4_madd(x, b1, c21);
        x = f32x4_load_splat(a + 3);
        c30 = f32x4_madd(x, b0, c30);
        c31 = f32x4_madd(x, b1, c31);
        a += GEMM_ROWS;
        b += GEMM_COLUMNS;
    }
    float *r0 = c, *r1 = c + stride, *r2 = c + 2 * stride, *r3 = c + 3 * stride;
    if (add) {
        c00 = f32x4_add(f32x4_load(r0), c00);
        c01 = f32x4_add(f32x4_load(r0 + 4), c01);
        c10 = f32x4_add(f32x4_load(r1), c10);
        c11 = f32x4_add(f32x4_load(r1 + 4), c11);
        c20 = f32x4_add(f32x4_load(r2), c20);
        c21 = f32x4_add(f32x4_load(r2 + 4), c21);
        c30 = f32x4_add(f32x4_load(r3), c30);
        c31 = f32x4_add(f32x4_load(r3 + 4), c31);
    }
    f32x4_store(r0, c00);
    f32x4_store(r0 + 4, c01);
    f32x4_store(r1, c10);
    f32x4_store(r1 + 4, c11);
    f32x4_store(r2, c20);
    f32x4_store(r2 + 4, c21);
    f32x4_store(r3, c30);
    f32x4_store(r3 + 4, c31);
}

#endif

/* A tile at the edge: through a full tile on the stack. */
HOT static void tile_edge(int depth, const float *a, const float *b, float *c, ptrdiff_t stride, int add, int rows,
                          int columns) {
    float tile[GEMM_ROWS * GEMM_COLUMNS];
    gemm_tile(depth, a, b, tile, GEMM_COLUMNS, 0);
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++) {
            float *out = c + i * stride + j;
            const float value = tile[i * GEMM_COLUMNS + j];
            *out = add ? *out + value : value;
        }
    }
}

typedef struct gemm_work {
    const gemm_problem *problem;
    float *packed_a; /* panels of 4 rows, each K x 4 */
    float *packed_b; /* one block a thread */
    int block;       /* columns of a block */
    int a_panels;
} gemm_work;

static int block_columns(int n) {
    /* About eight blocks, so that two to four threads share them evenly, of at most GEMM_BLOCK columns. */
    int block = (n / 8 + GEMM_COLUMNS - 1) / GEMM_COLUMNS * GEMM_COLUMNS;
    if (block < GEMM_COLUMNS)
        block = GEMM_COLUMNS;
    return min_int(block, GEMM_BLOCK);
}

size_t gemm_scratch_floats(int m, int k, int threads) {
    const size_t panels = ((size_t)m + GEMM_ROWS - 1) / GEMM_ROWS;
    return panels * GEMM_ROWS * (size_t)k + (size_t)threads * GEMM_BLOCK * GEMM_DEPTH;
}

static void pack_a_panel(const void *argument, int panel) {
    const gemm_work *work = argument;
    const gemm_problem *p = work->problem;
    const int first = panel * GEMM_ROWS;
    const int lanes = min_int(GEMM_ROWS, p->m - first);
    float *out = work->packed_a + (size_t)first * (size_t)p->k;
    for (int k = 0; k < p->k; k += GEMM_DEPTH)
        p->pack_a(p->a, first, lanes, k, min_int(GEMM_DEPTH, p->k - k), out + (size_t)k * GEMM_ROWS);
}

/* One B panel against a block of A panels. */
HOT static void multiply_panel(const gemm_work *work, int row_panel, int row_panel_end, int k, int depth,
                               const float *b, int column, int columns) {
    const gemm_problem *p = work->problem;
    const int add = p->accumulate || k > 0;
    for (int panel = row_panel; panel < row_panel_end; panel++) {
        const int row = panel * GEMM_ROWS;
        const int rows = min_int(GEMM_ROWS, p->m - row);
        const float *a = work->packed_a + (size_t)row * (size_t)p->k + (size_t)k * GEMM_ROWS;
        float *c = p->c + row * p->c_stride + column;
        if (rows == GEMM_ROWS && columns == GEMM_COLUMNS)
            gemm_tile(depth, a, b, c, p->c_stride, add);
        else
            tile_edge(depth, a, b, c, p->c_stride, add, rows, columns);
    }
}

static void multiply_block(const void *argument, int index, int lane) {
    const gemm_work *work = argument;
    const gemm_problem *p = work->problem;
    const int first = index * work->block;
    const int columns = min_int(work->block, p->n - first);
    float *packed = work->packed_b + (size_t)lane * GEMM_BLOCK * GEMM_DEPTH;
    for (int k = 0; k < p->k; k += GEMM_DEPTH) {
        const int depth = min_int(GEMM_DEPTH, p->k - k);
        for (int j = 0; j < columns; j += GEMM_COLUMNS)
            p->pack_b(p->b, first + j, min_int(GEMM_COLUMNS, columns - j), k, depth, packed + (size_t)j * GEMM_DEPTH);
        for (int panel = 0; panel < work->a_panels; panel += GEMM_ROW_BLOCK / GEMM_ROWS) {
            const int panel_end = min_int(panel + GEMM_ROW_BLOCK / GEMM_ROWS, work->a_panels);
            for (int j = 0; j < columns; j += GEMM_COLUMNS)
                multiply_panel(work, panel, panel_end, k, depth, packed + (size_t)j * GEMM_DEPTH, first + j,
                               min_int(GEMM_COLUMNS, columns - j));
        }
    }
}

/* ------------------------------------------------------------------------------------- deep products --- */

/* A small C over a great depth (the weight gradients of the picture's layer: 64 x 48 over 32,768 pixels) is cut along K
 * instead: cut by columns, each of six blocks read 8 MB of packed A, at a quarter of the peak. The chunks are as many
 * for any number of threads, and summed in their order. */
enum { DEEP_CHUNK = 2048, DEEP_LEAST = 4 * DEEP_CHUNK, DEEP_ROWS = 128, DEEP_COLUMNS = 64 };

static int whole(int count, int unit) { return (count + unit - 1) / unit * unit; }

/* Then its partial sums and its lanes fit into the scratch of any product of these sizes. */
static int is_deep(const gemm_problem *p) { return p->k >= DEEP_LEAST && p->m <= DEEP_ROWS && p->n <= DEEP_COLUMNS; }

static void multiply_chunk(const void *argument, int chunk, int lane) {
    const gemm_work *work = argument;
    const gemm_problem *p = work->problem;
    const int rows = whole(p->m, GEMM_ROWS), columns = whole(p->n, GEMM_COLUMNS);
    const int first = chunk * DEEP_CHUNK, end = min_int(first + DEEP_CHUNK, p->k);
    float *sums = work->packed_a + (size_t)chunk * rows * columns;
    float *a = work->packed_b + (size_t)lane * GEMM_BLOCK * GEMM_DEPTH, *b = a + (size_t)rows * GEMM_DEPTH;
    for (int k = first; k < end; k += GEMM_DEPTH) {
        const int depth = min_int(GEMM_DEPTH, end - k);
        for (int i = 0; i < p->m; i += GEMM_ROWS)
            p->pack_a(p->a, i, min_int(GEMM_ROWS, p->m - i), k, depth, a + (size_t)i * GEMM_DEPTH);
        for (int j = 0; j < p->n; j += GEMM_COLUMNS)
            p->pack_b(p->b, j, min_int(GEMM_COLUMNS, p->n - j), k, depth, b + (size_t)j * GEMM_DEPTH);
        for (int i = 0; i < p->m; i += GEMM_ROWS)
            for (int j = 0; j < p->n; j += GEMM_COLUMNS)
                gemm_tile(depth, a + (size_t)i * GEMM_DEPTH, b + (size_t)j * GEMM_DEPTH, sums + (size_t)i * columns + j,
                          columns, k > first);
    }
}

static void sum_chunks(const void *argument, int row) {
    const gemm_work *work = argument;
    const gemm_problem *p = work->problem;
    const int rows = whole(p->m, GEMM_ROWS), columns = whole(p->n, GEMM_COLUMNS);
    for (int j = 0; j < p->n; j++) {
        float *out = p->c + row * p->c_stride + j;
        double sum = p->accumulate ? *out : 0;
        for (int chunk = 0; chunk * DEEP_CHUNK < p->k; chunk++)
            sum += work->packed_a[((size_t)chunk * rows + row) * columns + j];
        *out = (float)sum;
    }
}

void gemm_run(parallel_pool *pool, const gemm_problem *problem, float *scratch) {
    gemm_work work = {.problem = problem, .packed_a = scratch, .block = block_columns(problem->n)};
    work.a_panels = (problem->m + GEMM_ROWS - 1) / GEMM_ROWS;
    work.packed_b = scratch + (size_t)work.a_panels * GEMM_ROWS * (size_t)problem->k;
    if (is_deep(problem)) {
        parallel_for_lanes(pool, (problem->k + DEEP_CHUNK - 1) / DEEP_CHUNK, multiply_chunk, &work);
        parallel_for(pool, problem->m, sum_chunks, &work);
        return;
    }
    parallel_for(pool, work.a_panels, pack_a_panel, &work);
    parallel_for_lanes(pool, (problem->n + work.block - 1) / work.block, multiply_block, &work);
}

/* ------------------------------------------------------------------------------------ packing --- */

static void pack_any(const gemm_strided *s, int first, int lanes, int all_lanes, int depth_first, int depth,
                     float *panel) {
    const float *data = s->data + first * s->lane_stride + depth_first * s->depth_stride;
    for (int k = 0; k < depth; k++)
        for (int l = 0; l < all_lanes; l++)
            *panel++ = l < lanes ? s->scale * data[l * s->lane_stride + k * s->depth_stride] : 0.0f;
}

/* Four lanes with unit stride in depth: 4 x 4 transposes. Writes `spacing` floats apart. */
HOT static void pack_four(const float *data, ptrdiff_t lane_stride, int depth, float scale, float *panel, int spacing) {
    const f32x4 factor = f32x4_splat(scale);
    const float *r0 = data, *r1 = data + lane_stride, *r2 = data + 2 * lane_stride, *r3 = data + 3 * lane_stride;
    int k = 0;
    for (; k + 4 <= depth; k += 4) {
        f32x4 a = f32x4_load(r0 + k), b = f32x4_load(r1 + k), c = f32x4_load(r2 + k), d = f32x4_load(r3 + k);
        f32x4_transpose(&a, &b, &c, &d);
        f32x4_store(panel, f32x4_mul(a, factor));
        f32x4_store(panel + spacing, f32x4_mul(b, factor));
        f32x4_store(panel + 2 * spacing, f32x4_mul(c, factor));
        f32x4_store(panel + 3 * spacing, f32x4_mul(d, factor));
        panel += 4 * spacing;
    }
    for (; k < depth; k++) {
        panel[0] = scale * r0[k];
        panel[1] = scale * r1[k];
        panel[2] = scale * r2[k];
        panel[3] = scale * r3[k];
        panel += spacing;
    }
}

void gemm_pack_a_strided(const void *source, int first, int lanes, int depth_first, int depth, float *panel) {
    const gemm_strided *s = source;
    if (lanes == GEMM_ROWS && s->depth_stride == 1)
        pack_four(s->data + first * s->lane_stride + depth_first, s->lane_stride, depth, s->scale, panel, GEMM_ROWS);
    else
        pack_any(s, first, lanes, GEMM_ROWS, depth_first, depth, panel);
}

/* Unit stride across lanes: a copy a depth. */
HOT static void pack_eight_rows(const float *data, ptrdiff_t depth_stride, int depth, float scale, float *panel) {
    const f32x4 factor = f32x4_splat(scale);
    for (int k = 0; k < depth; k++) {
        f32x4_store(panel, f32x4_mul(f32x4_load(data), factor));
        f32x4_store(panel + 4, f32x4_mul(f32x4_load(data + 4), factor));
        data += depth_stride;
        panel += GEMM_COLUMNS;
    }
}

void gemm_pack_b_strided(const void *source, int first, int lanes, int depth_first, int depth, float *panel) {
    const gemm_strided *s = source;
    const float *data = s->data + first * s->lane_stride + depth_first * s->depth_stride;
    if (lanes == GEMM_COLUMNS && s->lane_stride == 1) {
        pack_eight_rows(data, s->depth_stride, depth, s->scale, panel);
    } else if (lanes == GEMM_COLUMNS && s->depth_stride == 1) {
        pack_four(data, s->lane_stride, depth, s->scale, panel, GEMM_COLUMNS);
        pack_four(data + 4 * s->lane_stride, s->lane_stride, depth, s->scale, panel + 4, GEMM_COLUMNS);
    } else {
        pack_any(s, first, lanes, GEMM_COLUMNS, depth_first, depth, panel);
    }
}

/* Products with few rows or columns, both operands contiguous in depth: dot products. Packing panels would cost as much
 * as it reads, for nothing. */
typedef struct dots_work {
    float *c;
    const gemm_matrices *x;
    int m, n, k, accumulate;
} dots_work;

enum { FEW_LINES = 2, DOTS_A_PIECE = 64 };

static void dots_piece(const void *argument, int piece) {
    const dots_work *work = argument;
    const gemm_matrices *x = work->x;
    const int end = min_int((piece + 1) * DOTS_A_PIECE, work->m * work->n);
    for (int index = piece * DOTS_A_PIECE; index < end; index++) {
        const float dot =
            (float)vector_dot(x->a + index / work->n * x->a_row, x->b + index % work->n * x->b_column, (size_t)work->k);
        work->c[index] = work->accumulate ? work->c[index] + dot : dot;
    }
}

void gemm_dense(parallel_pool *pool, float *c, const gemm_matrices *x, int m, int n, int k, int accumulate,
                float *scratch) {
    if (min_int(m, n) <= FEW_LINES && x->a_depth == 1 && x->b_depth == 1) {
        const dots_work work = {c, x, m, n, k, accumulate};
        parallel_for(pool, (m * n + DOTS_A_PIECE - 1) / DOTS_A_PIECE, dots_piece, &work);
        return;
    }
    const gemm_strided a = {x->a, x->a_row, x->a_depth, 1.0f};
    const gemm_strided b = {x->b, x->b_column, x->b_depth, 1.0f};
    const gemm_problem problem = {.m = m,
                                  .n = n,
                                  .k = k,
                                  .pack_a = gemm_pack_a_strided,
                                  .a = &a,
                                  .pack_b = gemm_pack_b_strided,
                                  .b = &b,
                                  .c = c,
                                  .c_stride = n,
                                  .accumulate = accumulate};
    gemm_run(pool, &problem, scratch);
}

void gemm_dense_reference(float *c, const gemm_matrices *x, int m, int n, int k, int accumulate) {
    for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
            double sum = 0;
            for (int l = 0; l < k; l++)
                sum += (double)x->a[i * x->a_row + l * x->a_depth] * (double)x->b[j * x->b_column + l * x->b_depth];
            float *out = &c[(ptrdiff_t)i * n + j];
            *out = (float)(accumulate ? (double)*out + sum : sum);
        }
    }
}
