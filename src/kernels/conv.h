/* The one convolution of this model: kernel 4x4, stride 2, padding 1, no bias; every pass of it.
 *
 *   y[k,n,oy,ox] = sum over c,ky,kx of  w[k,c,ky,kx] x[c,n,2oy+ky-1,2ox+kx-1]
 *
 * A transposed convolution is the same thing read backwards: its forward pass is conv_input_grad (PyTorch's weight
 * layout Cin x Cout x 4 x 4 is w with K = Cin, C = Cout), its input gradient is conv_forward, and its weight gradient
 * is conv_weight_grad with the roles of x and dy exchanged.
 *
 * Layout of all images here: channel-major, C x N x H x W, so that a channel of the whole batch is one run.
 * Cost: 2 * 16 * C * K * N * OH * OW floating point operations a pass. */
#ifndef KERNELS_CONV_H
#define KERNELS_CONV_H

#include <stddef.h>

#include "base/parallel.h"
#include "kernels/modes.h"

typedef struct conv_shape {
    int batch;         /* N */
    int channels;      /* C, of the large image x */
    int filters;       /* K, of the small image y */
    int height, width; /* H, W of x: multiples of 8; y has H/2 x W/2 */
} conv_shape;

/* Scratch floats that any pass of this shape needs. */
size_t conv_scratch_floats(const conv_shape *shape, int threads);

/* y = scale * (w * x), overwritten. x: C x N x H x W, w: K x C x 4 x 4, y: K x N x H/2 x W/2. */
void conv_forward(parallel_pool *pool, float *y, const float *x, const float *w, float scale, const conv_shape *shape,
                  float *scratch);

/* dx = scale * (adjoint of the above) dy, overwritten. */
void conv_input_grad(parallel_pool *pool, float *dx, const float *dy, const float *w, float scale,
                     const conv_shape *shape, float *scratch);

/* dw = gradient of <dy, conv(x)>, overwritten or added to. */
void conv_weight_grad(parallel_pool *pool, float *dw, const float *dy, const float *x, const conv_shape *shape,
                      grad_mode mode, float *scratch);

/* The same without Winograd's filtering, whatever the shape. */
size_t conv_direct_scratch_floats(const conv_shape *shape, int threads);
void conv_forward_direct(parallel_pool *pool, float *y, const float *x, const float *w, float scale,
                         const conv_shape *shape, float *scratch);
void conv_input_grad_direct(parallel_pool *pool, float *dx, const float *dy, const float *w, float scale,
                            const conv_shape *shape, float *scratch);
void conv_weight_grad_direct(parallel_pool *pool, float *dw, const float *dy, const float *x, const conv_shape *shape,
                             grad_mode mode, float *scratch);

/* References: the definition in plain loops, sums in double. */
void conv_forward_reference(float *y, const float *x, const float *w, float scale, const conv_shape *shape);
void conv_input_grad_reference(float *dx, const float *dy, const float *w, float scale, const conv_shape *shape);
void conv_weight_grad_reference(float *dw, const float *dy, const float *x, const conv_shape *shape, grad_mode mode);

#endif
