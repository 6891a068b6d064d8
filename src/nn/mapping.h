/* The mapping network (METHOD section 1): z / max(|z|, 1e-12), then four times [Linear L -> L, LeakyReLU 0.2]. The
 * four layers are independent, or one and the same (`shared`, as the reference notebook has it). */
#ifndef NN_MAPPING_H
#define NN_MAPPING_H

#include "nn/linear.h"

enum { MAPPING_LAYERS = 4 };

typedef struct mapping {
    int shared;
    linear layers[MAPPING_LAYERS]; /* the same pointers four times when shared */
    /* activations[0] is the normalised z, [4] is w; each batch x L */
    float *activations[MAPPING_LAYERS + 1];
} mapping;

/* Leaves w in activations[4]. z: N x L. */
void mapping_forward(parallel_pool *pool, mapping *m, const float *z, int batch, float *scratch);

/* dw (N x L) is destroyed; the layers' gradients are overwritten. No gradient for z. `spare`: N x L floats. */
void mapping_backward(parallel_pool *pool, mapping *m, float *dw, float *spare, int batch, float *scratch);

#endif
