/* Trainers to safetensors. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "file/safetensors.h"
#include "model/config.h"
#include "train/state.h"

enum { FULL_NAME = 120 };

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
    char text[80];
    const uint64_t *s = t->random.state;
    (void)snprintf(text, sizeof text, "%016" PRIx64 ",%016" PRIx64 ",%016" PRIx64 ",%016" PRIx64, s[0], s[1], s[2],
                   s[3]);
    safetensors_write_metadata(writer, "random", text);
    if (*t->plan)
        safetensors_write_metadata(writer, "plan", t->plan);
}

/* Values, and with `moments` Adam's moments. */
static int network_is_finite(const param_table *table, const param_storage *storage, int moments) {
    return numbers_are_finite(storage->parameters, table->parameter_floats) &&
           numbers_are_finite(storage->buffers, table->buffer_floats) &&
           (!moments || (numbers_are_finite(storage->adam_m, table->parameter_floats) &&
                         numbers_are_finite(storage->adam_v, table->parameter_floats)));
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
