/* The losses of both networks, from logits. l = D(x) without its sigmoid, r of reals, f of fakes, sums being means over
 * the batch:
 *   bce           D: (softplus(-r) + softplus(f)) / 2        G: softplus(-f)      (Goodfellow et al. 2014,
 *                 non-saturating; D's target for reals may be 1 - s: softplus(-r) + s r. Salimans et al. 2016)
 *   hinge         D: (max(0, 1 - r) + max(0, 1 + f)) / 2     G: -f                (Lim & Ye 2017)
 *   relativistic  D: (softplus(-(r - mean f)) + softplus(f - mean r)) / 2
 *                 G: (softplus(r - mean f) + softplus(-(f - mean r))) / 2          (Jolicoeur-Martineau 2018, RaGAN)
 *   paired        D: softplus(-(r - f))                      G: softplus(r - f)    (the same, RpGAN)
 * softplus(x) = log(1 + exp(x)), never from a saturated sigmoid. */
#ifndef NN_LOSS_H
#define NN_LOSS_H

typedef enum loss_kind { LOSS_BCE, LOSS_HINGE, LOSS_RELATIVISTIC, LOSS_PAIRED } loss_kind;

/* The relativistic kinds need both halves at once. */
int loss_is_relative(loss_kind kind);

/* Mean loss over `count` logits against the target (0 or 1), times `weight`; dlogits (may be NULL) its gradient. */
double loss_bce(float *dlogits, const float *logits, int count, int target, double weight);

/* D's loss and its gradients (each may be NULL). Where the kind is not relative, `real` or `fake` may be NULL: then it
 * is the other half alone. */
double loss_discriminator(loss_kind kind, double smoothing, float *dreal, float *dfake, const float *real,
                          const float *fake, int count);

/* G's loss and its gradient at the fakes (may be NULL); `real` is read by the relative kinds only. */
double loss_generator(loss_kind kind, float *dfake, const float *real, const float *fake, int count);

/* Mean of sigmoid(logit); less the mean of `against`, where that is not NULL. */
double loss_mean_probability(const float *logits, const float *against, int count);

#endif
