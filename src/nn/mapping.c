#include "nn/mapping.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/helpers.h"
#include "kernels/vector.h"

static const float SLOPE = 0.2f;

void mapping_add(param_table *table, mapping *m, const ssd_config *options) {
    const int latent = options->latent_size, count = options->mapping_layers, shared = options->shared_mapping;
    *m = (mapping){.latent = latent,
                   .count = count,
                   .shared = shared,
                   .pixel_norm = options->pixel_norm,
                   .has_w_norm = options->w_norm};
    for (int l = 0; l < (shared ? 1 : count); l++) {
        linear *layer = &m->layers[l];
        char prefix[PARAM_NAME] = "mapper.linear";
        if (!shared)
            (void)snprintf(prefix, sizeof prefix, "mapper.%d", l);
        *layer = (linear){.inputs = latent, .outputs = latent};
        param_add(table, l || shared ? ROLE_MAPPING_WEIGHT : ROLE_MAPPING_FIRST, prefix, "weight",
                  (int[4]){latent, latent}, &layer->weight, &layer->dweight);
        param *bias =
            param_add(table, ROLE_MAPPING_BIAS, prefix, "bias", (int[4]){latent}, &layer->bias, &layer->dbias);
        bias->fan_in = latent;
    }
    if (m->has_w_norm)
        w_norm_add(table, &m->norm, "mapper.norm", latent);
}

void mapping_place(mapping *m, int batch, arena *memory) {
    for (int l = 0; l <= m->count; l++)
        m->activations[l] = arena_floats(memory, (size_t)batch * m->latent);
    if (m->has_w_norm)
        w_norm_place(&m->norm, batch, memory);
}

/* A gradient (N x L), then the products'. */
size_t mapping_scratch_floats(const mapping *m, int batch, int threads) {
    return (size_t)batch * m->latent + 4 +
           max_size(gemm_scratch_floats(m->latent, batch, threads), gemm_scratch_floats(batch, m->latent, threads));
}

static const linear *layer_of(const mapping *m, int l) { return &m->layers[m->shared ? 0 : l]; }

const float *mapping_forward(parallel_pool *pool, mapping *m, const float *z, int batch, stats_mode stats,
                             float *scratch) {
    const int latent = m->latent;
    const size_t count = (size_t)batch * latent;
    memcpy(m->activations[0], z, count * sizeof *z);
    for (int n = 0; n < batch; n++)
        (void)vector_normalise(m->activations[0] + (size_t)n * latent, (size_t)latent, 1e-12);
    for (size_t i = 0; m->pixel_norm && i < count; i++)
        m->activations[0][i] *= sqrtf((float)latent);
    for (int l = 0; l < m->count; l++) {
        linear_forward(pool, m->activations[l + 1], m->activations[l], layer_of(m, l), batch, scratch);
        leaky_forward(pool, m->activations[l + 1], m->activations[l + 1], SLOPE, count);
    }
    if (!m->has_w_norm)
        return m->activations[m->count];
    w_norm_forward(&m->norm, m->activations[m->count], batch, stats);
    return m->norm.w;
}

void mapping_backward(parallel_pool *pool, mapping *m, float *dw, int batch, float *scratch) {
    const size_t count = (size_t)batch * m->latent;
    float *dy = dw, *dx = scratch;
    if (m->has_w_norm)
        w_norm_backward(dw, &m->norm, batch);
    scratch += (count + 3) / 4 * 4;
    for (int l = m->count - 1; l >= 0; l--) {
        leaky_backward(pool, dy, dy, m->activations[l + 1], SLOPE, count);
        const grad_mode mode = m->shared && l < m->count - 1 ? GRAD_ADD : GRAD_SET;
        linear_backward(pool, l > 0 ? dx : NULL, dy, m->activations[l], layer_of(m, l), batch, mode, scratch);
        float *swap = dy;
        dy = dx;
        dx = swap;
    }
}
