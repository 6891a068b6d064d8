/* One stage of the discriminator (docs/method.md, section 2):
 *   x -> convolution, half the size -> batch norm, or a bias, or neither -> LeakyReLU 0.2 */
#ifndef MODEL_DISCRIMINATOR_BLOCK_H
#define MODEL_DISCRIMINATOR_BLOCK_H

#include "model/architecture.h"
#include "nn/batch_norm.h"
#include "nn/conv_layer.h"

typedef struct discriminator_block {
    int channels, size; /* K, and H = W of its output */
    int has_norm, has_bias;
    conv_layer conv;
    batch_norm norm;
    float *bias, *dbias;
    float *pre, *act; /* the convolution's output, where batch norm follows, and the stage's: K x N x H x W */
    const float *x;   /* of the last forward */
} discriminator_block;

typedef enum discriminator_mode {
    DISCRIMINATOR_EVAL,                     /* running statistics; u and v as they are */
    DISCRIMINATOR_TRAIN,                    /* one power iteration a spectral layer; STATS_BATCH */
    DISCRIMINATOR_TRAIN_NO_POWER_ITERATION, /* u and v as they are; STATS_BATCH */
    DISCRIMINATOR_RECOMPUTE                 /* u and v as they are; STATS_BATCH_FROZEN */
} discriminator_mode;

/* index 0: next to the picture. */
void discriminator_block_add(param_table *table, discriminator_block *block, const architecture *arch, int index);

/* more: floats that are to follow the activation. */
void discriminator_block_place(discriminator_block *block, int batch, size_t more, arena *memory);
size_t discriminator_block_scratch_floats(const discriminator_block *block, int batch, int threads);

/* x -> block->act. x must stay until the backward pass. */
void discriminator_block_forward(parallel_pool *pool, discriminator_block *block, const float *x, int count,
                                 discriminator_mode mode, float *scratch);

/* dact -> dx, by way of dpre. dx may be dact, or NULL. `mode`: of the parameters' gradients. */
void discriminator_block_backward(parallel_pool *pool, float *dx, float *dpre, const float *dact,
                                  const discriminator_block *block, int count, grad_mode mode, float *scratch);

#endif
