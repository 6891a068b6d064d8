/* The loss of both networks: binary cross-entropy (Goodfellow et al. 2014, 1406.2661), from logits: r of real pictures,
 * f of generated ones. softplus(x) = log(1 + exp(x)) is never computed from a saturated sigmoid. Means over the batch
 * of D:  (softplus(-r) + softplus(f)) / 2 G:  softplus(-f)                        (non-saturating) */
#ifndef NN_LOSS_H
#define NN_LOSS_H

/* Mean binary cross-entropy of `count` logits against the target (0 or 1), times `weight`. dlogits: its gradient, or
 * NULL. */
double loss_bce(float *dlogits, const float *logits, int count, int target, double weight);

/* Mean of sigmoid(logit). */
double loss_mean_probability(const float *logits, int count);

#endif
