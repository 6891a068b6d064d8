/* Fully connected layer, PyTorch's nn.Linear: y = x WT + b; x: N x I, W: O x I, b: O, y: N x O. */
#ifndef NN_LINEAR_H
#define NN_LINEAR_H

#include "kernels/gemm.h"
#include "kernels/modes.h"

typedef struct linear {
    int inputs, outputs;
    float *weight, *bias;
    float *dweight, *dbias; /* NULL where nothing is trained */
} linear;

void linear_forward(parallel_pool *pool, float *y, const float *x, const linear *layer, int batch, float *scratch);

/* `mode`: of dweight and dbias. dx (may be NULL) is overwritten. */
void linear_backward(parallel_pool *pool, float *dx, const float *dy, const float *x, const linear *layer, int batch,
                     grad_mode mode, float *scratch);

#endif
