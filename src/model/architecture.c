#include "model/architecture.h"

#include "base/context.h"
#include "model/config.h"

void architecture_clear_unused(architecture *a) {
    if (a->options.model == SSD_MODEL_SSD)
        return;
    a->options.adain = 0;
    a->options.spectral_norm = SSD_SPECTRAL_NONE;
}

ssd_status architecture_check_size(ssd_context *context, const architecture *a, int batch) {
    uint64_t most = 0;
    for (int i = 0; i < a->stages; i++) {
        const uint64_t side = (uint64_t)4 << i;
        const uint64_t floats = 2 * side * side * a->generator_channels[i] * batch; /* before and after the norm */
        most = floats > most ? floats : most;
    }
    if (most > MAX_ALLOCATION / sizeof(float))
        return context_fail(
            context, SSD_OUT_OF_MEMORY,
            "not enough memory: %d pictures of %d pixels at once take %.1f GB in one layer alone; use a "
            "smaller size, batch or width",
            batch, architecture_image_size(a), (double)most * sizeof(float) / 1e9);
    return SSD_OK;
}

void architecture_from_config(architecture *a, const ssd_config *config) {
    *a = (architecture){.options = *config, .stages = architecture_stages(config->image_size)};
    architecture_clear_unused(a);
    for (int i = 0; i < a->stages; i++) {
        const long wide = (long)config->width << i;
        const int channels = wide < config->width_max ? (int)wide : config->width_max;
        a->discriminator_channels[i] = channels;
        a->generator_channels[a->stages - 1 - i] = channels;
    }
}

void architecture_to_config(const architecture *a, ssd_config *config) {
    config_copy(config, &a->options, CONFIG_NETWORK);
    config->image_size = architecture_image_size(a);
    config->width = a->discriminator_channels[0];
    config->width_max = 0;
    for (int i = 0; i < a->stages; i++)
        if (config->width_max < a->discriminator_channels[i])
            config->width_max = a->discriminator_channels[i];
}

const char *architecture_difference(const architecture *a, const ssd_config *config) {
    architecture other;
    architecture_from_config(&other, config);
    other.options.width = a->options.width;
    other.options.width_max = a->options.width_max;
    for (int i = 0; i < config_field_count(); i++) {
        const config_field *field = config_field_at(i);
        if ((field->flags & CONFIG_NETWORK) &&
            config_field_get(field, &a->options) != config_field_get(field, &other.options))
            return field->name;
    }
    return NULL;
}
