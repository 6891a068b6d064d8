/* The convolution next to the picture, whose large image has three channels: too few rows for a matrix product's tile.
 * Here the three colours of both columns' parities share a register tile, and no operand is gathered.
 *
 * 32 filters, 64 x 64 pixels, one thread (Zen 4, relaxed SIMD): the products of all 16 taps, summed afterwards, ran at
 * 38 % of the peak. */
#ifndef KERNELS_CONV_PICTURE_H
#define KERNELS_CONV_PICTURE_H

#include "kernels/conv.h"

/* 1 where the large image has three channels. */
int conv_picture_fits(const conv_shape *shape);

size_t conv_picture_scratch_floats(const conv_shape *shape, int threads);

/* conv_input_grad of such a shape. */
void conv_picture_input_grad(parallel_pool *pool, float *dx, const float *dy, const float *w, float scale,
                             const conv_shape *shape, float *scratch);

#endif
