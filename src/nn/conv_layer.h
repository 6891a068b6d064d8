/* The model's convolution (kernels/conv.h: 4x4, stride 2), or its transposed form, with the parameter behind its
 * weight: plain          the 4x4 weight itself spectral norm  divided by its largest singular value (spectral_norm.h)
 *   3x3            beside a nearest upsampling or a mean of 2x2, folded to 4x4 (kernels/resample.h) */
#ifndef NN_CONV_LAYER_H
#define NN_CONV_LAYER_H

#include "kernels/conv.h"
#include "nn/spectral_norm.h"

typedef struct conv_layer {
    conv_shape shape; /* C and H x W of the large image, K of the small one; no batch */
    int transposed;   /* 1: from the small image to the large one */
    int is_3x3;
    int is_spectral;
    int is_blurred;          /* 1: the large image is blurred afterwards; transposed layers only */
    float *weight, *dweight; /* not with spectral norm */
    spectral_norm spectral;
    float *prepared; /* the weight, packed for few pictures (kernels/conv_prepared.h), or NULL */
} conv_layer;

/* Sizes and options must be set. Appends "prefix.weight", or what spectral norm has instead. `gain` as a parameter's.
 */
void conv_layer_add(param_table *table, conv_layer *layer, const char *prefix, double gain);

/* Memory for packed weights, where the shape allows it. */
void conv_layer_place_prepared(conv_layer *layer, arena *memory);
void conv_layer_prepare(parallel_pool *pool, conv_layer *layer, float *scratch);

size_t conv_layer_scratch_floats(const conv_layer *layer, int batch, int threads);

/* y = layer(x). With spectral norm, sigma must be known; prepared 1: with the packed weights, at most
 * CONV_PREPARED_MOST pictures. */
void conv_layer_forward(parallel_pool *pool, float *y, const float *x, const conv_layer *layer, int batch, int prepared,
                        float *scratch);

/* `mode`: of the parameter's gradient. dx is overwritten; NULL: not wanted. A blurred layer destroys dy. */
void conv_layer_backward(parallel_pool *pool, float *dx, float *dy, const float *x, const conv_layer *layer, int batch,
                         grad_mode mode, float *scratch);

#endif
