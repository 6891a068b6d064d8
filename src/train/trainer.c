#include "train/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/helpers.h"
#include "data/dataset.h"
#include "model/config.h"
#include "kernels/kernels.h"

enum { DEFAULT_VAL_MOST = 500 };

/* ------------------------------------------------------------------------------------- create --- */

static void trainer_place(ssd_trainer *t, const ssd_config *config, const architecture *arch, int threads,
                          arena *memory) {
    const size_t size = (size_t)architecture_image_size(arch), batch = (size_t)config->batch;
    const size_t pictures = 3 * batch * size * size;
    generator_place(&t->g, arch, (int)batch, 1, memory);
    discriminator_place(&t->d, arch, (int)batch, memory);
    if (config->ema > 0)
        generator_place(&t->average, arch, SAMPLER_BATCH, 0, memory);
    t->z = arena_floats(memory, batch * arch->latent * (arch->style_mixing ? 2 : 1));
    t->noise = arena_floats(memory, arch->noise ? batch * architecture_noise_floats(arch->stages) : 0);
    t->real = arena_floats(memory, pictures);
    t->augmented = arena_floats(memory, pictures);
    t->perturbed = arena_floats(memory, pictures);
    t->dlogits = arena_floats(memory, batch);
    t->real_logits = arena_floats(memory, batch);
    t->dreal_logits = arena_floats(memory, batch);
    t->squares = arena_floats(memory, max_size(t->g.table.trained_floats, t->d.table.trained_floats) / ADAM_PIECE + 1);
    t->sampler.mean_w = arena_floats(memory, (size_t)arch->latent);
    const int most = (int)max_size(batch, SAMPLER_BATCH);
    t->scratch = arena_floats(memory, max_size(generator_scratch_floats(arch, most, threads),
                                               discriminator_scratch_floats(arch, (int)batch, threads)));
}

size_t trainer_bytes(const ssd_config *config, const architecture *arch, int threads) {
    ssd_trainer *measured = calloc(1, sizeof *measured);
    if (!measured)
        return 0;
    arena memory = {0};
    trainer_place(measured, config, arch, threads, &memory);
    free(measured);
    return memory.floats * sizeof(float);
}

void trainer_grow(ssd_trainer *t) {
    const growth now = growth_at(&t->config, t->g.arch.stages, t->counters.step);
    t->g.grown = t->d.grown = t->average.grown = now;
    for (int i = 0; i < t->g.table.count; i++)
        t->g.table.list[i].frozen = ((t->config.freeze >> generator_part(&t->g, i)) & 1) || generator_is_idle(&t->g, i);
    for (int i = 0; i < t->d.table.count; i++)
        t->d.table.list[i].frozen =
            discriminator_layer(&t->d, i) < t->config.freeze_d || discriminator_is_idle(&t->d, i);
}

int trainer_latents_a_batch(const ssd_trainer *t) { return t->config.batch * (t->g.arch.style_mixing ? 2 : 1); }

ssd_status trainer_create(ssd_context *context, const ssd_config *config, const architecture *arch,
                          ssd_trainer **trainer) {
    const int threads = ssd_context_threads(context);
    const size_t pictures = (size_t)config->batch;
    ssd_trainer *t = context_allocate(context, 1, sizeof *t);
    if (!t)
        return SSD_OUT_OF_MEMORY;
    t->block = context_allocate(context, trainer_bytes(config, arch, threads), 1);
    t->batch_indices = context_allocate(context, pictures, sizeof *t->batch_indices);
    t->batch_mirror = context_allocate(context, pictures, sizeof *t->batch_mirror);
    t->augment_params = context_allocate(context, D_BATCHES * pictures, sizeof *t->augment_params);
    t->crossover = context_allocate(context, pictures, sizeof *t->crossover);
    if (!t->block || !t->batch_indices || !t->batch_mirror || !t->augment_params || !t->crossover) {
        ssd_trainer_destroy(t);
        return SSD_OUT_OF_MEMORY;
    }
    arena memory = {.base = t->block};
    trainer_place(t, config, arch, threads, &memory);
    t->context = context;
    t->config = *config;
    t->sampler.context = context;
    t->sampler.net = config->ema > 0 ? &t->average : &t->g;
    t->sampler.scratch = t->scratch;
    t->counters.best_val_loss_g = INFINITY;
    t->counters.augment_p = config->augment_p;
    t->losses = (trainer_losses){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    rng initial;
    rng_seed(&initial, (uint64_t)config->seed, STREAM_INITIAL);
    generator_initialise(&t->g, config, &initial);
    discriminator_initialise(&t->d, config, &initial);
    trainer_begin_average(t);
    trainer_grow(t);
    rng_seed(&t->random, (uint64_t)config->seed, STREAM_STEPS);
    *trainer = t;
    return SSD_OK;
}

void trainer_begin_average(ssd_trainer *t) {
    if (t->config.ema <= 0)
        return;
    memcpy(t->average.blocks.trained, t->g.blocks.trained, t->g.table.trained_floats * sizeof(float));
    memcpy(t->average.blocks.state, t->g.blocks.state, t->g.table.state_floats * sizeof(float));
}

ssd_status ssd_trainer_create(ssd_context *context, const ssd_config *config, ssd_trainer **trainer) {
    const ssd_status status = config_check(context, config);
    if (status)
        return status;
    architecture arch;
    architecture_from_config(&arch, config);
    return trainer_create(context, config, &arch, trainer);
}

void ssd_trainer_destroy(ssd_trainer *trainer) {
    if (!trainer)
        return;
    free(trainer->order);
    free(trainer->batch_indices);
    free(trainer->batch_mirror);
    free(trainer->augment_params);
    free(trainer->crossover);
    free(trainer->block);
    free(trainer);
}

/* --------------------------------------------------------------------------------- data order --- */

int ssd_held_out(int count, int val_count) {
    if (val_count >= 0)
        return val_count;
    const int tenth = count / 10;
    return tenth < 1 ? 1 : tenth > DEFAULT_VAL_MOST ? DEFAULT_VAL_MOST : tenth;
}

void trainer_shuffle(ssd_trainer *t) {
    rng random;
    rng_seed(&random, (uint64_t)t->config.seed, STREAM_ORDER + (uint64_t)t->counters.epoch);
    for (int i = 0; i < t->train_count; i++)
        t->order[i] = i;
    for (int i = t->train_count - 1; i > 0; i--) {
        const int j = (int)rng_below(&random, (uint32_t)i + 1);
        const int swap = t->order[i];
        t->order[i] = t->order[j];
        t->order[j] = swap;
    }
}

ssd_status ssd_trainer_set_dataset(ssd_trainer *trainer, const ssd_dataset *dataset, int accept_other) {
    ssd_context *context = trainer->context;
    const int count = dataset ? ssd_dataset_count(dataset) : 0;
    const int size = architecture_image_size(&trainer->g.arch);
    if (count < 2)
        return context_fail(context, SSD_BAD_ARGUMENT, "training needs at least 2 pictures, but there %s %d",
                            count == 1 ? "is" : "are", count);
    if (ssd_dataset_size(dataset) != size)
        return context_fail(context, SSD_BAD_ARGUMENT, "the pictures are %d pixels wide, but the network makes %d",
                            ssd_dataset_size(dataset), size);
    const int val = ssd_held_out(count, trainer->config.val_count);
    if (val > count - 1)
        return context_fail(context, SSD_BAD_ARGUMENT,
                            "%d pictures are to be held out, but only %d are there; hold out fewer", val, count);
    const double fingerprint = ssd_dataset_fingerprint(dataset), known = trainer->counters.fingerprint;
    if (known != 0 && known != fingerprint && !accept_other)
        return context_fail(context, SSD_BAD_STATE,
                            "these are not the pictures that the training began with; give the same ones, or accept a "
                            "new order");
    const int train = (int)fmax(1, floor((count - val) * trainer->config.fraction / 100 + 0.5));
    int *order = context_allocate(context, (size_t)train, sizeof *order);
    if (!order)
        return SSD_OUT_OF_MEMORY;
    free(trainer->order);
    trainer->order = order;
    trainer->dataset = dataset;
    trainer->train_count = train;
    trainer->val_count = val;
    trainer->counters.fingerprint = fingerprint;
    if (trainer->counters.step_in_epoch >= trainer_steps_per_epoch(trainer))
        trainer->counters.step_in_epoch = 0; /* other pictures than before */
    trainer_shuffle(trainer);
    return SSD_OK;
}

/* Whole batches only; a smaller set than one batch makes one, with repeats. */
int trainer_steps_per_epoch(const ssd_trainer *t) {
    const int steps = t->train_count / t->config.batch;
    return t->train_count && !steps ? 1 : steps;
}

/* The stage from which each picture has its second latent's style; beyond the last where it has none (Karras et al.
 * 2019). Only stages in use count: 1 .. level while growing. */
static void draw_crossovers(ssd_trainer *t, int pictures) {
    const int stages = t->g.arch.stages, level = t->g.grown.level;
    const int used = level < stages ? level + 1 : stages;
    for (int i = 0; t->g.arch.style_mixing && i < pictures; i++) {
        const int mixed = rng_uniform(&t->random) < t->config.style_mixing;
        t->crossover[i] = mixed ? 1 + (int)rng_below(&t->random, (uint32_t)used - 1) : stages;
    }
}

/* Training pictures are numbers 0 .. train_count-1, held-out ones the last val_count. */
static void fill_batch(ssd_trainer *t) {
    const int batch = t->config.batch;
    const int kinds = trainer_augments(&t->config);
    const long first = (long)t->counters.step_in_epoch * batch;
    for (int i = 0; i < batch; i++) {
        t->batch_indices[i] = t->order[(first + i) % t->train_count];
        t->batch_mirror[i] = t->config.flip ? (uint8_t)(rng_next(&t->random) >> 63) : 0;
    }
    dataset_batch(t->dataset, t->batch_indices, t->batch_mirror, batch, t->real);
    rng_normal(&t->random, t->z, trainer_latents_a_batch(t) * t->g.arch.latent);
    if (t->g.arch.noise)
        rng_normal(&t->random, t->noise, batch * (int)architecture_noise_floats(t->g.arch.stages));
    draw_crossovers(t, batch);
    if (kinds)
        augment_draw(t->augment_params, D_BATCHES * batch, kinds, t->counters.augment_p,
                     architecture_image_size(&t->g.arch), &t->random);
}

ssd_status ssd_trainer_step(ssd_trainer *trainer) {
    if (!trainer->dataset)
        return context_fail(trainer->context, SSD_BAD_STATE, "the trainer has no pictures yet");
    fill_batch(trainer);
    const ssd_status status = trainer_step_on_batch(trainer);
    if (++trainer->counters.step_in_epoch >= trainer_steps_per_epoch(trainer)) {
        trainer->counters.step_in_epoch = 0;
        trainer->counters.epoch++;
        trainer_shuffle(trainer);
    }
    return status;
}

/* --------------------------------------------------------------------------------- validation --- */

static int count_above(const float *logits, int count, int above) {
    int hits = 0;
    for (int i = 0; i < count; i++)
        hits += above ? logits[i] > 0 : logits[i] < 0;
    return hits;
}

ssd_status ssd_trainer_validate(ssd_trainer *trainer) {
    ssd_trainer *t = trainer;
    if (!t->dataset || t->val_count < 1)
        return context_fail(t->context, SSD_BAD_STATE, "no pictures are held out for validation");
    parallel_pool *pool = t->context->pool;
    generator *g = t->sampler.net; /* the average, where there is one: what is kept */
    const int total = ssd_dataset_count(t->dataset), latent = g->arch.latent;
    const int most = g->batch < t->config.batch ? g->batch : t->config.batch;
    const ssd_loss kind = (ssd_loss)t->config.loss;
    rng random; /* the same latents each time */
    rng_seed(&random, (uint64_t)t->config.seed, STREAM_VALIDATION);
    double loss_g = 0, loss_d = 0, right = 0;
    for (int done = 0; done < t->val_count; done += most) {
        const int count = t->val_count - done < most ? t->val_count - done : most;
        for (int i = 0; i < count; i++)
            t->batch_indices[i] = total - t->val_count + done + i;
        dataset_batch(t->dataset, t->batch_indices, NULL, count, t->real);
        discriminator_forward(pool, &t->d, t->real, count, DISCRIMINATOR_RUNNING, t->scratch);
        memcpy(t->real_logits, t->d.logits, (size_t)count * sizeof(float));
        rng_normal(&random, t->z, count * latent);
        const float *w = generator_map(pool, g, t->z, count, t->scratch);
        generator_synthesise(pool, g, w, 0, count, 0, t->scratch);
        discriminator_forward(pool, &t->d, g->image, count, DISCRIMINATOR_RUNNING, t->scratch);
        loss_d += count * loss_discriminator(kind, t->real_logits, t->d.logits, count);
        loss_g += count * loss_generator(kind, NULL, t->real_logits, t->d.logits, count);
        right += count_above(t->real_logits, count, 1) + count_above(t->d.logits, count, 0);
    }
    t->losses.val_loss_g = loss_g / t->val_count;
    t->losses.val_loss_d = loss_d / t->val_count;
    t->losses.val_accuracy = right / (2.0 * t->val_count);
    if (t->losses.val_loss_g < t->counters.best_val_loss_g) {
        t->counters.best_val_loss_g = t->losses.val_loss_g;
        t->counters.best_step = t->counters.step;
    }
    return SSD_OK;
}

/* -------------------------------------------------------------------------------------- asked --- */

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
        [SSD_STAT_AUGMENT_P] = trainer_augments(&trainer->config) ? c->augment_p : 0,
        [SSD_STAT_RATE] = trainer_rate(trainer),
    };
    memcpy(stats, values, sizeof values);
}

ssd_status ssd_trainer_set(ssd_trainer *trainer, const char *name, double value) {
    static const char *const free_fields[] = {"lr",
                                              "lr_g",
                                              "lr_d",
                                              "schedule",
                                              "beta1",
                                              "beta2",
                                              "eps",
                                              "schedule_pictures",
                                              "augment_colour",
                                              "augment_p",
                                              "augment_cutout",
                                              "augment_translation",
                                              "r1",
                                              "r1_interval",
                                              "freeze",
                                              "freeze_d"};
    int is_free = 0;
    if (!name)
        return context_fail(trainer->context, SSD_BAD_ARGUMENT, "no setting was named");
    for (size_t i = 0; i < sizeof free_fields / sizeof free_fields[0]; i++)
        is_free |= strcmp(name, free_fields[i]) == 0;
    if (strcmp(name, "growth_pictures") == 0) /* before the first step, of a network that grows */
        is_free |= trainer->counters.step == 0 && trainer->config.growth_pictures > 0 && value > 0;
    if (!is_free && config_field_find(name))
        return context_fail(trainer->context, SSD_BAD_ARGUMENT, "%s cannot change in the middle of a training", name);
    const ssd_status status = ssd_config_set(trainer->context, &trainer->config, name, value);
    if (status)
        return status;
    if (strcmp(name, "augment_p") == 0)
        trainer->counters.augment_p = value;
    trainer_grow(trainer);
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

ssd_generator *ssd_trainer_generator(ssd_trainer *trainer) { return &trainer->sampler; }
