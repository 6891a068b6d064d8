/* The mapping network (docs/method.md, section 1): z / max(|z|, 1e-12), then `count` times (four) [Linear L -> L,
 * LeakyReLU 0.2]. The layers are independent, or one and the same (`shared`, as the reference notebook has it). With
 * pixel_norm (Karras et al. 2019) the normalised z is sqrt(L) times as long: its numbers have mean square 1. Without
 * layers w is the normalised z. */
#ifndef NN_MAPPING_H
#define NN_MAPPING_H

#include "nn/linear.h"

enum { MAPPING_MOST = 8 };

typedef struct mapping {
    int latent; /* L */
    int count, shared, pixel_norm;
    linear layers[MAPPING_MOST]; /* the same pointers each time when shared */
    /* activations[0] is the normalised z, [count] is w; each batch x L */
    float *activations[MAPPING_MOST + 1];
} mapping;

/* Leaves w in activations[count]. z: N x L. */
void mapping_forward(parallel_pool *pool, mapping *m, const float *z, int batch, float *scratch);

/* dw (N x L) is destroyed; the layers' gradients are overwritten. No gradient for z. `spare`: N x L floats. */
void mapping_backward(parallel_pool *pool, mapping *m, float *dw, float *spare, int batch, float *scratch);

#endif
