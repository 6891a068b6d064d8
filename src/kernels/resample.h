/* Between two resolutions. The only fast convolution here is 4x4 with stride 2 (conv.h), and a 3x3 one beside a
 * resampling by two is that same convolution with other weights, sums of shifted copies of the 3x3 ones, borders
 * included (Karras et al. 2019, 1812.04948, fuse theirs alike):
 *   nearest x 2, then 3x3 with padding 1   transposed 4x4:  w4[k] = f[k] + f[k-1],  f the 3x3 weights turned about
 *   3x3 with padding 1, then mean of 2x2   4x4:             w4[k] = (w3[k] + w3[k-1]) / 2
 * along each axis. It takes 16 multiplications where 36 stand there, and the fast kernel. */
#ifndef KERNELS_RESAMPLE_H
#define KERNELS_RESAMPLE_H

#include "base/parallel.h"
#include "kernels/modes.h"

/* w4 (rows x columns x 4 x 4) = factor * the sums over both axes of w3: rows x columns x 3 x 3 (PyTorch's nn.Conv2d of
 * the small image's filters), or with `transposed` columns x rows x 3 x 3, turned about (that nn.Conv2d after nearest).
 */
void fold_resample(parallel_pool *pool, float *w4, const float *w3, int rows, int columns, int transposed,
                   float factor);

/* The adjoint: dw3 = factor * ..., overwritten or added to. */
void fold_resample_adjoint(parallel_pool *pool, float *dw3, const float *dw4, int rows, int columns, int transposed,
                           float factor, grad_mode mode);

/* Square planes of `size` (at most 512) pixels, in place: [1 2 1] x [1 2 1] / 16, zeros beyond the border. Its own
 * adjoint. */
void blur(parallel_pool *pool, float *x, int planes, int size);

/* In place: x[c] = leaky(x[c] + bias[c]) over the `run` floats of each channel. slope 1: no activation. */
void bias_leaky(parallel_pool *pool, float *x, const float *bias, float slope, int channels, int run);

/* dbias[c] = sum of dy[c], overwritten or added to. */
void bias_grad(parallel_pool *pool, float *dbias, const float *dy, int channels, int run, grad_mode mode);

#endif
