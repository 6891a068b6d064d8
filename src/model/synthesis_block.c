#include "model/synthesis_block.h"

#include <stdio.h>

#include "base/helpers.h"

/* A DCGAN's modules are one nn.Sequential: convolution 3i, batch norm 3i + 1, ReLU 3i + 2. */
static void name_of(char name[PARAM_NAME], const architecture *arch, const char *kind, int index, int module) {
    const int dcgan = arch->options.model == SSD_MODEL_DCGAN;
    (void)snprintf(name, PARAM_NAME, "%s%d", dcgan ? "model." : kind, dcgan ? 3 * index + module : index + 1);
}

void synthesis_conv_name(char name[PARAM_NAME], const architecture *arch, int index) {
    name_of(name, arch, "conv_l", index, 0);
}

void synthesis_conv_add(param_table *table, conv_layer *conv, const architecture *arch, int index) {
    const int last = index == arch->stages;
    char name[PARAM_NAME];
    synthesis_conv_name(name, arch, index);
    *conv = (conv_layer){.shape = {.channels = last ? 3 : arch->generator_channels[index],
                                   .filters = arch->generator_channels[index - 1],
                                   .height = 4 << index,
                                   .width = 4 << index},
                         .transposed = 1,
                         .is_3x3 = arch->options.upsampling != SSD_TRANSPOSED,
                         .is_blurred = arch->options.upsampling == SSD_BILINEAR};
    conv_layer_add(table, conv, name, last ? 1 : 2);
}

void synthesis_block_add(param_table *table, synthesis_block *block, const architecture *arch, int index,
                         int shared_input) {
    char name[PARAM_NAME], norm_name[PARAM_NAME];
    block->index = index;
    block->channels = arch->generator_channels[index];
    block->size = 4 << index;
    block->has_style = arch->options.adain;
    block->has_noise = arch->options.noise;
    const int length = block->size * block->size;
    name_of(norm_name, arch, "bn_l", index, 1);
    if (block->has_style) {
        (void)snprintf(name, sizeof name, "ada_l%d", index + 1);
        adain_add(table, &block->style, name, arch->options.g_norm == SSD_G_NORM_BATCH ? norm_name : NULL,
                  block->channels, arch->options.latent_size, length);
        block->style.shared_input = shared_input;
    } else {
        batch_norm_add(table, &block->norm, norm_name, block->channels, length, 0);
    }
    (void)snprintf(name, sizeof name, "noise_l%d", index + 1);
    if (block->has_noise)
        noise_add(table, &block->noise, name, block->channels, length);
}

void synthesis_block_place(synthesis_block *block, int batch, int training, arena *memory) {
    const size_t map = (size_t)block->channels * block->size * block->size;
    block->pre = arena_floats(memory, block->style.shared_input ? map : map * batch);
    block->act = arena_floats(memory, map * batch);
    if (block->has_style)
        adain_place(&block->style, batch, memory);
    else
        batch_norm_place(&block->norm, memory);
    if (block->index && !training)
        conv_layer_place_prepared(&block->conv, memory);
}

size_t synthesis_block_scratch_floats(const synthesis_block *block, int batch, int threads) {
    return max_size(block->has_style ? adain_scratch_floats(&block->style, batch, threads)
                                     : batch_norm_scratch_floats(&block->norm),
                    block->index ? conv_layer_scratch_floats(&block->conv, batch, threads) : 0);
}

/* The block's noise, and the floats from one picture's to the next one's. */
static const float *noise_of(const synthesis_pass *pass, const synthesis_block *block, size_t *stride) {
    *stride = pass->noise_maps > 1 ? (size_t)block->size * block->size : 0;
    return pass->noise + pass->noise_maps * architecture_noise_floats(block->index);
}

void synthesis_block_forward(const synthesis_pass *pass, synthesis_block *block, const float *x) {
    if (x)
        conv_layer_forward(pass->pool, block->pre, x, &block->conv, pass->count, pass->prepared, pass->scratch);
    if (block->has_noise) {
        size_t stride;
        const float *noise = noise_of(pass, block, &stride);
        noise_forward(pass->pool, block->pre, noise, stride, &block->noise, pass->count);
    }
    if (block->has_style)
        adain_forward(pass->pool, block->act, block->pre, pass->w + block->index * pass->w_stride, &block->style,
                      pass->count, pass->stats, pass->scratch);
    else
        batch_norm_forward(pass->pool, block->act, block->pre, &block->norm, pass->count, pass->stats);
}

void synthesis_block_backward(const synthesis_pass *pass, float *dx, float *dpre, const float *dact, const float *x,
                              const synthesis_block *block) {
    const size_t at = block->index * pass->w_stride;
    if (block->has_style)
        adain_backward(pass->pool, dpre, pass->dw + at, dact, block->pre, pass->w + at, &block->style, pass->count,
                       pass->mode, pass->stats, pass->scratch);
    else
        batch_norm_backward(pass->pool, dpre, dact, block->pre, &block->norm, pass->count, pass->mode, pass->scratch);
    if (block->has_noise && pass->mode != GRAD_NONE) {
        size_t stride;
        const float *noise = noise_of(pass, block, &stride);
        noise_backward(pass->pool, dpre, noise, stride, &block->noise, pass->count);
    }
    if (x)
        conv_layer_backward(pass->pool, dx, dpre, x, &block->conv, pass->count, pass->mode, pass->scratch);
}
