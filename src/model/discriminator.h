/* The discriminator (docs/method.md, section 2), forward and backward:
 *   picture -> discriminator_block, S times -> 4x4 map (+ minibatch standard deviation) -> head -> logit
 * Images are channel-major, C x N x H x W. */
#ifndef MODEL_DISCRIMINATOR_H
#define MODEL_DISCRIMINATOR_H

#include "model/discriminator_block.h"
#include "nn/init.h"

typedef struct discriminator {
    architecture arch;
    int batch;
    param_table table; /* part: the layer, 0 next to the picture */
    param_storage storage;
    discriminator_block blocks[SSD_MAX_STAGES];
    float *head, *dhead; /* (C or C + 1) x 16 */
    float *logits;       /* N */
    float *dact, *dpre;  /* gradients at a block's output, and before its norm */
    float *dimage;       /* 3 x N x H x W: at the picture */
} discriminator;

void discriminator_place(discriminator *d, const architecture *arch, int batch, arena *memory);
size_t discriminator_scratch_floats(const discriminator *d, int batch, int threads);

/* Initial values and rates (init.h). */
void discriminator_initialise(discriminator *d, const ssd_config *config, rng *random, float *scratch);

/* image: 3 x N x H x W, whatever the level -> d->logits. It must stay until the backward pass. */
void discriminator_forward(parallel_pool *pool, discriminator *d, const float *image, int count,
                           discriminator_mode mode, float *scratch);

/* After a forward (not DISCRIMINATOR_EVAL); weights, u, v as they were. GRAD_SET and GRAD_ADD: the parameters'
 * gradients alone. GRAD_NONE: d->dimage alone. */
void discriminator_backward(parallel_pool *pool, discriminator *d, const float *dlogits, int count, grad_mode mode,
                            float *scratch);

#endif
