/* Plain vector work: products with vectors, activations, the optimiser's pass, pixels. Counts are any number from 0
 * unless said otherwise; sums run in a fixed order. */
#ifndef KERNELS_VECTOR_H
#define KERNELS_VECTOR_H

#include <stddef.h>
#include <stdint.h>

#include "base/parallel.h"
#include "kernels/modes.h"

/* sum of a[i] * b[i]: float lanes in runs of 1,024, runs summed in double. */
double vector_dot(const float *a, const float *b, size_t count);

/* y += factor * x */
void vector_add_scaled(float *y, const float *x, float factor, size_t count);

/* out (columns) = uT W, W being rows x columns. */
void matrix_transposed_times_vector(parallel_pool *pool, float *out, const float *w, const float *u, int rows,
                                    int columns);
/* out (rows) = W v */
void matrix_times_vector(parallel_pool *pool, float *out, const float *w, const float *v, int rows, int columns);

/* x /= max(|x|, eps), the norm in double. Returns the norm. */
double vector_normalise(float *x, size_t count, double eps);

/* y = x > 0 ? x : slope x; dx = dy through it, from the sign of the input or (slope > 0) of the output. In place
 * allowed. */
void leaky_forward(parallel_pool *pool, float *y, const float *x, float slope, size_t count);
void leaky_backward(parallel_pool *pool, float *dx, const float *dy, const float *sign, float slope, size_t count);

/* y = tanh x; dx = dy (1 - y y). In place allowed. */
void tanh_forward(parallel_pool *pool, float *y, const float *x, size_t count);
void tanh_backward(parallel_pool *pool, float *dx, const float *dy, const float *y, size_t count);

/* Adam (Kingma & Ba 2015, algorithm 1) in PyTorch's arrangement:
 *   m = beta1 m + (1-beta1) g;  v = beta2 v + (1-beta2) g g;
 *   p -= rate m / (sqrt(v) / correction + eps)
 * with rate = lr / (1 - beta1^t) and correction = sqrt(1 - beta2^t), computed in double. */
typedef struct adam_step {
    float beta1, rest1; /* rest = 1 - beta, rounded once: 1.0f - 0.999f is off by 5e-5 */
    float beta2, rest2;
    float rate, inverse_correction, eps;
    /* In the same pass, while the values are in the cache; NULL where not wanted (as adam_step_at leaves them):
     *   average += average_rate (p - average), with the new p;
     *   squares[i / ADAM_PIECE] = sum of g g over each run of ADAM_PIECE floats. */
    float *average, average_rate;
    float *squares;
} adam_step;
enum { ADAM_PIECE = 4096 };
adam_step adam_step_at(double lr, double beta1, double beta2, double eps, double step);
void adam_update(parallel_pool *pool, float *p, float *m, float *v, const float *g, const adam_step *step,
                 size_t count);

/* average += rate (p - average) */
void vector_average(float *average, const float *p, float rate, size_t count);

/* The critic's last layer on C x N x 16 (4x4 maps): logits[n] = sum over c,p of w[c,p] x[c,n,p]. */
void head_forward(float *logits, const float *x, const float *w, int batch, int channels);
void head_input_grad(float *dx, const float *dlogits, const float *w, int batch, int channels);
void head_weight_grad(float *dw, const float *dlogits, const float *x, int batch, int channels, grad_mode mode);

/* out[b][a] = in[a][b], each element a run of `run` floats: N x C x HW to C x N x HW and back. */
void transpose_nc(float *out, const float *in, int a, int b, size_t run);

#endif
