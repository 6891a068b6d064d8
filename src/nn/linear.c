#include "nn/linear.h"

#include "kernels/vector.h"

void linear_forward(parallel_pool *pool, float *y, const float *x, const linear *layer, int batch, float *scratch) {
    const gemm_matrices product = {x, layer->inputs, 1, layer->weight, layer->inputs, 1};
    gemm_dense(pool, y, &product, batch, layer->outputs, layer->inputs, 0, scratch);
    for (int n = 0; n < batch; n++)
        vector_add_scaled(y + (size_t)n * layer->outputs, layer->bias, 1.0f, (size_t)layer->outputs);
}

void linear_backward(parallel_pool *pool, float *dx, const float *dy, const float *x, const linear *layer, int batch,
                     grad_mode mode, float *scratch) {
    const int inputs = layer->inputs, outputs = layer->outputs;
    const gemm_matrices weight_product = {dy, 1, outputs, x, 1, inputs};
    gemm_dense(pool, layer->dweight, &weight_product, outputs, inputs, batch, mode == GRAD_ADD, scratch);
    for (int o = 0; o < outputs; o++) {
        float sum = mode == GRAD_ADD ? layer->dbias[o] : 0.0f;
        for (int n = 0; n < batch; n++)
            sum += dy[(size_t)n * outputs + o];
        layer->dbias[o] = sum;
    }
    if (dx) {
        const gemm_matrices input_product = {dy, outputs, 1, layer->weight, 1, inputs};
        gemm_dense(pool, dx, &input_product, batch, inputs, outputs, 0, scratch);
    }
}
