/* The discriminator (docs/method.md, section 2), forward and backward. Images are channel-major, C x N x H x W. */
#ifndef MODEL_DISCRIMINATOR_H
#define MODEL_DISCRIMINATOR_H

#include "base/parallel.h"
#include "model/architecture.h"
#include "model/growth.h"
#include "nn/batch_norm.h"
#include "nn/pointwise.h"
#include "nn/spectral_norm.h"
#include "nn/tensors.h"

typedef struct discriminator_stage {
    int inputs, channels, size;           /* C, K, and H = W of its output */
    int weight;                           /* tensor */
    int has_norm, has_bias, has_spectral; /* batch norm, or a bias; spectral norm */
    spectral_norm spectral;
    batch_norm norm;
    float *bias, *dbias;
    pointwise from_rgb; /* where the network grows: what an inner stage sees where it is the first. Its output is the
                         * activation of the stage before */
    float *pre, *act;   /* convolution's output (where batch norm follows), activation: K x N x H x W */
} discriminator_stage;

typedef struct discriminator {
    architecture arch;
    int batch;
    tensor_table table;
    tensor_blocks blocks;
    discriminator_stage stages[SSD_MAX_STAGES + 1]; /* the last is the head: 4x4 map -> logit */
    float *logits;                                  /* N */
    growth grown;                                   /* full size unless somebody sets it */
    /* workspace */
    float *dact, *dpre;
    float *dimage;       /* 3 x N x H x W: gradient for the picture */
    float *dweight;      /* gradient at a normalised weight */
    float *wide, *dwide; /* 4x4 weights made of 3x3 ones, and their gradient */
    /* while growing: the picture at the level and at the one below, what that one's from_rgb made of it, and the blend
     */
    float *small[2], *below, *blend;
    float *dparameters, *spare;
} discriminator;

void discriminator_place(discriminator *d, const architecture *arch, int batch, arena *memory);
size_t discriminator_scratch_floats(const architecture *arch, int batch, int threads);

/* Initial values and rates, as generator_initialise. Biases begin at zero. */
void discriminator_initialise(discriminator *d, const ssd_config *config, rng *random);

typedef enum discriminator_mode {
    DISCRIMINATOR_EVAL,                     /* running statistics; u and v as they are */
    DISCRIMINATOR_TRAIN,                    /* one power iteration a spectral layer; STATS_BATCH */
    DISCRIMINATOR_TRAIN_NO_POWER_ITERATION, /* u and v as they are; STATS_BATCH */
    DISCRIMINATOR_RECOMPUTE                 /* u and v as they are; STATS_BATCH_FROZEN */
} discriminator_mode;

/* image: 3 x N x H x W, whatever the level -> d->logits. */
void discriminator_forward(parallel_pool *pool, discriminator *d, const float *image, int count,
                           discriminator_mode mode, float *scratch);

/* The layer, 0 next to the picture, that a tensor of the table belongs to (from_rgb: 0). */
int discriminator_layer(const discriminator *d, int tensor);

/* 1 where a tensor is not in use at the present level. */
int discriminator_is_idle(const discriminator *d, int tensor);

/* After a forward (not DISCRIMINATOR_EVAL) of the same image; weights, u, v as they were. GRAD_SET and GRAD_ADD: the
 * parameters' gradients alone. GRAD_NONE: d->dimage alone; it must be the last backward pass of a forward, because
 * while growing it overwrites the smaller pictures. */
void discriminator_backward(parallel_pool *pool, discriminator *d, const float *dlogits, const float *image, int count,
                            grad_mode mode, float *scratch);

#endif
