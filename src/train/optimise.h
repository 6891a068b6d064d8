/* Adam over the parameters of a network, with the generator's average. */
#ifndef TRAIN_OPTIMISE_H
#define TRAIN_OPTIMISE_H

#include "train/state.h"

/* One Adam step of all parameters that are trained and not frozen, from the gradients in `b`. lr: the network's own
 * rate, 0 for config.lr. average: the averaged copy of the parameters, which follows, or NULL. Returns the gradient's
 * Euclidean norm. */
double optimizer_step(ssd_trainer *t, const param_table *table, param_storage *b, double lr, float *average);

#endif
