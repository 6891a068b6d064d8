/* What the tests see of the projection. */
#ifndef TOOLS_PROJECTION_H
#define TOOLS_PROJECTION_H

#include <stddef.h>

#include "base/parallel.h"

/* How far pictures are from a target, over a pyramid: with d_0 = picture - target, in [-1, 1], and d_l+1 = d_l halved
 * by means of 2 x 2 down to 4 x 4, loss = sum over l of mean(d_l^2) so that a feature in the wrong place still tells
 * the way to the right one. */
typedef struct pyramid_loss {
    int size, count;     /* H = W, a power of two from 4; N */
    const float *target; /* 3 x H x W */
    const float *images; /* 3 x N x H x W */
    float *dimages;      /* the same: gradient of the sum of the losses, overwritten */
    double *losses;      /* N */
    double *squares;     /* N: mean(d_0^2) */
    float *room;         /* N x pyramid_loss_room() */
} pyramid_loss;

static inline size_t pyramid_loss_room(int size) { return 4 * (size_t)size * size; }
void pyramid_loss_run(parallel_pool *pool, const pyramid_loss *loss);

#endif
