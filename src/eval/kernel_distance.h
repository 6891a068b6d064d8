/* The kernel distance (KID; Binkowski et al. 2018): the unbiased squared maximum mean discrepancy under the kernel
 * k(x, y) = (x.y / size + 1)^3, as the mean over random subsets of m vectors from each set. Around 0, or just below it,
 * for sets of one distribution. */
#ifndef EVAL_KERNEL_DISTANCE_H
#define EVAL_KERNEL_DISTANCE_H

#include "base/context.h"

/* `subsets` draws (1 or more) of `m` (2 .. the smaller count), without replacement within a draw, by `seed`.
 * *spread is the standard deviation over the subsets (0 for one), as the field quotes it. */
SSD_MUST_USE ssd_status kernel_distance(ssd_context *context, const float *a, int a_count, const float *b, int b_count,
                                        int size, int subsets, int m, double seed, double *distance, double *spread);

#endif
