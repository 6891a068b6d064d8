#include "gan/generator.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/conv_prepared.h"
#include "kernels/kernels.h"

enum { FIRST_PIXELS = 16, TAPS = 16 };

/* ------------------------------------------------------------------------------------- layout --- */

static int has_mapping(const architecture *a) { return a->kind == SSD_MODEL_SSD; }

/* A DCGAN's modules are one nn.Sequential: convolution 3i, batch norm 3i + 1, ReLU 3i + 2. */
static int add_weight(generator *g, int layer, int inputs, int outputs) {
    char name[TENSOR_NAME];
    if (g->arch.kind == SSD_MODEL_DCGAN)
        (void)snprintf(name, sizeof name, "model.%d.weight", 3 * layer);
    else
        (void)snprintf(name, sizeof name, "conv_l%d.weight", layer + 1);
    return tensor_add(&g->table, TENSOR_TRAINED, name, 4, inputs, outputs, 4, 4);
}

static void add_mapping(generator *g) {
    const int latent = g->arch.latent;
    char name[TENSOR_NAME];
    for (int l = 0; l < (g->arch.shared_mapping ? 1 : MAPPING_LAYERS); l++) {
        const char *prefix = g->arch.shared_mapping ? "mapper.linear" : "mapper";
        for (int bias = 0; bias < 2; bias++) {
            if (g->arch.shared_mapping)
                (void)snprintf(name, sizeof name, "%s.%s", prefix, bias ? "bias" : "weight");
            else
                (void)snprintf(name, sizeof name, "%s.%d.%s", prefix, l, bias ? "bias" : "weight");
            tensor_add(&g->table, TENSOR_TRAINED, name, bias ? 1 : 2, latent, bias ? 1 : latent, 1, 1);
        }
    }
}

static void add_norm(generator *g, int stage) {
    const int channels = g->stages[stage].channels;
    char name[TENSOR_NAME];
    if (g->arch.adain) {
        static const char *const parts[] = {"style_scale", "style_bias"};
        for (int part = 0; part < 2; part++) {
            (void)snprintf(name, sizeof name, "ada_l%d.%s.weight", stage + 1, parts[part]);
            tensor_add(&g->table, TENSOR_TRAINED, name, 2, channels, g->arch.latent, 1, 1);
            (void)snprintf(name, sizeof name, "ada_l%d.%s.bias", stage + 1, parts[part]);
            tensor_add(&g->table, TENSOR_TRAINED, name, 1, channels, 1, 1, 1);
        }
        return;
    }
    static const char *const parts[] = {"weight", "bias", "running_mean", "running_var"};
    for (int part = 0; part < 4; part++) {
        if (g->arch.kind == SSD_MODEL_DCGAN)
            (void)snprintf(name, sizeof name, "model.%d.%s", 3 * stage + 1, parts[part]);
        else
            (void)snprintf(name, sizeof name, "bn_l%d.%s", stage + 1, parts[part]);
        tensor_add(&g->table, part < 2 ? TENSOR_TRAINED : TENSOR_STATE, name, 1, channels, 1, 1, 1);
    }
}

static void add_tensors(generator *g) {
    const architecture *a = &g->arch;
    g->table = (tensor_table){0};
    g->constant = a->adain ? tensor_add(&g->table, TENSOR_TRAINED, "starting_const", 3, a->latent, 1, 1, 1) : -1;
    if (has_mapping(a))
        add_mapping(g);
    for (int i = 0; i < a->stages; i++) {
        g->stages[i].channels = a->generator_channels[i];
        g->stages[i].size = 4 << i;
        g->stages[i].weight = add_weight(g, i, i ? a->generator_channels[i - 1] : a->latent, a->generator_channels[i]);
        add_norm(g, i);
    }
    g->picture_weight = add_weight(g, a->stages, a->generator_channels[a->stages - 1], 3);
}

int generator_part(const generator *g, int tensor) {
    const char *name = g->table.list[tensor].name;
    if (strncmp(name, "model.", 6) == 0)
        return (int)strtol(name + 6, NULL, 10) / 3 + 1;
    if (strncmp(name, "mapper", 6) == 0)
        return 0;
    const char *digit = strpbrk(name, "0123456789");
    return tensor == g->constant || !digit ? 1 : *digit - '0';
}

static float *data_of(generator *g, const char *format, int number, float **grad) {
    char name[TENSOR_NAME];
    (void)snprintf(name, sizeof name, format, number);
    const int index = tensor_find(&g->table, name);
    if (grad)
        *grad = g->training ? tensor_grad(&g->table, &g->blocks, index) : NULL;
    return tensor_data(&g->table, &g->blocks, index);
}

static void bind_norm(generator *g, int stage) {
    generator_stage *s = &g->stages[stage];
    const int number = g->arch.kind == SSD_MODEL_DCGAN ? 3 * stage + 1 : stage + 1;
    if (g->arch.adain) {
        s->style.scale.weight = data_of(g, "ada_l%d.style_scale.weight", number, &s->style.scale.dweight);
        s->style.scale.bias = data_of(g, "ada_l%d.style_scale.bias", number, &s->style.scale.dbias);
        s->style.shift.weight = data_of(g, "ada_l%d.style_bias.weight", number, &s->style.shift.dweight);
        s->style.shift.bias = data_of(g, "ada_l%d.style_bias.bias", number, &s->style.shift.dbias);
        return;
    }
    const int dcgan = g->arch.kind == SSD_MODEL_DCGAN;
    s->norm.weight = data_of(g, dcgan ? "model.%d.weight" : "bn_l%d.weight", number, &s->norm.dweight);
    s->norm.bias = data_of(g, dcgan ? "model.%d.bias" : "bn_l%d.bias", number, &s->norm.dbias);
    s->norm.running_mean = data_of(g, dcgan ? "model.%d.running_mean" : "bn_l%d.running_mean", number, NULL);
    s->norm.running_var = data_of(g, dcgan ? "model.%d.running_var" : "bn_l%d.running_var", number, NULL);
}

static void bind_mapping(generator *g) {
    for (int l = 0; l < MAPPING_LAYERS; l++) {
        linear *layer = &g->map.layers[l];
        const int shared = g->arch.shared_mapping;
        layer->inputs = layer->outputs = g->arch.latent;
        layer->weight = data_of(g, shared ? "mapper.linear.weight" : "mapper.%d.weight", l, &layer->dweight);
        layer->bias = data_of(g, shared ? "mapper.linear.bias" : "mapper.%d.bias", l, &layer->dbias);
    }
}

/* The convolution between stage i - 1 and stage i (or the picture, i = stages), seen from its large side. */
static conv_shape shape_of(const architecture *a, int i, int batch) {
    return (conv_shape){.batch = batch,
                        .channels = i < a->stages ? a->generator_channels[i] : 3,
                        .filters = a->generator_channels[i - 1],
                        .height = 4 << i,
                        .width = 4 << i};
}

static void place_stage(generator *g, int i, arena *memory) {
    const architecture *a = &g->arch;
    generator_stage *s = &g->stages[i];
    const size_t pixels = (size_t)s->size * s->size, groups = (size_t)s->channels * g->batch;
    const int constant = i == 0 && a->adain;
    s->pre = arena_floats(memory, (constant ? (size_t)s->channels : groups) * pixels);
    s->act = arena_floats(memory, groups * pixels);
    const conv_shape shape = i ? shape_of(a, i, g->batch) : (conv_shape){0};
    s->prepared =
        i && !g->training && conv_prepared_fits(&shape) ? arena_floats(memory, conv_prepared_floats(&shape)) : NULL;
    float *mean = arena_floats(memory, groups), *rstd = arena_floats(memory, groups);
    s->style = (adain){.channels = s->channels,
                       .latent = a->latent,
                       .length = (int)pixels,
                       .shared_input = constant,
                       .scale_values = arena_floats(memory, groups),
                       .shift_values = arena_floats(memory, groups),
                       .mean = mean,
                       .rstd = rstd};
    s->norm = (batch_norm){.channels = s->channels, .length = (int)pixels, .slope = 0, .mean = mean, .rstd = rstd};
}

static size_t largest_stage(const generator *g) {
    size_t most = 0;
    for (int i = 0; i < g->arch.stages; i++) {
        const size_t floats = (size_t)g->stages[i].channels * g->batch * g->stages[i].size * g->stages[i].size;
        most = floats > most ? floats : most;
    }
    return most;
}

static int most_channels(const generator *g) {
    int most = 0;
    for (int i = 0; i < g->arch.stages; i++)
        most = g->stages[i].channels > most ? g->stages[i].channels : most;
    return most;
}

void generator_place_backward(generator *g, arena *memory) {
    g->dact = arena_floats(memory, largest_stage(g));
    g->dpre = arena_floats(memory, largest_stage(g));
    g->dstyle = arena_floats(memory, 2 * (size_t)most_channels(g) * g->batch);
    g->dw = arena_floats(memory, (size_t)g->arch.stages * g->batch * g->arch.latent);
}

void generator_place(generator *g, const architecture *arch, int batch, int training, arena *memory) {
    *g = (generator){.arch = *arch, .batch = batch, .training = training};
    add_tensors(g);
    tensor_blocks_place(&g->blocks, &g->table, training, memory);
    const size_t latents = (size_t)batch * arch->latent;
    const size_t size = (size_t)architecture_image_size(arch);
    for (int l = 0; l <= MAPPING_LAYERS; l++)
        g->map.activations[l] = arena_floats(memory, latents);
    g->map.shared = arch->shared_mapping;
    for (int i = 0; i < arch->stages; i++)
        place_stage(g, i, memory);
    g->image = arena_floats(memory, 3 * (size_t)batch * size * size);
    g->first_input = arena_floats(memory, latents);
    g->first_output = arena_floats(memory, (size_t)batch * arch->generator_channels[0] * FIRST_PIXELS);
    g->styles = arena_floats(memory, latents * arch->stages);
    if (training) {
        generator_place_backward(g, memory);
        g->spare = arena_floats(memory, latents);
    }
    if (!memory->base)
        return;
    if (has_mapping(arch))
        bind_mapping(g);
    for (int i = 0; i < arch->stages; i++)
        bind_norm(g, i);
}

static size_t max_size(size_t a, size_t b) { return a > b ? a : b; }
static int min_int(int a, int b) { return a < b ? a : b; }

size_t generator_scratch_floats(const architecture *a, int batch, int threads) {
    const int first = a->generator_channels[0] * FIRST_PIXELS;
    size_t floats =
        max_size(gemm_scratch_floats(batch, first, threads), gemm_scratch_floats(a->latent, batch, threads));
    floats = max_size(floats, gemm_scratch_floats(batch, a->latent, threads));
    for (int i = 0; i < a->stages; i++) {
        floats = max_size(floats, gemm_scratch_floats(a->generator_channels[i], max_size(a->latent, batch), threads));
        floats = max_size(floats, gemm_scratch_floats(batch, a->generator_channels[i], threads));
    }
    for (int i = 1; i <= a->stages; i++) {
        const conv_shape shape = shape_of(a, i, batch);
        const conv_shape few = shape_of(a, i, min_int(batch, CONV_PREPARED_MOST));
        floats = max_size(floats, conv_scratch_floats(&shape, threads));
        floats = max_size(floats, i < a->stages ? conv_prepared_scratch_floats(&few, threads) : 0);
    }
    return floats;
}

/* The mapping keeps the variance of its input (He et al. 2015, for slope 0.2); its first layer takes that of a
 * normalised latent, 1 / L, to 1. */
static void initialise_styles(generator *g, const tensor *t, float *data, rng *random) {
    const double latent = g->arch.latent;
    const int is_weight = strstr(t->name, ".weight") != NULL;
    if (strncmp(t->name, "mapper", 6) == 0) {
        const double gain = strncmp(t->name, "mapper.0", 8) == 0 ? sqrt(latent) : 1;
        tensor_normal(data, t->count, 0, is_weight ? gain * sqrt(2 / (1.04 * latent)) : 0, random);
    } else if (is_weight) {
        tensor_normal(data, t->count, 0, 0.5 / sqrt(latent), random);
    } else {
        tensor_fill(data, t->count, strstr(t->name, "style_scale") ? 1.0f : 0.0f);
    }
}

/* PyTorch's defaults: conv and linear layers uniform in +-1/sqrt(fan-in), where a transposed convolution's fan-in is
 * out * k * k (METHOD section 3); a bias takes its layer's bound. */
void generator_initialise(generator *g, ssd_initial initial, rng *random) {
    const int dcgan = g->arch.kind == SSD_MODEL_DCGAN || initial == SSD_INITIAL_DCGAN;
    for (int i = 0; i < g->table.count; i++) {
        const tensor *t = &g->table.list[i];
        float *data = tensor_data(&g->table, &g->blocks, i);
        const int is_weight = strstr(t->name, ".weight") != NULL;
        const int is_style = strncmp(t->name, "mapper", 6) == 0 || strncmp(t->name, "ada_", 4) == 0;
        if (t->kind == TENSOR_STATE)
            tensor_fill(data, t->count, strstr(t->name, "running_var") ? 1.0f : 0.0f);
        else if (i == g->constant)
            tensor_normal(data, t->count, 0, 1, random);
        else if (is_style && initial == SSD_INITIAL_STYLE)
            initialise_styles(g, t, data, random);
        else if (t->rank == 4 && dcgan)
            tensor_normal(data, t->count, 0, 0.02, random);
        else if (t->rank == 4)
            tensor_uniform(data, t->count, 1.0 / sqrt((double)t->shape[1] * TAPS), random);
        else if (is_style)
            tensor_uniform(data, t->count, 1.0 / sqrt((double)g->arch.latent), random);
        else if (is_weight && dcgan)
            tensor_normal(data, t->count, 1, 0.02, random);
        else
            tensor_fill(data, t->count, is_weight ? 1.0f : 0.0f);
    }
}

/* ------------------------------------------------------------------------------------ forward --- */

const float *generator_map(parallel_pool *pool, generator *g, const float *z, int count, float *scratch) {
    if (!has_mapping(&g->arch)) {
        memcpy(g->first_input, z, sizeof *z * count * g->arch.latent);
        return g->first_input;
    }
    mapping_forward(pool, &g->map, z, count, scratch);
    return g->map.activations[MAPPING_LAYERS];
}

static const float *weight_of(const generator *g, int index) { return tensor_data(&g->table, &g->blocks, index); }

/* L1 on the constant: one map for the whole batch. On w (or a DCGAN's z): one a picture, N x (C 16) -> C x N x 16. */
static void first_forward(parallel_pool *pool, generator *g, const float *w, int count, float *scratch) {
    generator_stage *s = &g->stages[0];
    const int latent = g->arch.latent, outputs = s->channels * FIRST_PIXELS;
    const float *weight = weight_of(g, s->weight);
    if (g->constant >= 0) {
        if (!g->prepared)
            matrix_transposed_times_vector(pool, s->pre, weight, weight_of(g, g->constant), latent, outputs);
        return;
    }
    if (w != g->first_input)
        memcpy(g->first_input, w, sizeof *w * count * latent);
    const gemm_matrices product = {w, latent, 1, weight, 1, outputs};
    gemm_dense(pool, g->first_output, &product, count, outputs, latent, 0, scratch);
    swap_leading(s->pre, g->first_output, count, s->channels, FIRST_PIXELS);
}

static void norm_stage(parallel_pool *pool, generator *g, int i, const float *w, int count, int training,
                       float *scratch) {
    generator_stage *s = &g->stages[i];
    if (g->arch.adain)
        adain_forward(pool, s->act, s->pre, w, &s->style, count, scratch);
    else
        batch_norm_forward(pool, s->act, s->pre, &s->norm, count, training);
}

/* Packs the weights for few pictures; they stand still from now on. */
static void prepare(parallel_pool *pool, generator *g) {
    for (int i = 1; i < g->arch.stages; i++) {
        const conv_shape shape = shape_of(&g->arch, i, 1);
        if (g->stages[i].prepared)
            conv_prepare(pool, g->stages[i].prepared, weight_of(g, g->stages[i].weight), &shape);
    }
}

static void layer_forward(parallel_pool *pool, generator *g, int i, int count, float *scratch) {
    const conv_shape shape = shape_of(&g->arch, i, count);
    const float *x = g->stages[i - 1].act;
    if (i == g->arch.stages)
        conv_input_grad(pool, g->image, x, weight_of(g, g->picture_weight), 1.0f, &shape, scratch);
    else if (count <= CONV_PREPARED_MOST && g->prepared && g->stages[i].prepared)
        conv_input_grad_prepared(pool, g->stages[i].pre, x, g->stages[i].prepared, &shape, scratch);
    else
        conv_input_grad(pool, g->stages[i].pre, x, weight_of(g, g->stages[i].weight), 1.0f, &shape, scratch);
}

void generator_synthesise(parallel_pool *pool, generator *g, const float *w, size_t stride, int count, int training,
                          float *scratch) {
    const int stages = g->arch.stages;
    first_forward(pool, g, w, count, scratch);
    if (!g->training && !g->prepared && count <= CONV_PREPARED_MOST) {
        prepare(pool, g);
        g->prepared = 1;
    }
    norm_stage(pool, g, 0, w, count, training, scratch);
    for (int i = 1; i <= stages; i++) {
        layer_forward(pool, g, i, count, scratch);
        if (i < stages)
            norm_stage(pool, g, i, w + i * stride, count, training, scratch);
    }
    const size_t size = (size_t)architecture_image_size(&g->arch);
    tanh_forward(pool, g->image, g->image, 3 * size * size * count);
}

/* ----------------------------------------------------------------------------------- backward --- */

static void norm_stage_backward(parallel_pool *pool, generator *g, int i, const float *w, float *dw, int count,
                                float *scratch) {
    generator_stage *s = &g->stages[i];
    if (g->arch.adain)
        adain_backward(pool, g->dpre, dw, g->dact, s->pre, w, &s->style, count, g->dstyle, scratch);
    else
        batch_norm_backward(pool, g->dpre, g->dact, s->pre, &s->norm, count, 1, g->dstyle);
}

/* dpre of stage 0 -> gradients of L1 and of what it saw: the constant, or w (added to dw). */
static void first_backward(parallel_pool *pool, generator *g, int count, float *scratch) {
    generator_stage *s = &g->stages[0];
    const int latent = g->arch.latent, outputs = s->channels * FIRST_PIXELS;
    const float *weight = weight_of(g, s->weight);
    float *dweight = tensor_grad(&g->table, &g->blocks, s->weight);
    if (g->constant >= 0) {
        const float *constant = weight_of(g, g->constant);
        memset(dweight, 0, sizeof *dweight * latent * outputs);
        for (int l = 0; l < latent; l++)
            vector_add_scaled(dweight + (size_t)l * outputs, g->dpre, constant[l], (size_t)outputs);
        matrix_times_vector(pool, tensor_grad(&g->table, &g->blocks, g->constant), weight, g->dpre, latent, outputs);
        return;
    }
    swap_leading(g->first_output, g->dpre, s->channels, count, FIRST_PIXELS);
    const gemm_matrices weight_product = {g->first_input, 1, latent, g->first_output, 1, outputs};
    gemm_dense(pool, dweight, &weight_product, latent, outputs, count, 0, scratch);
    if (has_mapping(&g->arch)) {
        const gemm_matrices input_product = {g->first_output, outputs, 1, weight, outputs, 1};
        gemm_dense(pool, g->dw, &input_product, count, latent, outputs, 1, scratch);
    }
}

void generator_backward_styles(parallel_pool *pool, generator *g, float *dimage, const float *w, size_t stride,
                               int count, int weights, float *scratch) {
    const int stages = g->arch.stages;
    const size_t size = (size_t)architecture_image_size(&g->arch);
    memset(g->dw, 0, sizeof *g->dw * (stride * (stages - 1) + (size_t)count * g->arch.latent));
    tanh_backward(pool, dimage, dimage, g->image, 3 * size * size * count);
    const float *dpre = dimage;
    for (int i = stages; i > 0; i--) {
        const conv_shape shape = shape_of(&g->arch, i, count);
        const int index = i == stages ? g->picture_weight : g->stages[i].weight;
        if (weights)
            conv_weight_grad(pool, tensor_grad(&g->table, &g->blocks, index), g->stages[i - 1].act, dpre, &shape, 0,
                             scratch);
        conv_forward(pool, g->dact, dpre, weight_of(g, index), 1.0f, &shape, scratch);
        norm_stage_backward(pool, g, i - 1, w + (i - 1) * stride, g->dw + (i - 1) * stride, count, scratch);
        dpre = g->dpre;
    }
    if (weights)
        first_backward(pool, g, count, scratch);
}

void generator_backward(parallel_pool *pool, generator *g, float *dimage, int count, float *scratch) {
    const float *w = has_mapping(&g->arch) ? g->map.activations[MAPPING_LAYERS] : g->first_input;
    generator_backward_styles(pool, g, dimage, w, 0, count, 1, scratch);
    if (has_mapping(&g->arch))
        mapping_backward(pool, &g->map, g->dw, g->spare, count, scratch);
}
