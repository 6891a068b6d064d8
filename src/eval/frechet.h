/* The Frechet distance of two sets of vectors taken as normal distributions (Dowson & Landau 1982; of features: Heusel
 * et al. 2017):
 *   |m1 - m2|^2 + tr S1 + tr S2 - 2 tr (S1 S2)^(1/2)
 * with S the covariance over n - 1. With F Ft = S1, the eigenvalues of S1 S2 are those of the symmetric Ft S2 F: the
 * trace is the sum of their roots. All in double. Biased upwards by about 1/n: compare only sets of one size. */
#ifndef EVAL_FRECHET_H
#define EVAL_FRECHET_H

#include "base/context.h"

/* Rows are vectors: a is a_count x size, b likewise; both counts at least 2. */
SSD_MUST_USE ssd_status frechet_distance(ssd_context *context, const float *a, int a_count, const float *b, int b_count,
                                         int size, double *distance);

#endif
