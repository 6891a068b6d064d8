/* Distances between sets of vectors by matrix products, |x|^2 + |y|^2 - 2 x.y, and what is counted from them. */
#ifndef EVAL_NEIGHBOURS_H
#define EVAL_NEIGHBOURS_H

#include <stdint.h>

#include "base/context.h"

enum { NEIGHBOURS_MOST = 5, PRECISION_K = 3, DENSITY_K = 5 };

/* Borrowed vectors, and |x|^2 of each. */
typedef struct vectors {
    const float *rows; /* count x size */
    const double *squares;
    int count, size;
} vectors;

/* squares[i] = |row i|^2, in double. */
void vectors_squares(parallel_pool *pool, double *squares, const float *rows, int count, int size);

/* For every vector of x its nearest of y: index and distance, the latter summed anew in double, so that a copy is at 0.
 * x and y the same rows: each leaves itself out (y at least 2). */
SSD_MUST_USE ssd_status neighbours_nearest(ssd_context *context, const vectors *x, const vectors *y, int32_t *index,
                                           float *distance);

/* For every vector its squared distances to the 5 nearest others, ascending: count x 5. Count at least 6. */
SSD_MUST_USE ssd_status neighbours_radii(ssd_context *context, const vectors *x, double *radii);

/* Precision and recall (Kynkaanniemi et al. 2019, k = 3): the share of the fakes that lie within the k-th neighbour's
 * distance of some real one, and the other way round. Density and coverage (Naeem et al. 2020, k = 5): how many such
 * balls of the reals hold a fake, over k and the fakes; and the share of the reals whose ball holds a fake. */
typedef struct neighbour_scores {
    double precision, recall, density, coverage;
} neighbour_scores;
SSD_MUST_USE ssd_status neighbours_scores(ssd_context *context, const vectors *real, const double *real_radii,
                                          const vectors *fake, const double *fake_radii, neighbour_scores *scores);

#endif
