/* Convolution 1x1 with bias and (leaky) ReLU, as between pictures and features in progressive growing (Karras et al.
 * 2018, 1710.10196): y = leaky(W x + b); x: I x P, W: O x I, b: O, y: O x P, P = N H W pixels. */
#ifndef NN_POINTWISE_H
#define NN_POINTWISE_H

#include "kernels/gemm.h"
#include "kernels/modes.h"
#include "nn/params.h"

typedef struct pointwise {
    int inputs, outputs;
    float slope; /* 1: no activation */
    float *weight, *bias;
    float *dweight, *dbias; /* NULL where nothing is trained */
} pointwise;

void pointwise_add(param_table *table, pointwise *layer, const char *prefix, int inputs, int outputs, float slope);
size_t pointwise_scratch_floats(int inputs, int outputs, int pixels, int threads);

void pointwise_forward(parallel_pool *pool, float *y, const float *x, const pointwise *layer, int pixels,
                       float *scratch);

/* dy: the gradient before the activation. `weights`: mode of the parameters' gradients; `input`: of dx, which may be
 * NULL with GRAD_NONE. */
void pointwise_backward(parallel_pool *pool, float *dx, const float *dy, const float *x, const pointwise *layer,
                        int pixels, grad_mode weights, grad_mode input, float *scratch);

#endif
