#include "model/config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "base/number.h"
#include "model/architecture.h"

#define AT(field) offsetof(ssd_config, field)

static const config_field FIELDS[] = {
    {"model", CONFIG_CHOICE, AT(model), 0, 0, 1, "ssd,dcgan", CONFIG_NETWORK,
     "Network: Spectral Style-DCGAN, or the DCGAN baseline"},
    {"image_size", CONFIG_INT, AT(image_size), 64, 16, 256, "", CONFIG_NETWORK,
     "Side of the pictures in pixels: 32, 64, 128 or 256"},
    {"latent_size", CONFIG_INT, AT(latent_size), 100, 1, 512, "", CONFIG_NETWORK,
     "Length of the latent vector z and the style w"},
    {"width", CONFIG_INT, AT(width), 64, 1, 256, "", CONFIG_NETWORK, "Channels of the stage next to the picture"},
    {"width_max", CONFIG_INT, AT(width_max), 512, 1, 1024, "", CONFIG_NETWORK, "Most channels of a stage"},
    {"shared_mapping", CONFIG_FLAG, AT(shared_mapping), 0, 0, 1, "", CONFIG_NETWORK,
     "One mapping layer applied four times"},
    {"adain", CONFIG_FLAG, AT(adain), 1, 0, 1, "", CONFIG_NETWORK,
     "Adaptive instance norm; off: batch norm instead (ablation)"},
    {"spectral_norm", CONFIG_CHOICE, AT(spectral_norm), 1, 0, 1, "none,paper", CONFIG_NETWORK | CONFIG_DISCRIMINATOR,
     "Discriminator layers with spectral norm: none, or the paper's inner ones"},
    {"reuse_fake", CONFIG_FLAG, AT(reuse_fake), 0, 0, 1, "", 0,
     "D step judges the fakes of the G step (a tenth faster)"},
    {"batch", CONFIG_INT, AT(batch), 32, 2, 1024, "", 0, "Pictures a step"},
    {"flip", CONFIG_FLAG, AT(flip), 0, 0, 1, "", 0, "Mirror each picture with probability one half"},
    {"crop", CONFIG_CHOICE, AT(crop), 0, 0, 2, "centre,pad,squash", 0, "How a picture becomes square"},
    {"filter", CONFIG_CHOICE, AT(filter), 0, 0, 1, "triangle,cubic", 0, "Resampling filter, antialiased"},
    {"val_count", CONFIG_INT, AT(val_count), -1, -1, 100000, "", 0, "Pictures held out; -1: a tenth, 1 to 500"},
    {"fraction", CONFIG_FLOAT, AT(fraction), 100, 1e-6, 100, "", 0, "Per cent of the training part that is used"},
    {"lr", CONFIG_FLOAT, AT(lr), 0.0005, 0, 1, "", 0, "Learning rate of Adam"},
    {"beta1", CONFIG_FLOAT, AT(beta1), 0.5, 0, 0.999999, "", 0, "Adam's decay of the mean"},
    {"beta2", CONFIG_FLOAT, AT(beta2), 0.999, 0, 0.9999999, "", 0, "Adam's decay of the square"},
    {"eps", CONFIG_FLOAT, AT(eps), 1e-8, 1e-30, 1, "", 0, "Adam's epsilon"},
    {"seed", CONFIG_FLOAT, AT(seed), 0, 0, 9007199254740991.0, "", 0, "Whole number that decides everything random"},
    {"ema", CONFIG_FLOAT, AT(ema), 0, 0, 1e12, "", 0, "Generator's average: half-life in pictures; 0: none"},
    {"ema_ramp", CONFIG_FLOAT, AT(ema_ramp), 0.05, 0, 1, "", 0, "Half-life at most this share of the pictures seen"},
    {"augment_colour", CONFIG_FLAG, AT(augment_colour), 0, 0, 1, "", 0, "Augment brightness, saturation and contrast"},
    {"augment_translation", CONFIG_FLAG, AT(augment_translation), 0, 0, 1, "", 0, "Augment by shifts"},
    {"augment_cutout", CONFIG_FLAG, AT(augment_cutout), 0, 0, 1, "", 0, "Augment by cutting a square out"},
    {"augment_p", CONFIG_FLOAT, AT(augment_p), 1, 0, 1, "", 0, "Probability of each augmentation"},
    {"lr_g", CONFIG_FLOAT, AT(lr_g), 0, 0, 1, "", 0, "Generator's own learning rate; 0: lr"},
    {"lr_d", CONFIG_FLOAT, AT(lr_d), 0, 0, 1, "", 0, "Discriminator's own learning rate; 0: lr"},
    {"schedule", CONFIG_CHOICE, AT(schedule), 0, 0, 1, "constant,linear", 0, "How the learning rates fall to 0"},
    {"schedule_pictures", CONFIG_FLOAT, AT(schedule_pictures), 0, 0, 1e15, "", 0, "Planned pictures, for the schedule"},
    {"loss", CONFIG_CHOICE, AT(loss), 0, 0, 1, "bce,paired", 0, "Loss of both networks"},
    {"r1", CONFIG_FLOAT, AT(r1), 0, 0, 1e6, "", 0, "Weight of the R1 penalty on D's gradient at reals; 0: none"},
    {"r1_interval", CONFIG_INT, AT(r1_interval), 16, 1, 1000, "", 0, "Steps between two R1 penalties"},
    {"freeze", CONFIG_INT, AT(freeze), 0, 0, 511, "", 0,
     "Untrained parts of G, a sum: 1 mapping, 2 L1, 4 L2, 8 L3, ..."},
    {"freeze_d", CONFIG_INT, AT(freeze_d), 0, 0, SSD_MAX_STAGES, "", 0,
     "Untrained layers of D, from the picture inwards"},
    {"initial", CONFIG_CHOICE, AT(initial), 0, 0, 1, "pytorch,dcgan", 0, "Initial values of the networks"},
    {"mapping_layers", CONFIG_INT, AT(mapping_layers), 4, 0, SSD_MAX_STAGES, "", CONFIG_NETWORK,
     "Layers of the mapping; 0: w is z"},
    {"mapping_rate", CONFIG_FLOAT, AT(mapping_rate), 1, 1e-6, 1, "", 0, "Factor of the mapping's learning rate"},
    {"pixel_norm", CONFIG_FLAG, AT(pixel_norm), 0, 0, 1, "", CONFIG_NETWORK,
     "Latents brought to mean square 1 instead of norm 1"},
    {"equalised", CONFIG_FLAG, AT(equalised), 0, 0, 1, "", 0, "Equalised learning rate"},
    {"noise", CONFIG_FLAG, AT(noise), 0, 0, 1, "", CONFIG_NETWORK, "Noise inputs of the generator"},
    {"upsampling", CONFIG_CHOICE, AT(upsampling), 0, 0, 2, "transposed,nearest,bilinear", CONFIG_NETWORK,
     "How G's maps get larger"},
    {"downsampling", CONFIG_CHOICE, AT(downsampling), 0, 0, 1, "strided,average", CONFIG_NETWORK | CONFIG_DISCRIMINATOR,
     "How D's maps get smaller"},
    {"d_norm", CONFIG_CHOICE, AT(d_norm), 0, 0, 1, "batch,none", CONFIG_NETWORK | CONFIG_DISCRIMINATOR,
     "Norm in D: batch norm, or none and biases"},
    {"minibatch_std", CONFIG_FLAG, AT(minibatch_std), 0, 0, 1, "", CONFIG_NETWORK | CONFIG_DISCRIMINATOR,
     "Minibatch standard deviation in D"},
    {"growth_pictures", CONFIG_FLOAT, AT(growth_pictures), 0, 0, 1e12, "", CONFIG_NETWORK,
     "Progressive growing: pictures a phase; 0: none"},
    {"style_mixing", CONFIG_FLOAT, AT(style_mixing), 0, 0, 1, "", CONFIG_NETWORK,
     "Probability of two latents a picture"},
    {"first_input", CONFIG_CHOICE, AT(first_input), 0, 0, 1, "constant,latent", CONFIG_NETWORK,
     "What G's first layer sees"},
    {"g_norm", CONFIG_CHOICE, AT(g_norm), 0, 0, 1, "instance,batch", CONFIG_NETWORK, "What styles scale and shift"},
};

int config_field_count(void) { return (int)(sizeof FIELDS / sizeof FIELDS[0]); }

const config_field *config_field_at(int index) { return &FIELDS[index]; }

const config_field *config_field_find(const char *name) {
    for (int i = 0; name && i < config_field_count(); i++)
        if (strcmp(FIELDS[i].name, name) == 0)
            return &FIELDS[i];
    return NULL;
}

double config_field_get(const config_field *field, const ssd_config *config) {
    const char *place = (const char *)config + field->offset;
    if (field->type == CONFIG_FLOAT) {
        double value;
        memcpy(&value, place, sizeof value);
        return value;
    }
    int32_t value;
    memcpy(&value, place, sizeof value);
    return value;
}

void config_field_set(const config_field *field, ssd_config *config, double value) {
    char *place = (char *)config + field->offset;
    if (field->type == CONFIG_FLOAT) {
        memcpy(place, &value, sizeof value);
    } else {
        const int32_t whole = (int32_t)value;
        memcpy(place, &whole, sizeof whole);
    }
}

void config_copy(ssd_config *to, const ssd_config *from, int flags) {
    for (int i = 0; i < config_field_count(); i++)
        if (FIELDS[i].flags & flags)
            config_field_set(&FIELDS[i], to, config_field_get(&FIELDS[i], from));
}

void config_text(const config_field *field, double value, char *text, size_t size) {
    if (field->type != CONFIG_CHOICE) {
        (void)snprintf(text, size, "%.17g", value);
        return;
    }
    const char *choice = field->choices;
    for (int skip = (int)value; skip > 0; skip--)
        choice = strchr(choice, ',') + 1;
    (void)snprintf(text, size, "%.*s", (int)strcspn(choice, ","), choice);
}

static int is_whole(const config_field *field) {
    return field->type != CONFIG_FLOAT || strcmp(field->name, "seed") == 0;
}

static int fits(const config_field *field, double value) {
    return value >= field->min && value <= field->max && (!is_whole(field) || value == floor(value));
}

int config_parse(const config_field *field, const char *text, double *value) {
    if (!text)
        return 0;
    if (field->type != CONFIG_CHOICE) {
        *value = *text == 't' || *text == 'T' ? 1 : *text == 'f' || *text == 'F' ? 0 : number_from_text(text, NULL);
        return fits(field, *value);
    }
    for (int choice = 0; choice <= (int)field->max; choice++) {
        char name[40];
        config_text(field, choice, name, sizeof name);
        if (strcmp(name, text) == 0) {
            *value = choice;
            return 1;
        }
    }
    return 0;
}

static ssd_status field_check(ssd_context *context, const config_field *field, double value) {
    if (!(value >= field->min && value <= field->max))
        return context_fail(context, SSD_BAD_ARGUMENT, "%s is %g, but must be from %g to %g", field->name, value,
                            field->min, field->max);
    if (!fits(field, value))
        return context_fail(context, SSD_BAD_ARGUMENT, "%s is %g, but must be a whole number", field->name, value);
    return SSD_OK;
}

ssd_status config_check(ssd_context *context, const ssd_config *config) {
    for (int i = 0; i < config_field_count(); i++) {
        const ssd_status status = field_check(context, &FIELDS[i], config_field_get(&FIELDS[i], config));
        if (status)
            return status;
    }
    if (!architecture_stages(config->image_size))
        return context_fail(context, SSD_BAD_ARGUMENT, "image_size is %d, but must be 32, 64, 128 or 256",
                            (int)config->image_size);
    if (config->model == SSD_MODEL_DCGAN && (config->pixel_norm || config->noise || config->upsampling ||
                                             config->growth_pictures > 0 || config->first_input))
        return context_fail(
            context, SSD_BAD_ARGUMENT,
            "pixel_norm, noise, upsampling, growth_pictures and first_input are options of the model ssd: "
            "leave them out, or take that model");
    if (config->g_norm && !(config->first_input && config->adain))
        return context_fail(context, SSD_BAD_ARGUMENT,
                            "g_norm batch needs styles and pictures that differ from the first layer on: take "
                            "first_input latent with adain, or g_norm instance");
    if (config->shared_mapping && config->mapping_layers == 0)
        return context_fail(context, SSD_BAD_ARGUMENT,
                            "shared_mapping needs a mapping, but mapping_layers is 0: take 1 or more, or leave it out");
    if (config->style_mixing > 0 && !(config->adain && config->model == SSD_MODEL_SSD))
        return context_fail(context, SSD_BAD_ARGUMENT,
                            "style_mixing needs styles: the model ssd with adain, or leave it out");
    return SSD_OK;
}

void ssd_config_default(ssd_config *config) {
    memset(config, 0, sizeof *config);
    for (int i = 0; i < config_field_count(); i++)
        config_field_set(&FIELDS[i], config, FIELDS[i].initial);
}

ssd_config *ssd_config_create(void) {
    ssd_config *config = malloc(sizeof *config);
    if (config)
        ssd_config_default(config);
    return config;
}

void ssd_config_destroy(ssd_config *config) { free(config); }

ssd_status ssd_config_set(ssd_context *context, ssd_config *config, const char *name, double value) {
    const config_field *field = config_field_find(name);
    if (!field)
        return context_fail(context, SSD_BAD_ARGUMENT, "there is no setting named \"%s\"", name ? name : "");
    const ssd_status status = field_check(context, field, value);
    if (status == SSD_OK)
        config_field_set(field, config, value);
    return status;
}

double ssd_config_get(const ssd_config *config, const char *name) {
    const config_field *field = config_field_find(name);
    return field ? config_field_get(field, config) : NAN;
}
