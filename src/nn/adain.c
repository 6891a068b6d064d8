#include "nn/adain.h"

#include <math.h>

#include "base/helpers.h"
#include "kernels/norm.h"
#include "nn/batch_norm.h"

static const float EPS = 1e-5f;

static void style_add(param_table *table, style_linear *style, const char *prefix, param_role bias,
                      const char *const names[2], int channels, int latent) {
    param *weight = param_add(table, ROLE_STYLE_WEIGHT, prefix, names[0], (int[4]){channels, latent}, &style->weight,
                              &style->dweight);
    weight->gain = 1;
    param_add(table, bias, prefix, names[1], (int[4]){channels}, &style->bias, &style->dbias)->fan_in = latent;
}

void adain_add(param_table *table, adain *layer, const char *prefix, const char *norm_prefix, int channels, int latent,
               int length) {
    static const char *const scale[] = {"style_scale.weight", "style_scale.bias"};
    static const char *const shift[] = {"style_bias.weight", "style_bias.bias"};
    *layer = (adain){.channels = channels, .latent = latent, .length = length, .batch_stats = norm_prefix != NULL};
    style_add(table, &layer->scale, prefix, ROLE_STYLE_SCALE, scale, channels, latent);
    style_add(table, &layer->shift, prefix, ROLE_STYLE_SHIFT, shift, channels, latent);
    if (layer->batch_stats)
        running_stats_add(table, norm_prefix, channels, &layer->running_mean, &layer->running_var);
}

void adain_place(adain *layer, int batch, arena *memory) {
    const size_t groups = (size_t)layer->channels * batch;
    layer->scale_values = arena_floats(memory, groups);
    layer->shift_values = arena_floats(memory, groups);
    layer->mean = arena_floats(memory, groups);
    layer->rstd = arena_floats(memory, groups);
}

/* The styles' gradients (2 C N), then the products'. */
size_t adain_scratch_floats(const adain *layer, int batch, int threads) {
    const int channels = layer->channels, latent = layer->latent;
    const size_t products = max_size(gemm_scratch_floats(channels, (int)max_size(latent, batch), threads),
                                     gemm_scratch_floats(batch, channels, threads));
    return 2 * (size_t)channels * batch + 4 + products;
}

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
                    const adain *layer, int batch, grad_mode mode, stats_mode stats, float *scratch) {
    const norm_shape shape = shape_of(layer, batch);
    float *dscale = scratch, *dshift = dscale + shape.groups;
    scratch += (2 * (size_t)shape.groups + 3) / 4 * 4;
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
