/* Spectral normalisation (Miyato et al. 2018) as torch.nn.utils.spectral_norm: W / sigma with sigma = uT W v, W seen
 * as K x M (M = C * 16). u and v carry no gradient, sigma does. */
#ifndef NN_SPECTRAL_NORM_H
#define NN_SPECTRAL_NORM_H

#include "base/parallel.h"
#include "kernels/modes.h"

typedef struct spectral_norm {
    int rows, columns; /* K, M */
    const float *weight;
    float *u, *v; /* K, M: state */
    float sigma;  /* of the last forward */
} spectral_norm;

/* Updates sigma; with `iterate` one power iteration first: v = WT u / |.|, u = W v / |.| (eps 1e-12).
 * `spare`: K floats. */
void spectral_norm_forward(parallel_pool *pool, spectral_norm *norm, int iterate, float *spare);

/* dweight = (or += ) (dw - <dw, W / sigma> u vT) / sigma, dw (K x M) being the gradient at W / sigma. */
void spectral_norm_backward(parallel_pool *pool, float *dweight, const float *dw, const spectral_norm *norm,
                            grad_mode mode);

#endif
