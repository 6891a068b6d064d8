#include "model/discriminator.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/resample.h"
#include "nn/minibatch_std.h"

static const float SLOPE = 0.2f;
static int is_narrow(const discriminator *d, int i) {
    return i < d->arch.stages && d->arch.options.downsampling == SSD_AVERAGE;
}

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
    s->inputs = (i ? d->arch.discriminator_channels[i - 1] : 3) + (head && d->arch.options.minibatch_std);
    s->channels = head ? 1 : d->arch.discriminator_channels[i];
    s->size = head ? 1 : architecture_image_size(&d->arch) >> (i + 1);
    s->has_norm = i > 0 && !head && d->arch.options.d_norm == SSD_D_NORM_BATCH;
    s->has_bias = !head && d->arch.options.d_norm == SSD_D_NORM_NONE;
    s->has_spectral = d->arch.options.spectral_norm == SSD_SPECTRAL_PAPER && i > 0 && !head;
    const int side = is_narrow(d, i) ? 3 : 4;
    const int weight[4] = {s->channels, s->inputs, side, side}, u[4] = {s->channels, 1, 1, 1};
    const int v[4] = {s->inputs * side * side, 1, 1, 1};
    s->weight = add_named(d, TENSOR_TRAINED, module, s->has_spectral ? "weight_orig" : "weight", 4, weight);
    if (s->has_spectral) {
        add_named(d, TENSOR_STATE, module, "weight_u", 1, u);
        add_named(d, TENSOR_STATE, module, "weight_v", 1, v);
    }
    if (s->has_bias)
        add_named(d, TENSOR_TRAINED, module, "bias", 1, u);
    if (s->has_norm) {
        add_named(d, TENSOR_TRAINED, module + 1, "weight", 1, u);
        add_named(d, TENSOR_TRAINED, module + 1, "bias", 1, u);
        add_named(d, TENSOR_STATE, module + 1, "running_mean", 1, u);
        add_named(d, TENSOR_STATE, module + 1, "running_var", 1, u);
    }
    if (!architecture_grows(&d->arch) || i == 0 || head)
        return;
    char name[TENSOR_NAME];
    (void)snprintf(name, sizeof name, "from_rgb.%d.weight", i);
    tensor_add(&d->table, TENSOR_TRAINED, name, 4, s->inputs, 3, 1, 1);
    (void)snprintf(name, sizeof name, "from_rgb.%d.bias", i);
    tensor_add(&d->table, TENSOR_TRAINED, name, 1, s->inputs, 1, 1, 1);
}

int discriminator_layer(const discriminator *d, int tensor) {
    const char *name = d->table.list[tensor].name;
    const int module = (int)strtol(strchr(name, '.') + 1, NULL, 10);
    return *name == 'f' || module < 2 ? 0 : (module + 1) / 3;
}

/* The stage that sees the level's picture. */
static int first_stage(const discriminator *d) { return d->arch.stages - d->grown.level; }

int discriminator_is_idle(const discriminator *d, int tensor) {
    const char *name = d->table.list[tensor].name;
    const int first = first_stage(d);
    if (*name != 'f')
        return discriminator_layer(d, tensor) < first;
    const int stage = (int)strtol(strchr(name, '.') + 1, NULL, 10);
    return !(stage == first || (stage == first + 1 && d->grown.fade < 1));
}

static float *data_of_named(discriminator *d, const char *format, int number, const char *part, float **grad) {
    char name[TENSOR_NAME];
    (void)snprintf(name, sizeof name, format, number, part);
    const int index = tensor_find(&d->table, name);
    if (grad)
        *grad = tensor_grad(&d->table, &d->blocks, index);
    return tensor_data(&d->table, &d->blocks, index);
}

static float *data_of(discriminator *d, int module, const char *part, float **grad) {
    return data_of_named(d, "model.%d.%s", module, part, grad);
}

static void bind_stage(discriminator *d, int i) {
    discriminator_stage *s = &d->stages[i];
    const int module = module_number(i);
    if (s->has_spectral) {
        s->spectral.rows = s->channels;
        s->spectral.columns = (int)(d->table.list[s->weight].count / s->channels);
        s->spectral.weight = tensor_data(&d->table, &d->blocks, s->weight);
        s->spectral.u = data_of(d, module, "weight_u", NULL);
        s->spectral.v = data_of(d, module, "weight_v", NULL);
    }
    if (s->has_bias)
        s->bias = data_of(d, module, "bias", &s->dbias);
    if (architecture_grows(&d->arch) && i && i < d->arch.stages) {
        s->from_rgb = (pointwise){.inputs = 3, .outputs = s->inputs, .slope = SLOPE};
        s->from_rgb.weight = data_of_named(d, "from_rgb.%d.%s", i, "weight", &s->from_rgb.dweight);
        s->from_rgb.bias = data_of_named(d, "from_rgb.%d.%s", i, "bias", &s->from_rgb.dbias);
    }
    if (s->has_norm) {
        s->norm.weight = data_of(d, module + 1, "weight", &s->norm.dweight);
        s->norm.bias = data_of(d, module + 1, "bias", &s->norm.dbias);
        s->norm.running_mean = data_of(d, module + 1, "running_mean", NULL);
        s->norm.running_var = data_of(d, module + 1, "running_var", NULL);
    }
}

void discriminator_place(discriminator *d, const architecture *arch, int batch, arena *memory) {
    *d = (discriminator){.arch = *arch, .batch = batch, .grown = {arch->stages, 1, 0}};
    for (int i = 0; i <= arch->stages; i++)
        add_stage(d, i);
    tensor_blocks_place(&d->blocks, &d->table, 1, memory);
    size_t largest = 0, largest_weight = 0;
    /* the head's input has one channel more with minibatch_std */
    const size_t more = arch->options.minibatch_std ? (size_t)batch * 16 : 0;
    int most_channels = 0;
    for (int i = 0; i <= arch->stages; i++) {
        discriminator_stage *s = &d->stages[i];
        const size_t floats = (size_t)s->channels * batch * s->size * s->size + (i == arch->stages - 1 ? more : 0);
        const size_t weights = (size_t)s->channels * s->inputs * 16;
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
    if (arch->options.downsampling == SSD_AVERAGE) {
        d->wide = arena_floats(memory, largest_weight);
        d->dwide = arena_floats(memory, largest_weight);
    }
    if (architecture_grows(arch)) {
        for (int i = 0; i < 2; i++)
            d->small[i] = arena_floats(memory, 3 * (size_t)batch * size * size / 4);
        d->below = arena_floats(memory, largest);
        d->blend = arena_floats(memory, largest);
    }
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
        if (!architecture_grows(a) || i == 0)
            continue;
        const size_t rgb = pointwise_scratch_floats(3, a->discriminator_channels[i - 1], batch * size * size, threads);
        most = rgb > most ? rgb : most;
    }
    return most;
}

/* As generator_set_rates. */
static void set_rates(discriminator *d, const ssd_config *config) {
    for (int i = 0; i < d->table.count; i++) {
        tensor *t = &d->table.list[i];
        const double gain = i == d->stages[d->arch.stages].weight ? 1 : 2;
        if (config->equalised && t->rank == 4)
            t->rate = sqrt(gain / ((double)t->shape[1] * t->shape[2] * t->shape[3]));
    }
}

/* PyTorch's defaults: uniform in +-1/sqrt(fan-in), fan-in = in * k * k; u and v are random unit vectors, brought
 * close to the singular vectors by 15 power iterations at the start, as torch.nn.utils.spectral_norm does. */
void discriminator_initialise(discriminator *d, const ssd_config *config, rng *random) {
    const int dcgan = d->arch.options.model == SSD_MODEL_DCGAN || config->initial == SSD_INITIAL_DCGAN;
    set_rates(d, config);
    for (int i = 0; i < d->table.count; i++) {
        const tensor *t = &d->table.list[i];
        float *data = tensor_data(&d->table, &d->blocks, i);
        const int is_weight = strstr(t->name, ".weight") != NULL;
        if (strstr(t->name, "weight_u") || strstr(t->name, "weight_v")) {
            tensor_normal(data, t->count, 0, 1, random);
            (void)vector_normalise(data, t->count, 1e-12);
        } else if (t->kind == TENSOR_STATE) {
            tensor_fill(data, t->count, strstr(t->name, "running_var") ? 1.0f : 0.0f);
        } else if (t->rank == 4 && config->equalised) {
            tensor_normal(data, t->count, 0, t->rate, random);
        } else if (t->rank == 4 && dcgan) {
            tensor_normal(data, t->count, 0, 0.02, random);
        } else if (t->rank == 4) {
            tensor_uniform(data, t->count, 1.0 / sqrt((double)t->shape[1] * t->shape[2] * t->shape[3]), random);
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

/* The 4x4 weights that a stage is convolved with: the tensor itself, or made of it in d->wide until the next call. */
static const float *stage_weight(parallel_pool *pool, discriminator *d, int i) {
    const float *weight = tensor_data(&d->table, &d->blocks, d->stages[i].weight);
    if (!is_narrow(d, i))
        return weight;
    weights_widen(pool, d->wide, weight, d->stages[i].channels, d->stages[i].inputs, 0, 0.25f);
    return d->wide;
}

static void stage_forward(parallel_pool *pool, discriminator *d, int i, const float *x, int count, stats_mode stats,
                          float *scratch) {
    discriminator_stage *s = &d->stages[i];
    const conv_shape shape = shape_of(s, count);
    const int run = count * s->size * s->size;
    conv_forward(pool, s->has_norm ? s->pre : s->act, x, stage_weight(pool, d, i), weight_scale(s), &shape, scratch);
    if (s->has_norm)
        batch_norm_forward(pool, s->act, s->pre, &s->norm, count, stats);
    else if (s->has_bias)
        bias_leaky(pool, s->act, s->bias, SLOPE, s->channels, run);
    else
        leaky_forward(pool, s->act, s->act, SLOPE, (size_t)s->channels * run);
}

/* The picture (of full size) at the size of inner stage i, into d->small[which], through that stage's from_rgb. */
static void rgb_forward(parallel_pool *pool, discriminator *d, int i, int which, float *out, const float *image,
                        int count, float *scratch) {
    const int size = 2 * d->stages[i].size, full = architecture_image_size(&d->arch), times = full / size;
    shrink(pool, d->small[which], image, 3 * count, full, times, 1.0f / (float)(times * times));
    pointwise_forward(pool, out, d->small[which], &d->stages[i].from_rgb, count * size * size, scratch);
}

/* What stage i + 1 sees: the activation of stage i, or that faded into what is made of the smaller picture. */
static const float *stage_output(const discriminator *d, int i) {
    return i == first_stage(d) && d->grown.fade < 1 ? d->blend : d->stages[i].act;
}

void discriminator_forward(parallel_pool *pool, discriminator *d, const float *image, int count,
                           discriminator_mode mode, float *scratch) {
    const stats_mode stats = mode == DISCRIMINATOR_EVAL        ? STATS_RUNNING
                             : mode == DISCRIMINATOR_RECOMPUTE ? STATS_BATCH_FROZEN
                                                               : STATS_BATCH;
    const int first = first_stage(d), head = d->arch.stages;
    if (first > 0)
        rgb_forward(pool, d, first, 0, d->stages[first - 1].act, image, count, scratch);
    for (int i = first; i <= head; i++)
        if (d->stages[i].has_spectral)
            spectral_norm_forward(pool, &d->stages[i].spectral, mode == DISCRIMINATOR_TRAIN, d->spare);
    const float *x = first > 0 ? d->stages[first - 1].act : image;
    for (int i = first; i < head; i++) {
        const discriminator_stage *s = &d->stages[i];
        stage_forward(pool, d, i, x, count, stats, scratch);
        if (i == first && d->grown.fade < 1) {
            const int planes = s->channels * count;
            rgb_forward(pool, d, i + 1, 1, d->below, image, count, scratch);
            enlarge(pool, d->blend, s->act, planes, s->size, 1, 0, d->grown.fade);
            enlarge(pool, d->blend, d->below, planes, s->size, 1, 1, 1 - d->grown.fade);
        }
        x = stage_output(d, i);
    }
    if (d->arch.options.minibatch_std)
        minibatch_std_forward(d->stages[head - 1].act, count, d->stages[head - 1].channels);
    head_forward(d->logits, x, tensor_data(&d->table, &d->blocks, d->stages[head].weight),
                 weight_scale(&d->stages[head]), count, d->stages[head].inputs);
}

/* ----------------------------------------------------------------------------------- backward --- */

/* The weight gradient of a stage, straight into the tensor's, or by way of the 4x4 weights and of the spectral norm. */
static void stage_weight_grad(parallel_pool *pool, discriminator *d, int i, const float *dy, const float *x, int count,
                              grad_mode mode, float *scratch) {
    const discriminator_stage *s = &d->stages[i];
    float *grad = tensor_grad(&d->table, &d->blocks, s->weight);
    float *out = s->has_spectral ? d->dweight : grad;
    const int narrow = is_narrow(d, i);
    const grad_mode own = s->has_spectral ? GRAD_SET : mode;
    if (i == d->arch.stages) {
        head_weight_grad(out, dy, x, count, s->inputs, own);
    } else {
        const conv_shape shape = shape_of(s, count);
        conv_weight_grad(pool, narrow ? d->dwide : out, dy, x, &shape, narrow ? GRAD_SET : own, scratch);
        if (narrow)
            weights_narrow(pool, out, d->dwide, s->channels, s->inputs, 0, 0.25f, own);
        if (s->has_bias)
            bias_grad(pool, s->dbias, dy, s->channels, count * s->size * s->size, mode);
    }
    if (s->has_spectral)
        spectral_norm_backward(pool, grad, d->dweight, &s->spectral, mode);
}

/* The gradient at a from_rgb's output -> its parameters', or the picture's, which takes the place of the picture: no
 * weights are asked for then. */
static void rgb_backward(parallel_pool *pool, discriminator *d, int i, int which, float *dout, const float *out,
                         int count, grad_mode mode, float *scratch) {
    const discriminator_stage *s = &d->stages[i];
    const int pixels = count * 4 * s->size * s->size;
    leaky_backward(pool, dout, dout, out, SLOPE, (size_t)s->inputs * pixels);
    pointwise_backward(pool, d->small[which], dout, d->small[which], &s->from_rgb, pixels, mode,
                       mode == GRAD_NONE ? GRAD_SET : GRAD_NONE, scratch);
}

/* d->small -> dimage: of the level's picture, and while fading of the one below. */
static void pictures_backward(parallel_pool *pool, discriminator *d, int count) {
    const int first = first_stage(d), size = architecture_image_size(&d->arch);
    for (int which = 0; which < 2; which++) {
        const int small = 2 * d->stages[first + which].size, times = size / small;
        if (which ? d->grown.fade < 1 : first > 0)
            enlarge(pool, d->dimage, d->small[which], 3 * count, small, times, (float)which,
                    1.0f / (float)(times * times));
    }
}

void discriminator_backward(parallel_pool *pool, discriminator *d, const float *dlogits, const float *image, int count,
                            grad_mode mode, float *scratch) {
    const int weights = mode != GRAD_NONE;
    const int head = d->arch.stages, first = first_stage(d), fading = d->grown.fade < 1;
    if (weights)
        stage_weight_grad(pool, d, head, dlogits, stage_output(d, head - 1), count, mode, scratch);
    head_input_grad(d->dact, dlogits, tensor_data(&d->table, &d->blocks, d->stages[head].weight),
                    weight_scale(&d->stages[head]), count, d->stages[head].inputs);
    if (d->arch.options.minibatch_std)
        minibatch_std_backward(d->dact, d->stages[head - 1].act, count, d->stages[head - 1].channels);
    for (int i = head - 1; i >= first; i--) {
        discriminator_stage *s = &d->stages[i];
        const size_t floats = (size_t)s->channels * count * s->size * s->size;
        if (i == first && fading) {
            vector_scaled(pool, d->dpre, d->dact, 1 - d->grown.fade, floats);
            rgb_backward(pool, d, i + 1, 1, d->dpre, d->below, count, mode, scratch);
            vector_scaled(pool, d->dact, d->dact, d->grown.fade, floats);
        }
        if (s->has_norm)
            batch_norm_backward(pool, d->dpre, d->dact, s->pre, &s->norm, count, mode, d->dparameters);
        else
            leaky_backward(pool, d->dpre, d->dact, s->act, SLOPE, floats);
        const float *x = i == 0 ? image : i == first ? d->stages[i - 1].act : stage_output(d, i - 1);
        if (weights)
            stage_weight_grad(pool, d, i, d->dpre, x, count, mode, scratch);
        if (i == 0 && weights)
            return; /* nobody wants the picture's gradient then */
        const conv_shape shape = shape_of(s, count);
        conv_input_grad(pool, i ? d->dact : d->dimage, d->dpre, stage_weight(pool, d, i), weight_scale(s), &shape,
                        scratch);
    }
    if (first > 0)
        rgb_backward(pool, d, first, 0, d->dact, d->stages[first - 1].act, count, mode, scratch);
    if (!weights)
        pictures_backward(pool, d, count);
}
