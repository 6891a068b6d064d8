#include "train/checkpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "model/config.h"
#include "train/architecture_from_file.h"
#include "train/state.h"

enum { FULL_NAME = 120 };

/* ---------------------------------------------------------------------------------------- read --- */

static ssd_status read_tensor(ssd_context *context, const safetensors *file, const char *prefix, const param *t,
                              float *out) {
    char name[FULL_NAME];
    (void)snprintf(name, sizeof name, "%s%s", prefix, t->name);
    const safetensors_entry *e = safetensors_find(file, name);
    if (!e)
        return context_fail(context, SSD_BAD_FILE, "the file lacks the tensor \"%s\"", name);
    return safetensors_read(context, e, out, t->count);
}

ssd_status checkpoint_read_network(ssd_context *context, const safetensors *file, const char *prefix,
                                   const param_table *table) {
    for (int i = 0; i < table->count; i++) {
        const ssd_status status = read_tensor(context, file, prefix, &table->list[i], table->list[i].data);
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
            const ssd_status status = read_tensor(context, file, prefix, t, block + t->offset);
            if (status)
                return status;
        }
    }
    return SSD_OK;
}

static double read_double(const safetensors *file, const char *key, double otherwise) {
    const char *text = safetensors_metadata(file, key);
    return text ? number_from_text(text, NULL) : otherwise;
}

static ssd_status read_run(ssd_context *context, const safetensors *file, ssd_trainer *t) {
    trainer_counters *c = &t->counters;
    c->step = read_double(file, "step", 0);
    c->epoch = read_double(file, "epoch", 0);
    c->step_in_epoch = read_double(file, "step_in_epoch", 0);
    c->fingerprint = read_double(file, "fingerprint", 0);
    c->best_val_loss_g = read_double(file, "best_val_loss_g", c->best_val_loss_g);
    c->best_step = read_double(file, "best_step", 0);
    c->augment_p = read_double(file, "augment_p_now", c->augment_p);
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
} REMOVED[] = {{"ada_target", "0"},    {"growth_pictures", "0"}, {"label_smoothing", "0"},
               {"micro_batches", "1"}, {"spectral_g", "0"},      {"style_rate", "1"}};

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
    if (status)
        return status;
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
    if (!with_discriminator)
        config_copy(&arch.options, config, CONFIG_ONLY_D);
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
    if (status)
        return status;
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
    if (status)
        return status;
    status = load_generator(context, file, generator);
    safetensors_close(file);
    return status;
}

/* --------------------------------------------------------------------------------------- write --- */

static void write_network(safetensors_writer *writer, const char *prefix, const param_table *table,
                          const int64_t *batch_count) {
    char name[FULL_NAME];
    for (int i = 0; i < table->count; i++) {
        const param *t = &table->list[i];
        (void)snprintf(name, sizeof name, "%s%s", prefix, t->name);
        safetensors_write(writer, name, SAFETENSORS_F32, t->rank, t->shape, t->data);
        if (t->role == ROLE_RUNNING_VAR) { /* PyTorch's batch norm counts its forwards; load_state_dict misses that */
            (void)snprintf(name, sizeof name, "%s%.*s.num_batches_tracked", prefix,
                           (int)(strrchr(t->name, '.') - t->name), t->name);
            safetensors_write(writer, name, SAFETENSORS_I64, 0, NULL, batch_count);
        }
    }
}

static void write_moments(safetensors_writer *writer, const char *network, const param_table *table,
                          const param_storage *storage) {
    char name[FULL_NAME];
    for (int moment = 0; moment < 2; moment++) {
        const float *block = moment ? storage->adam_v : storage->adam_m;
        for (int i = 0; i < table->count; i++) {
            const param *t = &table->list[i];
            if (param_is_buffer(t))
                continue;
            (void)snprintf(name, sizeof name, "adam.%s.%c.%s", network, moment ? 'v' : 'm', t->name);
            safetensors_write(writer, name, SAFETENSORS_F32, t->rank, t->shape, block + t->offset);
        }
    }
}

static void write_number(safetensors_writer *writer, const char *key, double value) {
    char text[40];
    (void)snprintf(text, sizeof text, "%.17g", value);
    safetensors_write_metadata(writer, key, text);
}

static void write_config(safetensors_writer *writer, const ssd_config *config) {
    for (int i = 0; i < config_field_count(); i++) {
        const config_field *field = config_field_at(i);
        char text[40];
        config_text(field, config_field_get(field, config), text, sizeof text);
        safetensors_write_metadata(writer, field->name, text);
    }
}

static void write_run(safetensors_writer *writer, const ssd_trainer *t) {
    const trainer_counters *c = &t->counters;
    write_number(writer, "epoch", c->epoch);
    write_number(writer, "step_in_epoch", c->step_in_epoch);
    write_number(writer, "fingerprint", c->fingerprint);
    write_number(writer, "best_val_loss_g", c->best_val_loss_g);
    write_number(writer, "best_step", c->best_step);
    write_number(writer, "augment_p_now", c->augment_p);
    char text[80];
    const uint64_t *s = t->random.state;
    (void)snprintf(text, sizeof text, "%016" PRIx64 ",%016" PRIx64 ",%016" PRIx64 ",%016" PRIx64, s[0], s[1], s[2],
                   s[3]);
    safetensors_write_metadata(writer, "random", text);
    if (*t->plan)
        safetensors_write_metadata(writer, "plan", t->plan);
}

/* Neither a NaN nor an infinity among them: those alone have all bits of the exponent set. */
static int are_finite(const float *numbers, size_t count) {
    uint32_t special = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, numbers + i, sizeof bits);
        special |= (bits & 0x7f800000U) == 0x7f800000U;
    }
    return !special;
}

/* Values, and with `moments` Adam's moments. */
static int network_is_finite(const param_table *table, const param_storage *storage, int moments) {
    return are_finite(storage->parameters, table->parameter_floats) &&
           are_finite(storage->buffers, table->buffer_floats) &&
           (!moments || (are_finite(storage->adam_m, table->parameter_floats) &&
                         are_finite(storage->adam_v, table->parameter_floats)));
}

static int is_finite(const ssd_trainer *t, const generator *model, int checkpoint) {
    return network_is_finite(&model->table, &model->storage, 0) &&
           (!checkpoint ||
            (network_is_finite(&t->g.table, &t->g.storage, 1) && network_is_finite(&t->d.table, &t->d.storage, 1)));
}

ssd_status ssd_trainer_save(ssd_trainer *trainer, int checkpoint, uint8_t **bytes, size_t *byte_count) {
    const generator *model = trainer->config.ema > 0 ? &trainer->average : &trainer->g;
    if (!is_finite(trainer, model, checkpoint))
        return context_fail(trainer->context, SSD_NOT_FINITE,
                            "the state of step %.0f is not saved, because a weight or a moment of Adam is not a finite "
                            "number; go back to an earlier checkpoint and lower the learning rate",
                            trainer->counters.step);
    safetensors_writer *writer = safetensors_writer_create();
    const int64_t batch_count = (int64_t)trainer->counters.step;
    safetensors_write_metadata(writer, "format", checkpoint ? "ssdgan-checkpoint" : "ssdgan-model");
    safetensors_write_metadata(writer, "version", ssd_version());
    write_number(writer, "step", trainer->counters.step);
    write_config(writer, &trainer->config);
    if (checkpoint) {
        write_run(writer, trainer);
        safetensors_write_checksum(writer);
    } else {
        write_network(writer, "", &model->table, &batch_count);
    }
    if (checkpoint) {
        write_network(writer, "generator.", &trainer->g.table, &batch_count);
        if (trainer->config.ema > 0)
            write_network(writer, "average.", &trainer->average.table, &batch_count);
        write_network(writer, "discriminator.", &trainer->d.table, &batch_count);
        write_moments(writer, "generator", &trainer->g.table, &trainer->g.storage);
        write_moments(writer, "discriminator", &trainer->d.table, &trainer->d.storage);
    }
    return safetensors_writer_finish(trainer->context, writer, bytes, byte_count);
}
