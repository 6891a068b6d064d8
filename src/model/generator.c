#include "model/generator.h"

#include <string.h>

#include "kernels/conv_prepared.h"
#include "kernels/kernels.h"
#include "kernels/resample.h"

enum { FIRST_PIXELS = 16 };

/* ------------------------------------------------------------------------------------ weights --- */

static const float *weight_of(const generator *g, int index) { return tensor_data(&g->table, &g->blocks, index); }

static int is_narrow(const generator *g, int i) { return i > 0 && g->arch.options.upsampling != SSD_TRANSPOSED; }

/* The weights that layer i is convolved with: the tensor itself, or made of it in g->wide until the next call. */
static const float *layer_weight(parallel_pool *pool, generator *g, int i) {
    const generator_stage *s = &g->stages[i];
    const float *weight = weight_of(g, s->weight);
    if (!is_narrow(g, i))
        return weight;
    const tensor *t = &g->table.list[s->weight];
    weights_widen(pool, g->wide, weight, t->shape[1], t->shape[0], 1, 1.0f);
    return g->wide;
}

/* Where the gradient of those weights is to be written; layer_weight_grad passes it on to the tensor. */
static float *layer_weight_room(const generator *g, int i) {
    return is_narrow(g, i) ? g->dwide : tensor_grad(&g->table, &g->blocks, g->stages[i].weight);
}

static void layer_weight_grad(parallel_pool *pool, generator *g, int i) {
    const tensor *t = &g->table.list[g->stages[i].weight];
    if (is_narrow(g, i))
        weights_narrow(pool, tensor_grad(&g->table, &g->blocks, g->stages[i].weight), g->dwide, t->shape[1],
                       t->shape[0], 1, 1.0f, GRAD_SET);
}

/* ------------------------------------------------------------------------------------ forward --- */

const float *generator_map(parallel_pool *pool, generator *g, const float *z, int count, float *scratch) {
    if (!generator_has_mapping(&g->arch)) {
        memcpy(g->first_input, z, sizeof *z * count * g->arch.options.latent_size);
        return g->first_input;
    }
    mapping_forward(pool, &g->map, z, count, scratch);
    return g->map.activations[g->map.count];
}

/* L1 on the constant: one map for the whole batch (with noise, as many as pictures, for each to have its own). On w (or
 * a DCGAN's z): one a picture, N x (C 16) -> C x N x 16. */
static void first_forward(parallel_pool *pool, generator *g, const float *w, int count, float *scratch) {
    generator_stage *s = &g->stages[0];
    const int latent = g->arch.options.latent_size, outputs = s->channels * FIRST_PIXELS;
    if (g->constant >= 0) {
        float *map = g->arch.options.noise ? g->first_output : s->pre;
        if (!g->prepared || g->arch.options.noise)
            matrix_transposed_times_vector(pool, map, layer_weight(pool, g, 0), weight_of(g, g->constant), latent,
                                           outputs);
        for (int i = 0; g->arch.options.noise && i < s->channels * count; i++)
            memcpy(s->pre + (size_t)i * FIRST_PIXELS, map + (size_t)(i / count) * FIRST_PIXELS,
                   FIRST_PIXELS * sizeof *map);
        return;
    }
    if (w != g->first_input)
        memcpy(g->first_input, w, sizeof *w * count * latent);
    const gemm_matrices product = {w, latent, 1, layer_weight(pool, g, 0), 1, outputs};
    gemm_dense(pool, g->first_output, &product, count, outputs, latent, 0, scratch);
    swap_leading(s->pre, g->first_output, count, s->channels, FIRST_PIXELS);
}

/* A stage's noise, and the floats from one picture's to the next one's. */
static const float *noise_of(const generator *g, int i, int count, stats_mode stats, size_t *stride) {
    *stride = stats != STATS_RUNNING ? (size_t)g->stages[i].size * g->stages[i].size : 0;
    return stats != STATS_RUNNING ? g->noise + count * architecture_noise_floats(i)
                                  : g->still + architecture_noise_floats(i);
}

static void norm_stage(parallel_pool *pool, generator *g, int i, const float *w, int count, stats_mode stats,
                       float *scratch) {
    generator_stage *s = &g->stages[i];
    if (g->arch.options.noise) {
        size_t stride;
        const float *noise = noise_of(g, i, count, stats, &stride);
        noise_forward(pool, s->pre, noise, stride, &s->noise, s->channels, count, s->size * s->size);
    }
    if (g->arch.options.adain)
        adain_forward(pool, s->act, s->pre, w, &s->style, count, stats, scratch);
    else
        batch_norm_forward(pool, s->act, s->pre, &s->norm, count, stats);
}

/* Packs the weights for few pictures; they stand still from now on. */
static void prepare(parallel_pool *pool, generator *g) {
    for (int i = 1; i < g->arch.stages; i++) {
        const conv_shape shape = generator_shape(&g->arch, i, 1);
        if (g->stages[i].prepared)
            conv_prepare(pool, g->stages[i].prepared, layer_weight(pool, g, i), &shape);
    }
}

/* Convolution i of the stage below, into `out`. */
static void layer_forward(parallel_pool *pool, generator *g, int i, float *out, int count, float *scratch) {
    const conv_shape shape = generator_shape(&g->arch, i, count);
    const float *x = g->stages[i - 1].act;
    if (count <= CONV_PREPARED_MOST && g->prepared && g->stages[i].prepared)
        conv_input_grad_prepared(pool, out, x, g->stages[i].prepared, &shape, scratch);
    else
        conv_input_grad(pool, out, x, layer_weight(pool, g, i), 1.0f, &shape, scratch);
    if (g->arch.options.upsampling == SSD_BILINEAR)
        blur(pool, out, shape.channels * count, shape.width);
}

/* The picture of a level, into `out`: the last layer's, or on the way there to_rgb's. */
static void picture_forward(parallel_pool *pool, generator *g, int level, float *out, int count, float *scratch) {
    const int pixels = g->stages[level].size * g->stages[level].size * count;
    if (level == g->arch.stages)
        layer_forward(pool, g, level, out, count, scratch);
    else
        pointwise_forward(pool, out, g->stages[level].act, &g->stages[level].to_rgb, pixels, scratch);
    tanh_forward(pool, out, out, 3 * (size_t)pixels);
}

void generator_synthesise(parallel_pool *pool, generator *g, const float *w, size_t stride, int count, stats_mode stats,
                          float *scratch) {
    const int stages = g->arch.stages, level = g->grown.level;
    first_forward(pool, g, w, count, scratch);
    if (!g->training && !g->prepared && count <= CONV_PREPARED_MOST) {
        prepare(pool, g);
        g->prepared = 1;
    }
    norm_stage(pool, g, 0, w, count, stats, scratch);
    for (int i = 1; i < stages && i <= level; i++) {
        layer_forward(pool, g, i, g->stages[i].pre, count, scratch);
        norm_stage(pool, g, i, w + i * stride, count, stats, scratch);
    }
    if (!growth_is_under_way(&g->grown, stages)) {
        picture_forward(pool, g, stages, g->image, count, scratch);
        return;
    }
    for (int i = 0; i < 2 - (g->grown.fade == 1); i++) {
        picture_forward(pool, g, level - i, g->rgb[i], count, scratch);
        const int size = g->stages[level - i].size;
        enlarge(pool, g->image, g->rgb[i], 3 * count, size, g->stages[stages].size / size, (float)i,
                i ? 1 - g->grown.fade : g->grown.fade);
    }
}

/* ----------------------------------------------------------------------------------- backward --- */

/* dact of a stage -> dpre, and the gradients of norm, styles and noise. */
static void norm_stage_backward(parallel_pool *pool, generator *g, int i, const float *w, float *dw, int count,
                                grad_mode mode, float *scratch) {
    generator_stage *s = &g->stages[i];
    if (g->arch.options.adain)
        adain_backward(pool, g->dpre, dw, g->dact, s->pre, w, &s->style, count, mode,
                       mode == GRAD_NONE ? STATS_RUNNING : STATS_BATCH, g->dstyle, scratch);
    else
        batch_norm_backward(pool, g->dpre, g->dact, s->pre, &s->norm, count, GRAD_SET, g->dstyle);
    if (!g->arch.options.noise || mode == GRAD_NONE)
        return;
    size_t stride;
    const float *noise = noise_of(g, i, count, STATS_BATCH, &stride);
    noise_backward(pool, g->dpre, noise, stride, &s->noise, s->channels, count, s->size * s->size);
}

/* The gradient at layer i's output -> at its input, dact, and its weights'. `dy` is destroyed. */
static void layer_backward(parallel_pool *pool, generator *g, int i, float *dy, int count, grad_mode mode,
                           float *scratch) {
    const conv_shape shape = generator_shape(&g->arch, i, count);
    if (g->arch.options.upsampling == SSD_BILINEAR)
        blur(pool, dy, shape.channels * count, shape.width);
    if (mode != GRAD_NONE) {
        conv_weight_grad(pool, layer_weight_room(g, i), g->stages[i - 1].act, dy, &shape, GRAD_SET, scratch);
        layer_weight_grad(pool, g, i);
    }
    conv_forward(pool, g->dact, dy, layer_weight(pool, g, i), 1.0f, &shape, scratch);
}

/* dpre of stage 0 -> gradients of L1, unless GRAD_NONE, and of what it saw: the constant, or w (added to dw). */
static void first_backward(parallel_pool *pool, generator *g, int count, grad_mode mode, float *scratch) {
    generator_stage *s = &g->stages[0];
    const int latent = g->arch.options.latent_size, outputs = s->channels * FIRST_PIXELS;
    if (g->constant >= 0 && mode == GRAD_NONE)
        return;
    float *dweight = mode != GRAD_NONE ? layer_weight_room(g, 0) : NULL;
    if (g->constant >= 0) {
        const float *constant = weight_of(g, g->constant), *dmap = g->dpre;
        if (g->arch.options.noise) {
            dmap = g->first_output;
            memset(g->first_output, 0, sizeof *dmap * outputs);
            for (int i = 0; i < s->channels * count; i++)
                vector_add_scaled(g->first_output + (size_t)(i / count) * FIRST_PIXELS,
                                  g->dpre + (size_t)i * FIRST_PIXELS, 1, FIRST_PIXELS);
        }
        memset(dweight, 0, sizeof *dweight * latent * outputs);
        for (int l = 0; l < latent; l++)
            vector_add_scaled(dweight + (size_t)l * outputs, dmap, constant[l], (size_t)outputs);
        layer_weight_grad(pool, g, 0);
        matrix_times_vector(pool, tensor_grad(&g->table, &g->blocks, g->constant), layer_weight(pool, g, 0), dmap,
                            latent, outputs);
        return;
    }
    swap_leading(g->first_output, g->dpre, s->channels, count, FIRST_PIXELS);
    if (mode != GRAD_NONE) {
        const gemm_matrices weight_product = {g->first_input, 1, latent, g->first_output, 1, outputs};
        gemm_dense(pool, dweight, &weight_product, latent, outputs, count, 0, scratch);
        layer_weight_grad(pool, g, 0);
    }
    if (generator_has_mapping(&g->arch)) {
        const gemm_matrices input_product = {g->first_output, outputs, 1, layer_weight(pool, g, 0), outputs, 1};
        gemm_dense(pool, g->dw, &input_product, count, latent, outputs, 1, scratch);
    }
}

/* to_rgb of a stage: drgb -> dact, overwritten or added to. */
static void rgb_backward(parallel_pool *pool, generator *g, int stage, const float *drgb, int count, grad_mode mode,
                         grad_mode input, float *scratch) {
    const generator_stage *s = &g->stages[stage];
    pointwise_backward(pool, g->dact, drgb, s->act, &s->to_rgb, s->size * s->size * count, mode, input, scratch);
}

/* dimage -> the gradients at the level's picture and, fading, at the one below, before their tanh. */
static void pictures_backward(parallel_pool *pool, generator *g, const float *dimage, int count) {
    const int size = architecture_image_size(&g->arch), below = g->arch.stages - g->grown.level;
    for (int i = 0; i < 2 - (g->grown.fade == 1); i++) {
        const size_t floats = 3 * (size_t)count * (size >> (below + i)) * (size >> (below + i));
        shrink(pool, g->drgb[i], dimage, 3 * count, size, 1 << (below + i), i ? 1 - g->grown.fade : g->grown.fade);
        tanh_backward(pool, g->drgb[i], g->drgb[i], g->rgb[i], floats);
    }
}

void generator_backward_styles(parallel_pool *pool, generator *g, float *dimage, const float *w, size_t stride,
                               int count, grad_mode mode, float *scratch) {
    const int stages = g->arch.stages, level = g->grown.level, growing = growth_is_under_way(&g->grown, stages);
    const size_t size = (size_t)architecture_image_size(&g->arch);
    memset(g->dw, 0, sizeof *g->dw * (stride * (stages - 1) + (size_t)count * g->arch.options.latent_size));
    if (growing)
        pictures_backward(pool, g, dimage, count);
    else
        tanh_backward(pool, dimage, dimage, g->image, 3 * size * size * count);
    float *dpre = growing ? g->drgb[0] : dimage;
    if (level < stages) {
        rgb_backward(pool, g, level, dpre, count, mode, GRAD_SET, scratch);
        norm_stage_backward(pool, g, level, w + level * stride, g->dw + level * stride, count, mode, scratch);
        dpre = g->dpre;
    }
    for (int i = level; i > 0; i--) {
        layer_backward(pool, g, i, dpre, count, mode, scratch);
        if (i == level && g->grown.fade < 1)
            rgb_backward(pool, g, level - 1, g->drgb[1], count, mode, GRAD_ADD, scratch);
        norm_stage_backward(pool, g, i - 1, w + (i - 1) * stride, g->dw + (i - 1) * stride, count, mode, scratch);
        dpre = g->dpre;
    }
    first_backward(pool, g, count, mode, scratch);
}

void generator_backward(parallel_pool *pool, generator *g, float *dimage, int count, float *scratch) {
    const int mapped = generator_has_mapping(&g->arch);
    const float *w = mapped ? g->map.activations[g->map.count] : g->first_input;
    generator_backward_styles(pool, g, dimage, w, 0, count, GRAD_SET, scratch);
    if (mapped)
        mapping_backward(pool, &g->map, g->dw, g->spare, count, scratch);
}

/* ------------------------------------------------------------------------------- style mixing --- */

void generator_mix(generator *g, const float *w, const int *crossover, int count) {
    const size_t latent = (size_t)g->arch.options.latent_size;
    for (int i = 0; i < g->arch.stages * count; i++) {
        const int n = i % count, second = i / count >= crossover[n];
        memcpy(g->styles + i * latent, w + (n + (size_t)second * count) * latent, latent * sizeof *w);
    }
}

void generator_backward_mixed(parallel_pool *pool, generator *g, float *dimage, const int *crossover, int count,
                              float *scratch) {
    const size_t latent = (size_t)g->arch.options.latent_size;
    generator_backward_styles(pool, g, dimage, g->styles, count * latent, count, GRAD_SET, scratch);
    memset(g->spare, 0, 2 * count * latent * sizeof *g->spare);
    for (int i = 0; i < g->arch.stages * count; i++) {
        const int n = i % count, second = i / count >= crossover[n];
        vector_add_scaled(g->spare + (n + (size_t)second * count) * latent, g->dw + i * latent, 1, latent);
    }
    mapping_backward(pool, &g->map, g->spare, g->dw, 2 * count, scratch);
}
