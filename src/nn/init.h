/* Initial values and learning rates of a network's parameters, by role. */
#ifndef NN_INIT_H
#define NN_INIT_H

#include "base/rng.h"
#include "nn/params.h"

typedef struct init_scheme {
    int dcgan;     /* 1: convolutions and norms are normal with deviation 0.02 (Radford et al. 2016), not PyTorch's
                    * defaults */
    int equalised; /* 1: weights are normal with He's deviation, and their rates relative to it (Karras et al. 2018) */
    double mapping_rate; /* factor of the mapping's rates */
    double first_scale;  /* 0: mapping and styles have PyTorch's defaults. Otherwise styles do not depend on w at first:
                          * scales are this, shifts 0; and the mapping keeps the variance of its input */
} init_scheme;

/* Sets the values of all parameters and buffers, in the order of the table, and the parameters' rates: 1, or with
 * `equalised` He's deviation; the mapping's times mapping_rate. */
void init_params(param_table *table, const init_scheme *scheme, rng *random);

#endif
