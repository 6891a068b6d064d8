#include "model/generator.h"

#include <string.h>

#include "base/helpers.h"
#include "base/rng.h"
#include "kernels/conv_prepared.h"
#include "kernels/vector.h"
#include "model/style_mixing.h"

/* The seed of the fixed noise of samples; any number. */
static const uint64_t FIXED_NOISE_SEED = 20240400597;

/* Instance norm follows, so that only the last layer sees this size. Adam's steps are relative to it: scales of 1 +- 1
 * saturated pictures of 64 pixels early (4,739 drawn faces, 9,500 shown: SWD 86; with 0.1 +- 0.1: 70). */
static const double EQUALISED_STYLE_SCALE = 0.1f;

/* DCGANs have none: w is z. */
static int has_mapping(const generator *g) { return g->arch.options.model == SSD_MODEL_SSD; }

static int mixes_styles(const generator *g) { return g->training && g->arch.options.style_mixing > 0; }

/* --------------------------------------------------------------------------------- constructor --- */

static void add_params(generator *g) {
    const architecture *a = &g->arch;
    const ssd_config *options = &a->options;
    param_table *table = &g->table;
    char name[PARAM_NAME];
    table->part = 1;
    if (architecture_has_constant(a))
        synthesis_input_add_constant(table, &g->input, options->latent_size);
    g->input.one_map = g->input.has_constant && !options->noise;
    table->part = 0;
    if (has_mapping(g))
        mapping_add(table, &g->map, options);
    for (int i = 0; i < a->stages; i++) {
        table->part = i + 1;
        synthesis_conv_name(name, a, i);
        if (i == 0)
            synthesis_input_add(table, &g->input, name, options->latent_size, a->generator_channels[0]);
        else
            synthesis_conv_add(table, &g->blocks[i].conv, a, i);
        synthesis_block_add(table, &g->blocks[i], a, i, i == 0 && g->input.one_map);
    }
    table->part = a->stages + 1;
    synthesis_conv_add(table, &g->to_image, a, a->stages);
}

static void place_fixed_noise(generator *g, arena *memory) {
    const size_t floats = architecture_noise_floats(g->arch.stages);
    g->fixed_noise = arena_floats(memory, floats);
    if (!g->fixed_noise)
        return;
    rng random;
    rng_seed(&random, FIXED_NOISE_SEED, STREAM_FIXED_NOISE);
    rng_normal(&random, g->fixed_noise, (int)floats);
}

void generator_place(generator *g, const architecture *arch, int batch, int training, arena *memory) {
    const size_t latents = (size_t)batch * arch->options.latent_size, size = (size_t)architecture_image_size(arch);
    *g = (generator){.arch = *arch, .batch = batch, .training = training};
    add_params(g);
    params_place(&g->storage, &g->table, training, memory);
    if (has_mapping(g))
        mapping_place(&g->map, mixes_styles(g) ? 2 * batch : batch, memory);
    for (int i = 0; i < arch->stages; i++)
        synthesis_block_place(&g->blocks[i], batch, training, memory);
    g->image = arena_floats(memory, 3 * (size_t)batch * size * size);
    g->styles = arena_floats(memory, latents * arch->stages);
    g->dmixed = mixes_styles(g) ? arena_floats(memory, 2 * latents) : NULL;
    if (arch->options.noise)
        place_fixed_noise(g, memory);
    if (training)
        generator_place_backward(g, memory);
}

void generator_place_backward(generator *g, arena *memory) {
    size_t largest = 0;
    for (int i = 0; i < g->arch.stages; i++)
        largest = max_size(largest, (size_t)g->blocks[i].channels * g->batch * g->blocks[i].size * g->blocks[i].size);
    g->dact = arena_floats(memory, largest);
    g->dpre = arena_floats(memory, largest);
    g->dw = arena_floats(memory, (size_t)g->arch.stages * g->batch * g->arch.options.latent_size);
}

size_t generator_scratch_floats(const generator *g, int batch, int threads) {
    size_t floats = max_size(synthesis_input_scratch_floats(&g->input, batch, threads),
                             mapping_scratch_floats(&g->map, mixes_styles(g) ? 2 * batch : batch, threads));
    floats = max_size(floats, conv_layer_scratch_floats(&g->to_image, batch, threads));
    for (int i = 0; i < g->arch.stages; i++)
        floats = max_size(floats, synthesis_block_scratch_floats(&g->blocks[i], batch, threads));
    return floats;
}

void generator_initialise(generator *g, const ssd_config *config, rng *random) {
    const int modulates = g->arch.options.g_norm == SSD_G_NORM_BATCH;
    const init_scheme scheme = {.dcgan = !has_mapping(g) || config->initial == SSD_INITIAL_DCGAN,
                                .equalised = config->equalised,
                                .mapping_rate = config->mapping_rate,
                                .first_scale = modulates           ? 1
                                               : config->equalised ? EQUALISED_STYLE_SCALE
                                                                   : 0};
    init_params(&g->table, &scheme, random);
}

/* ------------------------------------------------------------------------------------- forward --- */

const float *generator_map(parallel_pool *pool, generator *g, const float *z, int count, stats_mode stats,
                           float *scratch) {
    return has_mapping(g) ? mapping_forward(pool, &g->map, z, count, stats, scratch) : z;
}

static size_t image_floats(const generator *g, int count) {
    return 3 * (size_t)count * g->to_image.shape.height * g->to_image.shape.width;
}

static const float *output_below(const generator *g, int i) { return i ? g->blocks[i - 1].act : NULL; }

/* The first forward of few pictures packs the weights for those to come. */
static void prepare(const synthesis_pass *pass, generator *g) {
    for (int i = 1; i < g->arch.stages && !g->prepared; i++)
        conv_layer_prepare(pass->pool, &g->blocks[i].conv, pass->scratch);
    g->prepared = 1;
}

void generator_synthesise(parallel_pool *pool, generator *g, const float *w, size_t stride, int count, stats_mode stats,
                          float *scratch) {
    const int stages = g->arch.stages;
    const int few = !g->training && count <= CONV_PREPARED_MOST;
    const int own_noise = stats == STATS_BATCH;
    g->pass = (synthesis_pass){.pool = pool,
                               .count = count,
                               .stats = stats,
                               .w = w,
                               .w_stride = stride,
                               .noise = own_noise ? g->noise : g->fixed_noise,
                               .noise_maps = own_noise ? count : 1,
                               .prepared = few && g->prepared,
                               .scratch = scratch};
    synthesis_pass *pass = &g->pass;
    synthesis_input_forward(pass, g->blocks[0].pre, &g->input);
    if (few)
        prepare(pass, g);
    pass->prepared = few;
    for (int i = 0; i < stages; i++)
        synthesis_block_forward(pass, &g->blocks[i], output_below(g, i));
    conv_layer_forward(pool, g->image, g->blocks[stages - 1].act, &g->to_image, count, 0, scratch);
    tanh_forward(pool, g->image, g->image, image_floats(g, count));
}

void generator_forward(parallel_pool *pool, generator *g, const float *z, const int *crossover, int count,
                       float *scratch) {
    const int latent = g->arch.options.latent_size;
    const float *w = generator_map(pool, g, z, crossover ? 2 * count : count, STATS_BATCH, scratch);
    if (crossover) {
        style_mixing_forward(g->styles, w, crossover, g->arch.stages, count, latent);
        w = g->styles;
    }
    generator_synthesise(pool, g, w, crossover ? (size_t)count * latent : 0, count, STATS_BATCH, scratch);
}

/* ------------------------------------------------------------------------------------ backward --- */

void generator_backward_styles(generator *g, float *dimage, grad_mode mode) {
    synthesis_pass *pass = &g->pass;
    const int stages = g->arch.stages, count = pass->count;
    pass->mode = mode;
    pass->dw = has_mapping(g) ? g->dw : NULL;
    memset(g->dw, 0, sizeof *g->dw * (pass->w_stride * (stages - 1) + (size_t)count * g->arch.options.latent_size));
    tanh_backward(pass->pool, dimage, dimage, g->image, image_floats(g, count));
    conv_layer_backward(pass->pool, g->dact, dimage, g->blocks[stages - 1].act, &g->to_image, count, mode,
                        pass->scratch);
    for (int i = stages - 1; i >= 0; i--)
        synthesis_block_backward(pass, g->dact, g->dpre, g->dact, output_below(g, i), &g->blocks[i]);
    synthesis_input_backward(pass, g->dpre, &g->input);
}

void generator_backward(generator *g, float *dimage, const int *crossover) {
    const synthesis_pass *pass = &g->pass;
    generator_backward_styles(g, dimage, GRAD_SET);
    if (crossover)
        style_mixing_backward(g->dmixed, g->dw, crossover, g->arch.stages, pass->count, g->arch.options.latent_size);
    if (has_mapping(g))
        mapping_backward(pass->pool, &g->map, crossover ? g->dmixed : g->dw, crossover ? 2 * pass->count : pass->count,
                         pass->scratch);
}
