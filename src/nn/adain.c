#include "nn/adain.h"

#include <math.h>

#include "kernels/norm.h"
#include "nn/batch_norm.h"

static const float EPS = 1e-5f;

static norm_shape shape_of(const adain *layer, int batch) {
    return (norm_shape){layer->channels * batch, layer->length, layer->shared_input ? batch : 1};
}

/* values (C x N) = W wT + b */
static void style_forward(parallel_pool *pool, float *values, const float *w, const style_linear *style, int channels,
                          int latent, int batch, float *scratch) {
    const gemm_matrices product = {style->weight, latent, 1, w, latent, 1};
    gemm_dense(pool, values, &product, channels, batch, latent, 0, scratch);
    for (int c = 0; c < channels; c++)
        for (int n = 0; n < batch; n++)
            values[(size_t)c * batch + n] += style->bias[c];
}

/* The batch's statistics, once for each picture. */
static void batch_statistics(parallel_pool *pool, const float *x, adain *layer, int batch, stats_mode stats) {
    batch_norm norm = {.channels = layer->channels,
                       .length = layer->length,
                       .running_mean = layer->running_mean,
                       .running_var = layer->running_var,
                       .mean = layer->mean,
                       .rstd = layer->rstd};
    batch_norm_statistics(pool, x, &norm, batch, stats);
    for (int g = layer->channels * batch - 1; g >= 0; g--) {
        layer->mean[g] = layer->mean[g / batch];
        layer->rstd[g] = layer->rstd[g / batch];
    }
}

void adain_forward(parallel_pool *pool, float *y, const float *x, const float *w, adain *layer, int batch,
                   stats_mode stats, float *scratch) {
    style_forward(pool, layer->scale_values, w, &layer->scale, layer->channels, layer->latent, batch, scratch);
    style_forward(pool, layer->shift_values, w, &layer->shift, layer->channels, layer->latent, batch, scratch);
    const norm_shape shape = shape_of(layer, batch);
    if (layer->batch_stats) {
        batch_statistics(pool, x, layer, batch, stats);
    } else {
        norm_statistics(pool, layer->mean, layer->rstd, x, &shape);
        for (int g = 0; g < shape.groups / shape.share; g++)
            layer->rstd[g] = 1.0f / sqrtf(layer->rstd[g] + EPS);
    }
    norm_forward(pool, y, x, layer->mean, layer->rstd, layer->scale_values, layer->shift_values, 0.0f, &shape);
}

static void style_backward(parallel_pool *pool, float *dw, const float *dvalues, const float *w,
                           const style_linear *style, int channels, int latent, int batch, grad_mode mode,
                           float *scratch) {
    const gemm_matrices weight_product = {dvalues, batch, 1, w, 1, latent};
    if (mode != GRAD_NONE)
        gemm_dense(pool, style->dweight, &weight_product, channels, latent, batch, 0, scratch);
    for (int c = 0; mode != GRAD_NONE && c < channels; c++) {
        float sum = 0;
        for (int n = 0; n < batch; n++)
            sum += dvalues[(size_t)c * batch + n];
        style->dbias[c] = sum;
    }
    const gemm_matrices input_product = {dvalues, 1, batch, style->weight, 1, latent};
    gemm_dense(pool, dw, &input_product, batch, latent, channels, 1, scratch);
}

void adain_backward(parallel_pool *pool, float *dx, float *dw, const float *dy, const float *x, const float *w,
                    const adain *layer, int batch, grad_mode mode, stats_mode stats, float *dstyle, float *scratch) {
    const norm_shape shape = shape_of(layer, batch);
    float *dscale = dstyle, *dshift = dstyle + shape.groups;
    if (layer->batch_stats)
        norm_backward_across(pool, dx, dscale, dshift, dy, x, layer->mean, layer->rstd, layer->scale_values,
                             layer->shift_values, 0.0f, &shape, stats == STATS_RUNNING ? 0 : batch);
    else
        (layer->shared_input ? norm_backward_shared : norm_backward)(pool, dx, dscale, dshift, dy, x, layer->mean,
                                                                     layer->rstd, layer->scale_values,
                                                                     layer->shift_values, 0.0f, &shape);
    style_backward(pool, dw, dscale, w, &layer->scale, layer->channels, layer->latent, batch, mode, scratch);
    style_backward(pool, dw, dshift, w, &layer->shift, layer->channels, layer->latent, batch, mode, scratch);
}
