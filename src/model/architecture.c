#include "model/architecture.h"

#include "base/context.h"
#include "base/helpers.h"
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
        const int g = a->generator_channels[i], d = a->discriminator_channels[a->stages - 1 - i];
        const uint64_t floats = 2 * side * side * max_int(g, d) * batch; /* before and after the norm */
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

static int channels_at(int width, int most, int stage) {
    const long wide = (long)width << stage;
    return wide < most ? (int)wide : most;
}

void architecture_size_discriminator(architecture *a) {
    const ssd_config *o = &a->options;
    for (int i = 0; i < a->stages; i++)
        a->discriminator_channels[i] =
            o->width_d ? channels_at(o->width_d, o->width_max, i) : a->generator_channels[a->stages - 1 - i];
}

void architecture_from_config(architecture *a, const ssd_config *config) {
    *a = (architecture){.options = *config, .stages = architecture_stages(config->image_size)};
    architecture_clear_unused(a);
    for (int i = 0; i < a->stages; i++)
        a->generator_channels[a->stages - 1 - i] = channels_at(config->width, config->width_max, i);
    architecture_size_discriminator(a);
}

void architecture_to_config(const architecture *a, ssd_config *config) {
    const int asked = config->width_max, stages = a->stages;
    config_copy(config, &a->options, CONFIG_NETWORK);
    config->image_size = architecture_image_size(a);
    config->width = a->generator_channels[stages - 1];
    int most = 0, capped = 0;
    for (int i = 0; i < stages; i++) {
        const int g = a->generator_channels[stages - 1 - i], d = a->discriminator_channels[i];
        capped |= g != config->width << i || d != a->discriminator_channels[0] << i;
        most = max_int(most, max_int(g, d));
    }
    config->width_max = capped || asked < most ? most : asked;
}

const char *architecture_difference(const architecture *a, const ssd_config *config) {
    architecture other;
    architecture_from_config(&other, config);
    other.options.width = a->options.width;
    other.options.width_d = a->options.width_d;
    other.options.width_max = a->options.width_max;
    for (int i = 0; i < config_field_count(); i++) {
        const config_field *field = config_field_at(i);
        if ((field->flags & CONFIG_NETWORK) &&
            config_field_get(field, &a->options) != config_field_get(field, &other.options))
            return field->name;
    }
    return NULL;
}
