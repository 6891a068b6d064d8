/* The generator (docs/method.md, section 1), forward and backward:
 *   z -> mapping -> w;  constant or w -> synthesis_input -> synthesis_block, with w, S times -> convolution -> tanh
 * Images inside are channel-major, C x N x H x W. */
#ifndef MODEL_GENERATOR_H
#define MODEL_GENERATOR_H

#include "model/synthesis_block.h"
#include "model/synthesis_input.h"
#include "nn/init.h"
#include "nn/mapping.h"

typedef struct generator {
    architecture arch;
    int batch; /* most pictures at once */
    int training;
    param_table table; /* part 0: the mapping; i: the layer Li, L1 with the constant */
    param_storage storage;
    mapping map;           /* unused by a DCGAN */
    synthesis_input input; /* L1, with blocks[0] */
    synthesis_block blocks[SSD_MAX_STAGES];
    conv_layer to_image;
    float *image;        /* 3 x N x H x W, in [-1, 1] */
    int prepared;        /* 1: the weights are packed for few pictures; whoever changes a weight sets it to 0 */
    const float *noise;  /* of a training forward, the caller's: for each stage N x H x W standard normals */
    float *fixed_noise;  /* all other forwards': for each stage H x W, one for all pictures */
    float *styles;       /* S x N x L: memory for a caller that has a w for each stage */
    synthesis_pass pass; /* of the last forward */
    /* of the backward pass */
    float *dact, *dpre; /* gradients at a block's output, and before its norm */
    float *dw;          /* S x N x L, or N x L where all stages have one w */
    float *dmixed;      /* 2 N x L, with style mixing: dw of both latents */
} generator;

/* Lays out parameters and buffers in `memory` (measuring or placing), for `batch` pictures at once. */
void generator_place(generator *g, const architecture *arch, int batch, int training, arena *memory);

/* The buffers that generator_backward_styles needs, for one that was placed without training. */
void generator_place_backward(generator *g, arena *memory);

/* Scratch floats that its passes need. */
size_t generator_scratch_floats(const generator *g, int batch, int threads);

/* Initial values and rates (init.h). With g_norm batch, w begins with unit variance and styles as an ordinary batch
 * norm, weight 1 and bias 0. */
void generator_initialise(generator *g, const ssd_config *config, rng *random);

/* z (N x L) -> w: the mapping's, kept until the next call, or z itself where there is none. With style mixing a
 * training generator has room for 2 N. */
const float *generator_map(parallel_pool *pool, generator *g, const float *z, int count, stats_mode stats,
                           float *scratch);

/* Styles -> g->image. w: S x N x L, a w for each stage, `stride` (N L) floats from one to the next; stride 0: N x L,
 * one for all (may be generator_map's result). Noise, where used, is g->noise with STATS_BATCH, else the fixed one. */
void generator_synthesise(parallel_pool *pool, generator *g, const float *w, size_t stride, int count, stats_mode stats,
                          float *scratch);

/* The forward pass of training. crossover: N, of style mixing (z is then 2 N x L), or NULL. */
void generator_forward(parallel_pool *pool, generator *g, const float *z, const int *crossover, int count,
                       float *scratch);

/* After it: gradients of all parameters in use, overwritten. dimage: 3 x N x H x W, destroyed. */
void generator_backward(generator *g, float *dimage, const int *crossover);

/* After generator_synthesise, whose w must still be there: g->dw, and the parameters' gradients (the mapping's apart).
 * `mode`: GRAD_NONE after a forward with running statistics, else GRAD_SET. With GRAD_NONE there must be styles: batch
 * norm's gradient is that of batch statistics. */
void generator_backward_styles(generator *g, float *dimage, grad_mode mode);

#endif
