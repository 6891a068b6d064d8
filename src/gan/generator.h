/* The generator (METHOD section 1), forward and backward. Images inside are channel-major, C x N x H x W. */
#ifndef GAN_GENERATOR_H
#define GAN_GENERATOR_H

#include "base/parallel.h"
#include "gan/architecture.h"
#include "nn/adain.h"
#include "nn/batch_norm.h"
#include "nn/mapping.h"
#include "nn/tensors.h"

/* A stage: its convolution's output (pre), normalised and rectified (act). Stage 0 is the first layer's 4x4 map. */
typedef struct generator_stage {
    int channels, size; /* C, and H = W */
    int weight;         /* tensor of the layer that makes it */
    float *pre, *act;
    float *prepared; /* weights of the layer that makes it, packed for few pictures; NULL while training */
    adain style;     /* one of the two is in use */
    batch_norm norm;
} generator_stage;

typedef struct generator {
    architecture arch;
    int batch; /* most pictures at once */
    int training;
    tensor_table table;
    tensor_blocks blocks;
    int constant;       /* tensor, or -1 */
    int picture_weight; /* tensor of the last layer */
    mapping map;        /* unused by a DCGAN */
    generator_stage stages[SSD_MAX_STAGES];
    float *image; /* 3 x N x H x W, in [-1, 1] */
    int prepared; /* 1: the weights are packed, and the constant's map stands in stages[0].pre */
    /* workspace */
    float *first_input;  /* N x L: what the first layer sees, where that is not the constant */
    float *first_output; /* N x C 16 */
    float *styles;       /* S x N x L: room for a caller that has a w for each stage */
    float *dact, *dpre;  /* gradients on their way back */
    float *dstyle, *spare;
    float *dw; /* S x N x L, or N x L where all stages have one w */
} generator;

/* Lays out tensors and buffers in `memory` (measuring or placing), for `batch` pictures at once. */
void generator_place(generator *g, const architecture *arch, int batch, int training, arena *memory);

/* The buffers that generator_backward_styles needs, for one that was placed without training. */
void generator_place_backward(generator *g, arena *memory);

/* Scratch floats that its passes need. */
size_t generator_scratch_floats(const architecture *arch, int batch, int threads);

/* Initial values. pytorch: its defaults (a DCGAN's: normal, 0.02). dcgan: normal, 0.02, for convolutions. style: w
 * begins with unit variance and styles with scale 1 +- 0.5 and bias +-0.5, so that latents differ from the first step
 * on (with PyTorch's defaults w varies by 0.003 about its mean: all faces are one, and stay so for long). */
void generator_initialise(generator *g, ssd_initial initial, rng *random);

/* The part that a tensor of the table belongs to: 0 the mapping, i the layer Li (L1 with the constant). */
int generator_part(const generator *g, int tensor);

/* z (N x L) -> w: mapping, or z itself where there is none. Returns N x L floats, owned by the generator. */
const float *generator_map(parallel_pool *pool, generator *g, const float *z, int count, float *scratch);

/* Styles -> g->image. w: S x N x L, a w for each stage, `stride` (N L) floats from one to the next; stride 0: N x L,
 * one for all (may be generator_map's result). training: batch norm, where used, on batch statistics. */
void generator_synthesise(parallel_pool *pool, generator *g, const float *w, size_t stride, int count, int training,
                          float *scratch);

/* Gradients of all parameters, overwritten, after a training forward of map and synthesise (stride 0) at `count`
 * pictures. dimage: 3 x N x H x W, destroyed. */
void generator_backward(parallel_pool *pool, generator *g, float *dimage, int count, float *scratch);

/* The same down to the styles, after a forward of synthesise with these w and stride: g->dw. The parameters' gradients,
 * the mapping's apart, with `weights` only. Without weights and training AdaIN alone is differentiated: batch norm's
 * gradient is that of batch statistics. */
void generator_backward_styles(parallel_pool *pool, generator *g, float *dimage, const float *w, size_t stride,
                               int count, int weights, float *scratch);

#endif
