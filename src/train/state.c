#include "train/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/helpers.h"
#include "kernels/kernels.h"

static void trainer_place(ssd_trainer *t, const ssd_config *config, const architecture *arch, int threads,
                          arena *memory) {
    const size_t size = (size_t)architecture_image_size(arch), batch = (size_t)config->batch;
    const size_t pictures = 3 * batch * size * size;
    generator_place(&t->g, arch, (int)batch, 1, memory);
    discriminator_place(&t->d, arch, (int)batch, memory);
    if (config->ema > 0)
        generator_place(&t->average, arch, SAMPLER_BATCH, 0, memory);
    t->z = arena_floats(memory, batch * arch->options.latent_size * (config->style_mixing > 0 ? 2 : 1));
    t->noise = arena_floats(memory, arch->options.noise ? batch * architecture_noise_floats(arch->stages) : 0);
    t->real = arena_floats(memory, pictures);
    t->augmented = arena_floats(memory, pictures);
    t->perturbed = arena_floats(memory, pictures);
    t->dlogits = arena_floats(memory, batch);
    t->real_logits = arena_floats(memory, batch);
    t->dreal_logits = arena_floats(memory, batch);
    t->squares = arena_floats(memory, max_size(t->g.table.trained_floats, t->d.table.trained_floats) / ADAM_PIECE + 1);
    t->sampler.mean_w = arena_floats(memory, (size_t)arch->options.latent_size);
    const int most = (int)max_size(batch, SAMPLER_BATCH);
    t->scratch = arena_floats(memory, max_size(generator_scratch_floats(arch, most, threads),
                                               discriminator_scratch_floats(arch, (int)batch, threads)));
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

int trainer_latents_a_batch(const ssd_trainer *t) { return t->config.batch * (t->config.style_mixing > 0 ? 2 : 1); }

int trainer_augments(const ssd_config *c) {
    return (c->augment_colour ? AUGMENT_COLOUR : 0) | (c->augment_translation ? AUGMENT_TRANSLATION : 0) |
           (c->augment_cutout ? AUGMENT_CUTOUT : 0);
}

ssd_status trainer_create(ssd_context *context, const ssd_config *config, const architecture *arch,
                          ssd_trainer **trainer) {
    const int threads = ssd_context_threads(context);
    const size_t pictures = (size_t)config->batch;
    ssd_trainer *t = context_allocate(context, 1, sizeof *t);
    if (!t)
        return SSD_OUT_OF_MEMORY;
    arena memory = {0};
    trainer_place(t, config, arch, threads, &memory);
    t->block = context_allocate(context, memory.floats, sizeof(float));
    t->batch_indices = context_allocate(context, pictures, sizeof *t->batch_indices);
    t->batch_mirror = context_allocate(context, pictures, sizeof *t->batch_mirror);
    t->augment_params = context_allocate(context, D_BATCHES * pictures, sizeof *t->augment_params);
    t->crossover = context_allocate(context, pictures, sizeof *t->crossover);
    if (!t->block || !t->batch_indices || !t->batch_mirror || !t->augment_params || !t->crossover) {
        ssd_trainer_destroy(t);
        return SSD_OUT_OF_MEMORY;
    }
    memory = (arena){.base = t->block};
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
