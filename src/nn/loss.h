/* Binary cross-entropy from logits (Goodfellow et al. 2014, non-saturating), never from a saturated sigmoid:
 *   BCE(l, 1) = softplus(-l),  BCE(l, 0) = softplus(l). */
#ifndef NN_LOSS_H
#define NN_LOSS_H

/* Mean loss over `count` logits against the target (0 or 1), times `weight`; dlogits (may be NULL) its gradient. */
double loss_bce(float *dlogits, const float *logits, int count, int target, double weight);

/* Mean of sigmoid(logit). */
double loss_mean_probability(const float *logits, int count);

#endif
