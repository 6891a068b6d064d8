/* Losses and D's accuracy on the held-out pictures. */
#include <string.h>

#include "data/dataset.h"
#include "nn/loss.h"
#include "train/state.h"

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
    generator *g = t->model.net; /* the average, where there is one: what is kept */
    const int total = ssd_dataset_count(t->dataset), latent = g->arch.options.latent_size;
    const int most = g->batch < t->config.batch ? g->batch : t->config.batch;
    rng random; /* the same latents each time */
    rng_seed(&random, (uint64_t)t->config.seed, STREAM_VALIDATION);
    double loss_g = 0, loss_d = 0, right = 0;
    for (int done = 0; done < t->val_count; done += most) {
        const int count = t->val_count - done < most ? t->val_count - done : most;
        for (int i = 0; i < count; i++)
            t->batch_indices[i] = total - t->val_count + done + i;
        dataset_batch(t->dataset, t->batch_indices, NULL, count, t->real);
        discriminator_forward(pool, &t->d, t->real, count, DISCRIMINATOR_EVAL, t->scratch);
        memcpy(t->real_logits, t->d.logits, (size_t)count * sizeof(float));
        rng_normal(&random, t->z, count * latent);
        const float *w = generator_map(pool, g, t->z, count, STATS_RUNNING, t->scratch);
        generator_synthesise(pool, g, w, 0, count, STATS_RUNNING, t->scratch);
        discriminator_forward(pool, &t->d, g->image, count, DISCRIMINATOR_EVAL, t->scratch);
        loss_d += count * (loss_bce(NULL, t->real_logits, count, 1, 0.5) + loss_bce(NULL, t->d.logits, count, 0, 0.5));
        loss_g += count * loss_bce(NULL, t->d.logits, count, 1, 1);
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
