/* Batch normalisation (Ioffe & Szegedy 2015) as PyTorch's BatchNorm2d (eps 1e-5, momentum 0.1, affine), with the
 * (leaky) ReLU that follows. Images are C x N x H x W. */
#ifndef NN_BATCH_NORM_H
#define NN_BATCH_NORM_H

#include "base/parallel.h"
#include "kernels/modes.h"
#include "nn/params.h"

typedef struct batch_norm {
    int channels;
    int length; /* pixels of a map */
    float slope;
    float *weight, *bias;
    float *dweight, *dbias;            /* NULL where nothing is trained */
    float *running_mean, *running_var; /* updated by training forwards; the variance unbiased */
    float *mean, *rstd;                /* kept by forward for backward */
} batch_norm;

void batch_norm_add(param_table *table, batch_norm *layer, const char *prefix, int channels, int length, float slope);
void batch_norm_place(batch_norm *layer, arena *memory);
size_t batch_norm_scratch_floats(const batch_norm *layer);

/* Appends "prefix.running_mean" and "prefix.running_var". */
void running_stats_add(param_table *table, const char *prefix, int channels, float **mean, float **var);

/* Into layer->mean and rstd, as forward does it first. */
void batch_norm_statistics(parallel_pool *pool, const float *x, batch_norm *layer, int batch, stats_mode stats);

void batch_norm_forward(parallel_pool *pool, float *y, const float *x, batch_norm *layer, int batch, stats_mode stats);

/* Through a training forward. dx overwritten (dy may be dx); `mode`: of the parameters' gradients. */
void batch_norm_backward(parallel_pool *pool, float *dx, const float *dy, const float *x, const batch_norm *layer,
                         int batch, grad_mode mode, float *scratch);

#endif
