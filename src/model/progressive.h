/* Progressive growing (Karras et al. 2018, arXiv 1710.10196), which the StyleGAN baseline alone trains with: nobody who
 * reads of SSD needs it. A training begins with small pictures; level l has 4 << l pixels a side, from 1 to the
 * network's stages. Inner levels have layers of their own to make pictures of features (generator) and features of
 * pictures (discriminator); a new level's picture is faded in, alpha of it and 1 - alpha of the level's below.
 * Outside the networks pictures keep their full size. */
#ifndef MODEL_PROGRESSIVE_H
#define MODEL_PROGRESSIVE_H

#include "ssdgan.h"

#include "nn/pointwise.h"

typedef struct progressive {
    int level;
    float alpha;  /* share of this level's pictures; 1 when it has faded in */
    double begin; /* the step with which the level began */
} progressive;

/* Where the step after `step` steps stands; without growing, at full size. */
progressive progressive_at(const ssd_config *config, int stages, double step);

/* 1 where a parameter is not in use. */
int progressive_is_idle(const progressive *now, const param *p);

/* Where a network stands, and its layers between pictures and features, if it grows. */
typedef struct rgb_layers {
    int stages;
    progressive now;                  /* full size unless somebody sets it */
    pointwise layers[SSD_MAX_STAGES]; /* by level, 1 .. stages - 1 */
    /* of the level and of the one below: */
    float *pictures[2], *dpictures[2];
    float *features[2]; /* discriminator: what is made of the pictures */
    float *blend;       /* of features of two levels */
    float *dfeatures;
} rgb_layers;

/* 1 where the network is not (yet) an ordinary one of full size. */
static inline int progressive_is_growing(const rgb_layers *rgb) {
    return rgb->now.level < rgb->stages || rgb->now.alpha < 1;
}

/* Appends to_rgb (C -> 3) or from_rgb (3 -> C) of table->level. */
void progressive_add_to_rgb(param_table *table, rgb_layers *rgb, int channels);
void progressive_add_from_rgb(param_table *table, rgb_layers *rgb, int channels);
size_t progressive_scratch_floats(const rgb_layers *rgb, int batch, int threads);
void progressive_place_pictures(const rgb_layers *rgb, float *pictures[2], int batch, arena *memory);
/* most: floats of the largest features */
void progressive_place_features(rgb_layers *rgb, int batch, size_t most, arena *memory);

/* ---- generator. All do nothing where a level's picture is not part of the present one. ---- */

/* Features of a level -> its picture. */
void progressive_to_rgb(parallel_pool *pool, rgb_layers *rgb, int level, const float *features, int count,
                        float *scratch);

/* The pictures, at full size and faded -> image. The full-size level's picture must be in rgb->pictures[0]. */
void progressive_fade(parallel_pool *pool, float *image, const rgb_layers *rgb, int count);

/* dimage -> rgb->dpictures, before their tanh. */
void progressive_fade_backward(parallel_pool *pool, rgb_layers *rgb, const float *dimage, int count);

/* The gradient at a level's picture -> at its features: overwritten, or added to while a level above shows, too. */
void progressive_to_rgb_backward(parallel_pool *pool, rgb_layers *rgb, int level, float *dfeatures,
                                 const float *features, int count, grad_mode mode, float *scratch);

/* ---- discriminator ---- */

/* What the block of a level sees: x, the output of the block above, or what is made of the image, or a blend of both.
 */
const float *progressive_from_rgb(parallel_pool *pool, rgb_layers *rgb, int level, const float *x, const float *image,
                                  int count, float *scratch);

/* The gradient at what the block saw -> at x, in place, and the parameters' gradients (`mode`), or with GRAD_NONE the
 * picture's. */
void progressive_from_rgb_backward(parallel_pool *pool, rgb_layers *rgb, int level, float *dx, int count,
                                   grad_mode mode, float *scratch);

/* The pictures' gradients -> dimage, which holds the full-size level's where that is in use. */
void progressive_image_backward(parallel_pool *pool, float *dimage, const rgb_layers *rgb, int count);

#endif
