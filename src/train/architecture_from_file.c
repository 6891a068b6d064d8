#include "train/architecture_from_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "model/config.h"
#include "nn/mapping.h"

enum { FULL_NAME = 120, PAPER_MAPPING_LAYERS = 4, MAX_CHANNELS = 2048 };

static const safetensors_entry *find_named(const safetensors *file, const char *prefix, const char *format,
                                           int number) {
    char tail[FULL_NAME], name[FULL_NAME];
    (void)snprintf(tail, sizeof tail, format, number);
    (void)snprintf(name, sizeof name, "%s%s", prefix, tail);
    return safetensors_find(file, name);
}

/* A convolution weight of `side` x `side` and sane size. */
static int is_kernel(const safetensors_entry *e, int side) {
    return e && e->rank == 4 && e->shape[2] == side && e->shape[3] == side && e->shape[0] >= 1 && e->shape[1] >= 1 &&
           e->shape[0] <= MAX_CHANNELS && e->shape[1] <= MAX_CHANNELS;
}

static ssd_status bad_generator(ssd_context *context) {
    return context_fail(context, SSD_BAD_FILE,
                        "the file holds no generator that this program knows (tensors conv_l1.weight ... or "
                        "model.0.weight ...)");
}

/* What the metadata says about the networks; a setting that is out of range is left as it was, since other programs may
 * mean something else by the name. The tensors have the last word. */
static void options_from_metadata(const safetensors *file, ssd_config *options) {
    ssd_config_default(options);
    for (int i = 0; i < config_field_count(); i++) {
        const config_field *field = config_field_at(i);
        double value;
        if ((field->flags & CONFIG_NETWORK) && config_parse(field, safetensors_metadata(file, field->name), &value))
            config_field_set(field, options, value);
    }
}

static int says(const safetensors *file, const char *setting) {
    double value;
    return config_parse(config_field_find(setting), safetensors_metadata(file, setting), &value);
}

/* A generator's options, from its tensors where they tell. */
static void generator_options(const safetensors *file, ssd_config *o, const char *prefix) {
    o->adain = find_named(file, prefix, "ada_l%d.style_scale.weight", 1) != NULL;
    o->noise = find_named(file, prefix, "noise_l%d.strength", 1) != NULL;
    if (o->adain)
        o->first_input = find_named(file, prefix, "starting_const", 0) ? SSD_FIRST_CONSTANT : SSD_FIRST_LATENT;
    const int has_statistics = find_named(file, prefix, "bn_l%d.running_mean", 1) != NULL;
    o->g_norm = o->adain && has_statistics ? SSD_G_NORM_BATCH : SSD_G_NORM_INSTANCE;
    if (o->model == SSD_MODEL_DCGAN)
        return; /* it has no mapping */
    o->shared_mapping = find_named(file, prefix, "mapper.linear.weight", 0) != NULL;
    o->w_norm = find_named(file, prefix, "mapper.norm.running_mean", 0) != NULL;
    int layers = 0;
    while (layers < MAPPING_MOST && find_named(file, prefix, "mapper.%d.weight", layers))
        layers++;
    if (layers || !(o->shared_mapping || says(file, "mapping_layers")))
        o->mapping_layers = layers;
}

/* A setting that the tensors do not tell, of a file that has lost our metadata, or NULL. The paper's networks need
 * none: so PyTorch saves them. */
static const char *lost_setting(const safetensors *file, const ssd_config *o) {
    const char *format = safetensors_metadata(file, "format");
    const int papers = o->mapping_layers == PAPER_MAPPING_LAYERS && !o->first_input && !o->noise && !o->w_norm;
    if (format && strncmp(format, "ssdgan-", 7) == 0)
        return NULL;
    if (o->upsampling != SSD_TRANSPOSED && !says(file, "upsampling"))
        return "upsampling";
    return o->model == SSD_MODEL_SSD && !papers && !says(file, "pixel_norm") ? "pixel_norm" : NULL;
}

static ssd_status generator_sizes(ssd_context *context, const safetensors *file, architecture *a, const char *prefix) {
    const int dcgan = a->options.model == SSD_MODEL_DCGAN;
    int layers = 0, outputs = 0, narrow = 0;
    for (;; layers++) {
        const char *format = dcgan ? "model.%d.weight" : "conv_l%d.weight";
        const safetensors_entry *e = find_named(file, prefix, format, dcgan ? 3 * layers : layers + 1);
        if (!e)
            break;
        if (layers == 1) /* nn.Conv2d's weight, outputs first, behind an upsampling */
            narrow = !dcgan && is_kernel(e, 3);
        const int side = narrow ? 3 : 4, in = narrow ? 1 : 0;
        if (layers > SSD_MAX_STAGES - 1 || !is_kernel(e, side) || (layers && e->shape[in] != outputs))
            return bad_generator(context);
        if (layers == 0)
            a->options.latent_size = (int)e->shape[0];
        outputs = (int)e->shape[1 - in];
        a->generator_channels[layers] = outputs; /* the last is the picture's 3, beyond the stages */
    }
    a->stages = layers - 1;
    a->options.image_size = architecture_image_size(a);
    if (!narrow)
        a->options.upsampling = SSD_TRANSPOSED;
    else if (a->options.upsampling != SSD_BILINEAR)
        a->options.upsampling = SSD_NEAREST;
    if (layers < 3 || outputs != 3)
        return bad_generator(context);
    return SSD_OK;
}

static ssd_status discriminator_sizes(ssd_context *context, const safetensors *file, architecture *a) {
    int inputs = 3, spectral = 0;
    for (int i = 0; i <= a->stages; i++) {
        const int module = i ? 3 * i - 1 : 0;
        const safetensors_entry *plain = find_named(file, "discriminator.", "model.%d.weight", module);
        const safetensors_entry *normalised = find_named(file, "discriminator.", "model.%d.weight_orig", module);
        const safetensors_entry *e = normalised ? normalised : plain;
        const int head = i == a->stages;
        if (i == 0)
            a->options.downsampling = is_kernel(e, 3) ? SSD_AVERAGE : SSD_STRIDED;
        a->options.minibatch_std = head && e && e->rank == 4 && e->shape[1] == inputs + 1;
        const int side = !head && a->options.downsampling == SSD_AVERAGE ? 3 : 4;
        if (!is_kernel(e, side) || e->shape[1] != inputs + a->options.minibatch_std || (head && e->shape[0] != 1))
            return context_fail(context, SSD_BAD_FILE, "the file's discriminator does not fit (model.%d)", module);
        spectral += normalised != NULL;
        inputs = (int)e->shape[0];
        if (!head)
            a->discriminator_channels[i] = inputs;
    }
    a->options.width_d = a->discriminator_channels[0];
    if (a->options.width_d == a->generator_channels[a->stages - 1])
        a->options.width_d = 0;
    a->options.d_norm = find_named(file, "discriminator.", "model.%d.bias", 0) ? SSD_D_NORM_NONE : SSD_D_NORM_BATCH;
    a->options.spectral_norm = spectral ? SSD_SPECTRAL_PAPER : SSD_SPECTRAL_NONE;
    return SSD_OK;
}

int checkpoint_has(const safetensors *file, const char *network) {
    static const char *const firsts[] = {"conv_l1.weight", "model.0.weight"};
    for (int i = 0; i < (int)(sizeof firsts / sizeof firsts[0]); i++)
        if (find_named(file, network, firsts[i], 0))
            return 1;
    return 0;
}

ssd_status checkpoint_architecture(ssd_context *context, const safetensors *file, architecture *arch,
                                   const char **prefix) {
    architecture a = {0};
    options_from_metadata(file, &a.options);
    static const char *const prefixes[] = {"generator.", ""};
    const char *found = NULL;
    for (int i = 0; !found && i < 2; i++) {
        if (checkpoint_has(file, prefixes[i]))
            found = prefixes[i];
    }
    if (!found)
        return bad_generator(context);
    if (find_named(file, found, "to_rgb_l%d.weight", 2))
        return context_fail(context, SSD_UNSUPPORTED,
                            "the network was saved while it was growing, and this version no longer has progressive "
                            "growing: use version 0.1.0 to train it to the end and to export it");
    a.options.model = find_named(file, found, "model.%d.weight", 0) ? SSD_MODEL_DCGAN : SSD_MODEL_SSD;
    ssd_status status = generator_sizes(context, file, &a, found);
    if (status)
        return status;
    generator_options(file, &a.options, found);
    const char *lost = lost_setting(file, &a.options);
    if (lost)
        return context_fail(
            context, SSD_BAD_FILE,
            "the file does not say the setting `%s`, which its tensors do not tell: a program that saved "
            "it again has lost its metadata; take the original file, or save it with those",
            lost);
    if (checkpoint_has(file, "discriminator.")) {
        status = discriminator_sizes(context, file, &a);
        if (status)
            return status;
    } else {
        architecture_size_discriminator(&a);
    }
    *arch = a;
    *prefix = found;
    return SSD_OK;
}

/* Sets the fields that the metadata has. */
static ssd_status read_config(ssd_context *context, const safetensors *file, ssd_config *config) {
    for (int i = 0; i < config_field_count(); i++) {
        const config_field *field = config_field_at(i);
        const char *text = safetensors_metadata(file, field->name);
        double value;
        if (!text)
            continue;
        if (!config_parse(field, text, &value))
            return context_fail(context, SSD_BAD_FILE, "the file's metadata has %s \"%.40s\", which is out of range",
                                field->name, text);
        config_field_set(field, config, value);
    }
    return SSD_OK;
}

ssd_status checkpoint_read_settings(ssd_context *context, const safetensors *file, ssd_config *config,
                                    architecture *arch, const char **prefix) {
    ssd_config_default(config);
    ssd_status status = checkpoint_architecture(context, file, arch, prefix);
    if (status)
        return status;
    architecture_to_config(arch, config);
    status = read_config(context, file, config);
    if (status)
        return status;
    const char *name = architecture_difference(arch, config);
    if (!name && config->style_mixing > 0 && !arch->options.adain)
        name = "style_mixing";
    return name ? context_fail(context, SSD_BAD_FILE, "the file's tensors do not fit the %s in its metadata", name)
                : SSD_OK;
}
