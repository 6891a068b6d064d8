/* Winograd's minimal filtering (Winograd 1980; Lavin & Gray 2016) for the 4x4 stride-2 convolution of conv.h.
 *
 * Split by parity of row and column, that convolution is a 2x2 convolution with stride 1 over 4 C phase images; its
 * passes are F(4x4, 2x2) on those: 25 multiplications for the 64 of 4x4 output pixels. Points +-1/2, +-3/2, infinity.
 *
 *   forward          M[p] (K x T)   = U[p] (K x 4C)  V[p] (4C x T)     y  = At M A
 *   input gradient   M[p] (4C x T)  = U[p]t (4C x K) W[p] (K x T)      dx = B M Bt, windows added where they overlap
 *   weight gradient  M[p] (K x 4C)  = W[p] (K x T)   V[p]t (T x 4C)    dw = Gt M G
 *
 * with U = G w Gt, V = Bt x B, W = A dy At, one product for each of the 25 points p, and T tiles in the batch. Weights
 * are transformed anew in every pass: that costs 3 to 5 % of it, and kept they would be 6.25 times the weights
 * (140 MB for the SSD), which must then be read from main memory.
 *
 * Accuracy: about 1e-6 relative to the direct sums, all passes (tests/native/test_conv.c). */
#ifndef KERNELS_WINOGRAD_H
#define KERNELS_WINOGRAD_H

#include "kernels/conv.h"

/* 1 where these passes can do the shape and are the faster ones. */
int winograd_fits(const conv_shape *shape);

/* Scratch floats that any pass of this shape needs. */
size_t winograd_scratch_floats(const conv_shape *shape, int threads);

/* As conv_forward, conv_input_grad and conv_weight_grad, for shapes that fit. */
void winograd_forward(parallel_pool *pool, float *y, const float *x, const float *w, float scale,
                      const conv_shape *shape, float *scratch);
void winograd_input_grad(parallel_pool *pool, float *dx, const float *dy, const float *w, float scale,
                         const conv_shape *shape, float *scratch);
void winograd_weight_grad(parallel_pool *pool, float *dw, const float *dy, const float *x, const conv_shape *shape,
                          grad_mode mode, float *scratch);

#endif
