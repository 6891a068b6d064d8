/* The arithmetic of one training step (docs/method.md, section 3), with its options. */
#include "train/step.h"

#include <math.h>
#include <string.h>

#include "kernels/kernels.h"
#include "nn/loss.h"
#include "train/optimise.h"

/* The pictures' root mean square change under R1's differences. D is linear only between its kinks, which batch norm
 * moves with all pictures: against automatic differentiation in float64 (tests/golden/r1) the whole gradient is off by
 * 2e-4 at 3e-5, but by 1.1 at 3e-3; below, rounding takes over. */
static const double R1_DISTANCE = 3e-5;

/* ----------------------------------------------------------------------------------- the batch --- */

static size_t picture_floats(const ssd_trainer *t) {
    const size_t size = (size_t)architecture_image_size(&t->g.arch);
    return 3 * size * size * t->config.batch;
}

static const augment_shift *shifts_of(const ssd_trainer *t, d_batch which) {
    return t->shifts + (size_t)which * t->config.batch;
}

/* Pictures as D sees them. */
static const float *d_input(ssd_trainer *t, const float *images, d_batch which) {
    if (!t->config.augment_translation)
        return images;
    augment_forward(t->context->pool, t->augmented, images, shifts_of(t, which), t->config.batch,
                    architecture_image_size(&t->g.arch));
    return t->augmented;
}

/* NULL without style mixing. */
static const int *crossover_of(const ssd_trainer *t) { return t->config.style_mixing > 0 ? t->crossover : NULL; }

void trainer_generate(ssd_trainer *t) {
    t->g.noise = t->noise;
    generator_forward(t->context->pool, &t->g, t->z, crossover_of(t), t->config.batch, t->scratch);
}

static void d_forward(ssd_trainer *t, const float *images, discriminator_mode mode) {
    discriminator_forward(t->context->pool, &t->d, images, t->config.batch, mode, t->scratch);
}

static void d_backward(ssd_trainer *t, const float *dlogits, grad_mode mode) {
    discriminator_backward(t->context->pool, &t->d, dlogits, t->config.batch, mode, t->scratch);
}

/* ---------------------------------------------------------------------------------- generator --- */

static void generator_step(ssd_trainer *t) {
    const ssd_config *c = &t->config;
    trainer_generate(t);
    d_forward(t, d_input(t, t->g.image, D_BATCH_G_FAKE), DISCRIMINATOR_TRAIN);
    t->losses.loss_g = loss_bce(t->dlogits, t->d.logits, c->batch, 1, 1);
    d_backward(t, t->dlogits, GRAD_NONE);
    float *dimage = t->d.dimage;
    if (c->augment_translation) {
        /* Not into t->augmented: with reuse_fake D's own step still needs its input. */
        augment_backward(t->context->pool, t->perturbed, dimage, shifts_of(t, D_BATCH_G_FAKE), c->batch,
                         architecture_image_size(&t->g.arch));
        dimage = t->perturbed;
    }
    generator_backward(&t->g, dimage, crossover_of(t));
    t->losses.grad_norm_g =
        optimizer_step(t, &t->g.table, &t->g.storage, c->lr_g, c->ema > 0 ? t->average.storage.parameters : NULL);
}

/* ------------------------------------------------------------------------------- discriminator --- */

/* R1 needs d/dtheta of gamma / 2 mean |grad_x D|^2. Nothing here differentiates twice, so g = grad_x D is held fixed, x
 * moves by +-h g, and the gradient is gamma (dD(x + h g)/dtheta - dD(x - h g)/dtheta) / (2 h), D being the mean over
 * the batch. Call it after D's forward of x; it adds to the gradients. */
static void r1_penalty_backward(ssd_trainer *t, const float *x) {
    const ssd_config *c = &t->config;
    const size_t count = picture_floats(t);
    for (int n = 0; n < c->batch; n++)
        t->dlogits[n] = 1;
    d_backward(t, t->dlogits, GRAD_NONE);
    const double size = sqrt(vector_dot(t->d.dimage, t->d.dimage, count) / (double)count);
    const double h = R1_DISTANCE / (size > 1e-12 ? size : 1e-12);
    for (int side = 1; side >= -1; side -= 2) {
        memcpy(t->perturbed, x, count * sizeof *x);
        vector_add_scaled(t->perturbed, t->d.dimage, (float)(side * h), count);
        d_forward(t, t->perturbed, DISCRIMINATOR_RECOMPUTE);
        for (int n = 0; n < c->batch; n++)
            t->dlogits[n] = (float)(side * c->r1 * c->r1_interval / (2 * h * c->batch));
        d_backward(t, t->dlogits, GRAD_ADD);
    }
}

static int r1_is_due(const ssd_trainer *t) {
    return t->config.r1 > 0 && fmod(t->counters.step, t->config.r1_interval) == 0;
}

/* D's gradients from the reals, R1's included. Returns their half of the loss. */
static double d_reals(ssd_trainer *t, discriminator_mode forward, grad_mode mode) {
    const ssd_config *c = &t->config;
    const float *x = d_input(t, t->real, D_BATCH_REAL);
    d_forward(t, x, forward);
    memcpy(t->real_logits, t->d.logits, (size_t)c->batch * sizeof(float));
    const double loss = loss_bce(t->dlogits, t->real_logits, c->batch, 1, 0.5);
    d_backward(t, t->dlogits, mode);
    if (r1_is_due(t))
        r1_penalty_backward(t, x);
    return loss;
}

/* D's gradients from the fakes that it has just seen. Returns their half of the loss. */
static double d_fakes(ssd_trainer *t, grad_mode mode) {
    memcpy(t->fake_logits, t->d.logits, (size_t)t->config.batch * sizeof(float));
    const double loss = loss_bce(t->dlogits, t->fake_logits, t->config.batch, 0, 0.5);
    d_backward(t, t->dlogits, mode);
    return loss;
}

/* New fakes for D's step, seen by D. With reuse_fake D has seen those of G's step, and its weights are still the same:
 * what that forward pass left behind serves both updates. */
static void show_new_fakes(ssd_trainer *t) {
    trainer_generate(t);
    d_forward(t, d_input(t, t->g.image, D_BATCH_FAKE), DISCRIMINATOR_TRAIN);
}

/* D's gradients from both batches, one after the other: the weights do not change in between, so u, v and sigma are
 * still those of each batch's own forward. */
static void discriminator_step(ssd_trainer *t) {
    if (t->config.reuse_fake) {
        t->losses.loss_d = d_fakes(t, GRAD_SET);
        t->losses.loss_d += d_reals(t, DISCRIMINATOR_TRAIN_NO_POWER_ITERATION, GRAD_ADD);
    } else {
        t->losses.loss_d = d_reals(t, DISCRIMINATOR_TRAIN, GRAD_SET);
        show_new_fakes(t);
        t->losses.loss_d += d_fakes(t, GRAD_ADD);
    }
    t->losses.d_real = loss_mean_probability(t->real_logits, t->config.batch);
    t->losses.d_fake = loss_mean_probability(t->fake_logits, t->config.batch);
    t->losses.grad_norm_d = optimizer_step(t, &t->d.table, &t->d.storage, t->config.lr_d, NULL);
}

ssd_status trainer_step_on_batch(ssd_trainer *t) {
    t->model.typical_known = 0;
    t->model.net->prepared = 0;
    generator_step(t);
    discriminator_step(t);
    t->counters.step++;
    if (!isfinite(t->losses.loss_g) || !isfinite(t->losses.loss_d))
        return context_fail(t->context, SSD_NOT_FINITE,
                            "training diverged at step %.0f (a loss is not a finite number); go back to an earlier "
                            "checkpoint or lower the learning rate",
                            t->counters.step);
    return SSD_OK;
}
