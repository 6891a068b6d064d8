/* One stage of the generator (docs/method.md, section 1):
 *   x -> transposed convolution, twice the size -> (+ noise) -> AdaIN with w, or batch norm -> ReLU
 * The first stage has no convolution of its own: its map comes from synthesis_input. */
#ifndef MODEL_SYNTHESIS_BLOCK_H
#define MODEL_SYNTHESIS_BLOCK_H

#include "model/architecture.h"
#include "model/synthesis_pass.h"
#include "nn/adain.h"
#include "nn/batch_norm.h"
#include "nn/conv_layer.h"
#include "nn/noise.h"

typedef struct synthesis_block {
    int index; /* 0: the first */
    int channels, size;
    int has_noise, has_style; /* without a style: batch norm */
    conv_layer conv;
    noise_layer noise;
    adain style;
    batch_norm norm;
    float *pre, *act; /* before the norm, and the stage's output: C x N x H x W */
} synthesis_block;

/* Convolution `index`, between stage index - 1 and stage index, or, with index arch->stages, the picture. */
void synthesis_conv_add(param_table *table, conv_layer *conv, const architecture *arch, int index);

/* The name of a stage's first layer: convolution `index`, or synthesis_input's with index 0. */
void synthesis_conv_name(char name[PARAM_NAME], const architecture *arch, int index);

/* All of the block but its convolution, which comes before. shared_input: `pre` is one map for all pictures. */
void synthesis_block_add(param_table *table, synthesis_block *block, const architecture *arch, int index,
                         int shared_input);
void synthesis_block_place(synthesis_block *block, int batch, int training, arena *memory);
size_t synthesis_block_scratch_floats(const synthesis_block *block, int batch, int threads);

/* x, the output of the stage below -> block->act. The first block has no x: block->pre is there already. */
void synthesis_block_forward(const synthesis_pass *pass, synthesis_block *block, const float *x);

/* dact -> dx, by way of dpre. dx may be dact. The first block stops at dpre. */
void synthesis_block_backward(const synthesis_pass *pass, float *dx, float *dpre, const float *dact, const float *x,
                              const synthesis_block *block);

#endif
