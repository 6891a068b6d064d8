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
        generator_place(&t->average, arch, MODEL_BATCH, 0, memory);
    t->z = arena_floats(memory, batch * arch->options.latent_size * (config->style_mixing > 0 ? 2 : 1));
    t->noise = arena_floats(memory, arch->options.noise ? batch * architecture_noise_floats(arch->stages) : 0);
    t->real = arena_floats(memory, pictures);
    t->augmented = arena_floats(memory, pictures);
    t->perturbed = arena_floats(memory, pictures);
    t->dlogits = arena_floats(memory, batch);
    t->real_logits = arena_floats(memory, batch);
    t->fake_logits = arena_floats(memory, batch);
    t->squares =
        arena_floats(memory, max_size(t->g.table.parameter_floats, t->d.table.parameter_floats) / ADAM_PIECE + 1);
    t->model.typical_w = arena_floats(memory, (size_t)arch->options.latent_size);
    const int most = (int)max_size(batch, MODEL_BATCH);
    t->scratch = arena_floats(memory, max_size(generator_scratch_floats(&t->g, most, threads),
                                               discriminator_scratch_floats(&t->d, (int)batch, threads)));
}

/* `parts`: a sum of 1 << part. */
static void freeze(param_table *table, int parts) {
    for (int i = 0; i < table->count; i++)
        table->list[i].frozen = (parts >> table->list[i].part) & 1;
}

void trainer_freeze(ssd_trainer *t) {
    freeze(&t->g.table, t->config.freeze);
    freeze(&t->d.table, (1 << t->config.freeze_d) - 1);
}

int trainer_latents_a_batch(const ssd_trainer *t) { return t->config.batch * (t->config.style_mixing > 0 ? 2 : 1); }

ssd_status trainer_create(ssd_context *context, const ssd_config *config, const architecture *arch,
                          ssd_trainer **trainer) {
    const int threads = ssd_context_threads(context);
    const size_t pictures = (size_t)config->batch;
    const ssd_status status = architecture_check_size(context, arch, config->batch);
    if (status)
        return status;
    ssd_trainer *t = context_allocate(context, 1, sizeof *t);
    if (!t)
        return SSD_OUT_OF_MEMORY;
    arena memory = {0};
    trainer_place(t, config, arch, threads, &memory);
    t->block = context_allocate(context, memory.floats, sizeof(float));
    t->batch_indices = context_allocate(context, pictures, sizeof *t->batch_indices);
    t->batch_mirror = context_allocate(context, pictures, sizeof *t->batch_mirror);
    t->shifts = context_allocate(context, D_BATCHES * pictures, sizeof *t->shifts);
    t->crossover = context_allocate(context, pictures, sizeof *t->crossover);
    if (!t->block || !t->batch_indices || !t->batch_mirror || !t->shifts || !t->crossover) {
        ssd_trainer_destroy(t);
        return SSD_OUT_OF_MEMORY;
    }
    memory = (arena){.base = t->block};
    trainer_place(t, config, arch, threads, &memory);
    t->context = context;
    t->config = *config;
    t->model.context = context;
    t->model.net = config->ema > 0 ? &t->average : &t->g;
    t->model.scratch = t->scratch;
    t->counters.best_val_loss_g = INFINITY;
    t->losses = (trainer_losses){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    rng initial;
    rng_seed(&initial, (uint64_t)config->seed, STREAM_INITIAL);
    generator_initialise(&t->g, config, &initial);
    discriminator_initialise(&t->d, config, &initial, t->scratch);
    trainer_begin_average(t);
    trainer_freeze(t);
    rng_seed(&t->random, (uint64_t)config->seed, STREAM_STEPS);
    *trainer = t;
    return SSD_OK;
}

void trainer_begin_average(ssd_trainer *t) {
    if (t->config.ema <= 0)
        return;
    memcpy(t->average.storage.parameters, t->g.storage.parameters, t->g.table.parameter_floats * sizeof(float));
    memcpy(t->average.storage.buffers, t->g.storage.buffers, t->g.table.buffer_floats * sizeof(float));
}

void ssd_trainer_destroy(ssd_trainer *trainer) {
    if (!trainer)
        return;
    free(trainer->order);
    free(trainer->batch_indices);
    free(trainer->batch_mirror);
    free(trainer->shifts);
    free(trainer->crossover);
    free(trainer->block);
    free(trainer);
}
