/* The one table of a network's parameters, {name, shape, offset, role}, that layers, optimiser, checkpoints, tests and
 * page all use, and the memory behind it. Names and shapes are those of PyTorch's state_dict.
 *
 * A layer is made in three steps: X_add appends its parameters to the table, params_place takes memory for all of them
 * and sets the layers' pointers, X_place takes the layer's buffers. */
#ifndef NN_PARAMS_H
#define NN_PARAMS_H

#include <stddef.h>

#include "base/arena.h"

enum { PARAM_MAX = 96, PARAM_NAME = 40 };

/* What a tensor is for: it decides its initial value and its learning rate (init.h). */
typedef enum param_role {
    /* parameters: they have a gradient and Adam's moments */
    ROLE_CONV_WEIGHT,
    ROLE_CONV_BIAS,
    ROLE_NORM_WEIGHT,
    ROLE_NORM_BIAS,
    ROLE_MAPPING_FIRST, /* weight of the mapping's first layer */
    ROLE_MAPPING_WEIGHT,
    ROLE_MAPPING_BIAS,
    ROLE_STYLE_WEIGHT, /* of the two linear layers that make styles of w; their biases follow */
    ROLE_STYLE_SCALE,
    ROLE_STYLE_SHIFT,
    ROLE_CONSTANT, /* the generator's learned input */
    ROLE_NOISE_STRENGTH,
    /* buffers: the state of a layer, not trained */
    ROLE_RUNNING_MEAN,
    ROLE_RUNNING_VAR,
    ROLE_SINGULAR_VECTOR
} param_role;

typedef struct param {
    char name[PARAM_NAME];
    param_role role;
    int part;            /* the part of the network that can be frozen: see generator.h, discriminator.h */
    int frozen;          /* trained in general, but not in this run */
    double lr_mul;       /* factor of Adam's learning rate, 1 in general; its epsilon is divided by it */
    double fan_in, gain; /* He's deviation is sqrt(gain / fan_in): numbers that one output is a sum over; 2 before an
                          * activation, else 1 */
    int rank;
    int shape[4]; /* unused dimensions are 1 */
    size_t count;
    size_t offset;      /* floats, into the parameters or the buffers */
    float *data, *grad; /* set by params_place, as are the layer's pointers to the same; no grad without training */
    float **layer_data, **layer_grad;
} param;

typedef struct param_table {
    int count;
    param list[PARAM_MAX];
    size_t parameter_floats, buffer_floats; /* with padding to 4 floats a tensor */
    size_t parameter_count;                 /* without */
    int part;                               /* of what is added next */
} param_table;

static inline int param_is_buffer(const param *p) { return p->role >= ROLE_RUNNING_MEAN; }

/* Appends "prefix.name", or `name` where prefix is NULL, and returns it. Dimensions that are not in use are 0. `data`
 * and `grad` (NULL of a buffer) are the layer's pointers, which must stay where they are. */
param *param_add(param_table *table, param_role role, const char *prefix, const char *name, const int shape[4],
                 float **data, float **grad);

/* The memory of all of them. */
typedef struct param_storage {
    float *parameters, *buffers;
    float *grads, *adam_m, *adam_v; /* as parameters; NULL in a network that only generates */
} param_storage;

void params_place(param_storage *storage, param_table *table, int training, arena *memory);

#endif
