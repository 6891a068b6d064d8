/* The sizes of both networks. From a configuration, or from the tensors of a file. */
#ifndef MODEL_ARCHITECTURE_H
#define MODEL_ARCHITECTURE_H

#include "ssdgan.h"

/* A network of S stages makes pictures of 4 * 2^S pixels. The generator's first layer makes a 4x4 map of
 * generator_channels[0]; S transposed convolutions follow, the last one to 3 channels. The discriminator mirrors it, by
 * itself with other channels (width_d): discriminator_channels[0] next to the picture. */
typedef struct architecture {
    ssd_config options; /* only settings that shape a network count (CONFIG_NETWORK); the model dcgan has no adain and
                         * no spectral_norm here */
    int stages;
    int generator_channels[SSD_MAX_STAGES];
    int discriminator_channels[SSD_MAX_STAGES];
} architecture;

/* Channels of stage i from the picture inwards: min(width * 2^i, width_max), of the discriminator with width_d in the
 * place of width where that is not 0. The config must be valid. */
void architecture_from_config(architecture *a, const ssd_config *config);

/* The discriminator's channels alone, from the options and the generator's. */
void architecture_size_discriminator(architecture *a);

/* The way back: puts the settings that shape a network into the config. width is that of the generator, width_max the
 * most channels of both; where they double all the way inwards, a larger width_max that the config has stays. */
void architecture_to_config(const architecture *a, ssd_config *config);

/* The first setting of which the architecture has another value than this config would give it; NULL where there is
 * none. Channels are not compared. */
const char *architecture_difference(const architecture *a, const ssd_config *config);

/* SSD_OUT_OF_MEMORY where the largest image inside the generator alone, for `batch` pictures, is more than can be
 * allocated. Below that no size of an array or of scratch memory, which is at most 20 times as large, wraps in 32 bits.
 */
SSD_MUST_USE ssd_status architecture_check_size(ssd_context *context, const architecture *a, int batch);

/* Clears the options that the model dcgan has not. */
void architecture_clear_unused(architecture *a);

/* Stages of an image size, or 0 where it is not 4 times a power of two from 16 to 512. */
static inline int architecture_stages(int image_size) {
    for (int stages = 2; stages < SSD_MAX_STAGES; stages++)
        if (image_size == 4 << stages)
            return stages;
    return 0;
}

/* Whether the generator's first layer sees the learned constant, not w or z. */
static inline int architecture_has_constant(const architecture *a) {
    return a->options.adain && !a->options.first_input;
}

static inline int architecture_image_size(const architecture *a) { return a->stages > 0 ? 4 << a->stages : 0; }

/* Noise of a picture, stage after stage: 4 x 4 + 8 x 8 + ... floats before stage `stage`; in all with `stages`. */
static inline size_t architecture_noise_floats(int stage) { return (((size_t)1 << (2 * stage)) - 1) / 3 * 16; }

#endif
