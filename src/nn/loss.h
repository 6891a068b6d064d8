/* The losses of both networks, from logits: r of real pictures, f of generated ones. All are means over the batch, and
 * softplus(x) = log(1 + exp(x)) is never computed from a saturated sigmoid.
 *   bce, D:     (softplus(-r) + softplus(f)) / 2    Goodfellow et al. 2014, 1406.2661
 *   bce, G:     softplus(-f)                        (non-saturating)
 *   paired, D:  softplus(-(r - f))                  RpGAN: Jolicoeur-Martineau 2018, 1807.00734
 *   paired, G:  softplus(r - f) */
#ifndef NN_LOSS_H
#define NN_LOSS_H

#include "ssdgan.h"

/* Mean binary cross-entropy of `count` logits against the target (0 or 1), times `weight`. dlogits: its gradient, or
 * NULL. */
double loss_bce(float *dlogits, const float *logits, int count, int target, double weight);

/* Mean of softplus(low - high) over the pairs, and its gradients (each may be NULL). */
double loss_paired(float *dhigh, float *dlow, const float *high, const float *low, int count);

/* D's loss. */
double loss_discriminator(ssd_loss kind, const float *real, const float *fake, int count);

/* G's loss, and its gradient at the fakes (may be NULL). `real` is read by the paired loss only. */
double loss_generator(ssd_loss kind, float *dfake, const float *real, const float *fake, int count);

/* Mean of sigmoid(logit - offset), offset being the mean of `against`, or 0 where that is NULL. */
double loss_mean_probability(const float *logits, const float *against, int count);

#endif
