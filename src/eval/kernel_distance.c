#include "eval/kernel_distance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "kernels/gemm.h"

typedef struct kernel_work {
    const float *products; /* m x m */
    double *sums;          /* a row */
    int m, size, diagonal; /* diagonal 0: left out */
} kernel_work;

__attribute__((noinline)) static void sum_row(const void *argument, int row) {
    const kernel_work *w = argument;
    const float *line = w->products + (size_t)row * w->m;
    const double scale = 1.0 / w->size;
    double sum = 0;
    for (int j = 0; j < w->m; j++) {
        const double k = line[j] * scale + 1;
        sum += (j == row && !w->diagonal) ? 0 : k * k * k;
    }
    w->sums[row] = sum;
}

typedef struct kernel_room {
    float *x, *y, *products, *scratch;
    double *sums;
    int *order;
} kernel_room;

static double kernel_sum(parallel_pool *pool, const kernel_room *room, const float *x, const float *y, int m,
                         int size) {
    gemm_dense(pool, room->products, &(gemm_matrices){x, size, 1, y, size, 1}, m, m, size, 0, room->scratch);
    const kernel_work work = {room->products, room->sums, m, size, x != y};
    parallel_for(pool, m, sum_row, &work);
    double sum = 0;
    for (int i = 0; i < m; i++)
        sum += room->sums[i];
    return sum;
}

/* m different rows, in random order. */
static void draw(float *out, const float *rows, int count, int size, int m, int *order, rng *random) {
    for (int i = 0; i < count; i++)
        order[i] = i;
    for (int i = 0; i < m; i++) {
        const int j = i + (int)rng_below(random, (uint32_t)(count - i)), taken = order[j];
        order[j] = order[i];
        memcpy(out + (size_t)i * size, rows + (size_t)taken * size, sizeof(float) * size);
    }
}

ssd_status kernel_distance(ssd_context *context, const float *a, int a_count, const float *b, int b_count, int size,
                           int subsets, int m, double seed, double *distance, double *spread) {
    const uint64_t rows = (uint64_t)m * size, square = (uint64_t)m * m,
                   order = (uint64_t)(a_count > b_count ? a_count : b_count);
    const size_t scratch = gemm_scratch_floats(m, size, parallel_threads(context->pool));
    double *block = context_allocate(context, (size_t)m + (2 * rows + square + scratch + order + 1) / 2 + 1, 8);
    if (!block)
        return SSD_OUT_OF_MEMORY;
    kernel_room room = {.sums = block, .x = (float *)(block + m)};
    room.y = room.x + rows;
    room.products = room.y + rows;
    room.scratch = room.products + square;
    room.order = (int *)(room.scratch + scratch);
    rng random;
    rng_seed(&random, (uint64_t)seed, STREAM_SUBSETS);
    double sum = 0, squares = 0;
    for (int s = 0; s < subsets; s++) {
        draw(room.x, a, a_count, size, m, room.order, &random);
        draw(room.y, b, b_count, size, m, room.order, &random);
        const double own = kernel_sum(context->pool, &room, room.x, room.x, m, size) +
                           kernel_sum(context->pool, &room, room.y, room.y, m, size);
        const double cross = kernel_sum(context->pool, &room, room.x, room.y, m, size);
        const double value = (own / (m - 1.0) - 2 * cross / m) / m;
        sum += value;
        squares += value * value;
    }
    free(block);
    if (!isfinite(sum))
        return context_fail(context, SSD_NOT_FINITE, "the features hold numbers that are not finite");
    *distance = sum / subsets;
    const double variance = squares / subsets - *distance * *distance;
    *spread = subsets > 1 && variance > 0 ? sqrt(variance) : 0;
    return SSD_OK;
}
