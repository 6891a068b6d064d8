#include "model/config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "base/number.h"
#include "model/architecture.h"

/* Short names for the table. */
enum {
    PICTURES = CONFIG_PICTURES,
    TRAINING = CONFIG_TRAINING,
    NETWORKS = CONFIG_NETWORKS,
    GENERATOR = CONFIG_GENERATOR,
    DISCRIMINATOR = CONFIG_DISCRIMINATOR,
    FINE_TUNING = CONFIG_FINE_TUNING,
    NETWORK = CONFIG_NETWORK,
    ONLY_D = CONFIG_ONLY_D,
    LIVE = CONFIG_LIVE,
    BASIC = CONFIG_BASIC
};

#define FIELD(name, type) #name, type, offsetof(ssd_config, name)
#define INT(name) FIELD(name, CONFIG_INT)
#define WHOLE(name) FIELD(name, CONFIG_WHOLE)
#define FLOAT(name) FIELD(name, CONFIG_FLOAT)
#define FLAG(name) FIELD(name, CONFIG_FLAG)
#define CHOICE(name) FIELD(name, CONFIG_CHOICE)

/* Checkpoints write the settings in this order. */
static const config_field FIELDS[] = {
    {CHOICE(model), 0, 0, 1, "ssd,dcgan", NETWORKS, NETWORK, NULL, "network", "",
     "the Spectral Style-DCGAN (ssd), or the older dcgan, which has no styles"},
    {INT(image_size), 64, 16, 256, "32,64,128,256", PICTURES, NETWORK | BASIC, "size", "picture size", "pixels",
     "side of the pictures, your own and those that are made"},
    {INT(latent_size), 100, 1, 512, "", GENERATOR, NETWORK, "latent", "latent size", "numbers",
     "length of the latent vector z and of the style w"},
    {INT(width), 64, 1, 256, "", NETWORKS, NETWORK | BASIC, NULL, "width", "channels",
     "channels of the layers next to the picture: fewer train faster, more draw finer"},
    {INT(width_max), 512, 1, 1024, "", NETWORKS, NETWORK, NULL, "largest width", "channels",
     "largest number of channels of a layer"},
    {FLAG(shared_mapping), 0, 0, 1, "", GENERATOR, NETWORK, NULL, "shared mapping", "",
     "apply one mapping layer repeatedly, as the authors' notebook does"},
    {FLAG(adain), 1, 0, 1, "", GENERATOR, NETWORK, NULL, "styles in each layer", "",
     "let the style set scale and shift in each layer (AdaIN); without it, batch norm"},
    {CHOICE(spectral_norm), 1, 0, 1, "none,paper", DISCRIMINATOR, NETWORK | ONLY_D, "spectral", "spectral norm", "",
     "layers of the discriminator with spectral norm: none, or the inner ones as in the paper"},
    {FLAG(reuse_fake), 0, 0, 1, "", TRAINING, 0, NULL, "reuse generated pictures", "",
     "show the discriminator the pictures of the generator's step, not new ones: a fifth faster"},
    {INT(batch), 32, 2, 1024, "", TRAINING, BASIC, NULL, "batch", "pictures", "pictures in each training step"},
    {FLAG(flip), 0, 0, 1, "", PICTURES, BASIC, NULL, "mirror at random", "",
     "mirror half of the pictures at random; not for pictures with writing"},
    {CHOICE(crop), 0, 0, 2, "centre,pad,squash", PICTURES, BASIC, NULL, "crop", "",
     "how a picture becomes square: centre cuts its middle out, pad adds a border, squash squeezes it"},
    {CHOICE(filter), 0, 0, 1, "triangle,cubic", PICTURES, 0, NULL, "resize filter", "",
     "how a picture is resized: triangle is smooth, cubic is sharper"},
    {INT(val_count), -1, -1, 100000, "", PICTURES, 0, "val", "held-out pictures", "pictures",
     "pictures kept back to check the training; -1: a tenth, from 1 to 500"},
    {FLOAT(fraction), 100, 1e-6, 100, "", PICTURES, 0, NULL, "share of the pictures", "per cent",
     "share of the training pictures that is used"},
    {FLOAT(lr), 0.0005, 0, 1, "", TRAINING, LIVE | BASIC, NULL, "learning rate", "",
     "how far each step changes the networks: lower is slower and steadier"},
    {FLOAT(beta1), 0.5, 0, 0.999999, "", TRAINING, LIVE, NULL, "Adam's beta 1", "",
     "how much of the mean gradient Adam keeps from step to step"},
    {FLOAT(beta2), 0.999, 0, 0.9999999, "", TRAINING, LIVE, NULL, "Adam's beta 2", "",
     "how much of the mean squared gradient Adam keeps from step to step"},
    {FLOAT(eps), 1e-8, 1e-30, 1, "", TRAINING, LIVE, NULL, "Adam's epsilon", "",
     "small number that Adam adds to avoid a division by zero"},
    {WHOLE(seed), 0, 0, 9007199254740991.0, "", TRAINING, BASIC, NULL, "seed", "",
     "number that decides everything random: the same one gives the same training"},
    {FLOAT(ema), 0, 0, 1e12, "", TRAINING, 0, NULL, "averaging", "pictures",
     "half-life of the generator's moving average, which becomes the model; 0: no average"},
    {FLOAT(ema_ramp), 0.05, 0, 1, "", TRAINING, 0, NULL, "averaging ramp-up", "",
     "upper limit of the half-life, as a share of the pictures shown so far; 0: no limit"},
    {FLAG(augment_translation), 0, 0, 1, "", TRAINING, LIVE, NULL, "shift", "",
     "shift all that the discriminator sees, by up to an eighth of the side"},
    {FLOAT(lr_g), 0, 0, 1, "", TRAINING, LIVE, NULL, "generator's learning rate", "",
     "learning rate of the generator; 0: that of both"},
    {FLOAT(lr_d), 0, 0, 1, "", TRAINING, LIVE, NULL, "discriminator's learning rate", "",
     "learning rate of the discriminator; 0: that of both"},
    {FLOAT(r1), 0, 0, 1e6, "", TRAINING, LIVE, NULL, "R1 penalty", "",
     "weight of the penalty on the discriminator's gradient at real pictures; 0: none"},
    {INT(r1_interval), 16, 1, 1000, "", TRAINING, LIVE, NULL, "steps between R1 penalties", "steps",
     "steps from one R1 penalty to the next"},
    {INT(freeze), 0, 0, 511, "", FINE_TUNING, LIVE, NULL, "frozen generator parts", "",
     "parts of the generator to leave as they are, a sum: 1 mapping, 2 layer 1, 4 layer 2, 8 layer 3 and so on"},
    {INT(freeze_d), 0, 0, SSD_MAX_STAGES, "", FINE_TUNING, LIVE, NULL, "frozen discriminator layers", "layers",
     "layers of the discriminator to leave as they are, counted from the picture"},
    {CHOICE(initial), 0, 0, 1, "pytorch,dcgan", NETWORKS, 0, NULL, "initial weights", "",
     "initial values of the weights: pytorch as in the paper, dcgan small and random"},
    {INT(mapping_layers), 4, 0, SSD_MAX_STAGES, "", GENERATOR, NETWORK, NULL, "mapping layers", "layers",
     "layers that make the style w from the latent z; 0: w is z"},
    {FLOAT(mapping_rate), 1, 1e-6, 1, "", GENERATOR, 0, NULL, "mapping's learning rate", "",
     "factor on the learning rate of the mapping"},
    {FLAG(pixel_norm), 0, 0, 1, "", GENERATOR, NETWORK, NULL, "pixel norm", "",
     "bring latents to mean square 1, not to length 1"},
    {FLAG(w_norm), 0, 0, 1, "", GENERATOR, NETWORK, NULL, "normalised styles", "",
     "bring each number of the style w to mean 0 and variance 1 over the batch"},
    {FLAG(equalised), 0, 0, 1, "", NETWORKS, 0, NULL, "equalised learning rate", "",
     "fit each layer's learning rate to the size of its weights, as StyleGAN does"},
    {FLAG(noise), 0, 0, 1, "", GENERATOR, NETWORK, NULL, "noise", "",
     "add random noise in each layer, as StyleGAN does"},
    {CHOICE(upsampling), 0, 0, 2, "transposed,nearest,bilinear", GENERATOR, NETWORK, NULL, "upsampling", "",
     "how the generator enlarges: transposed convolution, or nearest or bilinear resizing and a convolution"},
    {CHOICE(downsampling), 0, 0, 1, "strided,average", DISCRIMINATOR, NETWORK | ONLY_D, NULL, "downsampling", "",
     "how the discriminator shrinks: strided convolution, or a convolution and an average of 2 x 2"},
    {CHOICE(d_norm), 0, 0, 1, "batch,none", DISCRIMINATOR, NETWORK | ONLY_D, NULL, "discriminator's norm", "",
     "normalisation in the discriminator: batch norm or none"},
    {FLAG(minibatch_std), 0, 0, 1, "", DISCRIMINATOR, NETWORK | ONLY_D, NULL, "minibatch deviation", "",
     "tell the discriminator how varied a batch is, so that making one picture only is noticed"},
    {FLOAT(style_mixing), 0, 0, 1, "", GENERATOR, NETWORK, NULL, "style mixing", "",
     "probability that a picture in training takes its styles from two latents"},
    {CHOICE(first_input), 0, 0, 1, "constant,latent", GENERATOR, NETWORK, NULL, "first layer's input", "",
     "what the first layer starts from: a learned constant, or the latent"},
    {CHOICE(g_norm), 0, 0, 1, "instance,batch", GENERATOR, NETWORK, NULL, "generator's norm", "",
     "what the style scales and shifts: instance norm or batch norm"},
    {INT(width_d), 0, 0, 256, "", DISCRIMINATOR, NETWORK | ONLY_D, NULL, "discriminator's width", "channels",
     "channels of the discriminator's layers next to the picture; 0: as the generator's"},
};

const char *const CONFIG_GROUP_NAMES[CONFIG_GROUPS] = {
    [CONFIG_PICTURES] = "pictures",   [CONFIG_TRAINING] = "training",           [CONFIG_NETWORKS] = "both networks",
    [CONFIG_GENERATOR] = "generator", [CONFIG_DISCRIMINATOR] = "discriminator", [CONFIG_FINE_TUNING] = "fine-tuning",
};

int config_field_count(void) { return (int)(sizeof FIELDS / sizeof FIELDS[0]); }

const config_field *config_field_at(int index) { return &FIELDS[index]; }

const config_field *config_field_find(const char *name) {
    for (int i = 0; name && i < config_field_count(); i++)
        if (strcmp(FIELDS[i].name, name) == 0)
            return &FIELDS[i];
    return NULL;
}

static int is_double(const config_field *field) { return field->type == CONFIG_FLOAT || field->type == CONFIG_WHOLE; }

double config_field_get(const config_field *field, const ssd_config *config) {
    const char *place = (const char *)config + field->offset;
    if (is_double(field)) {
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
    if (is_double(field)) {
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

static int fits(const config_field *field, double value) {
    return value >= field->min && value <= field->max && (field->type == CONFIG_FLOAT || value == floor(value));
}

static int text_is(const char *text, const char *one, const char *other) {
    return strcmp(text, one) == 0 || strcmp(text, other) == 0;
}

int config_parse(const config_field *field, const char *text, double *value) {
    if (!text)
        return 0;
    if (field->type == CONFIG_FLAG && text_is(text, "true", "True"))
        text = "1";
    if (field->type == CONFIG_FLAG && text_is(text, "false", "False"))
        text = "0";
    if (field->type != CONFIG_CHOICE)
        return number_in_range(text, field->min, field->max, value) && fits(field, *value);
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
    const int stages = architecture_stages(config->image_size), layers = stages + 1;
    if (config->freeze >> (layers + 1)) /* bit 0 is the mapping */
        return context_fail(context, SSD_BAD_ARGUMENT,
                            "`freeze` names a layer that is not there: for %d pixels the generator has layers 1 to %d",
                            (int)config->image_size, layers);
    if (config->freeze_d > layers)
        return context_fail(context, SSD_BAD_ARGUMENT,
                            "`freeze_d` is %d, but for %d pixels the discriminator has %d layers",
                            (int)config->freeze_d, (int)config->image_size, layers);
    if (config->model == SSD_MODEL_DCGAN &&
        (config->pixel_norm || config->w_norm || config->noise || config->upsampling || config->first_input))
        return context_fail(
            context, SSD_BAD_ARGUMENT,
            "`model` dcgan has no `pixel_norm`, `w_norm`, `noise`, `upsampling` and `first_input`: leave them "
            "out, or take `model` ssd");
    if (config->g_norm && !(config->first_input && config->adain))
        return context_fail(context, SSD_BAD_ARGUMENT,
                            "`g_norm` batch needs `adain` and `first_input` latent: take both, or `g_norm` instance");
    if (config->shared_mapping && config->mapping_layers == 0)
        return context_fail(context, SSD_BAD_ARGUMENT,
                            "`shared_mapping` needs a mapping, but `mapping_layers` is 0: take 1 or more");
    if (config->style_mixing > 0 && !(config->adain && config->model == SSD_MODEL_SSD))
        return context_fail(context, SSD_BAD_ARGUMENT, "`style_mixing` needs styles: `model` ssd with `adain`");
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
