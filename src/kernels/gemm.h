/* Blocked, packed matrix product, C (M x N) = A (M x K) B (K x N), on a 4 x 8 register tile.
 *
 * The operands are not matrices but packing functions: a panel is asked for and gathered from wherever its numbers
 * live (weights, images, phase images), so a convolution needs no im2col image in memory.
 *
 * Cut: A is packed whole, once, in panels of 4 rows; columns are cut into blocks whose width depends on N alone;
 * each block packs its part of B depth chunk by depth chunk and is summed in the order of K. So results are the same
 * bits for any number of threads. */
#ifndef KERNELS_GEMM_H
#define KERNELS_GEMM_H

#include <stddef.h>

#include "base/parallel.h"

enum {
    GEMM_ROWS = 4,       /* rows of a tile: V8 has 16 vector registers, and 4 x 8 is the largest tile that does not */
    GEMM_COLUMNS = 8,    /* spill (94 % of the FMA peak; 5x8, 6x8 and 4x12 ran at about 40 %) */
    GEMM_DEPTH = 256,    /* depth of a chunk: a B panel of 8 KB and an A panel of 4 KB share the first cache */
    GEMM_BLOCK = 256,    /* most columns of a block: B chunk of 256 KB, for the second cache */
    GEMM_ROW_BLOCK = 128 /* rows of A used per pass over a B chunk: 128 KB, beside it */
};

/* Writes a panel: lanes first .. first+lanes-1 (rows of A or columns of B) at depths depth_first .. +depth-1, as
 * depth x LANES floats with LANES 4 for A and 8 for B. Where lanes < LANES, the rest is filled with zeros. */
typedef void (*gemm_pack)(const void *source, int first, int lanes, int depth_first, int depth, float *panel);

typedef struct gemm_problem {
    int m, n, k;
    gemm_pack pack_a;
    const void *a;
    gemm_pack pack_b;
    const void *b;
    float *c;           /* row-major */
    ptrdiff_t c_stride; /* floats from row to row */
    int accumulate;     /* 1: C += A B */
} gemm_problem;

/* Floats of scratch memory for a product of these sizes on so many threads. */
size_t gemm_scratch_floats(int m, int k, int threads);

/* A tile: C (4 x 8) = A panel (depth x 4) times B panel (depth x 8), or += with add. */
void gemm_tile(int depth, const float *a, const float *b, float *c, ptrdiff_t stride, int add);

void gemm_run(parallel_pool *pool, const gemm_problem *problem, float *scratch);

/* A matrix anywhere: element (lane, depth) at data[lane * lane_stride + depth * depth_stride]. */
typedef struct gemm_strided {
    const float *data;
    ptrdiff_t lane_stride;
    ptrdiff_t depth_stride;
    float scale; /* every element is multiplied by it */
} gemm_strided;

/* Packing functions for a gemm_strided source; fast where one of the strides is 1. */
void gemm_pack_a_strided(const void *source, int first, int lanes, int depth_first, int depth, float *panel);
void gemm_pack_b_strided(const void *source, int first, int lanes, int depth_first, int depth, float *panel);

/* C (M x N, row-major, dense) = op(A) op(B), or += with accumulate. a_row, a_depth: floats between rows and between
 * depths of A; b_column, b_depth likewise for B. */
typedef struct gemm_matrices {
    const float *a;
    ptrdiff_t a_row, a_depth;
    const float *b;
    ptrdiff_t b_column, b_depth;
} gemm_matrices;
void gemm_dense(parallel_pool *pool, float *c, const gemm_matrices *matrices, int m, int n, int k, int accumulate,
                float *scratch);

/* The reference: three loops, sums in double. */
void gemm_dense_reference(float *c, const gemm_matrices *matrices, int m, int n, int k, int accumulate);

#endif
