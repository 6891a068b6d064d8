/* The sliced Wasserstein distance (Rabin et al. 2011) of patches of Laplacian pyramids, after Karras et al. 2018:
 * at each level, patches of 7 x 7 x 3 from random places, each channel brought to mean 0 and deviation 1 over the set;
 * their projections on random unit directions, sorted, and the mean absolute difference of the two sets'. Both sets
 * give the same number of pictures: the larger is thinned evenly. Patches of picture i lie in the same places in both
 * sets, so that the distance of a set to itself is 0. Karras et al. print these numbers times 1,000. */
#ifndef EVAL_SWD_H
#define EVAL_SWD_H

#include "base/context.h"

enum { SWD_LEVELS = 8 };

typedef struct swd_options {
    int patches;    /* a picture, 1..1024; Karras et al.: 128 */
    int directions; /* 1..4096; Karras et al.: 512 */
    double seed;
} swd_options;

/* distances[level], finest first, of a and b (count x size x size x 3 bytes), at pyramid_levels(size) levels. */
SSD_MUST_USE ssd_status swd_distances(ssd_context *context, double distances[SWD_LEVELS], const uint8_t *a, int a_count,
                                      const uint8_t *b, int b_count, int size, const swd_options *options);

#endif
