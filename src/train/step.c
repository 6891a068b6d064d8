/* The arithmetic of one training step (docs/method.md, section 3), with its options. */
#include <math.h>
#include <string.h>

#include "train/trainer.h"
#include "kernels/kernels.h"

/* The pictures' root mean square change under R1's differences. D is linear only between its kinks, which batch norm
 * moves with all pictures: against automatic differentiation in float64 (tests/golden/r1) the whole gradient is off by
 * 2e-4 at 3e-5, but by 1.1 at 3e-3; below, rounding takes over. */
static const double R1_DISTANCE = 3e-5;

double trainer_pictures_a_step(const ssd_config *c) { return (double)c->batch * c->micro_batches; }

int trainer_augments(const ssd_config *c) {
    return (c->augment_colour ? AUGMENT_COLOUR : 0) | (c->augment_translation ? AUGMENT_TRANSLATION : 0) |
           (c->augment_cutout ? AUGMENT_CUTOUT : 0);
}

double trainer_rate(const ssd_trainer *t) {
    const ssd_config *c = &t->config;
    if (c->schedule == SSD_SCHEDULE_CONSTANT || c->schedule_pictures <= 0)
        return 1;
    const double share = t->counters.step * trainer_pictures_a_step(c) / c->schedule_pictures;
    const double done = share < 1 ? share : 1;
    return c->schedule == SSD_SCHEDULE_LINEAR ? 1 - done : 0.5 + 0.5 * cos(3.141592653589793 * done);
}

/* ------------------------------------------------------------------------------- micro-batches --- */

static size_t picture_floats(const ssd_trainer *t) {
    const size_t size = (size_t)architecture_image_size(&t->g.arch);
    return 3 * size * size * t->config.batch;
}

static const float *latents(const ssd_trainer *t, int micro) {
    return t->z + (size_t)micro * trainer_latents_a_batch(t) * t->g.arch.latent;
}

static const float *reals(const ssd_trainer *t, int micro) { return t->real + micro * picture_floats(t); }

static const augment *changes(const ssd_trainer *t, int micro, augment_use use) {
    return t->changes + ((size_t)use * t->config.micro_batches + micro) * t->config.batch;
}

/* The pictures as D sees them. */
static const float *seen(ssd_trainer *t, const float *images, int micro, augment_use use) {
    if (!trainer_augments(&t->config))
        return images;
    augment_forward(t->context->pool, t->augmented, images, changes(t, micro, use), t->config.batch,
                    architecture_image_size(&t->g.arch));
    return t->augmented;
}

void trainer_generate(ssd_trainer *t, int micro) {
    parallel_pool *pool = t->context->pool;
    const int batch = t->config.batch;
    const float *w = generator_map(pool, &t->g, latents(t, micro), trainer_latents_a_batch(t), t->scratch);
    t->g.noise = t->noise + (size_t)micro * batch * architecture_noise_floats(t->g.arch.stages);
    if (t->g.arch.style_mixing) {
        generator_mix(&t->g, w, t->crossover + (ptrdiff_t)micro * batch, batch);
        w = t->g.styles;
    }
    generator_synthesise(pool, &t->g, w, t->g.arch.style_mixing ? (size_t)batch * t->g.arch.latent : 0, batch, 1,
                         t->scratch);
}

static void judge(ssd_trainer *t, const float *images, discriminator_mode mode) {
    discriminator_forward(t->context->pool, &t->d, images, t->config.batch, mode, t->scratch);
}

static void weigh(ssd_trainer *t, const float *dlogits, const float *images, discriminator_gradients what) {
    discriminator_backward(t->context->pool, &t->d, dlogits, images, t->config.batch, what, t->scratch);
}

/* Adds up the micro-batches' mean gradients; after the last one, grad holds their mean. */
static void gather(ssd_trainer *t, tensor_blocks *blocks, const tensor_table *table, float *sum, int micro) {
    const int count = t->config.micro_batches;
    if (count == 1)
        return;
    if (micro == 0)
        memset(sum, 0, table->trained_floats * sizeof *sum);
    vector_add_scaled(sum, blocks->grad, 1.0f / (float)count, table->trained_floats);
    if (micro == count - 1)
        memcpy(blocks->grad, sum, table->trained_floats * sizeof *sum);
}

/* -------------------------------------------------------------------------------------- update --- */

/* Adam over all that is trained, in runs of tensors of one rate between the frozen ones. A rate c stands for a
 * parameter w / c with the plain rate (equalised learning rate): its gradient is c times as large, which Adam forgets,
 * and its moments with epsilon are those of w with epsilon / c. Returns the gradient's norm. */
static double update(ssd_trainer *t, const tensor_table *table, tensor_blocks *b, double lr, float *average) {
    const ssd_config *c = &t->config;
    const double step = t->counters.step + 1, own = lr > 0 ? lr : c->lr;
    const adam_step plain = adam_step_at(own * trainer_rate(t), c->beta1, c->beta2, c->eps, step - t->g.grown.begin);
    adam_step adam = plain;
    const double seen_pictures = step * trainer_pictures_a_step(c), most = c->ema_ramp * seen_pictures;
    const double half_life = c->ema_ramp > 0 && most < c->ema ? most : c->ema;
    adam.average_rate = average ? (float)(1 - exp2(-trainer_pictures_a_step(c) / half_life)) : 0;
    adam.squares = t->squares;
    double squares = 0;
    for (int i = 0; i < table->count;) {
        size_t first = table->trained_floats, end = first;
        double rate = 1;
        for (; i < table->count; i++) {
            const tensor *x = &table->list[i];
            if (end > first && (x->frozen || (x->kind == TENSOR_TRAINED && x->rate != rate)))
                break;
            if (x->kind != TENSOR_TRAINED || x->frozen)
                continue;
            rate = x->rate;
            first = x->offset < first ? x->offset : first;
            end = x->offset + (x->count + 3) / 4 * 4;
        }
        if (first == table->trained_floats)
            break;
        adam.rate = (float)(plain.rate * rate);
        adam.eps = (float)(c->eps / rate);
        adam.average = average ? average + first : NULL;
        adam_update(t->context->pool, b->trained + first, b->adam_m + first, b->adam_v + first, b->grad + first, &adam,
                    end - first);
        for (size_t piece = 0; piece * ADAM_PIECE < end - first; piece++)
            squares += t->squares[piece];
    }
    if (average)
        vector_average(t->average.blocks.state, t->g.blocks.state, adam.average_rate, table->state_floats);
    return sqrt(squares);
}

/* ---------------------------------------------------------------------------------- generator --- */

static void generator_step(ssd_trainer *t) {
    const ssd_config *c = &t->config;
    const loss_kind kind = (loss_kind)c->loss;
    const int relative = loss_is_relative(kind);
    t->losses.loss_g = 0;
    for (int micro = 0; micro < c->micro_batches; micro++) {
        trainer_generate(t, micro);
        if (relative) {
            judge(t, seen(t, reals(t, micro), micro, AUGMENT_D_REAL), DISCRIMINATOR_TRAIN);
            memcpy(t->real_logits, t->d.logits, (size_t)c->batch * sizeof(float));
        }
        const float *fakes = seen(t, t->g.image, micro, AUGMENT_G_FAKE);
        judge(t, fakes, relative ? DISCRIMINATOR_TRAIN_KEEPING : DISCRIMINATOR_TRAIN);
        t->losses.loss_g += loss_generator(kind, t->dlogits, t->real_logits, t->d.logits, c->batch) / c->micro_batches;
        weigh(t, t->dlogits, fakes, GRADIENT_IMAGE);
        float *dimage = t->d.dimage;
        if (trainer_augments(c)) {
            augment_backward(t->context->pool, t->augmented, dimage, changes(t, micro, AUGMENT_G_FAKE), c->batch,
                             architecture_image_size(&t->g.arch));
            dimage = t->augmented;
        }
        if (t->g.arch.style_mixing)
            generator_backward_mixed(t->context->pool, &t->g, dimage, t->crossover + (ptrdiff_t)micro * c->batch,
                                     c->batch, t->scratch);
        else
            generator_backward(t->context->pool, &t->g, dimage, c->batch, t->scratch);
        gather(t, &t->g.blocks, &t->g.table, t->sum_g, micro);
    }
    t->losses.grad_norm_g =
        update(t, &t->g.table, &t->g.blocks, c->lr_g, c->ema > 0 ? t->average.blocks.trained : NULL);
}

/* ------------------------------------------------------------------------------- discriminator --- */

/* R1: the gradient, by the parameters, of gamma / 2 mean |grad_x D|^2 is gamma times that of the derivative of mean D
 * along the fixed direction grad_x D, which is a difference of two ordinary gradients. After D's forward of x; adds.
 * While growing, x is the smaller picture that D sees: a mean of n pixels has n times their gradients' squared norm. */
static void penalise(ssd_trainer *t, const float *x) {
    const ssd_config *c = &t->config;
    const size_t count = picture_floats(t);
    const double pixels = exp2(2.0 * (t->d.arch.stages - t->d.grown.level));
    for (int n = 0; n < c->batch; n++)
        t->dlogits[n] = 1;
    weigh(t, t->dlogits, x, GRADIENT_IMAGE);
    const double size = sqrt(vector_dot(t->d.dimage, t->d.dimage, count) / (double)count);
    const double h = R1_DISTANCE / (size > 1e-12 ? size : 1e-12);
    for (int side = 1; side >= -1; side -= 2) {
        memcpy(t->perturbed, x, count * sizeof *x);
        vector_add_scaled(t->perturbed, t->d.dimage, (float)(side * h), count);
        judge(t, t->perturbed, DISCRIMINATOR_REPEAT);
        for (int n = 0; n < c->batch; n++)
            t->dlogits[n] = (float)(side * c->r1 * c->r1_interval * pixels / (2 * h * c->batch));
        weigh(t, t->dlogits, t->perturbed, GRADIENT_WEIGHTS_ADDED);
    }
}

/* E[sign(D(real))] of Karras et al. 2020, and the change of p. */
static void adapt(ssd_trainer *t) {
    const ssd_config *c = &t->config;
    if (!(c->ada_target > 0 && trainer_augments(c)) || ++t->counters.ada_steps < c->ada_interval)
        return;
    const double signs = t->counters.ada_signs / (t->counters.ada_steps * trainer_pictures_a_step(c));
    const double change = t->counters.ada_steps * trainer_pictures_a_step(c) / c->ada_pictures;
    const double p = t->counters.augment_p + (signs > c->ada_target ? change : -change);
    t->counters.augment_p = p < 0 ? 0 : p > 1 ? 1 : p;
    t->counters.ada_signs = t->counters.ada_steps = 0;
}

/* What the step tells about D: probabilities (relative ones against the other half's mean), signs. */
static void note(ssd_trainer *t, const float *reals_logits, const float *fakes_logits, int relative) {
    const int batch = t->config.batch, micros = t->config.micro_batches;
    t->losses.d_real += loss_mean_probability(reals_logits, relative ? fakes_logits : NULL, batch) / micros;
    t->losses.d_fake += loss_mean_probability(fakes_logits, relative ? reals_logits : NULL, batch) / micros;
    double mean = 0;
    for (int n = 0; relative && n < batch; n++)
        mean += (double)fakes_logits[n] / batch;
    for (int n = 0; n < batch; n++)
        t->counters.ada_signs += (reals_logits[n] > mean) - (reals_logits[n] < mean);
}

/* Each half runs forward and backward before the other: weights stand still meanwhile, and u, v and sigma are still
 * those of its own forward. */
static void separate_halves(ssd_trainer *t, int micro) {
    const ssd_config *c = &t->config;
    const loss_kind kind = (loss_kind)c->loss;
    const float *x = seen(t, reals(t, micro), micro, AUGMENT_D_REAL);
    judge(t, x, DISCRIMINATOR_TRAIN);
    memcpy(t->real_logits, t->d.logits, (size_t)c->batch * sizeof(float));
    const double real = loss_discriminator(kind, c->label_smoothing, t->dlogits, NULL, t->real_logits, NULL, c->batch);
    weigh(t, t->dlogits, x, GRADIENT_WEIGHTS);
    if (c->r1 > 0 && fmod(t->counters.step, c->r1_interval) == 0)
        penalise(t, x);
    if (!c->reuse_fake || c->micro_batches > 1)
        trainer_generate(t, micro);
    x = seen(t, t->g.image, micro, AUGMENT_D_FAKE);
    judge(t, x, DISCRIMINATOR_TRAIN);
    const double fake = loss_discriminator(kind, 0, NULL, t->dlogits, NULL, t->d.logits, c->batch);
    weigh(t, t->dlogits, x, GRADIENT_WEIGHTS_ADDED);
    t->losses.loss_d += (real + fake) / c->micro_batches;
    note(t, t->real_logits, t->d.logits, 0);
}

/* Both halves' logits are known before either goes back: the reals go forward once more for that, with the same u, v
 * and sigma throughout. */
static void relative_halves(ssd_trainer *t, int micro) {
    const ssd_config *c = &t->config;
    const float *x = seen(t, reals(t, micro), micro, AUGMENT_D_REAL);
    judge(t, x, DISCRIMINATOR_TRAIN);
    memcpy(t->real_logits, t->d.logits, (size_t)c->batch * sizeof(float));
    if (!c->reuse_fake || c->micro_batches > 1)
        trainer_generate(t, micro);
    x = seen(t, t->g.image, micro, AUGMENT_D_FAKE);
    judge(t, x, DISCRIMINATOR_TRAIN_KEEPING);
    t->losses.loss_d +=
        loss_discriminator((loss_kind)c->loss, 0, t->dreal_logits, t->dlogits, t->real_logits, t->d.logits, c->batch) /
        c->micro_batches;
    note(t, t->real_logits, t->d.logits, 1);
    weigh(t, t->dlogits, x, GRADIENT_WEIGHTS);
    x = seen(t, reals(t, micro), micro, AUGMENT_D_REAL);
    judge(t, x, DISCRIMINATOR_REPEAT);
    weigh(t, t->dreal_logits, x, GRADIENT_WEIGHTS_ADDED);
    if (c->r1 > 0 && fmod(t->counters.step, c->r1_interval) == 0)
        penalise(t, x);
}

static void discriminator_step(ssd_trainer *t) {
    const ssd_config *c = &t->config;
    t->losses.loss_d = t->losses.d_real = t->losses.d_fake = 0;
    for (int micro = 0; micro < c->micro_batches; micro++) {
        (loss_is_relative((loss_kind)c->loss) ? relative_halves : separate_halves)(t, micro);
        gather(t, &t->d.blocks, &t->d.table, t->sum_d, micro);
    }
    t->losses.grad_norm_d = update(t, &t->d.table, &t->d.blocks, c->lr_d, NULL);
    adapt(t);
}

/* Adam begins anew with each phase of growing, as Karras et al. have it: the new layers' moments are empty. */
static void forget_moments(ssd_trainer *t) {
    memset(t->g.blocks.adam_m, 0, t->g.table.trained_floats * sizeof(float));
    memset(t->g.blocks.adam_v, 0, t->g.table.trained_floats * sizeof(float));
    memset(t->d.blocks.adam_m, 0, t->d.table.trained_floats * sizeof(float));
    memset(t->d.blocks.adam_v, 0, t->d.table.trained_floats * sizeof(float));
}

ssd_status trainer_step_on_batch(ssd_trainer *t) {
    t->sampler.mean_known = 0;
    t->sampler.net->prepared = 0;
    if (t->g.grown.begin > 0 && t->counters.step == t->g.grown.begin)
        forget_moments(t);
    generator_step(t);
    discriminator_step(t);
    t->counters.step++;
    trainer_grow(t);
    if (!isfinite(t->losses.loss_g) || !isfinite(t->losses.loss_d))
        return context_fail(t->context, SSD_NOT_FINITE,
                            "training diverged at step %.0f (a loss is not a finite number); go back to an earlier "
                            "checkpoint or lower the learning rate",
                            t->counters.step);
    return SSD_OK;
}
