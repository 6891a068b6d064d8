/* The transposed convolution of one or two pictures by Winograd F(4x4, 2x2), with weights transformed once.
 *
 * winograd.c keeps four pictures in the lanes of its vectors; here four tiles of one picture are there instead. Each of
 * the four parities of output pixels is a 2x2 convolution of its own over dy, so that no windows overlap:
 *   M[p] (tiles x C) = V[p] (tiles x K) U[p] (K x C)   for 25 points p and 4 parities. */
#ifndef KERNELS_WINOGRAD_PREPARED_H
#define KERNELS_WINOGRAD_PREPARED_H

#include "kernels/conv.h"

/* 1 where the shape (without its batch) is cut into whole fours of tiles and eights of channels. */
int winograd_prepared_fits(const conv_shape *shape);

size_t winograd_prepared_floats(const conv_shape *shape); /* 6.25 times the weights */
size_t winograd_prepared_scratch_floats(const conv_shape *shape, int threads);

/* As the functions of conv_prepared.h. */
void winograd_prepare(parallel_pool *pool, float *prepared, const float *w, const conv_shape *shape);
void winograd_input_grad_prepared(parallel_pool *pool, float *dx, const float *dy, const float *prepared,
                                  const conv_shape *shape, float *scratch);

#endif
