/* The sizes of both networks. From a configuration, or from the tensors of a file. */
#ifndef MODEL_ARCHITECTURE_H
#define MODEL_ARCHITECTURE_H

#include "ssdgan.h"

/* A network of S stages makes pictures of 4 * 2^S pixels. The generator's first layer makes a 4x4 map of
 * generator_channels[0]; S transposed convolutions follow, the last one to 3 channels. The discriminator mirrors it:
 * discriminator_channels[0] next to the picture. */
typedef struct architecture {
    ssd_model_kind kind;
    int stages;
    int latent;
    int mapping_layers;
    int pixel_norm;
    int shared_mapping;
    int adain;
    int noise;
    ssd_first_input first_input;
    ssd_g_norm g_norm;
    ssd_upsampling upsampling;
    int growth;       /* 1: with layers from and to pictures at the inner sizes */
    int style_mixing; /* 1: training maps two latents a picture */
    ssd_spectral spectral;
    ssd_downsampling downsampling;
    ssd_d_norm d_norm;
    int minibatch_std;
    int generator_channels[SSD_MAX_STAGES];
    int discriminator_channels[SSD_MAX_STAGES];
} architecture;

/* Whether the generator's first layer sees the learned constant, not w or z. */
static inline int architecture_has_constant(const architecture *a) { return a->adain && !a->first_input; }

static inline int architecture_image_size(const architecture *a) { return a->stages > 0 ? 4 << a->stages : 0; }

/* Channels of stage i from the picture inwards: min(width * 2^i, width_max). The config must be valid. */
void architecture_from_config(architecture *a, const ssd_config *config);

/* Noise of a picture, stage after stage: 4 x 4 + 8 x 8 + ... floats before stage `stage`; in all with `stages`. */
static inline size_t architecture_noise_floats(int stage) { return (((size_t)1 << (2 * stage)) - 1) / 3 * 16; }

/* Stages of an image size, or 0 where it is not 4 times a power of two from 16 to 512. */
int architecture_stages(int image_size);

#endif
