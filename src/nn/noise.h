/* Noise inputs (Karras et al. 2019, 1812.04948): x[c,n] += strength[c] * noise[n], one map of standard normals a
 * picture, for all its channels. Images are C x N x P, P = H W pixels. */
#ifndef NN_NOISE_H
#define NN_NOISE_H

#include "base/parallel.h"
#include "nn/params.h"

typedef struct noise_layer {
    int channels, pixels;
    float *strength;  /* C */
    float *dstrength; /* NULL where nothing is trained */
} noise_layer;

void noise_add(param_table *table, noise_layer *layer, const char *prefix, int channels, int pixels);

/* x in place. `stride`: floats from a picture's noise to the next one's; 0: all have the same. */
void noise_forward(parallel_pool *pool, float *x, const float *noise, size_t stride, const noise_layer *layer,
                   int batch);

/* dstrength, overwritten; x's gradient is dy itself. */
void noise_backward(parallel_pool *pool, const float *dy, const float *noise, size_t stride, const noise_layer *layer,
                    int batch);

#endif
