#include "nn/pointwise.h"

#include "base/helpers.h"
#include "kernels/resample.h"

void pointwise_add(param_table *table, pointwise *layer, const char *prefix, int inputs, int outputs, float slope) {
    *layer = (pointwise){.inputs = inputs, .outputs = outputs, .slope = slope};
    param *weight = param_add(table, ROLE_RGB_WEIGHT, prefix, "weight", (int[4]){outputs, inputs, 1, 1}, &layer->weight,
                              &layer->dweight);
    weight->gain = slope == 1 ? 1 : 2;
    param_add(table, ROLE_RGB_BIAS, prefix, "bias", (int[4]){outputs}, &layer->bias, &layer->dbias);
}

size_t pointwise_scratch_floats(int inputs, int outputs, int pixels, int threads) {
    const size_t passes =
        max_size(gemm_scratch_floats(outputs, inputs, threads), gemm_scratch_floats(inputs, outputs, threads));
    return max_size(passes, gemm_scratch_floats(inputs < outputs ? inputs : outputs, pixels, threads) +
                                (size_t)inputs * outputs + 4);
}

void pointwise_forward(parallel_pool *pool, float *y, const float *x, const pointwise *layer, int pixels,
                       float *scratch) {
    const gemm_matrices product = {layer->weight, layer->inputs, 1, x, 1, pixels};
    gemm_dense(pool, y, &product, layer->outputs, pixels, layer->inputs, 0, scratch);
    bias_leaky(pool, y, layer->bias, layer->slope, layer->outputs, pixels);
}

/* One side is the picture's three channels: it is the one whose pixels gemm packs whole, so the product of the other
 * kind is made transposed, in scratch. */
static void weight_grad(parallel_pool *pool, const float *dy, const float *x, const pointwise *layer, int pixels,
                        grad_mode mode, float *scratch) {
    const int inputs = layer->inputs, outputs = layer->outputs;
    if (outputs <= inputs) {
        const gemm_matrices product = {dy, pixels, 1, x, pixels, 1};
        gemm_dense(pool, layer->dweight, &product, outputs, inputs, pixels, mode == GRAD_ADD, scratch);
        return;
    }
    const gemm_matrices product = {x, pixels, 1, dy, pixels, 1};
    float *transposed = scratch + gemm_scratch_floats(inputs, pixels, parallel_threads(pool));
    gemm_dense(pool, transposed, &product, inputs, outputs, pixels, 0, scratch);
    for (int o = 0; o < outputs; o++)
        for (int i = 0; i < inputs; i++) {
            float *out = &layer->dweight[o * inputs + i];
            *out = (mode == GRAD_ADD ? *out : 0.0f) + transposed[i * outputs + o];
        }
}

void pointwise_backward(parallel_pool *pool, float *dx, const float *dy, const float *x, const pointwise *layer,
                        int pixels, grad_mode weights, grad_mode input, float *scratch) {
    if (weights != GRAD_NONE) {
        weight_grad(pool, dy, x, layer, pixels, weights, scratch);
        bias_grad(pool, layer->dbias, dy, layer->outputs, pixels, weights);
    }
    if (input != GRAD_NONE) {
        const gemm_matrices product = {layer->weight, 1, layer->inputs, dy, 1, pixels};
        gemm_dense(pool, dx, &product, layer->inputs, pixels, layer->outputs, input == GRAD_ADD, scratch);
    }
}
