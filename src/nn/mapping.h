/* The mapping network (docs/method.md, section 1): z / max(|z|, 1e-12), then `count` times (four) [Linear L -> L,
 * LeakyReLU 0.2]. The layers are independent, or one and the same (`shared`, as the reference notebook has it). With
 * pixel_norm (Karras et al. 2019) the normalised z is sqrt(L) times as long: its numbers have mean square 1. Without
 * layers w is the normalised z. With w_norm (nn/w_norm.h) w is normalised over the batch in the end. */
#ifndef NN_MAPPING_H
#define NN_MAPPING_H

#include "ssdgan.h"

#include "nn/linear.h"
#include "nn/params.h"
#include "nn/w_norm.h"

enum { MAPPING_MOST = 8 };

typedef struct mapping {
    int latent; /* L */
    int count, shared, pixel_norm, has_w_norm;
    linear layers[MAPPING_MOST]; /* only the first when shared */
    w_norm norm;
    /* activations[0] is the normalised z, [count] is w before its norm; each batch x L */
    float *activations[MAPPING_MOST + 1];
} mapping;

/* Parameters "mapper.0.weight", ..., or "mapper.linear.weight" when shared; "mapper.norm.running_mean" with w_norm. */
void mapping_add(param_table *table, mapping *m, const ssd_config *options);
void mapping_place(mapping *m, int batch, arena *memory);
size_t mapping_scratch_floats(const mapping *m, int batch, int threads);

/* z: N x L -> w: N x L, kept until the next call. `stats`: of w_norm. */
const float *mapping_forward(parallel_pool *pool, mapping *m, const float *z, int batch, stats_mode stats,
                             float *scratch);

/* After a forward with STATS_BATCH. dw (N x L) is destroyed; the layers' gradients are overwritten. No gradient for z.
 */
void mapping_backward(parallel_pool *pool, mapping *m, float *dw, int batch, float *scratch);

#endif
