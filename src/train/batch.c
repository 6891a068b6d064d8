#include "train/batch.h"

#include <math.h>
#include <stdlib.h>

#include "data/dataset.h"

enum { DEFAULT_VAL_MOST = 500 };

int ssd_held_out(int count, int val_count) {
    if (val_count >= 0)
        return val_count;
    const int tenth = count / 10;
    return tenth < 1 ? 1 : tenth > DEFAULT_VAL_MOST ? DEFAULT_VAL_MOST : tenth;
}

/* Shuffles t->order for epoch number t->counters.epoch: it depends on seed and epoch alone. */
static void shuffle(ssd_trainer *t) {
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

/* Whole batches only; a smaller set than one batch makes one, with repeats. */
int trainer_steps_per_epoch(const ssd_trainer *t) {
    const int steps = t->train_count / t->config.batch;
    return t->train_count && !steps ? 1 : steps;
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
    shuffle(trainer);
    return SSD_OK;
}

/* The stage from which each picture has its second latent's style; beyond the last where it has none (Karras et al.
 * 2019). */
static void draw_crossovers(ssd_trainer *t, int pictures) {
    const int stages = t->g.arch.stages;
    for (int i = 0; t->config.style_mixing > 0 && i < pictures; i++) {
        const int mixed = rng_uniform(&t->random) < t->config.style_mixing;
        t->crossover[i] = mixed ? 1 + (int)rng_below(&t->random, (uint32_t)stages - 1) : stages;
    }
}

/* Training pictures are numbers 0 .. train_count-1, held-out ones the last val_count. */
void trainer_fill_batch(ssd_trainer *t) {
    const int batch = t->config.batch;
    const long first = (long)t->counters.step_in_epoch * batch;
    for (int i = 0; i < batch; i++) {
        t->batch_indices[i] = t->order[(first + i) % t->train_count];
        t->batch_mirror[i] = t->config.flip ? (uint8_t)(rng_next(&t->random) >> 63) : 0;
    }
    dataset_batch(t->dataset, t->batch_indices, t->batch_mirror, batch, t->real);
    rng_normal(&t->random, t->z, trainer_latents_a_batch(t) * t->g.arch.options.latent_size);
    if (t->g.arch.options.noise)
        rng_normal(&t->random, t->noise, batch * (int)architecture_noise_floats(t->g.arch.stages));
    draw_crossovers(t, batch);
    if (t->config.augment_translation)
        augment_draw(t->shifts, D_BATCHES * batch, architecture_image_size(&t->g.arch), &t->random);
}

void trainer_advance(ssd_trainer *t) {
    if (++t->counters.step_in_epoch < trainer_steps_per_epoch(t))
        return;
    t->counters.step_in_epoch = 0;
    t->counters.epoch++;
    shuffle(t);
}
