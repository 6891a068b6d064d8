#include "nn/batch_norm.h"

#include <math.h>

#include "kernels/norm.h"

static const double EPS = 1e-5, MOMENTUM = 0.1;

void running_stats_add(param_table *table, const char *prefix, int channels, float **mean, float **var) {
    param_add(table, ROLE_RUNNING_MEAN, prefix, "running_mean", (int[4]){channels}, mean, NULL);
    param_add(table, ROLE_RUNNING_VAR, prefix, "running_var", (int[4]){channels}, var, NULL);
}

void batch_norm_add(param_table *table, batch_norm *layer, const char *prefix, int channels, int length, float slope) {
    *layer = (batch_norm){.channels = channels, .length = length, .slope = slope};
    param_add(table, ROLE_NORM_WEIGHT, prefix, "weight", (int[4]){channels}, &layer->weight, &layer->dweight);
    param_add(table, ROLE_NORM_BIAS, prefix, "bias", (int[4]){channels}, &layer->bias, &layer->dbias);
    running_stats_add(table, prefix, channels, &layer->running_mean, &layer->running_var);
}

void batch_norm_place(batch_norm *layer, arena *memory) {
    layer->mean = arena_floats(memory, (size_t)layer->channels);
    layer->rstd = arena_floats(memory, (size_t)layer->channels);
}

size_t batch_norm_scratch_floats(const batch_norm *layer) { return 2 * (size_t)layer->channels; }

static norm_shape shape_of(const batch_norm *layer, int batch) {
    return (norm_shape){layer->channels, batch * layer->length, 1};
}

void batch_norm_statistics(parallel_pool *pool, const float *x, batch_norm *layer, int batch, stats_mode stats) {
    const norm_shape shape = shape_of(layer, batch);
    if (stats != STATS_RUNNING) {
        norm_statistics(pool, layer->mean, layer->rstd, x, &shape);
        const double unbiased = (double)shape.length / (shape.length - 1);
        for (int c = 0; c < layer->channels; c++) {
            const double mean = layer->mean[c], variance = layer->rstd[c];
            layer->rstd[c] = (float)(1.0 / sqrt(variance + EPS));
            if (stats == STATS_BATCH_FROZEN)
                continue;
            layer->running_mean[c] = (float)((1 - MOMENTUM) * layer->running_mean[c] + MOMENTUM * mean);
            layer->running_var[c] = (float)((1 - MOMENTUM) * layer->running_var[c] + MOMENTUM * variance * unbiased);
        }
    } else {
        for (int c = 0; c < layer->channels; c++) {
            layer->mean[c] = layer->running_mean[c];
            layer->rstd[c] = (float)(1.0 / sqrt(layer->running_var[c] + EPS));
        }
    }
}

void batch_norm_forward(parallel_pool *pool, float *y, const float *x, batch_norm *layer, int batch, stats_mode stats) {
    const norm_shape shape = shape_of(layer, batch);
    batch_norm_statistics(pool, x, layer, batch, stats);
    norm_forward(pool, y, x, layer->mean, layer->rstd, layer->weight, layer->bias, layer->slope, &shape);
}

void batch_norm_backward(parallel_pool *pool, float *dx, const float *dy, const float *x, const batch_norm *layer,
                         int batch, grad_mode mode, float *scratch) {
    const norm_shape shape = shape_of(layer, batch);
    float *dweight = scratch, *dbias = scratch + layer->channels; /* of this pass */
    norm_backward(pool, dx, dweight, dbias, dy, x, layer->mean, layer->rstd, layer->weight, layer->bias, layer->slope,
                  &shape);
    for (int c = 0; mode != GRAD_NONE && c < layer->channels; c++) {
        layer->dweight[c] = (mode == GRAD_ADD ? layer->dweight[c] : 0.0f) + dweight[c];
        layer->dbias[c] = (mode == GRAD_ADD ? layer->dbias[c] : 0.0f) + dbias[c];
    }
}
