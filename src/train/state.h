/* The state of a training run: networks, average, counters, random state and the buffers of a step. All memory is taken
 * when it is made. */
#ifndef TRAIN_STATE_H
#define TRAIN_STATE_H

#include "base/context.h"
#include "model/discriminator.h"
#include "model/generator.h"
#include "model/model.h"
#include "nn/augment.h"

/* Where the run stands. Plain numbers, all of which go into the checkpoint. */
typedef struct trainer_counters {
    double step;  /* steps done */
    double epoch; /* epochs done */
    double step_in_epoch;
    double fingerprint; /* of the pictures the order belongs to; 0 before the first set_dataset */
    double best_val_loss_g, best_step;
} trainer_counters;

/* The numbers of the last step and of the last validation. */
typedef struct trainer_losses {
    double loss_g, loss_d, d_real, d_fake;
    double val_loss_g, val_loss_d, val_accuracy;
    double grad_norm_g, grad_norm_d;
} trainer_losses;

/* The three batches that a step shows to D; each is augmented by itself. */
typedef enum d_batch { D_BATCH_G_FAKE, D_BATCH_REAL, D_BATCH_FAKE, D_BATCHES } d_batch;

struct ssd_trainer {
    ssd_context *context;
    ssd_config config;
    generator g;
    discriminator d;
    generator average;   /* its parameters and buffers are the averaged copy; placed with config.ema only */
    ssd_generator model; /* the borrowed view of the average, or of g */
    trainer_counters counters;
    trainer_losses losses;
    rng random; /* latents and flips of the steps to come */
    char plan[SSD_PLAN_BYTES];
    const ssd_dataset *dataset;
    int train_count, val_count;
    int *order;         /* this epoch's order of the training pictures, train_count long */
    float *block;       /* the one arena */
    float *z;           /* N x L; with style mixing 2 N x L, the second latents behind the first */
    float *noise;       /* for each stage N x H x W; with noise inputs */
    float *real;        /* 3 x N x H x W */
    float *augmented;   /* 3 x N x H x W: D's input */
    float *perturbed;   /* 3 x N x H x W: with augmentation the gradient at G's pictures; R1's pictures */
    float *dlogits;     /* N */
    float *real_logits; /* N */
    float *fake_logits; /* N */
    float *squares;     /* sums of the gradient's squares, one a piece of Adam's work */
    float *scratch;
    augment_shift *shifts; /* batches x N */
    int *crossover;        /* N: the stage from which a picture has its second latent; with style mixing */
    int *batch_indices;    /* N */
    uint8_t *batch_mirror; /* N */
};

/* A trainer of this architecture (which a file may have decided) with fresh initial values. */
SSD_MUST_USE ssd_status trainer_create(ssd_context *context, const ssd_config *config, const architecture *arch,
                                       ssd_trainer **trainer);

/* The average starts from the generator as it is; nothing without config.ema. */
void trainer_begin_average(ssd_trainer *t);

/* Marks the parameters that config.freeze and freeze_d leave untrained. */
void trainer_freeze(ssd_trainer *t);

/* Latents of a batch: N, or with style mixing 2 N. */
int trainer_latents_a_batch(const ssd_trainer *t);

#endif
