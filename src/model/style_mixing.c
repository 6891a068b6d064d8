#include "model/style_mixing.h"

#include <string.h>

#include "kernels/vector.h"

/* The w that row i of the styles has. */
static size_t source_of(int i, const int *crossover, int count, int latent) {
    const int stage = i / count, n = i % count;
    return (size_t)(n + (stage >= crossover[n] ? count : 0)) * latent;
}

void style_mixing_forward(float *styles, const float *w, const int *crossover, int stages, int count, int latent) {
    for (int i = 0; i < stages * count; i++)
        memcpy(styles + (size_t)i * latent, w + source_of(i, crossover, count, latent), (size_t)latent * sizeof *w);
}

void style_mixing_backward(float *dw, const float *dstyles, const int *crossover, int stages, int count, int latent) {
    memset(dw, 0, 2 * (size_t)count * latent * sizeof *dw);
    for (int i = 0; i < stages * count; i++)
        vector_add_scaled(dw + source_of(i, crossover, count, latent), dstyles + (size_t)i * latent, 1, (size_t)latent);
}
