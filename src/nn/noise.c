#include "nn/noise.h"

#include "kernels/vector.h"

void noise_add(param_table *table, noise_layer *layer, const char *prefix, int channels, int pixels) {
    *layer = (noise_layer){.channels = channels, .pixels = pixels};
    param_add(table, ROLE_NOISE_STRENGTH, prefix, "strength", (int[4]){channels}, &layer->strength, &layer->dstrength);
}

typedef struct noise_work {
    float *x;
    const float *dy, *noise;
    size_t stride;
    const noise_layer *layer;
    int batch;
} noise_work;

static void forward_channel(const void *argument, int c) {
    const noise_work *w = argument;
    for (int n = 0; n < w->batch; n++)
        vector_add_scaled(w->x + ((size_t)c * w->batch + n) * w->layer->pixels, w->noise + n * w->stride,
                          w->layer->strength[c], (size_t)w->layer->pixels);
}

void noise_forward(parallel_pool *pool, float *x, const float *noise, size_t stride, const noise_layer *layer,
                   int batch) {
    const noise_work work = {.x = x, .noise = noise, .stride = stride, .layer = layer, .batch = batch};
    parallel_for(pool, layer->channels, forward_channel, &work);
}

static void backward_channel(const void *argument, int c) {
    const noise_work *w = argument;
    double sum = 0;
    for (int n = 0; n < w->batch; n++)
        sum += vector_dot(w->dy + ((size_t)c * w->batch + n) * w->layer->pixels, w->noise + n * w->stride,
                          (size_t)w->layer->pixels);
    w->layer->dstrength[c] = (float)sum;
}

void noise_backward(parallel_pool *pool, const float *dy, const float *noise, size_t stride, const noise_layer *layer,
                    int batch) {
    const noise_work work = {.dy = dy, .noise = noise, .stride = stride, .layer = layer, .batch = batch};
    parallel_for(pool, layer->channels, backward_channel, &work);
}
