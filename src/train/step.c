/* The arithmetic of one training step (docs/method.md, section 3), with its options. */
#include <math.h>
#include <string.h>

#include "train/trainer.h"
#include "kernels/kernels.h"

/* The pictures' root mean square change under R1's differences. D is linear only between its kinks, which batch norm
 * moves with all pictures: against automatic differentiation in float64 (tests/golden/r1) the whole gradient is off by
 * 2e-4 at 3e-5, but by 1.1 at 3e-3; below, rounding takes over. */
static const double R1_DISTANCE = 3e-5;

int trainer_augments(const ssd_config *c) {
    return (c->augment_colour ? AUGMENT_COLOUR : 0) | (c->augment_translation ? AUGMENT_TRANSLATION : 0) |
           (c->augment_cutout ? AUGMENT_CUTOUT : 0);
}

double trainer_rate(const ssd_trainer *t) {
    const ssd_config *c = &t->config;
    if (c->schedule == SSD_SCHEDULE_CONSTANT || c->schedule_pictures <= 0)
        return 1;
    const double done = t->counters.step * c->batch / c->schedule_pictures;
    return done < 1 ? 1 - done : 0;
}

/* ----------------------------------------------------------------------------------- the batch --- */

static size_t picture_floats(const ssd_trainer *t) {
    const size_t size = (size_t)architecture_image_size(&t->g.arch);
    return 3 * size * size * t->config.batch;
}

static const augment *augment_params(const ssd_trainer *t, d_batch which) {
    return t->augment_params + (size_t)which * t->config.batch;
}

/* Pictures as D sees them. */
static const float *d_input(ssd_trainer *t, const float *images, d_batch which) {
    if (!trainer_augments(&t->config))
        return images;
    augment_forward(t->context->pool, t->augmented, images, augment_params(t, which), t->config.batch,
                    architecture_image_size(&t->g.arch));
    return t->augmented;
}

void trainer_generate(ssd_trainer *t) {
    parallel_pool *pool = t->context->pool;
    const int batch = t->config.batch;
    const float *w = generator_map(pool, &t->g, t->z, trainer_latents_a_batch(t), t->scratch);
    t->g.noise = t->noise;
    if (t->g.arch.style_mixing) {
        generator_mix(&t->g, w, t->crossover, batch);
        w = t->g.styles;
    }
    generator_synthesise(pool, &t->g, w, t->g.arch.style_mixing ? (size_t)batch * t->g.arch.latent : 0, batch, 1,
                         t->scratch);
}

static void d_forward(ssd_trainer *t, const float *images, discriminator_mode mode) {
    discriminator_forward(t->context->pool, &t->d, images, t->config.batch, mode, t->scratch);
}

static void d_backward(ssd_trainer *t, const float *dlogits, const float *images, discriminator_gradients what) {
    discriminator_backward(t->context->pool, &t->d, dlogits, images, t->config.batch, what, t->scratch);
}

/* -------------------------------------------------------------------------------------- update --- */

/* Adam over all trained parameters, in runs of neighbours that have one rate and are not frozen. Equalised learning
 * rate: training w with rate c lr equals training v = w / c with rate lr. dL/dv = c dL/dw; Adam's m / sqrt(v) cancels
 * the factor c, so only epsilon changes, to eps / c. Returns the gradient's Euclidean norm. */
static double optimizer_step(ssd_trainer *t, const tensor_table *table, tensor_blocks *b, double lr, float *average) {
    const ssd_config *c = &t->config;
    const double step = t->counters.step + 1, own = lr > 0 ? lr : c->lr;
    const adam_step plain = adam_step_at(own * trainer_rate(t), c->beta1, c->beta2, c->eps, step - t->g.grown.begin);
    adam_step adam = plain;
    const double seen_pictures = step * c->batch, most = c->ema_ramp * seen_pictures;
    const double half_life = c->ema_ramp > 0 && most < c->ema ? most : c->ema;
    adam.average_rate = average ? (float)(1 - exp2(-c->batch / half_life)) : 0;
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
    const int paired = c->loss == SSD_LOSS_PAIRED;
    trainer_generate(t);
    if (paired) {
        d_forward(t, d_input(t, t->real, D_BATCH_REAL), DISCRIMINATOR_TRAIN);
        memcpy(t->real_logits, t->d.logits, (size_t)c->batch * sizeof(float));
    }
    const float *fakes = d_input(t, t->g.image, D_BATCH_G_FAKE);
    d_forward(t, fakes, paired ? DISCRIMINATOR_TRAIN_KEEPING : DISCRIMINATOR_TRAIN);
    t->losses.loss_g = loss_generator((ssd_loss)c->loss, t->dlogits, t->real_logits, t->d.logits, c->batch);
    d_backward(t, t->dlogits, fakes, GRADIENT_IMAGE);
    float *dimage = t->d.dimage;
    if (trainer_augments(c)) {
        augment_backward(t->context->pool, t->augmented, dimage, augment_params(t, D_BATCH_G_FAKE), c->batch,
                         architecture_image_size(&t->g.arch));
        dimage = t->augmented;
    }
    if (t->g.arch.style_mixing)
        generator_backward_mixed(t->context->pool, &t->g, dimage, t->crossover, c->batch, t->scratch);
    else
        generator_backward(t->context->pool, &t->g, dimage, c->batch, t->scratch);
    t->losses.grad_norm_g =
        optimizer_step(t, &t->g.table, &t->g.blocks, c->lr_g, c->ema > 0 ? t->average.blocks.trained : NULL);
}

/* ------------------------------------------------------------------------------- discriminator --- */

/* R1 needs d/dtheta of gamma / 2 mean |grad_x D|^2. Nothing here differentiates twice, so g = grad_x D is held fixed, x
 * moves by +-h g, and the gradient is gamma (dD(x + h g)/dtheta - dD(x - h g)/dtheta) / (2 h), D being the mean over
 * the batch. Call it after D's forward of x; it adds to the gradients. While growing, x is the smaller picture that D
 * sees: a mean of n pixels has n times their gradients' squared norm. */
static void r1_penalty_backward(ssd_trainer *t, const float *x) {
    const ssd_config *c = &t->config;
    const size_t count = picture_floats(t);
    const double pixels = exp2(2.0 * (t->d.arch.stages - t->d.grown.level));
    for (int n = 0; n < c->batch; n++)
        t->dlogits[n] = 1;
    d_backward(t, t->dlogits, x, GRADIENT_IMAGE);
    const double size = sqrt(vector_dot(t->d.dimage, t->d.dimage, count) / (double)count);
    const double h = R1_DISTANCE / (size > 1e-12 ? size : 1e-12);
    for (int side = 1; side >= -1; side -= 2) {
        memcpy(t->perturbed, x, count * sizeof *x);
        vector_add_scaled(t->perturbed, t->d.dimage, (float)(side * h), count);
        d_forward(t, t->perturbed, DISCRIMINATOR_REPEAT);
        for (int n = 0; n < c->batch; n++)
            t->dlogits[n] = (float)(side * c->r1 * c->r1_interval * pixels / (2 * h * c->batch));
        d_backward(t, t->dlogits, t->perturbed, GRADIENT_WEIGHTS_ADDED);
    }
}

/* Mean probabilities of both batches; with the paired loss relative to the other batch's mean logit. */
static void record_d_stats(ssd_trainer *t, const float *real_logits, const float *fake_logits, int paired) {
    t->losses.d_real = loss_mean_probability(real_logits, paired ? fake_logits : NULL, t->config.batch);
    t->losses.d_fake = loss_mean_probability(fake_logits, paired ? real_logits : NULL, t->config.batch);
}

static int r1_is_due(const ssd_trainer *t) {
    return t->config.r1 > 0 && fmod(t->counters.step, t->config.r1_interval) == 0;
}

/* D's gradients from a batch of reals and a batch of fakes, one after the other: the weights do not change in between,
 * so u, v and sigma are still those of each batch's own forward. */
static void d_pass(ssd_trainer *t) {
    const ssd_config *c = &t->config;
    const float *x = d_input(t, t->real, D_BATCH_REAL);
    d_forward(t, x, DISCRIMINATOR_TRAIN);
    memcpy(t->real_logits, t->d.logits, (size_t)c->batch * sizeof(float));
    const double real = loss_bce(t->dlogits, t->real_logits, c->batch, 1, 0.5);
    d_backward(t, t->dlogits, x, GRADIENT_WEIGHTS);
    if (r1_is_due(t))
        r1_penalty_backward(t, x);
    if (!c->reuse_fake)
        trainer_generate(t);
    x = d_input(t, t->g.image, D_BATCH_FAKE);
    d_forward(t, x, DISCRIMINATOR_TRAIN);
    t->losses.loss_d = real + loss_bce(t->dlogits, t->d.logits, c->batch, 0, 0.5);
    d_backward(t, t->dlogits, x, GRADIENT_WEIGHTS_ADDED);
    record_d_stats(t, t->real_logits, t->d.logits, 0);
}

/* The same for the paired loss, which needs both batches' logits before either goes back: the reals go forward once
 * more for that, with the same u, v and sigma throughout. */
static void d_pass_paired(ssd_trainer *t) {
    const ssd_config *c = &t->config;
    const float *x = d_input(t, t->real, D_BATCH_REAL);
    d_forward(t, x, DISCRIMINATOR_TRAIN);
    memcpy(t->real_logits, t->d.logits, (size_t)c->batch * sizeof(float));
    if (!c->reuse_fake)
        trainer_generate(t);
    x = d_input(t, t->g.image, D_BATCH_FAKE);
    d_forward(t, x, DISCRIMINATOR_TRAIN_KEEPING);
    t->losses.loss_d = loss_paired(t->dreal_logits, t->dlogits, t->real_logits, t->d.logits, c->batch);
    record_d_stats(t, t->real_logits, t->d.logits, 1);
    d_backward(t, t->dlogits, x, GRADIENT_WEIGHTS);
    x = d_input(t, t->real, D_BATCH_REAL);
    d_forward(t, x, DISCRIMINATOR_REPEAT);
    d_backward(t, t->dreal_logits, x, GRADIENT_WEIGHTS_ADDED);
    if (r1_is_due(t))
        r1_penalty_backward(t, x);
}

static void discriminator_step(ssd_trainer *t) {
    (t->config.loss == SSD_LOSS_PAIRED ? d_pass_paired : d_pass)(t);
    t->losses.grad_norm_d = optimizer_step(t, &t->d.table, &t->d.blocks, t->config.lr_d, NULL);
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
