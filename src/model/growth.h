/* Progressive growing (Karras et al. 2018, arXiv 1710.10196): which size a training is at. Level l makes pictures of
 * 4 << l pixels, from 1 to the network's stages. */
#ifndef MODEL_GROWTH_H
#define MODEL_GROWTH_H

#include "ssdgan.h"

typedef struct growth {
    int level;
    float fade;   /* share of this level's pictures, the rest being the one's below; 1 when it has faded in */
    double begin; /* the step with which the level began */
} growth;

/* Where the step after `step` steps stands; without growing, at full size. */
growth growth_at(const ssd_config *config, int stages, double step);

/* 1 where the networks are not (yet) ordinary ones of full size. */
static inline int growth_is_under_way(const growth *g, int stages) { return g->level < stages || g->fade < 1; }

#endif
