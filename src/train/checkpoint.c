#include "train/checkpoint.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "model/config.h"
#include "train/architecture_from_file.h"
#include "train/state.h"

enum { FULL_NAME = 120 };

static int has_negative(const float *numbers, size_t count) {
    int negative = 0;
    for (size_t i = 0; i < count; i++)
        negative |= numbers[i] < 0;
    return negative;
}

/* A tensor with numbers that a network can have: a variance (`squares`: Adam's mean squares too) is at least 0. */
static ssd_status read_tensor(ssd_context *context, const safetensors *file, const char *prefix, const param *t,
                              int squares, float *out) {
    char name[FULL_NAME];
    (void)snprintf(name, sizeof name, "%s%s", prefix, t->name);
    const safetensors_entry *e = safetensors_find(file, name);
    if (!e)
        return context_fail(context, SSD_BAD_FILE, "the file lacks the tensor \"%s\"", name);
    const ssd_status status = safetensors_read(context, e, out, t->count);
    if (status)
        return status;
    if (!numbers_are_finite(out, t->count) || (squares && has_negative(out, t->count)))
        return context_fail(context, SSD_BAD_FILE,
                            "the tensor \"%s\" holds a number that is %s: the training had diverged when the file was "
                            "saved, or the file is damaged; take an earlier one",
                            name,
                            numbers_are_finite(out, t->count) ? "negative, but is a mean of squares" : "not finite");
    return SSD_OK;
}

ssd_status checkpoint_read_network(ssd_context *context, const safetensors *file, const char *prefix,
                                   const param_table *table) {
    for (int i = 0; i < table->count; i++) {
        const ssd_status status = read_tensor(context, file, prefix, &table->list[i],
                                              table->list[i].role == ROLE_RUNNING_VAR, table->list[i].data);
        if (status)
            return status;
    }
    return SSD_OK;
}

static ssd_status read_moments(ssd_context *context, const safetensors *file, const char *network,
                               const param_table *table, const param_storage *storage) {
    for (int moment = 0; moment < 2; moment++) {
        char prefix[FULL_NAME / 2];
        (void)snprintf(prefix, sizeof prefix, "adam.%s.%c.", network, moment ? 'v' : 'm');
        float *block = moment ? storage->adam_v : storage->adam_m;
        for (int i = 0; i < table->count; i++) {
            const param *t = &table->list[i];
            if (param_is_buffer(t))
                continue;
            const ssd_status status = read_tensor(context, file, prefix, t, moment, block + t->offset);
            if (status)
                return status;
        }
    }
    return SSD_OK;
}

/* 2^53: one more is rounded back to it, so that what was loaded can be trained, saved and loaded again. */
static const double MOST_STEPS = 9007199254740992.0;

/* A number of the run from the metadata; unchanged where the file does not have it. */
static ssd_status read_number(ssd_context *context, const safetensors *file, const char *key, double least, double most,
                              int whole, double *value) {
    const char *text = safetensors_metadata(file, key);
    double number = 0;
    if (!text)
        return SSD_OK;
    if (!number_in_range(text, least, most, &number) || (whole && number != floor(number)))
        return context_fail(context, SSD_BAD_FILE, "the checkpoint's %s is \"%.40s\", which is out of range", key,
                            text);
    *value = number;
    return SSD_OK;
}

static ssd_status read_counters(ssd_context *context, const safetensors *file, trainer_counters *c) {
    const struct {
        const char *key;
        double least, most;
        int whole;
        double *value;
    } numbers[] = {
        {"step", 0, MOST_STEPS, 1, &c->step},
        {"epoch", 0, MOST_STEPS, 1, &c->epoch},
        {"step_in_epoch", 0, MOST_STEPS, 1, &c->step_in_epoch},
        {"fingerprint", 0, MOST_STEPS, 1, &c->fingerprint},
        {"best_val_loss_g", -DBL_MAX, INFINITY, 0, &c->best_val_loss_g}, /* infinite before the first validation */
        {"best_step", 0, MOST_STEPS, 1, &c->best_step},
    };
    ssd_status status = SSD_OK;
    for (size_t i = 0; !status && i < sizeof numbers / sizeof *numbers; i++)
        status = read_number(context, file, numbers[i].key, numbers[i].least, numbers[i].most, numbers[i].whole,
                             numbers[i].value);
    return status;
}

static ssd_status read_run(ssd_context *context, const safetensors *file, ssd_trainer *t) {
    const ssd_status status = read_counters(context, file, &t->counters);
    if (status)
        return status;
    const char *plan = safetensors_metadata(file, "plan");
    if (plan && strlen(plan) >= SSD_PLAN_BYTES)
        return context_fail(context, SSD_BAD_FILE, "the checkpoint's plan has more than %d bytes", SSD_PLAN_BYTES - 1);
    (void)snprintf(t->plan, sizeof t->plan, "%s", plan ? plan : "");
    if (!rng_from_text(&t->random, safetensors_metadata(file, "random")))
        return context_fail(context, SSD_BAD_FILE, "the checkpoint lacks its random state");
    return SSD_OK;
}

/* The generator, and its average: the file's where it has one, else the generator's values. */
static ssd_status read_generator(ssd_context *context, const safetensors *file, const char *prefix, ssd_trainer *t) {
    ssd_status status = checkpoint_read_network(context, file, prefix, &t->g.table);
    if (!status)
        trainer_begin_average(t);
    if (!status && t->config.ema > 0 && checkpoint_has(file, "average."))
        status = checkpoint_read_network(context, file, "average.", &t->average.table);
    return status;
}

/* Settings that earlier versions had, and the value that changed nothing. */
static const struct {
    const char *name, *neutral;
} REMOVED[] = {{"ada_target", "0"},      {"augment_colour", "0"},  {"augment_cutout", "0"}, {"augment_p", "1"},
               {"growth_pictures", "0"}, {"label_smoothing", "0"}, {"loss", "bce"},         {"micro_batches", "1"},
               {"schedule", "constant"}, {"spectral_g", "0"},      {"style_rate", "1"}};

/* A training that used a removed setting cannot go on as it was. */
static ssd_status check_removed(ssd_context *context, const safetensors *file) {
    for (size_t i = 0; i < sizeof REMOVED / sizeof REMOVED[0]; i++) {
        const char *text = safetensors_metadata(file, REMOVED[i].name);
        if (text && strcmp(text, REMOVED[i].neutral) != 0)
            return context_fail(context, SSD_UNSUPPORTED,
                                "the checkpoint was trained with %s %.40s, a setting that this version no longer has: "
                                "continue it with version 0.1.0, or begin a new training from its model",
                                REMOVED[i].name, text);
    }
    return SSD_OK;
}

static ssd_status load_trainer(ssd_context *context, const safetensors *file, ssd_trainer **trainer) {
    const char *format = safetensors_metadata(file, "format");
    if (!format && checkpoint_has(file, "discriminator."))
        return context_fail(
            context, SSD_BAD_FILE,
            "the checkpoint has lost its metadata (settings, counters, random state), as other programs "
            "leave them out when they save a file again: take the original file");
    if (!format || strcmp(format, "ssdgan-checkpoint") != 0)
        return context_fail(context, SSD_BAD_FILE,
                            "the file is no checkpoint: a model alone cannot be trained on (it lacks the discriminator "
                            "and the optimiser's state)");
    if (!safetensors_is_whole(file))
        return context_fail(
            context, SSD_BAD_FILE,
            "the checkpoint is damaged: its checksum does not agree; go back to an earlier save, or begin "
            "a new training from its model");
    ssd_config config;
    architecture arch;
    const char *prefix = "";
    ssd_status status = check_removed(context, file);
    if (!status)
        status = checkpoint_read_settings(context, file, &config, &arch, &prefix);
    if (status)
        return status;
    if (config_check(context, &config))
        return SSD_BAD_FILE; /* with the sentence of what does not go together */
    ssd_trainer *t;
    status = trainer_create(context, &config, &arch, &t);
    if (status)
        return status;
    status = read_generator(context, file, prefix, t);
    if (!status)
        status = checkpoint_read_network(context, file, "discriminator.", &t->d.table);
    if (!status)
        status = read_moments(context, file, "generator", &t->g.table, &t->g.storage);
    if (!status)
        status = read_moments(context, file, "discriminator", &t->d.table, &t->d.storage);
    if (!status)
        status = read_run(context, file, t);
    if (status)
        ssd_trainer_destroy(t);
    else
        *trainer = t;
    return status;
}

ssd_status ssd_trainer_load(ssd_context *context, const uint8_t *bytes, size_t byte_count, ssd_trainer **trainer) {
    safetensors *file;
    ssd_status status = safetensors_open(context, bytes, byte_count, &file);
    if (!status)
        status = load_trainer(context, file, trainer);
    safetensors_close(file);
    return status;
}

static ssd_status begin_from(ssd_context *context, const safetensors *file, const ssd_config *config,
                             ssd_trainer **trainer) {
    architecture arch;
    const char *prefix = "";
    ssd_status status = checkpoint_architecture(context, file, &arch, &prefix);
    if (status)
        return status;
    const int with_discriminator = checkpoint_has(file, "discriminator.");
    if (!with_discriminator) {
        config_copy(&arch.options, config, CONFIG_ONLY_D);
        architecture_size_discriminator(&arch);
    }
    architecture_clear_unused(&arch);
    arch.options.style_mixing = config->style_mixing;
    ssd_config c = *config;
    architecture_to_config(&arch, &c);
    ssd_trainer *t;
    status = config_check(context, &c);
    if (!status)
        status = trainer_create(context, &c, &arch, &t);
    if (status)
        return status;
    status = read_generator(context, file, prefix, t);
    if (!status && with_discriminator)
        status = checkpoint_read_network(context, file, "discriminator.", &t->d.table);
    if (status)
        ssd_trainer_destroy(t);
    else
        *trainer = t;
    return status;
}

ssd_status ssd_trainer_create_from(ssd_context *context, const ssd_config *config, const uint8_t *bytes,
                                   size_t byte_count, ssd_trainer **trainer) {
    safetensors *file;
    ssd_status status = safetensors_open(context, bytes, byte_count, &file);
    if (!status)
        status = begin_from(context, file, config, trainer);
    safetensors_close(file);
    return status;
}

static ssd_status load_generator(ssd_context *context, const safetensors *file, ssd_generator **generator) {
    architecture arch;
    const char *prefix = "";
    ssd_status status = checkpoint_architecture(context, file, &arch, &prefix);
    if (status)
        return status;
    ssd_generator *s;
    status = model_create(context, &arch, &s);
    if (status)
        return status;
    if (checkpoint_has(file, "average."))
        prefix = "average.";
    status = checkpoint_read_network(context, file, prefix, &s->net->table);
    if (status)
        ssd_generator_destroy(s);
    else
        *generator = s;
    return status;
}

ssd_status ssd_generator_load(ssd_context *context, const uint8_t *bytes, size_t byte_count,
                              ssd_generator **generator) {
    safetensors *file;
    ssd_status status = safetensors_open(context, bytes, byte_count, &file);
    if (!status)
        status = load_generator(context, file, generator);
    safetensors_close(file);
    return status;
}
