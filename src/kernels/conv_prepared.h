/* The transposed convolution (conv_input_grad) of one or two pictures at a time, with weights packed once for many
 * calls: what a dragged slider asks for. For more pictures conv_input_grad is faster, whose Winograd transforms want
 * four pictures for their lanes.
 *
 * One picture of the SSD on two threads (Zen 4, relaxed SIMD): packing 2.6 million weights anew took more than half of
 * its 5.7 ms. */
#ifndef KERNELS_CONV_PREPARED_H
#define KERNELS_CONV_PREPARED_H

#include "kernels/conv.h"

enum { CONV_PREPARED_MOST = 2 }; /* pictures, up to which this is the faster way */

/* 1 where the shape (without its batch) can be done this way: channels a multiple of 4. */
int conv_prepared_fits(const conv_shape *shape);

/* Floats of the packed weights: as many as there are weights. */
size_t conv_prepared_floats(const conv_shape *shape);

/* Scratch floats of conv_input_grad_prepared. */
size_t conv_prepared_scratch_floats(const conv_shape *shape, int threads);

/* prepared = w, K x C x 4 x 4, packed. */
void conv_prepare(parallel_pool *pool, float *prepared, const float *w, const conv_shape *shape);

/* dx = (adjoint of conv_forward with these weights) dy, overwritten. */
void conv_input_grad_prepared(parallel_pool *pool, float *dx, const float *dy, const float *prepared,
                              const conv_shape *shape, float *scratch);

#endif
