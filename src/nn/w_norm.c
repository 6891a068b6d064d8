#include "nn/w_norm.h"

#include <math.h>

#include "nn/batch_norm.h"

static const double EPS = 1e-5, MOMENTUM = 0.1;

void w_norm_add(param_table *table, w_norm *layer, const char *prefix, int latent) {
    *layer = (w_norm){.latent = latent};
    running_stats_add(table, prefix, latent, &layer->running_mean, &layer->running_var);
}

void w_norm_place(w_norm *layer, int batch, arena *memory) {
    layer->rstd = arena_floats(memory, (size_t)layer->latent);
    layer->w = arena_floats(memory, (size_t)batch * layer->latent);
}

/* Mean and biased variance of coordinate l. */
static void batch_stats(const float *x, int latent, int batch, int l, double *mean, double *variance) {
    double sum = 0, squares = 0;
    for (int n = 0; n < batch; n++)
        sum += x[n * latent + l];
    *mean = sum / batch;
    for (int n = 0; n < batch; n++)
        squares += (x[n * latent + l] - *mean) * (x[n * latent + l] - *mean);
    *variance = squares / batch;
}

void w_norm_forward(w_norm *layer, const float *x, int batch, stats_mode stats) {
    const int latent = layer->latent;
    for (int l = 0; l < latent; l++) {
        double mean = layer->running_mean[l], variance = layer->running_var[l];
        if (stats != STATS_RUNNING)
            batch_stats(x, latent, batch, l, &mean, &variance);
        if (stats == STATS_BATCH) {
            const double unbiased = variance * batch / (batch - 1);
            layer->running_mean[l] = (float)((1 - MOMENTUM) * layer->running_mean[l] + MOMENTUM * mean);
            layer->running_var[l] = (float)((1 - MOMENTUM) * layer->running_var[l] + MOMENTUM * unbiased);
        }
        layer->rstd[l] = (float)(1 / sqrt(variance + EPS));
        for (int n = 0; n < batch; n++)
            layer->w[n * latent + l] = (float)((x[n * latent + l] - mean) * layer->rstd[l]);
    }
}

void w_norm_backward(float *dw, const w_norm *layer, int batch) {
    const int latent = layer->latent;
    for (int l = 0; l < latent; l++) {
        double sum = 0, along = 0; /* of dw, and of dw times w */
        for (int n = 0; n < batch; n++) {
            sum += dw[n * latent + l];
            along += (double)dw[n * latent + l] * layer->w[n * latent + l];
        }
        for (int n = 0; n < batch; n++) {
            float *d = &dw[n * latent + l];
            *d = (float)(layer->rstd[l] * (*d - sum / batch - layer->w[n * latent + l] * along / batch));
        }
    }
}
