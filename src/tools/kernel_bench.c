/* One kernel or layer at a time, on made-up numbers, for `npm run bench`. Training never comes here. */
#include <stdlib.h>
#include <string.h>

#include "base/helpers.h"
#include "base/context.h"
#include "base/rng.h"
#include "kernels/kernels.h"
#include "nn/adain.h"
#include "nn/batch_norm.h"
#include "nn/linear.h"
#include "nn/spectral_norm.h"

enum { LATENT = 100, TAPS = 16, ARRAYS = 4 };

struct ssd_measure {
    parallel_pool *pool;
    void (*run)(ssd_measure *m);
    conv_shape shape;
    float *array[ARRAYS]; /* each as large as the largest operand */
    size_t most;
    float *aux, *scratch; /* parameters and statistics of the norms; workspace of the kernels */
};

static size_t large_floats(const conv_shape *s) { return (size_t)s->channels * s->batch * s->height * s->width; }

static void conv_forward_once(ssd_measure *m) {
    conv_forward(m->pool, m->array[3], m->array[0], m->array[1], 1, &m->shape, m->scratch);
}

static void conv_input_grad_once(ssd_measure *m) {
    conv_input_grad(m->pool, m->array[3], m->array[0], m->array[1], 1, &m->shape, m->scratch);
}

static void conv_weight_grad_once(ssd_measure *m) {
    conv_weight_grad(m->pool, m->array[3], m->array[0], m->array[2], &m->shape, GRAD_SET, m->scratch);
}

static void direct_forward_once(ssd_measure *m) {
    conv_forward_direct(m->pool, m->array[3], m->array[0], m->array[1], 1, &m->shape, m->scratch);
}

static void direct_input_grad_once(ssd_measure *m) {
    conv_input_grad_direct(m->pool, m->array[3], m->array[0], m->array[1], 1, &m->shape, m->scratch);
}

static void direct_weight_grad_once(ssd_measure *m) {
    conv_weight_grad_direct(m->pool, m->array[3], m->array[0], m->array[2], &m->shape, GRAD_SET, m->scratch);
}

/* The small map of the generator is the same for every picture, as in generator.c. */
static adain adain_of(const ssd_measure *m) {
    const int channels = m->shape.channels;
    float *matrix = m->array[1], *styles = m->aux;
    const size_t weights = (size_t)channels * LATENT, values = (size_t)channels * m->shape.batch;
    return (adain){.channels = channels,
                   .latent = LATENT,
                   .length = m->shape.height * m->shape.width,
                   .shared_input = m->shape.height == 4,
                   .scale = {matrix, matrix, matrix + 2 * weights, styles + 4 * values},
                   .shift = {matrix + weights, matrix, matrix + 3 * weights, styles + 4 * values},
                   .scale_values = styles,
                   .shift_values = styles + values,
                   .mean = styles + 2 * values,
                   .rstd = styles + 3 * values};
}

static void adain_forward_once(ssd_measure *m) {
    adain layer = adain_of(m);
    adain_forward(m->pool, m->array[3], m->array[0], m->array[2], &layer, m->shape.batch, STATS_BATCH, m->scratch);
}

static void adain_backward_once(ssd_measure *m) {
    const adain layer = adain_of(m);
    float *dw = m->aux + 5 * (size_t)m->shape.channels * m->shape.batch;
    adain_backward(m->pool, m->array[3], dw, m->array[2], m->array[0], m->array[2], &layer, m->shape.batch, GRAD_SET,
                   STATS_BATCH, m->scratch);
}

static batch_norm batch_norm_of(const ssd_measure *m) {
    const int c = m->shape.channels;
    float *p = m->aux;
    return (batch_norm){c,         m->shape.height * m->shape.width,
                        0.2f,      p,
                        p + c,     p + 2 * c,
                        p + 3 * c, p + 4 * c,
                        p + 5 * c, p + 6 * c,
                        p + 7 * c};
}

static void batch_norm_forward_once(ssd_measure *m) {
    batch_norm layer = batch_norm_of(m);
    batch_norm_forward(m->pool, m->array[3], m->array[0], &layer, m->shape.batch, STATS_BATCH);
}

static void batch_norm_backward_once(ssd_measure *m) {
    const batch_norm layer = batch_norm_of(m);
    batch_norm_backward(m->pool, m->array[3], m->array[2], m->array[0], &layer, m->shape.batch, GRAD_SET, m->scratch);
}

static spectral_norm spectral_norm_of(const ssd_measure *m) {
    return (spectral_norm){
        m->shape.filters, m->shape.channels * TAPS, m->array[0], m->array[3], m->array[1], m->array[2], 1};
}

static void spectral_norm_forward_once(ssd_measure *m) {
    spectral_norm layer = spectral_norm_of(m);
    spectral_norm_forward(m->pool, &layer, 1, m->scratch);
}

static void spectral_norm_backward_once(ssd_measure *m) {
    const spectral_norm layer = spectral_norm_of(m);
    spectral_norm_backward(m->pool, m->array[0], &layer, GRAD_SET);
}

/* channels x filters parameters; the step size is zero, so that any number of runs leaves sound numbers. */
static void adam_once(ssd_measure *m) {
    const adam_step step = adam_step_at(0, 0.5, 0.999, 1e-8, 1);
    adam_update(m->pool, m->array[0], m->array[1], m->array[3], m->array[2], &step,
                (size_t)m->shape.channels * m->shape.filters);
}

/* channels inputs, filters outputs. */
static void linear_forward_once(ssd_measure *m) {
    const linear layer = {m->shape.channels, m->shape.filters, m->array[1], m->array[2], NULL, NULL};
    linear_forward(m->pool, m->array[3], m->array[0], &layer, m->shape.batch, m->scratch);
}

static const struct {
    const char *name;
    void (*run)(ssd_measure *m);
} MEASURED[] = {{"conv_forward", conv_forward_once},
                {"conv_input_grad", conv_input_grad_once},
                {"conv_weight_grad", conv_weight_grad_once},
                {"direct_forward", direct_forward_once},
                {"direct_input_grad", direct_input_grad_once},
                {"direct_weight_grad", direct_weight_grad_once},
                {"adain_forward", adain_forward_once},
                {"adain_backward", adain_backward_once},
                {"batch_norm_forward", batch_norm_forward_once},
                {"batch_norm_backward", batch_norm_backward_once},
                {"spectral_norm_forward", spectral_norm_forward_once},
                {"spectral_norm_backward", spectral_norm_backward_once},
                {"adam", adam_once},
                {"linear_forward", linear_forward_once}};

static size_t scratch_floats(const conv_shape *s, int convolution, int threads) {
    if (convolution)
        return max_size(conv_scratch_floats(s, threads), conv_direct_scratch_floats(s, threads));
    const int side = s->channels > s->filters ? s->channels : s->filters;
    const int depth = side > LATENT ? side : LATENT;
    return max_size(gemm_scratch_floats(side, depth > s->batch ? depth : s->batch, threads),
                    gemm_scratch_floats(s->batch, depth, threads)) +
           gemm_scratch_floats(LATENT, side, threads) + 2 * (size_t)s->channels * s->batch + 4;
}

ssd_status ssd_measure_create(ssd_context *context, const char *what, int batch, int channels, int filters, int size,
                              ssd_measure **measure) {
    int index = 0;
    const int count = (int)(sizeof MEASURED / sizeof MEASURED[0]);
    while (index < count && strcmp(MEASURED[index].name, what) != 0)
        index++;
    const int convolution = index < 6;
    if (index == count || batch < 1 || channels < 1 || filters < 1 || size < 1 || (convolution && size % 8))
        return context_fail(context, SSD_BAD_ARGUMENT, "there is no kernel \"%s\" of that size to measure", what);
    /* Counted in doubles: in 32 bits these products wrap to small numbers. */
    const double images = (double)batch * size * size * (channels > filters ? channels : filters);
    const double kernels = (double)channels * filters * (MEASURED[index].run == adam_once ? 1 : TAPS);
    if (ARRAYS * (images + kernels) > (double)MAX_ALLOCATION / sizeof(float))
        return context_fail(context, SSD_OUT_OF_MEMORY, "not enough memory to measure \"%s\" of that size", what);
    const conv_shape shape = {batch, channels, filters, size, size};
    /* Convolutions and spectral norm: C K 16 weights; AdaIN: 4 C x L of them and their gradients; Adam: C K. */
    const size_t weights = MEASURED[index].run == adam_once
                               ? (size_t)channels * filters
                               : (size_t)channels * TAPS * max_size((size_t)filters, LATENT / 4);
    const size_t most = max_size(max_size(large_floats(&shape), weights) + (size_t)batch * LATENT,
                                 (size_t)filters * batch * size * size / 4);
    const size_t aux = (size_t)10 * channels * batch + (size_t)batch * LATENT + 16;
    ssd_measure *m = context_allocate(context, 1, sizeof *m);
    float *block = context_allocate(
        context, ARRAYS * most + aux + scratch_floats(&shape, convolution, ssd_context_threads(context)),
        sizeof *block);
    if (!m || !block) {
        free(m);
        free(block);
        return SSD_OUT_OF_MEMORY;
    }
    rng random;
    rng_seed(&random, 1, 1);
    for (size_t i = 0; i < ARRAYS * most + aux; i++) /* small and positive: they may be variances, too */
        block[i] = (float)(rng_next(&random) >> 40) * 0x1p-24f;
    *m = (ssd_measure){.pool = context->pool, .run = MEASURED[index].run, .shape = shape, .most = most};
    for (int i = 0; i < ARRAYS; i++)
        m->array[i] = block + i * most;
    m->aux = block + ARRAYS * most;
    m->scratch = m->aux + aux;
    *measure = m;
    return SSD_OK;
}

void ssd_measure_destroy(ssd_measure *measure) {
    if (!measure)
        return;
    free(measure->array[0]);
    free(measure);
}

void ssd_measure_run(ssd_measure *measure) { measure->run(measure); }

const float *ssd_measure_result(const ssd_measure *measure) { return measure->array[3]; }
