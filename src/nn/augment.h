/* Differentiable augmentation (Zhao et al. 2020, arXiv 2006.10738): what the discriminator sees, real or generated, is
 * changed at random, and the generator's gradient goes back through the change. The change is a translation: each
 * picture is shifted by whole pixels, each axis by up to an eighth of the side, and zeros (mid-grey) move in. */
#ifndef NN_AUGMENT_H
#define NN_AUGMENT_H

#include "base/parallel.h"
#include "base/rng.h"

/* One picture's: out(i, j) = in(i + y, j + x). */
typedef struct augment_shift {
    int x, y;
} augment_shift;

/* Draws the shifts of `count` pictures of `size` pixels. */
void augment_draw(augment_shift *shifts, int count, int size, rng *random);

/* y, x: 3 x N x H x W, not the same array. */
void augment_forward(parallel_pool *pool, float *y, const float *x, const augment_shift *shifts, int batch, int size);

/* dx, dy likewise: the adjoint. */
void augment_backward(parallel_pool *pool, float *dx, const float *dy, const augment_shift *shifts, int batch,
                      int size);

#endif
