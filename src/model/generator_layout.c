/* What the generator is made of: its tensors, its memory, and their initial values. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/helpers.h"
#include "model/generator.h"
#include "kernels/conv_prepared.h"
#include "kernels/kernels.h"

enum { FIRST_PIXELS = 16 };

/* Of the fixed noise of samples; any number. */
static const uint64_t STILL_SEED = 20240400597;

/* ------------------------------------------------------------------------------------ tensors --- */

/* A DCGAN's modules are one nn.Sequential: convolution 3i, batch norm 3i + 1, ReLU 3i + 2. Else a transposed
 * convolution is inputs x outputs x 4 x 4, the 3x3 one behind an upsampling an ordinary one, outputs x inputs. */
static void add_weight(generator *g, int layer, int inputs, int outputs) {
    char name[TENSOR_NAME];
    const int narrow = layer > 0 && g->arch.options.upsampling != SSD_TRANSPOSED;
    if (g->arch.options.model == SSD_MODEL_DCGAN)
        (void)snprintf(name, sizeof name, "model.%d.weight", 3 * layer);
    else
        (void)snprintf(name, sizeof name, "conv_l%d.weight", layer + 1);
    const int taps = narrow ? 3 : 4, rows = narrow ? outputs : inputs, columns = narrow ? inputs : outputs;
    g->stages[layer].weight = tensor_add(&g->table, TENSOR_TRAINED, name, 4, rows, columns, taps, taps);
}

static void add_mapping(generator *g) {
    const int latent = g->arch.options.latent_size;
    char name[TENSOR_NAME];
    for (int l = 0; l < (g->arch.options.shared_mapping ? 1 : g->arch.options.mapping_layers); l++) {
        const char *prefix = g->arch.options.shared_mapping ? "mapper.linear" : "mapper";
        for (int bias = 0; bias < 2; bias++) {
            if (g->arch.options.shared_mapping)
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
    if (g->arch.options.adain) {
        static const char *const parts[] = {"style_scale", "style_bias"};
        for (int part = 0; part < 2; part++) {
            (void)snprintf(name, sizeof name, "ada_l%d.%s.weight", stage + 1, parts[part]);
            tensor_add(&g->table, TENSOR_TRAINED, name, 2, channels, g->arch.options.latent_size, 1, 1);
            (void)snprintf(name, sizeof name, "ada_l%d.%s.bias", stage + 1, parts[part]);
            tensor_add(&g->table, TENSOR_TRAINED, name, 1, channels, 1, 1, 1);
        }
        for (int part = 0; part < 2 && g->arch.options.g_norm == SSD_G_NORM_BATCH; part++) {
            (void)snprintf(name, sizeof name, "bn_l%d.running_%s", stage + 1, part ? "var" : "mean");
            tensor_add(&g->table, TENSOR_STATE, name, 1, channels, 1, 1, 1);
        }
        return;
    }
    static const char *const parts[] = {"weight", "bias", "running_mean", "running_var"};
    for (int part = 0; part < 4; part++) {
        if (g->arch.options.model == SSD_MODEL_DCGAN)
            (void)snprintf(name, sizeof name, "model.%d.%s", 3 * stage + 1, parts[part]);
        else
            (void)snprintf(name, sizeof name, "bn_l%d.%s", stage + 1, parts[part]);
        tensor_add(&g->table, part < 2 ? TENSOR_TRAINED : TENSOR_STATE, name, 1, channels, 1, 1, 1);
    }
}

static void add_extras(generator *g, int stage) {
    const int channels = g->stages[stage].channels;
    char name[TENSOR_NAME];
    if (g->arch.options.noise) {
        (void)snprintf(name, sizeof name, "noise_l%d.strength", stage + 1);
        tensor_add(&g->table, TENSOR_TRAINED, name, 1, channels, 1, 1, 1);
    }
    if (architecture_grows(&g->arch) && stage) {
        (void)snprintf(name, sizeof name, "to_rgb_l%d.weight", stage + 1);
        tensor_add(&g->table, TENSOR_TRAINED, name, 4, 3, channels, 1, 1);
        (void)snprintf(name, sizeof name, "to_rgb_l%d.bias", stage + 1);
        tensor_add(&g->table, TENSOR_TRAINED, name, 1, 3, 1, 1, 1);
    }
}

static void add_tensors(generator *g) {
    const architecture *a = &g->arch;
    g->table = (tensor_table){0};
    g->constant = architecture_has_constant(a)
                      ? tensor_add(&g->table, TENSOR_TRAINED, "starting_const", 3, a->options.latent_size, 1, 1, 1)
                      : -1;
    if (generator_has_mapping(a))
        add_mapping(g);
    for (int i = 0; i < a->stages; i++) {
        g->stages[i].channels = a->generator_channels[i];
        g->stages[i].size = 4 << i;
        add_weight(g, i, i ? a->generator_channels[i - 1] : a->options.latent_size, a->generator_channels[i]);
        add_norm(g, i);
        add_extras(g, i);
    }
    g->stages[a->stages].size = architecture_image_size(a);
    add_weight(g, a->stages, a->generator_channels[a->stages - 1], 3);
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

int generator_is_idle(const generator *g, int tensor) {
    const int stage = generator_part(g, tensor) - 1, level = g->grown.level;
    if (strncmp(g->table.list[tensor].name, "to_rgb", 6) == 0)
        return !(stage == level || (stage == level - 1 && g->grown.fade < 1));
    return stage > level;
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
    const int number = g->arch.options.model == SSD_MODEL_DCGAN ? 3 * stage + 1 : stage + 1;
    if (g->arch.options.adain) {
        s->style.scale.weight = data_of(g, "ada_l%d.style_scale.weight", number, &s->style.scale.dweight);
        s->style.scale.bias = data_of(g, "ada_l%d.style_scale.bias", number, &s->style.scale.dbias);
        s->style.shift.weight = data_of(g, "ada_l%d.style_bias.weight", number, &s->style.shift.dweight);
        s->style.shift.bias = data_of(g, "ada_l%d.style_bias.bias", number, &s->style.shift.dbias);
        s->style.batch_stats = g->arch.options.g_norm == SSD_G_NORM_BATCH;
        if (s->style.batch_stats) {
            s->style.running_mean = data_of(g, "bn_l%d.running_mean", number, NULL);
            s->style.running_var = data_of(g, "bn_l%d.running_var", number, NULL);
        }
        return;
    }
    const int dcgan = g->arch.options.model == SSD_MODEL_DCGAN;
    s->norm.weight = data_of(g, dcgan ? "model.%d.weight" : "bn_l%d.weight", number, &s->norm.dweight);
    s->norm.bias = data_of(g, dcgan ? "model.%d.bias" : "bn_l%d.bias", number, &s->norm.dbias);
    s->norm.running_mean = data_of(g, dcgan ? "model.%d.running_mean" : "bn_l%d.running_mean", number, NULL);
    s->norm.running_var = data_of(g, dcgan ? "model.%d.running_var" : "bn_l%d.running_var", number, NULL);
}

static void bind_layer(generator *g, int i) {
    generator_stage *s = &g->stages[i];
    if (g->arch.options.noise && i < g->arch.stages)
        s->noise.strength = data_of(g, "noise_l%d.strength", i + 1, &s->noise.dstrength);
    if (architecture_grows(&g->arch) && i && i < g->arch.stages) {
        s->to_rgb = (pointwise){.inputs = s->channels, .outputs = 3, .slope = 1};
        s->to_rgb.weight = data_of(g, "to_rgb_l%d.weight", i + 1, &s->to_rgb.dweight);
        s->to_rgb.bias = data_of(g, "to_rgb_l%d.bias", i + 1, &s->to_rgb.dbias);
    }
}

static void bind_mapping(generator *g) {
    for (int l = 0; l < g->arch.options.mapping_layers; l++) {
        linear *layer = &g->map.layers[l];
        const int shared = g->arch.options.shared_mapping;
        layer->inputs = layer->outputs = g->arch.options.latent_size;
        layer->weight = data_of(g, shared ? "mapper.linear.weight" : "mapper.%d.weight", l, &layer->dweight);
        layer->bias = data_of(g, shared ? "mapper.linear.bias" : "mapper.%d.bias", l, &layer->dbias);
    }
}

/* ------------------------------------------------------------------------------------- memory --- */

conv_shape generator_shape(const architecture *a, int i, int batch) {
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
    const int constant =
        i == 0 && architecture_has_constant(a) && !a->options.noise; /* noise makes a map of it for each picture */
    s->pre = arena_floats(memory, (constant ? (size_t)s->channels : groups) * pixels);
    s->act = arena_floats(memory, groups * pixels);
    const conv_shape shape = i ? generator_shape(a, i, g->batch) : (conv_shape){0};
    s->prepared =
        i && !g->training && conv_prepared_fits(&shape) ? arena_floats(memory, conv_prepared_floats(&shape)) : NULL;
    float *mean = arena_floats(memory, groups), *rstd = arena_floats(memory, groups);
    s->style = (adain){.channels = s->channels,
                       .latent = a->options.latent_size,
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

/* Floats of the largest layer's weights as they are convolved. */
static size_t largest_weight(const architecture *a) {
    size_t most = (size_t)a->options.latent_size * a->generator_channels[0];
    for (int i = 1; i <= a->stages; i++) {
        const conv_shape shape = generator_shape(a, i, 1);
        const size_t pairs = (size_t)shape.channels * shape.filters;
        most = pairs > most ? pairs : most;
    }
    return most * 16;
}

/* While growing: pictures of this level at full size at most, those below at half of it. */
static void place_pictures(float *rgb[2], const generator *g, arena *memory) {
    const size_t size = (size_t)architecture_image_size(&g->arch), floats = 3 * size * size * g->batch;
    for (int i = 0; architecture_grows(&g->arch) && i < 2; i++)
        rgb[i] = arena_floats(memory, floats >> (2 * i));
}

/* What the options take. */
static void place_extras(generator *g, arena *memory) {
    const architecture *a = &g->arch;
    const int widened = a->options.upsampling != SSD_TRANSPOSED;
    const size_t still = architecture_noise_floats(a->stages);
    g->wide = widened ? arena_floats(memory, largest_weight(a)) : NULL;
    g->dwide = widened && g->training ? arena_floats(memory, largest_weight(a)) : NULL;
    g->still = a->options.noise ? arena_floats(memory, still) : NULL;
    place_pictures(g->rgb, g, memory);
    if (!g->still)
        return;
    rng random;
    rng_seed(&random, STILL_SEED, STREAM_FIXED_NOISE);
    rng_normal(&random, g->still, (int)still);
}

void generator_place_backward(generator *g, arena *memory) {
    place_pictures(g->drgb, g, memory);
    g->dact = arena_floats(memory, largest_stage(g));
    g->dpre = arena_floats(memory, largest_stage(g));
    g->dstyle = arena_floats(memory, 2 * (size_t)most_channels(g) * g->batch);
    g->dw = arena_floats(memory, (size_t)g->arch.stages * g->batch * g->arch.options.latent_size);
}

void generator_place(generator *g, const architecture *arch, int batch, int training, arena *memory) {
    *g = (generator){.arch = *arch, .batch = batch, .training = training, .grown = {arch->stages, 1, 0}};
    add_tensors(g);
    tensor_blocks_place(&g->blocks, &g->table, training, memory);
    const size_t latents = (size_t)batch * arch->options.latent_size;
    const size_t size = (size_t)architecture_image_size(arch);
    const size_t mapped = training && arch->options.style_mixing > 0 ? 2 * latents : latents;
    for (int l = 0; l <= arch->options.mapping_layers; l++)
        g->map.activations[l] = arena_floats(memory, mapped);
    g->map.latent = arch->options.latent_size;
    g->map.count = arch->options.mapping_layers;
    g->map.shared = arch->options.shared_mapping;
    g->map.pixel_norm = arch->options.pixel_norm;
    for (int i = 0; i < arch->stages; i++)
        place_stage(g, i, memory);
    g->image = arena_floats(memory, 3 * (size_t)batch * size * size);
    g->first_input = arena_floats(memory, latents);
    g->first_output = arena_floats(memory, (size_t)batch * arch->generator_channels[0] * FIRST_PIXELS);
    g->styles = arena_floats(memory, latents * arch->stages);
    if (training) {
        generator_place_backward(g, memory);
        g->spare = arena_floats(memory, mapped);
    }
    place_extras(g, memory);
    if (!memory->base)
        return;
    if (generator_has_mapping(arch))
        bind_mapping(g);
    for (int i = 0; i < arch->stages; i++)
        bind_norm(g, i);
    for (int i = 0; i <= arch->stages; i++)
        bind_layer(g, i);
}

size_t generator_scratch_floats(const architecture *a, int batch, int threads) {
    const int first = a->generator_channels[0] * FIRST_PIXELS;
    size_t floats = max_size(gemm_scratch_floats(batch, first, threads),
                             gemm_scratch_floats(a->options.latent_size, 2 * batch, threads));
    floats = max_size(floats, gemm_scratch_floats(2 * batch, a->options.latent_size, threads));
    for (int i = 0; i < a->stages; i++) {
        floats = max_size(
            floats, gemm_scratch_floats(a->generator_channels[i], max_size(a->options.latent_size, batch), threads));
        floats = max_size(floats, gemm_scratch_floats(batch, a->generator_channels[i], threads));
    }
    for (int i = 1; i <= a->stages; i++) {
        const conv_shape shape = generator_shape(a, i, batch);
        const conv_shape few = generator_shape(a, i, min_int(batch, CONV_PREPARED_MOST));
        floats = max_size(floats, conv_scratch_floats(&shape, threads));
        floats = max_size(floats, i < a->stages ? conv_prepared_scratch_floats(&few, threads) : 0);
    }
    for (int i = 1; architecture_grows(a) && i < a->stages; i++)
        floats = max_size(floats,
                          pointwise_scratch_floats(a->generator_channels[i], 3, batch * (4 << i) * (4 << i), threads));
    return floats;
}

/* ----------------------------------------------------------------------------- initial values --- */

/* Instance norm follows, so that only the last layer sees this size. Adam's steps are relative to it: scales of 1 +- 1
 * saturated pictures of 64 pixels early (4,739 drawn faces, 9,500 shown: SWD 86; with 0.1 +- 0.1: 70). */
static const float EQUALISED_STYLE_SCALE = 0.1f;

/* The mapping keeps the variance of its input (He et al. 2015, for slope 0.2); its first layer takes that of a
 * normalised latent, 1 / L, to 1. */
static void initialise_styles(generator *g, const tensor *t, float *data, rng *random) {
    const double latent = g->arch.options.latent_size;
    const int is_weight = strstr(t->name, ".weight") != NULL;
    if (strncmp(t->name, "mapper", 6) == 0) {
        const double gain = strncmp(t->name, "mapper.0", 8) == 0 ? sqrt(latent) : 1;
        tensor_normal(data, t->count, 0, is_weight ? gain * sqrt(2 / (1.04 * latent)) : 0, random);
    } else if (is_weight) {
        tensor_normal(data, t->count, 0, 0,
                      random); /* zeros; the numbers drawn keep later layers' values as they were */
    } else {
        const float scale = g->arch.options.g_norm == SSD_G_NORM_BATCH ? 1.0f : EQUALISED_STYLE_SCALE;
        tensor_fill(data, t->count, strstr(t->name, "style_scale") ? scale : 0.0f);
    }
}

/* Numbers that one output is a sum over: a 4x4 transposed convolution of stride 2 has four weights at each pixel. */
static double inputs_of(const generator *g, int i) {
    const tensor *t = &g->table.list[i];
    if (t->rank == 2 || t->shape[2] != 4)
        return (double)t->shape[1] * t->shape[2] * t->shape[3];
    return (double)t->shape[0] * (i == g->stages[0].weight ? 1 : 4);
}

void generator_set_rates(generator *g, const ssd_config *config) {
    for (int i = 0; i < g->table.count; i++) {
        tensor *t = &g->table.list[i];
        const int mapper = strncmp(t->name, "mapper", 6) == 0, rgb = strncmp(t->name, "to_rgb", 6) == 0;
        const double gain = rgb || i == g->stages[g->arch.stages].weight || strncmp(t->name, "ada_", 4) == 0 ? 1 : 2;
        const int equalised = config->equalised && t->kind == TENSOR_TRAINED && (t->rank == 2 || t->rank == 4);
        t->rate = (equalised ? sqrt(gain / inputs_of(g, i)) : 1) * (mapper ? config->mapping_rate : 1);
    }
}

/* PyTorch's defaults: conv and linear layers uniform in +-1/sqrt(fan-in), where a transposed convolution's fan-in is
 * out * k * k (docs/method.md, section 3); a bias takes its layer's bound. */
void generator_initialise(generator *g, const ssd_config *config, rng *random) {
    const int dcgan = g->arch.options.model == SSD_MODEL_DCGAN || config->initial == SSD_INITIAL_DCGAN;
    const int styled = config->equalised || g->arch.options.g_norm == SSD_G_NORM_BATCH;
    generator_set_rates(g, config);
    for (int i = 0; i < g->table.count; i++) {
        const tensor *t = &g->table.list[i];
        float *data = tensor_data(&g->table, &g->blocks, i);
        const int is_weight = strstr(t->name, ".weight") != NULL;
        const int is_mapper = strncmp(t->name, "mapper", 6) == 0;
        const int is_style = is_mapper || strncmp(t->name, "ada_", 4) == 0;
        if (t->kind == TENSOR_STATE)
            tensor_fill(data, t->count, strstr(t->name, "running_var") ? 1.0f : 0.0f);
        else if (i == g->constant)
            tensor_normal(data, t->count, 0, 1, random);
        else if (config->equalised && (t->rank == 2 || t->rank == 4))
            tensor_normal(data, t->count, 0, t->rate / (is_mapper ? config->mapping_rate : 1), random);
        else if (is_style && styled)
            initialise_styles(g, t, data, random);
        else if (t->rank == 4 && dcgan)
            tensor_normal(data, t->count, 0, 0.02, random);
        else if (t->rank == 4)
            tensor_uniform(data, t->count, 1.0 / sqrt((double)t->shape[1] * t->shape[2] * t->shape[3]), random);
        else if (is_style)
            tensor_uniform(data, t->count, 1.0 / sqrt((double)g->arch.options.latent_size), random);
        else if (is_weight && dcgan)
            tensor_normal(data, t->count, 1, 0.02, random);
        else
            tensor_fill(data, t->count, is_weight ? 1.0f : 0.0f);
    }
}
