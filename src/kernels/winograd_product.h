/* The 25 matrix products in the middle of a Winograd convolution, with transforms at both ends: operands are asked for
 * as packed panels of all points, results are handed over block by block while they are in the cache. */
#ifndef KERNELS_WINOGRAD_PRODUCT_H
#define KERNELS_WINOGRAD_PRODUCT_H

#include <stddef.h>

#include "base/parallel.h"

enum { WINOGRAD_POINTS = 25 };

/* Where a packing function writes: lane l of point p at depth d goes to
 * data[p * point_stride + (l / LANES) * panel_stride + (d - depth_first) * LANES + l % LANES], LANES being 4 for rows
 * (A) and 8 for columns (B). */
typedef struct winograd_panels {
    float *data;
    ptrdiff_t point_stride, panel_stride;
} winograd_panels;

/* Lanes first .. first+lanes-1 (whole panels) at depths depth_first .. +depth-1 (both multiples of 4 where the depth
 * runs over phases). */
typedef void (*winograd_pack)(const void *source, int first, int lanes, int depth_first, int depth,
                              const winograd_panels *out);

/* A finished block: element (row, column) of point p at data[p * point_stride + row * row_stride + column]. */
typedef struct winograd_block {
    const float *data;
    ptrdiff_t point_stride, row_stride;
    int first_row, rows, first_column, columns;
    float *scratch; /* scratch of the running thread, scratch_floats of the product */
} winograd_block;

typedef void (*winograd_finish)(const void *sink, const winograd_block *block);

typedef struct winograd_product {
    int rows, columns, depth;     /* of each product: rows a multiple of 4, columns of 8 */
    int row_block, column_block;  /* of a piece of work; multiples of 4 and 8 */
    int stream_rows, stream_cols; /* 1: that operand is packed within each piece, which must then span the other
                                     operand whole; 0: packed whole beforehand */
    winograd_pack pack_a, pack_b;
    const void *a, *b;
    winograd_finish finish;
    const void *sink;
    size_t scratch_floats;
} winograd_product;

size_t winograd_product_scratch_floats(const winograd_product *product, int threads);

/* Every sum runs over the depth in one order, whatever the blocks and the number of threads. */
void winograd_product_run(parallel_pool *pool, const winograd_product *product, float *scratch);

#endif
