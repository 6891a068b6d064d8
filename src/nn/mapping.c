#include "nn/mapping.h"

#include <math.h>
#include <string.h>

#include "kernels/vector.h"

static const float SLOPE = 0.2f;

void mapping_forward(parallel_pool *pool, mapping *m, const float *z, int batch, float *scratch) {
    const int latent = m->latent;
    const size_t count = (size_t)batch * latent;
    memcpy(m->activations[0], z, count * sizeof *z);
    for (int n = 0; n < batch; n++)
        (void)vector_normalise(m->activations[0] + (size_t)n * latent, (size_t)latent, 1e-12);
    for (size_t i = 0; m->pixel_norm && i < count; i++)
        m->activations[0][i] *= sqrtf((float)latent);
    for (int l = 0; l < m->count; l++) {
        linear_forward(pool, m->activations[l + 1], m->activations[l], &m->layers[l], batch, scratch);
        leaky_forward(pool, m->activations[l + 1], m->activations[l + 1], SLOPE, count);
    }
}

void mapping_backward(parallel_pool *pool, mapping *m, float *dw, float *spare, int batch, float *scratch) {
    const size_t count = (size_t)batch * m->latent;
    float *dy = dw, *dx = spare;
    for (int l = m->count - 1; l >= 0; l--) {
        leaky_backward(pool, dy, dy, m->activations[l + 1], SLOPE, count);
        const grad_mode mode = m->shared && l < m->count - 1 ? GRAD_ADD : GRAD_SET;
        linear_backward(pool, l > 0 ? dx : NULL, dy, m->activations[l], &m->layers[l], batch, mode, scratch);
        float *swap = dy;
        dy = dx;
        dx = swap;
    }
}
