/* Differentiable augmentation (Zhao et al. 2020, arXiv 2006.10738): what the discriminator sees, real or generated, is
 * changed at random, and the generator's gradient goes back through the change. For each picture, one after the other:
 *   brightness   x + b                          b in [-0.5, 0.5)
 *   saturation   m + s (x - m)                  s in [0, 2), m the mean of a pixel's three colours
 *   contrast     M + k (x - M)                  k in [0.5, 1.5), M the mean of the picture
 *   translation  by whole pixels, each axis up to an eighth of the side, zeros (mid-grey) moving in
 *   cutout       a square of half the side anywhere, cut at the border, becomes zero
 * All of it is affine in x. With probability 1 - p a picture goes without a change, each of the five by itself
 * (Karras et al. 2020, arXiv 2006.06676). */
#ifndef NN_AUGMENT_H
#define NN_AUGMENT_H

#include "base/parallel.h"
#include "base/rng.h"

enum { AUGMENT_COLOUR = 1, AUGMENT_TRANSLATION = 2, AUGMENT_CUTOUT = 4 };

/* One picture's change. {0, 1, 1, ...zeros} is none. */
typedef struct augment {
    float brightness, saturation, contrast;
    int shift_x, shift_y;                         /* out(i, j) = in(i + shift_y, j + shift_x) */
    int cut_left, cut_top, cut_width, cut_height; /* of the result; within the picture, or empty */
} augment;

/* Draws the changes of `count` pictures of `size` pixels; `kinds` is a sum of AUGMENT_... */
void augment_draw(augment *changes, int count, int kinds, double p, int size, rng *random);

/* y, x: 3 x N x H x W, not the same array. */
void augment_forward(parallel_pool *pool, float *y, const float *x, const augment *changes, int batch, int size);

/* dx, dy likewise: the adjoint of the linear part. */
void augment_backward(parallel_pool *pool, float *dx, const float *dy, const augment *changes, int batch, int size);

#endif
