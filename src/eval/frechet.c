#include "eval/frechet.h"

#include <math.h>
#include <stdlib.h>

#include "eval/dense.h"

/* Mean and covariance; `centred` is room for count x size. */
static void moments(parallel_pool *pool, double *mean, double *covariance, const float *rows, int count, int size,
                    double *centred) {
    for (int j = 0; j < size; j++)
        mean[j] = 0;
    for (int i = 0; i < count; i++)
        for (int j = 0; j < size; j++)
            mean[j] += rows[(size_t)i * size + j];
    for (int j = 0; j < size; j++)
        mean[j] /= count;
    const double scale = 1 / sqrt(count - 1.0);
    for (int i = 0; i < count; i++)
        for (int j = 0; j < size; j++)
            centred[(size_t)i * size + j] = (rows[(size_t)i * size + j] - mean[j]) * scale;
    dense_product(pool, covariance, (dense_factor){centred, 1, size}, centred, size, size, count);
}

static double root_trace(parallel_pool *pool, double *s1, double *s2, double *room, int size, double *scratch) {
    const int rank = dense_cholesky(pool, room, s1, size, scratch);
    dense_product(pool, s1, (dense_factor){s2, size, 1}, room, size, size, size);
    dense_product(pool, s2, (dense_factor){room, 1, size}, s1, size, size, size);
    if (rank == 0)
        return 0;
    double *values = scratch;
    if (!dense_eigenvalues(pool, values, NULL, s2, size, scratch + size))
        return NAN;
    double sum = 0;
    for (int i = 0; i < size; i++)
        sum += values[i] > 0 ? sqrt(values[i]) : 0;
    return sum;
}

ssd_status frechet_distance(ssd_context *context, const float *a, int a_count, const float *b, int b_count, int size,
                            double *distance) {
    const uint64_t square = (uint64_t)size * size, most = (uint64_t)(a_count > b_count ? a_count : b_count) * size;
    double *block = context_allocate(context, 2 * square + (square > most ? square : most) + 6 * (size_t)size, 8);
    if (!block)
        return SSD_OUT_OF_MEMORY;
    double *s1 = block, *s2 = s1 + square, *m1 = s2 + square, *m2 = m1 + size, *scratch = m2 + size;
    double *room = scratch + 4 * (size_t)size;
    moments(context->pool, m1, s1, a, a_count, size, room);
    moments(context->pool, m2, s2, b, b_count, size, room);
    double sum = 0;
    for (int i = 0; i < size; i++)
        sum += (m1[i] - m2[i]) * (m1[i] - m2[i]) + s1[(size_t)i * size + i] + s2[(size_t)i * size + i];
    const double trace = root_trace(context->pool, s1, s2, room, size, scratch);
    free(block);
    if (!isfinite(sum - trace))
        return context_fail(context, SSD_NOT_FINITE, "the features hold numbers that are not finite");
    *distance = sum - 2 * trace > 0 ? sum - 2 * trace : 0;
    return SSD_OK;
}
