#include "kernels/winograd_product.h"

#include "base/helpers.h"
#include "kernels/gemm.h"

enum {
    /* Depth of a chunk: a float sum of 128 terms. With 256 the results' error grows by a quarter (and a whole step
     * takes as long). */
    WINOGRAD_DEPTH = 128,
    PACK_LANES = 16, /* of one piece of packing */
    /* Floats between panels: their sizes are powers of two, and without this the 25 points of one tile, written one
     * after another, would share one set of the first cache (weights were packed 2.5 times as slowly). */
    GAP = 16
};

/* One side of the products. */
typedef struct operand {
    winograd_pack pack;
    const void *source;
    int lanes, panel_lanes, depth;
    float *whole; /* packed beforehand; NULL where each piece packs its own part */
} operand;

typedef struct product_work {
    const winograd_product *product;
    operand a, b;
    float *lanes; /* scratch of the threads */
    size_t lane_floats;
    int row_blocks, column_blocks;
} product_work;

static int blocks_of(int count, int block) { return (count + block - 1) / block; }

/* Panels of `lanes` lanes, all points, for so much depth. */
static winograd_panels panels_at(float *data, int lanes, int panel_lanes, int depth) {
    const ptrdiff_t panel = (ptrdiff_t)panel_lanes * depth + GAP;
    return (winograd_panels){data, lanes / panel_lanes * panel + GAP, panel};
}

static size_t panels_floats(int lanes, int panel_lanes, int depth) {
    return (size_t)panels_at(NULL, lanes, panel_lanes, depth).point_stride * WINOGRAD_POINTS;
}

static size_t stream_floats(const winograd_product *p) {
    const int depth = min_int(WINOGRAD_DEPTH, p->depth);
    return (p->stream_rows ? panels_floats(p->row_block, GEMM_ROWS, depth) : 0) +
           (p->stream_cols ? panels_floats(p->column_block, GEMM_COLUMNS, depth) : 0);
}

static size_t block_floats(const winograd_product *p) {
    return (size_t)WINOGRAD_POINTS * ((size_t)p->row_block * p->column_block + GAP);
}

static size_t lane_floats(const winograd_product *p) { return stream_floats(p) + block_floats(p) + p->scratch_floats; }

static size_t whole_a_floats(const winograd_product *p) {
    return p->stream_rows ? 0 : panels_floats(p->rows, GEMM_ROWS, p->depth);
}

static size_t whole_b_floats(const winograd_product *p) {
    return p->stream_cols ? 0 : panels_floats(p->columns, GEMM_COLUMNS, p->depth);
}

size_t winograd_product_scratch_floats(const winograd_product *p, int threads) {
    return whole_a_floats(p) + whole_b_floats(p) + threads * lane_floats(p);
}

/* ----------------------------------------------------------------------------- packed beforehand --- */

static void pack_whole_piece(const void *argument, int piece) {
    const operand *o = argument;
    const int first = piece * PACK_LANES;
    winograd_panels out = panels_at(o->whole, o->lanes, o->panel_lanes, o->depth);
    out.data += first / o->panel_lanes * out.panel_stride;
    o->pack(o->source, first, min_int(PACK_LANES, o->lanes - first), 0, o->depth, &out);
}

static void pack_whole(parallel_pool *pool, const operand *o) {
    if (o->whole)
        parallel_for(pool, blocks_of(o->lanes, PACK_LANES), pack_whole_piece, o);
}

/* ------------------------------------------------------------------------------------- products --- */

/* One point's block: a panel of B (4 KB at a depth of 128) against all panels of A. */
HOT static void multiply_point(const float *a, ptrdiff_t a_panel, const float *b, ptrdiff_t b_panel, int depth,
                               const winograd_block *block, float *out, int add) {
    for (int j = 0; j < block->columns; j += GEMM_COLUMNS) {
        const float *row = a;
        for (int i = 0; i < block->rows; i += GEMM_ROWS) {
            gemm_tile(depth, row, b, out + i * block->row_stride + j, block->row_stride, add);
            row += a_panel;
        }
        b += b_panel;
    }
}

/* The panels of a part of an operand for one chunk of depth: packed now into `stream`, or found in the whole. */
static winograd_panels chunk_of(const operand *o, int first, int lanes, int depth_first, int depth, float *stream) {
    if (o->whole) {
        winograd_panels panels = panels_at(o->whole, o->lanes, o->panel_lanes, o->depth);
        panels.data += first / o->panel_lanes * panels.panel_stride + (ptrdiff_t)depth_first * o->panel_lanes;
        return panels;
    }
    const winograd_panels panels = panels_at(stream, lanes, o->panel_lanes, depth);
    o->pack(o->source, first, lanes, depth_first, depth, &panels);
    return panels;
}

static void multiply_piece(const void *argument, int index, int lane) {
    const product_work *work = argument;
    const winograd_product *p = work->product;
    float *stream = work->lanes + lane * work->lane_floats, *out = stream + stream_floats(p);
    winograd_block block = {.data = out,
                            .first_row = index / work->column_blocks * p->row_block,
                            .first_column = index % work->column_blocks * p->column_block,
                            .scratch = out + block_floats(p)};
    block.rows = min_int(p->row_block, p->rows - block.first_row);
    block.columns = min_int(p->column_block, p->columns - block.first_column);
    block.row_stride = block.columns;
    block.point_stride = (ptrdiff_t)block.rows * block.columns + GAP;
    for (int k = 0; k < p->depth; k += WINOGRAD_DEPTH) {
        const int depth = min_int(WINOGRAD_DEPTH, p->depth - k);
        const winograd_panels a = chunk_of(&work->a, block.first_row, block.rows, k, depth, stream),
                              b = chunk_of(&work->b, block.first_column, block.columns, k, depth, stream);
        for (int point = 0; point < WINOGRAD_POINTS; point++)
            multiply_point(a.data + point * a.point_stride, a.panel_stride, b.data + point * b.point_stride,
                           b.panel_stride, depth, &block, out + point * block.point_stride, k > 0);
    }
    p->finish(p->sink, &block);
}

void winograd_product_run(parallel_pool *pool, const winograd_product *p, float *scratch) {
    float *whole_b = scratch + whole_a_floats(p);
    product_work work = {.product = p,
                         .a = {p->pack_a, p->a, p->rows, GEMM_ROWS, p->depth, p->stream_rows ? NULL : scratch},
                         .b = {p->pack_b, p->b, p->columns, GEMM_COLUMNS, p->depth, p->stream_cols ? NULL : whole_b},
                         .lanes = whole_b + whole_b_floats(p),
                         .lane_floats = lane_floats(p),
                         .row_blocks = blocks_of(p->rows, p->row_block),
                         .column_blocks = blocks_of(p->columns, p->column_block)};
    pack_whole(pool, &work.a);
    pack_whole(pool, &work.b);
    parallel_for_lanes(pool, work.row_blocks * work.column_blocks, multiply_piece, &work);
}
