#include "nn/conv_layer.h"

#include "base/helpers.h"
#include "kernels/conv_prepared.h"
#include "kernels/resample.h"

/* A transposed convolution is inputs x outputs x 4 x 4 in PyTorch, the 3x3 one behind an upsampling an ordinary one,
 * outputs x inputs: kernels/conv.h sees both from the large image's side. */
void conv_layer_add(param_table *table, conv_layer *layer, const char *prefix, double gain) {
    const int large = layer->shape.channels, small = layer->shape.filters, taps = layer->is_3x3 ? 3 : 4;
    const int large_first = layer->transposed && layer->is_3x3;
    const int shape[4] = {large_first ? large : small, large_first ? small : large, taps, taps};
    if (layer->is_spectral)
        spectral_norm_add(table, &layer->spectral, prefix, shape);
    else
        param_add(table, ROLE_CONV_WEIGHT, prefix, "weight", shape, &layer->weight, &layer->dweight);
    param *weight = &table->list[table->count - (layer->is_spectral ? 3 : 1)];
    weight->gain = gain;
    if (layer->transposed && !layer->is_3x3)
        weight->fan_in = 4.0 * small; /* of a pixel's 4x4 window at stride 2, each output sees four taps */
}

void conv_layer_place_prepared(conv_layer *layer, arena *memory) {
    if (conv_prepared_fits(&layer->shape))
        layer->prepared = arena_floats(memory, conv_prepared_floats(&layer->shape));
}

static conv_shape shape_of(const conv_layer *layer, int batch) {
    conv_shape shape = layer->shape;
    shape.batch = batch;
    return shape;
}

static size_t weight_floats(const conv_layer *layer) {
    return (size_t)layer->shape.channels * layer->shape.filters * 16;
}

/* The weight as it is convolved and its gradient, then the convolution's own. */
size_t conv_layer_scratch_floats(const conv_layer *layer, int batch, int threads) {
    const conv_shape shape = shape_of(layer, batch), few = shape_of(layer, min_int(batch, CONV_PREPARED_MOST));
    const size_t prepared = conv_prepared_fits(&shape) ? conv_prepared_scratch_floats(&few, threads) : 0;
    return weight_floats(layer) * (layer->is_3x3 + layer->is_spectral) +
           max_size(max_size(conv_scratch_floats(&shape, threads), prepared), (size_t)layer->spectral.rows);
}

static double fold_factor(const conv_layer *layer) { return layer->transposed ? 1 : 0.25; }

/* The 4x4 weight before the division by sigma, made in scratch where it is not the parameter itself. */
static const float *weight_4x4(parallel_pool *pool, const conv_layer *layer, float **scratch) {
    const float *weight = layer->is_spectral ? layer->spectral.weight : layer->weight;
    if (!layer->is_3x3)
        return weight;
    float *folded = *scratch;
    *scratch += weight_floats(layer);
    fold_resample(pool, folded, weight, layer->shape.filters, layer->shape.channels, layer->transposed,
                  (float)fold_factor(layer));
    return folded;
}

static float weight_scale(const conv_layer *layer) { return layer->is_spectral ? 1.0f / layer->spectral.sigma : 1.0f; }

void conv_layer_prepare(parallel_pool *pool, conv_layer *layer, float *scratch) {
    const conv_shape shape = shape_of(layer, 1);
    if (layer->prepared)
        conv_prepare(pool, layer->prepared, weight_4x4(pool, layer, &scratch), &shape);
}

void conv_layer_forward(parallel_pool *pool, float *y, const float *x, const conv_layer *layer, int batch, int prepared,
                        float *scratch) {
    const conv_shape shape = shape_of(layer, batch);
    if (prepared && layer->prepared) {
        conv_input_grad_prepared(pool, y, x, layer->prepared, &shape, scratch);
    } else {
        const float *weight = weight_4x4(pool, layer, &scratch);
        (layer->transposed ? conv_input_grad : conv_forward)(pool, y, x, weight, weight_scale(layer), &shape, scratch);
    }
    if (layer->is_blurred)
        blur(pool, y, shape.channels * batch, shape.width);
}

/* Straight into the parameter's gradient, or by way of the 4x4 weight's and the normalised weight's. */
static void weight_grad(parallel_pool *pool, const float *dy, const float *x, const conv_layer *layer, int batch,
                        grad_mode mode, float *scratch) {
    const conv_shape shape = shape_of(layer, batch);
    const float *dsmall = layer->transposed ? x : dy, *large = layer->transposed ? dy : x;
    float *dnormalised = scratch, *dparameter = layer->dweight;
    if (layer->is_spectral) {
        dparameter = dnormalised;
        scratch += weight_floats(layer);
    }
    const grad_mode own = layer->is_spectral ? GRAD_SET : mode;
    if (layer->is_3x3) {
        float *dweight_4x4 = scratch;
        conv_weight_grad(pool, dweight_4x4, dsmall, large, &shape, GRAD_SET, scratch + weight_floats(layer));
        fold_resample_adjoint(pool, dparameter, dweight_4x4, shape.filters, shape.channels, layer->transposed,
                              (float)fold_factor(layer), own);
    } else {
        conv_weight_grad(pool, dparameter, dsmall, large, &shape, own, scratch);
    }
    if (layer->is_spectral)
        spectral_norm_backward(pool, dnormalised, &layer->spectral, mode);
}

void conv_layer_backward(parallel_pool *pool, float *dx, float *dy, const float *x, const conv_layer *layer, int batch,
                         grad_mode mode, float *scratch) {
    const conv_shape shape = shape_of(layer, batch);
    if (layer->is_blurred)
        blur(pool, dy, shape.channels * batch, shape.width);
    if (mode != GRAD_NONE)
        weight_grad(pool, dy, x, layer, batch, mode, scratch);
    if (!dx)
        return;
    const float *weight = weight_4x4(pool, layer, &scratch);
    (layer->transposed ? conv_forward : conv_input_grad)(pool, dx, dy, weight, weight_scale(layer), &shape, scratch);
}
