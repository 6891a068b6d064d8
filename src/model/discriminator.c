#include "model/discriminator.h"

#include <stdio.h>

#include "base/helpers.h"
#include "kernels/vector.h"
#include "nn/minibatch_std.h"

enum { HEAD_PIXELS = 16 };

static int last_channels(const discriminator *d) { return d->arch.discriminator_channels[d->arch.stages - 1]; }

static int head_channels(const discriminator *d) { return last_channels(d) + (d->arch.options.minibatch_std != 0); }

/* --------------------------------------------------------------------------------- constructor --- */

static void add_params(discriminator *d) {
    const architecture *a = &d->arch;
    param_table *table = &d->table;
    char name[PARAM_NAME];
    for (int i = 0; i < a->stages; i++) {
        table->part = i;
        discriminator_block_add(table, &d->blocks[i], a, i);
    }
    table->part = a->stages;
    (void)snprintf(name, sizeof name, "model.%d", 3 * a->stages - 1);
    param_add(table, ROLE_CONV_WEIGHT, name, "weight", (int[4]){1, head_channels(d), 4, 4}, &d->head, &d->dhead)->gain =
        1;
}

void discriminator_place(discriminator *d, const architecture *arch, int batch, arena *memory) {
    const size_t size = (size_t)architecture_image_size(arch);
    *d = (discriminator){.arch = *arch, .batch = batch};
    add_params(d);
    params_place(&d->storage, &d->table, 1, memory);
    size_t largest = 0;
    for (int i = 0; i < arch->stages; i++) {
        const discriminator_block *b = &d->blocks[i];
        const int has_more = arch->options.minibatch_std && i == arch->stages - 1; /* the head's input */
        const size_t more = has_more ? (size_t)batch * HEAD_PIXELS : 0;
        discriminator_block_place(&d->blocks[i], batch, more, memory);
        largest = max_size(largest, (size_t)b->channels * batch * b->size * b->size + more);
    }
    d->logits = arena_floats(memory, (size_t)batch);
    d->dact = arena_floats(memory, largest);
    d->dpre = arena_floats(memory, largest);
    d->dimage = arena_floats(memory, 3 * (size_t)batch * size * size);
}

size_t discriminator_scratch_floats(const discriminator *d, int batch, int threads) {
    size_t floats = 0;
    for (int i = 0; i < d->arch.stages; i++)
        floats = max_size(floats, discriminator_block_scratch_floats(&d->blocks[i], batch, threads));
    return floats;
}

void discriminator_initialise(discriminator *d, const ssd_config *config, rng *random, float *scratch) {
    const init_scheme scheme = {.dcgan =
                                    d->arch.options.model == SSD_MODEL_DCGAN || config->initial == SSD_INITIAL_DCGAN,
                                .equalised = config->equalised,
                                .mapping_rate = 1};
    init_params(&d->table, &scheme, random);
    for (int i = 0; i < d->arch.stages; i++)
        if (d->blocks[i].conv.is_spectral)
            spectral_norm_init(&d->blocks[i].conv.spectral, scratch);
}

/* ------------------------------------------------------------------------------------- passes --- */

void discriminator_forward(parallel_pool *pool, discriminator *d, const float *image, int count,
                           discriminator_mode mode, float *scratch) {
    const int stages = d->arch.stages;
    const float *x = image;
    for (int i = 0; i < stages; i++) {
        discriminator_block_forward(pool, &d->blocks[i], x, count, mode, scratch);
        x = d->blocks[i].act;
    }
    if (d->arch.options.minibatch_std)
        minibatch_std_forward(d->blocks[stages - 1].act, count, last_channels(d));
    head_forward(d->logits, x, d->head, count, head_channels(d));
}

void discriminator_backward(parallel_pool *pool, discriminator *d, const float *dlogits, int count, grad_mode mode,
                            float *scratch) {
    const int stages = d->arch.stages;
    const float *x = d->blocks[stages - 1].act;
    if (mode != GRAD_NONE)
        head_weight_grad(d->dhead, dlogits, x, count, head_channels(d), mode);
    head_input_grad(d->dact, dlogits, d->head, count, head_channels(d));
    if (d->arch.options.minibatch_std)
        minibatch_std_backward(d->dact, x, count, last_channels(d));
    float *dimage = mode == GRAD_NONE ? d->dimage : NULL;
    for (int i = stages - 1; i >= 0; i--)
        discriminator_block_backward(pool, i ? d->dact : dimage, d->dpre, d->dact, &d->blocks[i], count, mode, scratch);
}
