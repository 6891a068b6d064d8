/* Spectral normalisation (Miyato et al. 2018) as torch.nn.utils.spectral_norm: W / sigma with sigma = uT W v, W seen
 * as K x M (M = C * 16). u and v carry no gradient, sigma does. */
#ifndef NN_SPECTRAL_NORM_H
#define NN_SPECTRAL_NORM_H

#include "base/parallel.h"
#include "kernels/modes.h"
#include "nn/params.h"

typedef struct spectral_norm {
    int rows, columns; /* K, M */
    float *weight, *dweight;
    float *u, *v; /* K, M: state */
    float sigma;  /* of the last forward */
} spectral_norm;

/* Appends "prefix.weight_orig" of this shape (K first), "prefix.weight_u" and "prefix.weight_v". */
void spectral_norm_add(param_table *table, spectral_norm *norm, const char *prefix, const int shape[4]);

/* u and v, random unit vectors, come close to the singular vectors by 15 power iterations, as in PyTorch. */
void spectral_norm_init(spectral_norm *norm, float *scratch);

/* Updates sigma; with `iterate` one power iteration first: v = WT u / |.|, u = W v / |.| (eps 1e-12).
 * `scratch`: K floats. */
void spectral_norm_forward(parallel_pool *pool, spectral_norm *norm, int iterate, float *scratch);

/* dweight = (dw - <dw, W / sigma> u vT) / sigma, or added to it; dw (K x M): the gradient at W / sigma. */
void spectral_norm_backward(parallel_pool *pool, const float *dw, const spectral_norm *norm, grad_mode mode);

#endif
