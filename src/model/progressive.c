#include "model/progressive.h"

#include <math.h>
#include <stdio.h>

#include "base/helpers.h"
#include "kernels/resample.h"
#include "kernels/vector.h"

static const float SLOPE = 0.2f;

/* ----------------------------------------------------------------------------------- the levels --- */

progressive progressive_at(const ssd_config *config, int stages, double step) {
    if (!(config->growth_pictures > 0))
        return (progressive){stages, 1, 0};
    const double phases = floor(step * config->batch / config->growth_pictures);
    const double phase = phases < stages - 1 ? phases : stages - 1;
    /* Of the pictures with this step's: a new layer that does not show in its first step would not learn in it. */
    const double alpha = 2 * ((step + 1) * config->batch / config->growth_pictures - phase);
    return (progressive){1 + (int)phase, phase > 0 && alpha < 1 ? (float)alpha : 1,
                         ceil(phase * config->growth_pictures / config->batch)};
}

/* Which of the two pictures a level's is: 0 the level's own, 1 the one below while it fades; -1: not in use. */
static int which_of(const progressive *now, int level) {
    return level == now->level ? 0 : level == now->level - 1 && now->alpha < 1 ? 1 : -1;
}

int progressive_is_idle(const progressive *now, const param *p) {
    if (p->role == ROLE_RGB_WEIGHT || p->role == ROLE_RGB_BIAS)
        return which_of(now, p->level) < 0;
    return p->level > now->level;
}

/* The same for levels that have layers here: the full-size pictures are the networks' own business. */
static int which_of_rgb(const rgb_layers *rgb, int level) {
    return rgb->layers[level].inputs ? which_of(&rgb->now, level) : -1;
}

/* ---------------------------------------------------------------------------- layers and memory --- */

void progressive_add_to_rgb(param_table *table, rgb_layers *rgb, int channels) {
    char name[PARAM_NAME];
    (void)snprintf(name, sizeof name, "to_rgb_l%d", table->level + 1);
    pointwise_add(table, &rgb->layers[table->level], name, channels, 3, 1);
}

void progressive_add_from_rgb(param_table *table, rgb_layers *rgb, int channels) {
    char name[PARAM_NAME];
    (void)snprintf(name, sizeof name, "from_rgb.%d", rgb->stages - table->level);
    pointwise_add(table, &rgb->layers[table->level], name, 3, channels, SLOPE);
}

size_t progressive_scratch_floats(const rgb_layers *rgb, int batch, int threads) {
    size_t floats = 0;
    for (int level = 1; level < SSD_MAX_STAGES; level++) {
        const pointwise *layer = &rgb->layers[level];
        if (layer->inputs)
            floats = max_size(floats, pointwise_scratch_floats(layer->inputs, layer->outputs,
                                                               batch * (4 << level) * (4 << level), threads));
    }
    return floats;
}

void progressive_place_pictures(const rgb_layers *rgb, float *pictures[2], int batch, arena *memory) {
    for (int i = 0; i < 2; i++) {
        const size_t size = (size_t)4 << (rgb->stages - i);
        pictures[i] = arena_floats(memory, 3 * size * size * batch);
    }
}

void progressive_place_features(rgb_layers *rgb, int batch, size_t most, arena *memory) {
    progressive_place_pictures(rgb, rgb->pictures, batch, memory);
    progressive_place_pictures(rgb, rgb->dpictures, batch, memory);
    rgb->features[0] = arena_floats(memory, most);
    rgb->features[1] = arena_floats(memory, most);
    rgb->blend = arena_floats(memory, most);
    rgb->dfeatures = arena_floats(memory, most);
}

/* ------------------------------------------------------------------------------------ generator --- */

static int pixels_of(int level, int count) { return (4 << level) * (4 << level) * count; }

void progressive_to_rgb(parallel_pool *pool, rgb_layers *rgb, int level, const float *features, int count,
                        float *scratch) {
    const int which = which_of_rgb(rgb, level);
    if (which < 0)
        return;
    float *picture = rgb->pictures[which];
    pointwise_forward(pool, picture, features, &rgb->layers[level], pixels_of(level, count), scratch);
    tanh_forward(pool, picture, picture, 3 * (size_t)pixels_of(level, count));
}

/* The share of picture `which`. */
static float share_of(const rgb_layers *rgb, int which) { return which ? 1 - rgb->now.alpha : rgb->now.alpha; }

void progressive_fade(parallel_pool *pool, float *image, const rgb_layers *rgb, int count) {
    for (int i = 0; i < 2 - (rgb->now.alpha == 1); i++)
        upsample_nearest_add(pool, image, rgb->pictures[i], 3 * count, 4 << (rgb->now.level - i),
                             1 << (rgb->stages - rgb->now.level + i), (float)i, share_of(rgb, i));
}

void progressive_fade_backward(parallel_pool *pool, rgb_layers *rgb, const float *dimage, int count) {
    for (int i = 0; i < 2 - (rgb->now.alpha == 1); i++) {
        block_sum(pool, rgb->dpictures[i], dimage, 3 * count, 4 << rgb->stages, 1 << (rgb->stages - rgb->now.level + i),
                  share_of(rgb, i));
        tanh_backward(pool, rgb->dpictures[i], rgb->dpictures[i], rgb->pictures[i],
                      3 * (size_t)pixels_of(rgb->now.level - i, count));
    }
}

void progressive_to_rgb_backward(parallel_pool *pool, rgb_layers *rgb, int level, float *dfeatures,
                                 const float *features, int count, grad_mode mode, float *scratch) {
    const int which = which_of_rgb(rgb, level);
    if (which >= 0)
        pointwise_backward(pool, dfeatures, rgb->dpictures[which], features, &rgb->layers[level],
                           pixels_of(level, count), mode, which ? GRAD_ADD : GRAD_SET, scratch);
}

/* -------------------------------------------------------------------------------- discriminator --- */

const float *progressive_from_rgb(parallel_pool *pool, rgb_layers *rgb, int level, const float *x, const float *image,
                                  int count, float *scratch) {
    const int which = which_of_rgb(rgb, level);
    if (which < 0)
        return x;
    const pointwise *layer = &rgb->layers[level];
    const int size = 4 << level, times = 1 << (rgb->stages - level), planes = layer->outputs * count;
    block_sum(pool, rgb->pictures[which], image, 3 * count, size * times, times, 1.0f / (float)(times * times));
    pointwise_forward(pool, rgb->features[which], rgb->pictures[which], layer, pixels_of(level, count), scratch);
    if (which == 0)
        return rgb->features[0];
    upsample_nearest_add(pool, rgb->blend, x, planes, size, 1, 0, rgb->now.alpha);
    upsample_nearest_add(pool, rgb->blend, rgb->features[1], planes, size, 1, 1, 1 - rgb->now.alpha);
    return rgb->blend;
}

void progressive_from_rgb_backward(parallel_pool *pool, rgb_layers *rgb, int level, float *dx, int count,
                                   grad_mode mode, float *scratch) {
    const int which = which_of_rgb(rgb, level);
    if (which < 0)
        return;
    const pointwise *layer = &rgb->layers[level];
    const size_t floats = (size_t)layer->outputs * pixels_of(level, count);
    float *dfeatures = rgb->dfeatures;
    vector_scaled(pool, dfeatures, dx, which ? 1 - rgb->now.alpha : 1, floats);
    vector_scaled(pool, dx, dx, rgb->now.alpha, floats);
    leaky_backward(pool, dfeatures, dfeatures, rgb->features[which], SLOPE, floats);
    pointwise_backward(pool, rgb->dpictures[which], dfeatures, rgb->pictures[which], layer, pixels_of(level, count),
                       mode, mode == GRAD_NONE ? GRAD_SET : GRAD_NONE, scratch);
}

void progressive_image_backward(parallel_pool *pool, float *dimage, const rgb_layers *rgb, int count) {
    for (int i = 0; i < 2; i++) {
        const int level = rgb->now.level - i;
        if (which_of_rgb(rgb, level) != i)
            continue;
        const int times = 1 << (rgb->stages - level);
        upsample_nearest_add(pool, dimage, rgb->dpictures[i], 3 * count, 4 << level, times, (float)i,
                             1.0f / (float)(times * times));
    }
}
