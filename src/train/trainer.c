/* The public calls of a trainer. */
#include <string.h>

#include "model/config.h"
#include "train/batch.h"
#include "train/step.h"

ssd_status ssd_trainer_create(ssd_context *context, const ssd_config *config, ssd_trainer **trainer) {
    const ssd_status status = config_check(context, config);
    if (status)
        return status;
    architecture arch;
    architecture_from_config(&arch, config);
    return trainer_create(context, config, &arch, trainer);
}

ssd_status ssd_trainer_step(ssd_trainer *trainer) {
    if (!trainer->dataset)
        return context_fail(trainer->context, SSD_BAD_STATE, "the trainer has no pictures yet");
    trainer_fill_batch(trainer);
    const ssd_status status = trainer_step_on_batch(trainer);
    trainer_advance(trainer);
    return status;
}

void ssd_trainer_stats(const ssd_trainer *trainer, double stats[SSD_STAT_COUNT]) {
    const trainer_counters *c = &trainer->counters;
    const trainer_losses *l = &trainer->losses;
    const double values[SSD_STAT_COUNT] = {
        [SSD_STAT_STEP] = c->step,
        [SSD_STAT_EPOCH] = c->epoch,
        [SSD_STAT_STEP_IN_EPOCH] = c->step_in_epoch,
        [SSD_STAT_STEPS_PER_EPOCH] = trainer_steps_per_epoch(trainer),
        [SSD_STAT_PICTURES_SEEN] = c->step * trainer->config.batch,
        [SSD_STAT_TRAIN_COUNT] = trainer->train_count,
        [SSD_STAT_VAL_COUNT] = trainer->val_count,
        [SSD_STAT_LOSS_G] = l->loss_g,
        [SSD_STAT_LOSS_D] = l->loss_d,
        [SSD_STAT_D_REAL] = l->d_real,
        [SSD_STAT_D_FAKE] = l->d_fake,
        [SSD_STAT_VAL_LOSS_G] = l->val_loss_g,
        [SSD_STAT_VAL_LOSS_D] = l->val_loss_d,
        [SSD_STAT_VAL_ACCURACY] = l->val_accuracy,
        [SSD_STAT_BEST_VAL_LOSS_G] = c->best_val_loss_g,
        [SSD_STAT_BEST_STEP] = c->best_step,
        [SSD_STAT_GRAD_NORM_G] = l->grad_norm_g,
        [SSD_STAT_GRAD_NORM_D] = l->grad_norm_d,
    };
    memcpy(stats, values, sizeof values);
}

/* C x N x P to N x C x P. */
static void picture_major(float *to, const float *from, size_t batch, size_t pixels) {
    for (size_t n = 0; n < batch; n++)
        for (size_t c = 0; c < 3; c++)
            memcpy(to + (n * 3 + c) * pixels, from + (c * batch + n) * pixels, pixels * sizeof *to);
}

ssd_status ssd_trainer_last_batch(const ssd_trainer *trainer, float *pictures, float *samples, float *logits) {
    if (trainer->counters.step == 0)
        return context_fail(trainer->context, SSD_BAD_STATE, "there is no last batch before the first step");
    const size_t batch = (size_t)trainer->config.batch;
    const size_t side = (size_t)architecture_image_size(&trainer->g.arch);
    picture_major(pictures, trainer->real, batch, side * side);
    picture_major(samples, trainer->g.image, batch, side * side);
    memcpy(logits, trainer->real_logits, batch * sizeof *logits);
    memcpy(logits + batch, trainer->fake_logits, batch * sizeof *logits);
    return SSD_OK;
}

ssd_status ssd_trainer_set(ssd_trainer *trainer, const char *name, double value) {
    const config_field *field = config_field_find(name);
    if (field && !(field->flags & CONFIG_LIVE)) /* ssd_config_set refuses a name that it does not know */
        return context_fail(trainer->context, SSD_BAD_ARGUMENT, "%s cannot change in the middle of a training", name);
    ssd_config config = trainer->config;
    ssd_status status = ssd_config_set(trainer->context, &config, name, value);
    if (!status)
        status = config_check(trainer->context, &config);
    if (status)
        return status;
    trainer->config = config;
    trainer_freeze(trainer);
    return SSD_OK;
}

ssd_status ssd_trainer_set_plan(ssd_trainer *trainer, const char *plan) {
    const size_t length = plan ? strlen(plan) : 0;
    if (!plan || length >= SSD_PLAN_BYTES)
        return context_fail(trainer->context, SSD_BAD_ARGUMENT, "a plan has at most %d bytes, but this has %zu",
                            SSD_PLAN_BYTES - 1, length);
    memcpy(trainer->plan, plan, length + 1);
    return SSD_OK;
}

const char *ssd_trainer_plan(const ssd_trainer *trainer) { return trainer->plan; }

void ssd_trainer_config(const ssd_trainer *trainer, ssd_config *config) { *config = trainer->config; }

double ssd_trainer_generator_parameters(const ssd_trainer *trainer) { return (double)trainer->g.table.parameter_count; }

double ssd_trainer_discriminator_parameters(const ssd_trainer *trainer) {
    return (double)trainer->d.table.parameter_count;
}

ssd_generator *ssd_trainer_generator(ssd_trainer *trainer) { return &trainer->model; }
