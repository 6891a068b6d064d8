#include "eval/neighbours.h"

#include <math.h>
#include <stdlib.h>

#include "base/helpers.h"
#include "kernels/gemm.h"

enum { BLOCK = 256, SQUARES_PIECE = 64 }; /* rows of x at a time: products of 256 x count */

typedef struct squares_work {
    double *squares;
    const float *rows;
    int count, size;
} squares_work;

static void squares_piece(const void *argument, int piece) {
    const squares_work *w = argument;
    for (int i = piece * SQUARES_PIECE; i < w->count && i < (piece + 1) * SQUARES_PIECE; i++) {
        double sum = 0;
        for (int j = 0; j < w->size; j++)
            sum += (double)w->rows[(size_t)i * w->size + j] * w->rows[(size_t)i * w->size + j];
        w->squares[i] = sum;
    }
}

void vectors_squares(parallel_pool *pool, double *squares, const float *rows, int count, int size) {
    const squares_work work = {squares, rows, count, size};
    parallel_for(pool, (count + SQUARES_PIECE - 1) / SQUARES_PIECE, squares_piece, &work);
}

/* What is asked of one row of products, x.y for all y. */
typedef struct row_query {
    const vectors *x, *y;
    int first; /* row of x that the block begins with */
    const float *products;
    void (*body)(const struct row_query *query, int row, const float *products);
    int32_t *index;
    float *distance;
    double *radii;                     /* written by nearest_five */
    const double *x_radii, *y_radii;   /* read by the scores */
    double *within_y, *within_x, *any; /* see count_row */
} row_query;

static double squared(const row_query *q, int row, const float *products, int j) {
    const double d = q->x->squares[row] + q->y->squares[j] - 2 * (double)products[j];
    return d > 0 ? d : 0;
}

static void run_row(const void *argument, int index) {
    const row_query *q = argument;
    q->body(q, q->first + index, q->products + (size_t)index * q->y->count);
}

static ssd_status run_rows(ssd_context *context, row_query *q) {
    const vectors *x = q->x, *y = q->y;
    const int block = x->count < BLOCK ? x->count : BLOCK;
    const uint64_t products = (uint64_t)block * y->count;
    float *room = context_allocate(
        context, products + gemm_scratch_floats(block, x->size, parallel_threads(context->pool)), sizeof *room);
    if (!room)
        return SSD_OUT_OF_MEMORY;
    q->products = room;
    for (q->first = 0; q->first < x->count; q->first += block) {
        const int rows = x->count - q->first < block ? x->count - q->first : block;
        const gemm_matrices matrices = {x->rows + (size_t)q->first * x->size, x->size, 1, y->rows, y->size, 1};
        gemm_dense(context->pool, room, &matrices, rows, y->count, x->size, 0, room + products);
        parallel_for(context->pool, rows, run_row, q);
    }
    free(room);
    return SSD_OK;
}

/* ------------------------------------------------------------------------------------ nearest --- */

HOT static void nearest_row(const row_query *q, int row, const float *products) {
    int best = -1;
    double least = INFINITY;
    for (int j = 0; j < q->y->count; j++) {
        const double d = q->y->squares[j] - 2 * (double)products[j];
        if (d < least && !(j == row && q->x->rows == q->y->rows)) {
            least = d;
            best = j;
        }
    }
    if (best < 0) /* not finite */
        best = row == 0 && q->y->count > 1;
    const float *a = q->x->rows + (size_t)row * q->x->size, *b = q->y->rows + (size_t)best * q->x->size;
    double sum = 0;
    for (int i = 0; i < q->x->size; i++)
        sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    q->index[row] = best;
    q->distance[row] = (float)sqrt(sum);
}

ssd_status neighbours_nearest(ssd_context *context, const vectors *x, const vectors *y, int32_t *index,
                              float *distance) {
    row_query query = {.x = x, .y = y, .body = nearest_row, .index = index, .distance = distance};
    return run_rows(context, &query);
}

HOT static void nearest_five(const row_query *q, int row, const float *products) {
    double *least = q->radii + (size_t)row * NEIGHBOURS_MOST;
    for (int k = 0; k < NEIGHBOURS_MOST; k++)
        least[k] = INFINITY;
    for (int j = 0; j < q->y->count; j++) {
        const double d = squared(q, row, products, j);
        if (d >= least[NEIGHBOURS_MOST - 1] || j == row)
            continue;
        int k = NEIGHBOURS_MOST - 1;
        for (; k > 0 && least[k - 1] > d; k--)
            least[k] = least[k - 1];
        least[k] = d;
    }
}

ssd_status neighbours_radii(ssd_context *context, const vectors *x, double *radii) {
    row_query query = {.x = x, .y = x, .body = nearest_five, .radii = radii};
    return run_rows(context, &query);
}

/* ------------------------------------------------------------------------------------- scores --- */

/* For one x: how many DENSITY_K balls around the y hold it, whether a PRECISION_K ball around a y holds it, and whether
 * its own DENSITY_K ball holds a y. */
HOT static void count_row(const row_query *q, int row, const float *products) {
    const double own = q->x_radii[(size_t)row * NEIGHBOURS_MOST + DENSITY_K - 1];
    int dense = 0, precise = 0, any = 0;
    for (int j = 0; j < q->y->count; j++) {
        const double d = squared(q, row, products, j), *radii = q->y_radii + (size_t)j * NEIGHBOURS_MOST;
        dense += d <= radii[DENSITY_K - 1];
        precise |= d <= radii[PRECISION_K - 1];
        any |= d <= own;
    }
    q->within_y[row] = dense;
    q->within_x[row] = precise;
    q->any[row] = any;
}

static double mean(const double *x, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += x[i];
    return sum / count;
}

ssd_status neighbours_scores(ssd_context *context, const vectors *real, const double *real_radii, const vectors *fake,
                             const double *fake_radii, neighbour_scores *scores) {
    const int most = real->count > fake->count ? real->count : fake->count;
    double *room = context_allocate(context, 3 * (uint64_t)most, sizeof *room);
    if (!room)
        return SSD_OUT_OF_MEMORY;
    row_query query = {.x = fake,
                       .y = real,
                       .body = count_row,
                       .x_radii = fake_radii,
                       .y_radii = real_radii,
                       .within_y = room,
                       .within_x = room + most,
                       .any = room + 2 * (size_t)most};
    ssd_status status = run_rows(context, &query);
    if (!status) {
        scores->density = mean(query.within_y, fake->count) / DENSITY_K;
        scores->precision = mean(query.within_x, fake->count);
        query.x = real;
        query.y = fake;
        query.x_radii = real_radii;
        query.y_radii = fake_radii;
        status = run_rows(context, &query);
    }
    if (!status) {
        scores->recall = mean(query.within_x, real->count);
        scores->coverage = mean(query.any, real->count);
    }
    free(room);
    return status;
}
