/* The one table of a network's tensors, {name, shape, offset}, that layers, optimiser, checkpoints, tests and page all
 * use, and the blocks of memory behind it. Names and shapes are those of PyTorch's state_dict. */
#ifndef NN_TENSORS_H
#define NN_TENSORS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/rng.h"

enum { TENSOR_MAX = 96, TENSOR_NAME = 40 };

typedef enum tensor_kind {
    TENSOR_TRAINED, /* has a gradient and Adam moments */
    TENSOR_STATE    /* running statistics, u and v of spectral norm */
} tensor_kind;

typedef struct tensor {
    char name[TENSOR_NAME];
    tensor_kind kind;
    int frozen;  /* trained in general, but not in this run, or not now */
    double rate; /* factor of Adam's learning rate, 1 in general; its epsilon is divided by it */
    int rank;
    int shape[4]; /* unused dimensions are 1 */
    size_t count;
    size_t offset; /* floats, into the block of its kind */
} tensor;

typedef struct tensor_table {
    int count;
    tensor list[TENSOR_MAX];
    size_t trained_floats, state_floats; /* block sizes, with padding to 4 floats a tensor */
    size_t parameter_count;              /* trained numbers, without padding */
} tensor_table;

/* Appends a tensor and returns its index. `name` is copied. Dimensions beyond the rank are given as 1. */
int tensor_add(tensor_table *table, tensor_kind kind, const char *name, int rank, int d0, int d1, int d2, int d3);

/* Index by name, or -1. */
int tensor_find(const tensor_table *table, const char *name);

typedef struct tensor_blocks {
    float *trained;
    float *state;
    float *grad; /* these three NULL in a network that only generates */
    float *adam_m;
    float *adam_v;
} tensor_blocks;

void tensor_blocks_place(tensor_blocks *blocks, const tensor_table *table, int training, arena *memory);

/* Where tensor `index` lives: its values (of either kind), and its gradient. */
float *tensor_data(const tensor_table *table, const tensor_blocks *blocks, int index);
float *tensor_grad(const tensor_table *table, const tensor_blocks *blocks, int index);

/* Initial values. */
void tensor_fill(float *data, size_t count, float value);
void tensor_uniform(float *data, size_t count, double bound, rng *random); /* in [-bound, bound) */
void tensor_normal(float *data, size_t count, double mean, double deviation, rng *random);

#endif
