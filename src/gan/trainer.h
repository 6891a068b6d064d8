/* The training of METHOD section 3: one G update and one D update a step. */
#ifndef GAN_TRAINER_H
#define GAN_TRAINER_H

#include "base/context.h"
#include "gan/discriminator.h"
#include "gan/generator.h"
#include "gan/sampler.h"

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
} trainer_losses;

struct ssd_trainer {
    ssd_context *context;
    ssd_config config;
    generator g;
    discriminator d;
    ssd_generator sampler; /* the borrowed view of g */
    trainer_counters counters;
    trainer_losses losses;
    rng random; /* latents and flips of the steps to come */
    const ssd_dataset *dataset;
    int train_count, val_count;
    int *order;     /* this epoch's order of the training pictures, train_count long */
    float *block;   /* the one arena */
    float *z;       /* N x L */
    float *real;    /* 3 x N x H x W */
    float *dlogits; /* N */
    float *scratch;
    int *batch_indices;
    uint8_t *batch_mirror;
};

/* A trainer of this architecture (which a file may have decided) with fresh initial values. */
SSD_MUST_USE ssd_status trainer_create(ssd_context *context, const ssd_config *config, const architecture *arch,
                                       ssd_trainer **trainer);

/* Bytes of the arena that such a trainer needs. */
size_t trainer_bytes(const architecture *arch, int batch, int threads);

/* The step itself, on t->z and t->real; leaves losses, and both gradients in their blocks. Counters move by one. */
SSD_MUST_USE ssd_status trainer_step_on_batch(ssd_trainer *t);

int trainer_steps_per_epoch(const ssd_trainer *t);

/* Shuffles t->order for epoch number t->counters.epoch: it depends on seed and epoch alone. */
void trainer_shuffle(ssd_trainer *t);

#endif
