#include "gan/discriminator.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/kernels.h"

static const float SLOPE = 0.2f;
enum { TAPS = 16 };

/* ------------------------------------------------------------------------------------- layout --- */

/* Module numbers of the reference's nn.Sequential: convolution 0, LeakyReLU 1; then convolution, batch norm,
 * LeakyReLU; at last the head's convolution. */
static int module_number(int stage) { return stage == 0 ? 0 : 3 * stage - 1; }

static int add_named(discriminator *d, tensor_kind kind, int module, const char *part, int rank, const int shape[4]) {
    char name[TENSOR_NAME];
    (void)snprintf(name, sizeof name, "model.%d.%s", module, part);
    return tensor_add(&d->table, kind, name, rank, shape[0], shape[1], shape[2], shape[3]);
}

static void add_stage(discriminator *d, int i) {
    discriminator_stage *s = &d->stages[i];
    const int head = i == d->arch.stages, module = module_number(i);
    s->inputs = i ? d->arch.discriminator_channels[i - 1] : 3;
    s->channels = head ? 1 : d->arch.discriminator_channels[i];
    s->size = head ? 1 : architecture_image_size(&d->arch) >> (i + 1);
    s->has_norm = i > 0 && !head;
    s->has_spectral = d->arch.spectral == SSD_SPECTRAL_ALL || (d->arch.spectral == SSD_SPECTRAL_PAPER && s->has_norm);
    const int weight[4] = {s->channels, s->inputs, 4, 4}, u[4] = {s->channels, 1, 1, 1};
    const int v[4] = {s->inputs * TAPS, 1, 1, 1};
    s->weight = add_named(d, TENSOR_TRAINED, module, s->has_spectral ? "weight_orig" : "weight", 4, weight);
    if (s->has_spectral) {
        add_named(d, TENSOR_STATE, module, "weight_u", 1, u);
        add_named(d, TENSOR_STATE, module, "weight_v", 1, v);
    }
    if (s->has_norm) {
        add_named(d, TENSOR_TRAINED, module + 1, "weight", 1, u);
        add_named(d, TENSOR_TRAINED, module + 1, "bias", 1, u);
        add_named(d, TENSOR_STATE, module + 1, "running_mean", 1, u);
        add_named(d, TENSOR_STATE, module + 1, "running_var", 1, u);
    }
}

int discriminator_layer(const discriminator *d, int tensor) {
    const int module = (int)strtol(d->table.list[tensor].name + strlen("model."), NULL, 10);
    return module < 2 ? 0 : (module + 1) / 3;
}

static float *data_of(discriminator *d, int module, const char *part, float **grad) {
    char name[TENSOR_NAME];
    (void)snprintf(name, sizeof name, "model.%d.%s", module, part);
    const int index = tensor_find(&d->table, name);
    if (grad)
        *grad = tensor_grad(&d->table, &d->blocks, index);
    return tensor_data(&d->table, &d->blocks, index);
}

static void bind_stage(discriminator *d, int i) {
    discriminator_stage *s = &d->stages[i];
    const int module = module_number(i);
    if (s->has_spectral) {
        s->spectral.rows = s->channels;
        s->spectral.columns = s->inputs * TAPS;
        s->spectral.weight = tensor_data(&d->table, &d->blocks, s->weight);
        s->spectral.u = data_of(d, module, "weight_u", NULL);
        s->spectral.v = data_of(d, module, "weight_v", NULL);
    }
    if (s->has_norm) {
        s->norm.weight = data_of(d, module + 1, "weight", &s->norm.dweight);
        s->norm.bias = data_of(d, module + 1, "bias", &s->norm.dbias);
        s->norm.running_mean = data_of(d, module + 1, "running_mean", NULL);
        s->norm.running_var = data_of(d, module + 1, "running_var", NULL);
    }
}

void discriminator_place(discriminator *d, const architecture *arch, int batch, arena *memory) {
    *d = (discriminator){.arch = *arch, .batch = batch};
    for (int i = 0; i <= arch->stages; i++)
        add_stage(d, i);
    tensor_blocks_place(&d->blocks, &d->table, 1, memory);
    size_t largest = 0, largest_weight = 0;
    int most_channels = 0;
    for (int i = 0; i <= arch->stages; i++) {
        discriminator_stage *s = &d->stages[i];
        const size_t floats = (size_t)s->channels * batch * s->size * s->size;
        const size_t weights = (size_t)s->channels * s->inputs * TAPS;
        largest = floats > largest ? floats : largest;
        largest_weight = weights > largest_weight ? weights : largest_weight;
        most_channels = s->channels > most_channels ? s->channels : most_channels;
        if (i == arch->stages)
            continue;
        s->pre = s->has_norm ? arena_floats(memory, floats) : NULL;
        s->act = arena_floats(memory, floats);
        s->norm = (batch_norm){.channels = s->channels, .length = s->size * s->size, .slope = SLOPE};
        s->norm.mean = arena_floats(memory, (size_t)s->channels);
        s->norm.rstd = arena_floats(memory, (size_t)s->channels);
    }
    const size_t size = (size_t)architecture_image_size(arch);
    d->logits = arena_floats(memory, (size_t)batch);
    d->dact = arena_floats(memory, largest);
    d->dpre = arena_floats(memory, largest);
    d->dimage = arena_floats(memory, 3 * (size_t)batch * size * size);
    d->dweight = arena_floats(memory, largest_weight);
    d->dparameters = arena_floats(memory, 2 * (size_t)most_channels);
    d->spare = arena_floats(memory, (size_t)most_channels);
    if (memory->base)
        for (int i = 0; i <= arch->stages; i++)
            bind_stage(d, i);
}

static conv_shape shape_of(const discriminator_stage *s, int batch) {
    return (conv_shape){batch, s->inputs, s->channels, 2 * s->size, 2 * s->size};
}

size_t discriminator_scratch_floats(const architecture *a, int batch, int threads) {
    size_t most = 0;
    for (int i = 0; i < a->stages; i++) {
        const int size = architecture_image_size(a) >> i;
        const conv_shape shape = {batch, i ? a->discriminator_channels[i - 1] : 3, a->discriminator_channels[i], size,
                                  size};
        const size_t floats = conv_scratch_floats(&shape, threads);
        most = floats > most ? floats : most;
    }
    return most;
}

/* PyTorch's defaults: uniform in +-1/sqrt(fan-in), fan-in = in * k * k; u and v are random unit vectors, brought
 * close to the singular vectors by 15 power iterations at the start, as torch.nn.utils.spectral_norm does. */
void discriminator_initialise(discriminator *d, ssd_initial initial, rng *random) {
    const int dcgan = d->arch.kind == SSD_MODEL_DCGAN || initial == SSD_INITIAL_DCGAN;
    for (int i = 0; i < d->table.count; i++) {
        const tensor *t = &d->table.list[i];
        float *data = tensor_data(&d->table, &d->blocks, i);
        const int is_weight = strstr(t->name, ".weight") != NULL;
        if (strstr(t->name, "weight_u") || strstr(t->name, "weight_v")) {
            tensor_normal(data, t->count, 0, 1, random);
            (void)vector_normalise(data, t->count, 1e-12);
        } else if (t->kind == TENSOR_STATE) {
            tensor_fill(data, t->count, strstr(t->name, "running_var") ? 1.0f : 0.0f);
        } else if (t->rank == 4 && dcgan) {
            tensor_normal(data, t->count, 0, 0.02, random);
        } else if (t->rank == 4) {
            tensor_uniform(data, t->count, 1.0 / sqrt((double)t->shape[1] * TAPS), random);
        } else if (is_weight && dcgan) {
            tensor_normal(data, t->count, 1, 0.02, random);
        } else {
            tensor_fill(data, t->count, is_weight ? 1.0f : 0.0f);
        }
    }
    for (int i = 0; i <= d->arch.stages; i++)
        for (int k = 0; d->stages[i].has_spectral && k < 15; k++)
            spectral_norm_forward(NULL, &d->stages[i].spectral, 1, d->spare);
}

/* ------------------------------------------------------------------------------------ forward --- */

static float weight_scale(const discriminator_stage *s) { return s->has_spectral ? 1.0f / s->spectral.sigma : 1.0f; }

void discriminator_forward(parallel_pool *pool, discriminator *d, const float *image, int count,
                           discriminator_mode mode, float *scratch) {
    const int statistics = mode == DISCRIMINATOR_RUNNING ? 0 : mode == DISCRIMINATOR_REPEAT ? 2 : 1;
    const float *x = image;
    for (int i = 0; i <= d->arch.stages; i++) {
        discriminator_stage *s = &d->stages[i];
        const float *weight = tensor_data(&d->table, &d->blocks, s->weight);
        if (s->has_spectral)
            spectral_norm_forward(pool, &s->spectral, mode == DISCRIMINATOR_TRAIN, d->spare);
        if (i == d->arch.stages) {
            head_forward(d->logits, x, weight, weight_scale(s), count, s->inputs);
            return;
        }
        const conv_shape shape = shape_of(s, count);
        conv_forward(pool, s->has_norm ? s->pre : s->act, x, weight, weight_scale(s), &shape, scratch);
        if (s->has_norm)
            batch_norm_forward(pool, s->act, s->pre, &s->norm, count, statistics);
        else
            leaky_forward(pool, s->act, s->act, SLOPE, (size_t)s->channels * count * s->size * s->size);
        x = s->act;
    }
}

/* ----------------------------------------------------------------------------------- backward --- */

/* Where the weight gradient of a stage is to be written first: straight into the gradient, or aside for the spectral
 * norm to pass it on. */
static void stage_weight_grad(parallel_pool *pool, discriminator *d, int i, const float *dy, const float *x, int count,
                              int add, float *scratch) {
    const discriminator_stage *s = &d->stages[i];
    float *grad = tensor_grad(&d->table, &d->blocks, s->weight);
    float *out = s->has_spectral ? d->dweight : grad;
    const int add_here = add && !s->has_spectral;
    if (i == d->arch.stages) {
        head_weight_grad(out, dy, x, count, s->inputs, add_here);
    } else {
        const conv_shape shape = shape_of(s, count);
        conv_weight_grad(pool, out, dy, x, &shape, add_here, scratch);
    }
    if (s->has_spectral)
        spectral_norm_backward(pool, grad, d->dweight, &s->spectral, add);
}

void discriminator_backward(parallel_pool *pool, discriminator *d, const float *dlogits, const float *image, int count,
                            discriminator_gradients what, float *scratch) {
    const int weights = what != GRADIENT_IMAGE, add = what == GRADIENT_WEIGHTS_ADDED;
    const int head = d->arch.stages;
    if (weights)
        stage_weight_grad(pool, d, head, dlogits, d->stages[head - 1].act, count, add, scratch);
    head_input_grad(d->dact, dlogits, tensor_data(&d->table, &d->blocks, d->stages[head].weight),
                    weight_scale(&d->stages[head]), count, d->stages[head].inputs);
    for (int i = head - 1; i >= 0; i--) {
        discriminator_stage *s = &d->stages[i];
        if (s->has_norm)
            batch_norm_backward(pool, d->dpre, d->dact, s->pre, &s->norm, count, weights + add, d->dparameters);
        else
            leaky_backward(pool, d->dpre, d->dact, s->act, SLOPE, (size_t)s->channels * count * s->size * s->size);
        if (weights)
            stage_weight_grad(pool, d, i, d->dpre, i ? d->stages[i - 1].act : image, count, add, scratch);
        if (i == 0 && weights)
            return; /* nobody wants the picture's gradient then */
        const conv_shape shape = shape_of(s, count);
        conv_input_grad(pool, i ? d->dact : d->dimage, d->dpre, tensor_data(&d->table, &d->blocks, s->weight),
                        weight_scale(s), &shape, scratch);
    }
}
