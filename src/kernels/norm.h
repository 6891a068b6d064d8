/* Normalisation over groups of consecutive floats, with scale, shift and (leaky) ReLU fused.
 *
 * A group is `length` floats (a multiple of 4). Batch norm: one group a channel (N*H*W floats, as images are
 * channel-major). Instance norm: one group a channel and picture (H*W floats), group c*N + n.
 *
 *   xhat = (x - mean) * rstd,  v = scale * xhat + shift,  y = v > 0 ? v : slope * v
 *
 * with mean and biased variance of the group and rstd = 1 / sqrt(variance + eps). slope 0 is ReLU. */
#ifndef KERNELS_NORM_H
#define KERNELS_NORM_H

#include "base/parallel.h"

typedef struct norm_shape {
    int groups;
    int length; /* floats a group */
    int share;  /* so many consecutive groups read the same x (one constant map for a whole batch); usually 1.
                   x then has groups / share groups, as have mean and rstd */
} norm_shape;

/* mean, variance (biased): of each of the groups / share groups of x. */
void norm_statistics(parallel_pool *pool, float *mean, float *variance, const float *x, const norm_shape *shape);

/* y: groups x length; scale, shift: one a group. */
void norm_forward(parallel_pool *pool, float *y, const float *x, const float *mean, const float *rstd,
                  const float *scale, const float *shift, float slope, const norm_shape *shape);

/* Gradients through activation, scale, shift and the statistics, all overwritten. dy may be dx. dscale, dshift: one a
 * group. Needs share 1. */
void norm_backward(parallel_pool *pool, float *dx, float *dscale, float *dshift, const float *dy, const float *x,
                   const float *mean, const float *rstd, const float *scale, const float *shift, float slope,
                   const norm_shape *shape);

/* The same where `across` consecutive groups have one mean and variance between them (batch norm with a scale and shift
 * for each picture), which stand in mean and rstd once a group; or, with across 0, mean and rstd that do not depend on
 * x. */
void norm_backward_across(parallel_pool *pool, float *dx, float *dscale, float *dshift, const float *dy, const float *x,
                          const float *mean, const float *rstd, const float *scale, const float *shift, float slope,
                          const norm_shape *shape, int across);

/* The same where `share` groups read one x: dx has groups / share groups, summed over the sharers. length at most 64.
 */
void norm_backward_shared(parallel_pool *pool, float *dx, float *dscale, float *dshift, const float *dy, const float *x,
                          const float *mean, const float *rstd, const float *scale, const float *shift, float slope,
                          const norm_shape *shape);

#endif
