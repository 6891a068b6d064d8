/* Adaptive instance normalisation (Huang & Belongie 2017; docs/method.md, section 1), with the ReLU that follows:
 *   scale = Linear_s(w), bias = Linear_b(w), each L -> C;  y = relu(scale * instance_norm(x) + bias)
 * with biased variance and eps 1e-5. Images are C x N x H x W; scale and bias are kept as C x N. */
#ifndef NN_ADAIN_H
#define NN_ADAIN_H

#include "kernels/gemm.h"
#include "kernels/modes.h"
#include "nn/params.h"

typedef struct style_linear {
    float *weight, *bias;   /* C x L, C */
    float *dweight, *dbias; /* NULL where nothing is trained */
} style_linear;

typedef struct adain {
    int channels, latent;
    int length;       /* pixels of a map */
    int shared_input; /* 1: x is one map of C x H x W for the whole batch (the constant's) */
    int batch_stats;  /* 1: batch norm instead of instance norm: self-modulation (Chen et al. 2019, 1810.01365) */
    float *running_mean, *running_var; /* C, with batch_stats: as batch_norm's */
    style_linear scale, shift;
    /* kept by forward for backward: C x N styles; statistics, one a group of x */
    float *scale_values, *shift_values, *mean, *rstd;
} adain;

/* `norm_prefix`: of the running statistics, NULL without batch_stats. */
void adain_add(param_table *table, adain *layer, const char *prefix, const char *norm_prefix, int channels, int latent,
               int length);
void adain_place(adain *layer, int batch, arena *memory);
size_t adain_scratch_floats(const adain *layer, int batch, int threads);

/* y: C x N x H x W; w: N x L. Without batch_stats, `stats` changes nothing. */
void adain_forward(parallel_pool *pool, float *y, const float *x, const float *w, adain *layer, int batch,
                   stats_mode stats, float *scratch);

/* dx overwritten (dy may be dx unless shared_input); dw (N x L) is added to; `mode`, of the styles' parameters:
 * GRAD_NONE or GRAD_SET. `stats`: the forward's; running statistics are constants. */
void adain_backward(parallel_pool *pool, float *dx, float *dw, const float *dy, const float *x, const float *w,
                    const adain *layer, int batch, grad_mode mode, stats_mode stats, float *scratch);

#endif
