#include "nn/spectral_norm.h"

#include <string.h>

#include "kernels/vector.h"

static const double EPS = 1e-12;

void spectral_norm_forward(parallel_pool *pool, spectral_norm *norm, int iterate, float *spare) {
    const int rows = norm->rows, columns = norm->columns;
    if (iterate) {
        matrix_transposed_times_vector(pool, norm->v, norm->weight, norm->u, rows, columns);
        (void)vector_normalise(norm->v, (size_t)columns, EPS);
    }
    matrix_times_vector(pool, spare, norm->weight, norm->v, rows, columns);
    if (iterate) {
        memcpy(norm->u, spare, sizeof(float) * rows);
        (void)vector_normalise(norm->u, (size_t)rows, EPS);
    }
    norm->sigma = (float)vector_dot(norm->u, spare, (size_t)rows);
}

typedef struct backward_work {
    float *dweight;
    const float *dw;
    const spectral_norm *norm;
    float factor; /* <dw, W> / sigma^2 */
    grad_mode mode;
} backward_work;

static void backward_row(const void *argument, int row) {
    const backward_work *work = argument;
    const spectral_norm *norm = work->norm;
    const size_t columns = (size_t)norm->columns;
    float *out = work->dweight + row * columns;
    if (work->mode == GRAD_SET)
        memset(out, 0, columns * sizeof *out);
    vector_add_scaled(out, work->dw + row * columns, 1.0f / norm->sigma, columns);
    vector_add_scaled(out, norm->v, -work->factor * norm->u[row], columns);
}

void spectral_norm_backward(parallel_pool *pool, float *dweight, const float *dw, const spectral_norm *norm,
                            grad_mode mode) {
    const double inner = vector_dot(dw, norm->weight, (size_t)norm->rows * norm->columns);
    const backward_work work = {dweight, dw, norm, (float)(inner / ((double)norm->sigma * norm->sigma)), mode};
    parallel_for(pool, norm->rows, backward_row, &work);
}
