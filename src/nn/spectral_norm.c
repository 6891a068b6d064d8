#include "nn/spectral_norm.h"

#include <string.h>

#include "kernels/vector.h"

static const double EPS = 1e-12;

void spectral_norm_add(param_table *table, spectral_norm *norm, const char *prefix, const int shape[4]) {
    *norm = (spectral_norm){.rows = shape[0], .columns = shape[1] * shape[2] * shape[3]};
    param_add(table, ROLE_CONV_WEIGHT, prefix, "weight_orig", shape, &norm->weight, &norm->dweight);
    param_add(table, ROLE_SINGULAR_VECTOR, prefix, "weight_u", (int[4]){norm->rows}, &norm->u, NULL);
    param_add(table, ROLE_SINGULAR_VECTOR, prefix, "weight_v", (int[4]){norm->columns}, &norm->v, NULL);
}

void spectral_norm_init(spectral_norm *norm, float *scratch) {
    for (int i = 0; i < 15; i++)
        spectral_norm_forward(NULL, norm, 1, scratch);
}

void spectral_norm_forward(parallel_pool *pool, spectral_norm *norm, int iterate, float *scratch) {
    const int rows = norm->rows, columns = norm->columns;
    if (iterate) {
        matrix_transposed_times_vector(pool, norm->v, norm->weight, norm->u, rows, columns);
        (void)vector_normalise(norm->v, (size_t)columns, EPS);
    }
    matrix_times_vector(pool, scratch, norm->weight, norm->v, rows, columns);
    if (iterate) {
        memcpy(norm->u, scratch, sizeof(float) * rows);
        (void)vector_normalise(norm->u, (size_t)rows, EPS);
    }
    norm->sigma = (float)vector_dot(norm->u, scratch, (size_t)rows);
}

typedef struct backward_work {
    const float *dw;
    const spectral_norm *norm;
    float factor; /* <dw, W> / sigma^2 */
    grad_mode mode;
} backward_work;

static void backward_row(const void *argument, int row) {
    const backward_work *work = argument;
    const spectral_norm *norm = work->norm;
    const size_t columns = (size_t)norm->columns;
    float *out = norm->dweight + row * columns;
    if (work->mode == GRAD_SET)
        memset(out, 0, columns * sizeof *out);
    vector_add_scaled(out, work->dw + row * columns, 1.0f / norm->sigma, columns);
    vector_add_scaled(out, norm->v, -work->factor * norm->u[row], columns);
}

void spectral_norm_backward(parallel_pool *pool, const float *dw, const spectral_norm *norm, grad_mode mode) {
    const double inner = vector_dot(dw, norm->weight, (size_t)norm->rows * norm->columns);
    const backward_work work = {dw, norm, (float)(inner / ((double)norm->sigma * norm->sigma)), mode};
    parallel_for(pool, norm->rows, backward_row, &work);
}
