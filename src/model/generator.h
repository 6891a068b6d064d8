/* The generator (docs/method.md, section 1), forward and backward. Images inside are channel-major, C x N x H x W. */
#ifndef MODEL_GENERATOR_H
#define MODEL_GENERATOR_H

#include "base/parallel.h"
#include "model/architecture.h"
#include "model/growth.h"
#include "kernels/conv.h"
#include "nn/adain.h"
#include "nn/batch_norm.h"
#include "nn/mapping.h"
#include "nn/noise.h"
#include "nn/pointwise.h"
#include "nn/tensors.h"

/* A stage: its convolution's output (pre), normalised and rectified (act). Stage 0 is the first layer's 4x4 map; the
 * last, number arch.stages, is the picture, of which only the weights are here. */
typedef struct generator_stage {
    int channels, size; /* C, and H = W */
    int weight;         /* tensor of the layer that makes it */
    float *pre, *act;
    float *prepared; /* weights of the layer that makes it, packed for few pictures; NULL while training */
    adain style;     /* one of the two is in use */
    batch_norm norm;
    noise_layer noise; /* with the option noise */
    pointwise to_rgb;  /* where the network grows, of the inner stages: the picture at this size */
} generator_stage;

typedef struct generator {
    architecture arch;
    int batch; /* most pictures at once */
    int training;
    tensor_table table;
    tensor_blocks blocks;
    int constant; /* tensor, or -1 */
    growth grown; /* full size unless somebody sets it */
    mapping map;  /* unused by a DCGAN */
    generator_stage stages[SSD_MAX_STAGES + 1];
    float *image;       /* 3 x N x H x W, in [-1, 1], whatever the level: smaller pictures enlarged */
    int prepared;       /* 1: the weights are packed, and the constant's map stands in stages[0].pre */
    const float *noise; /* of a training forward, the caller's: for each stage N x H x W standard normals */
    /* workspace */
    float *still;        /* all other forwards' noise: for each stage H x W, one for all pictures */
    float *first_input;  /* N x L: what the first layer sees, where that is not the constant */
    float *first_output; /* N x C 16 */
    float *styles;       /* S x N x L: room for a caller that has a w for each stage */
    float *dact, *dpre;  /* gradients on their way back */
    float *dstyle, *spare;
    float *dw;               /* S x N x L, or N x L where all stages have one w */
    float *wide, *dwide;     /* weights as convolved, where they are not the tensor itself; their gradient */
    float *rgb[2], *drgb[2]; /* while growing: the level's picture and the one below, and their gradients */
} generator;

/* Lays out tensors and buffers in `memory` (measuring or placing), for `batch` pictures at once. */
void generator_place(generator *g, const architecture *arch, int batch, int training, arena *memory);

/* The buffers that generator_backward_styles needs, for one that was placed without training. */
void generator_place_backward(generator *g, arena *memory);

/* Scratch floats that its passes need. */
size_t generator_scratch_floats(const architecture *arch, int batch, int threads);

/* Initial values. pytorch: its defaults (a DCGAN's: normal, 0.02). dcgan: normal, 0.02, for convolutions. With g_norm
 * batch, w begins with unit variance (He et al. 2015, 1502.01852) and styles as an ordinary batch norm, weight 1 and
 * bias 0. equalised: normals with He's deviation for all weights, whatever `initial`. */
void generator_initialise(generator *g, const ssd_config *config, rng *random);

/* Sets the tensors' rates: 1, or with `equalised` He's deviation, of weights that make a picture or a style without
 * the activation's gain; the mapping's times mapping_rate. */
void generator_set_rates(generator *g, const ssd_config *config);

/* The part that a tensor of the table belongs to: 0 the mapping, i the layer Li (L1 with the constant). */
int generator_part(const generator *g, int tensor);

/* 1 where a tensor is not in use at the present level. */
int generator_is_idle(const generator *g, int tensor);

/* Convolution i, between stage i - 1 and stage i (or the picture, i = stages), seen from its large side. */
conv_shape generator_shape(const architecture *a, int i, int batch);

/* DCGANs have none: w is z. */
static inline int generator_has_mapping(const architecture *a) { return a->options.model == SSD_MODEL_SSD; }

/* z (N x L) -> w: mapping, or z itself where there is none. Returns N x L floats, owned by the generator. With
 * style mixing a training generator has room for 2 N. */
const float *generator_map(parallel_pool *pool, generator *g, const float *z, int count, float *scratch);

/* Styles -> g->image. w: S x N x L, a w for each stage, `stride` (N L) floats from one to the next; stride 0: N x L,
 * one for all (may be generator_map's result). Noise, where used, is g->noise with STATS_BATCH, else the fixed one. */
void generator_synthesise(parallel_pool *pool, generator *g, const float *w, size_t stride, int count, stats_mode stats,
                          float *scratch);

/* Gradients of all parameters in use, overwritten, after a training forward of map and synthesise (stride 0) at `count`
 * pictures. dimage: 3 x N x H x W, destroyed. */
void generator_backward(parallel_pool *pool, generator *g, float *dimage, int count, float *scratch);

/* The same where two latents were mapped for each picture, 2 N x L, and g->styles made of them: stage i of picture n
 * has the first one's w where i < crossover[n], else the second's. */
void generator_mix(generator *g, const float *w, const int *crossover, int count);
void generator_backward_mixed(parallel_pool *pool, generator *g, float *dimage, const int *crossover, int count,
                              float *scratch);

/* The same down to the styles, after a forward of synthesise with these w and stride: g->dw. `mode`: of the parameters'
 * gradients (the mapping's apart), GRAD_NONE after a forward with running statistics, else GRAD_SET. With GRAD_NONE
 * there must be styles: batch norm's gradient is that of batch statistics. */
void generator_backward_styles(parallel_pool *pool, generator *g, float *dimage, const float *w, size_t stride,
                               int count, grad_mode mode, float *scratch);

#endif
