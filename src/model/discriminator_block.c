#include "model/discriminator_block.h"

#include <stdio.h>

#include "base/helpers.h"
#include "kernels/resample.h"
#include "kernels/vector.h"

static const float SLOPE = 0.2f;

/* Module numbers of the reference's nn.Sequential: convolution 0, LeakyReLU 1; then convolution, batch norm,
 * LeakyReLU. */
void discriminator_block_add(param_table *table, discriminator_block *block, const architecture *arch, int index) {
    const int module = index ? 3 * index - 1 : 0, large = architecture_image_size(arch) >> index;
    char name[PARAM_NAME], norm_name[PARAM_NAME];
    (void)snprintf(name, sizeof name, "model.%d", module);
    (void)snprintf(norm_name, sizeof norm_name, "model.%d", module + 1);
    block->channels = arch->discriminator_channels[index];
    block->size = large / 2;
    block->has_norm = index > 0 && arch->options.d_norm == SSD_D_NORM_BATCH;
    block->has_bias = arch->options.d_norm == SSD_D_NORM_NONE;
    block->conv = (conv_layer){.shape = {.channels = index ? arch->discriminator_channels[index - 1] : 3,
                                         .filters = block->channels,
                                         .height = large,
                                         .width = large},
                               .is_3x3 = arch->options.downsampling == SSD_AVERAGE,
                               .is_spectral = index > 0 && arch->options.spectral_norm == SSD_SPECTRAL_PAPER};
    conv_layer_add(table, &block->conv, name, 2);
    if (block->has_bias)
        param_add(table, ROLE_CONV_BIAS, name, "bias", (int[4]){block->channels}, &block->bias, &block->dbias);
    if (block->has_norm)
        batch_norm_add(table, &block->norm, norm_name, block->channels, block->size * block->size, SLOPE);
}

static size_t act_floats(const discriminator_block *block, int count) {
    return (size_t)block->channels * count * block->size * block->size;
}

void discriminator_block_place(discriminator_block *block, int batch, size_t more, arena *memory) {
    block->act = arena_floats(memory, act_floats(block, batch) + more);
    if (!block->has_norm)
        return;
    block->pre = arena_floats(memory, act_floats(block, batch));
    batch_norm_place(&block->norm, memory);
}

size_t discriminator_block_scratch_floats(const discriminator_block *block, int batch, int threads) {
    return max_size(conv_layer_scratch_floats(&block->conv, batch, threads), batch_norm_scratch_floats(&block->norm));
}

static stats_mode stats_of(discriminator_mode mode) {
    return mode == DISCRIMINATOR_EVAL        ? STATS_RUNNING
           : mode == DISCRIMINATOR_RECOMPUTE ? STATS_BATCH_FROZEN
                                             : STATS_BATCH;
}

void discriminator_block_forward(parallel_pool *pool, discriminator_block *block, const float *x, int count,
                                 discriminator_mode mode, float *scratch) {
    block->x = x;
    if (block->conv.is_spectral)
        spectral_norm_forward(pool, &block->conv.spectral, mode == DISCRIMINATOR_TRAIN, scratch);
    conv_layer_forward(pool, block->has_norm ? block->pre : block->act, x, &block->conv, count, 0, scratch);
    if (block->has_norm)
        batch_norm_forward(pool, block->act, block->pre, &block->norm, count, stats_of(mode));
    else if (block->has_bias)
        bias_leaky(pool, block->act, block->bias, SLOPE, block->channels, count * block->size * block->size);
    else
        leaky_forward(pool, block->act, block->act, SLOPE, act_floats(block, count));
}

void discriminator_block_backward(parallel_pool *pool, float *dx, float *dpre, const float *dact,
                                  const discriminator_block *block, int count, grad_mode mode, float *scratch) {
    if (block->has_norm)
        batch_norm_backward(pool, dpre, dact, block->pre, &block->norm, count, mode, scratch);
    else
        leaky_backward(pool, dpre, dact, block->act, SLOPE, act_floats(block, count));
    if (block->has_bias && mode != GRAD_NONE)
        bias_grad(pool, block->dbias, dpre, block->channels, count * block->size * block->size, mode);
    conv_layer_backward(pool, dx, dpre, block->x, &block->conv, count, mode, scratch);
}
