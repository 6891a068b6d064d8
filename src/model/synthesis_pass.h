/* What a forward pass through the synthesis network is given, and the backward pass after it needs again. */
#ifndef MODEL_SYNTHESIS_PASS_H
#define MODEL_SYNTHESIS_PASS_H

#include <stddef.h>

#include "base/parallel.h"
#include "kernels/modes.h"

typedef struct synthesis_pass {
    parallel_pool *pool;
    int count; /* N */
    stats_mode stats;
    const float *w;     /* N x L; the w of stage i is w_stride * i floats further on */
    size_t w_stride;    /* 0: all stages have one w */
    const float *noise; /* for each stage N x H x W, or H x W; NULL without noise inputs */
    int noise_maps;     /* N, or 1: all pictures have the same noise */
    int prepared;       /* 1: the packed weights hold, and so does the first map where all pictures share it */
    /* of the backward pass: */
    grad_mode mode; /* of the parameters' gradients */
    float *dw;      /* as w; added to; NULL: not wanted */
    float *scratch;
} synthesis_pass;

#endif
