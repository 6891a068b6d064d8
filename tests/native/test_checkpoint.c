/* What a checkpoint keeps beside the networks, and what is never saved. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "file/safetensors.h"
#include "files.h"
#include "ssdgan.h"
#include "train/state.h"

static ssd_trainer *small_trainer(ssd_context *context, double ema) {
    ssd_config config;
    ssd_config_default(&config);
    config.image_size = 16;
    config.width = config.width_max = 2;
    config.batch = 2;
    config.adain = 0; /* batch norm in G too: it has running statistics */
    config.ema = ema;
    ssd_trainer *trainer = NULL;
    CHECK(ssd_trainer_create(context, &config, &trainer) == SSD_OK);
    return trainer;
}

static ssd_status save(ssd_trainer *trainer, int checkpoint) {
    uint8_t *bytes = NULL;
    size_t count = 0;
    const ssd_status status = ssd_trainer_save(trainer, checkpoint, &bytes, &count);
    CHECK((status == SSD_OK) == (bytes != NULL));
    ssd_buffer_free(bytes);
    return status;
}

static void check_plan(ssd_context *context) {
    static const char plan[] = "{\"recipe\": \"best\", \"note\": \"\xc3\xa9\\n\"}";
    ssd_trainer *trainer = small_trainer(context, 0), *again = NULL;
    CHECK(strcmp(ssd_trainer_plan(trainer), "") == 0);
    CHECK(ssd_trainer_set_plan(trainer, plan) == SSD_OK);
    char longest[SSD_PLAN_BYTES + 1];
    memset(longest, 'x', sizeof longest);
    longest[SSD_PLAN_BYTES] = 0;
    CHECK(ssd_trainer_set_plan(trainer, longest) == SSD_BAD_ARGUMENT);
    CHECK(ssd_trainer_set_plan(trainer, NULL) == SSD_BAD_ARGUMENT);
    CHECK(strcmp(ssd_trainer_plan(trainer), plan) == 0);
    for (int pass = 0; pass < 2; pass++) {
        uint8_t *bytes = NULL;
        size_t count = 0;
        CHECK(ssd_trainer_save(trainer, 1, &bytes, &count) == SSD_OK);
        CHECK(ssd_trainer_load(context, bytes, count, &again) == SSD_OK);
        CHECK(strcmp(ssd_trainer_plan(again), pass ? longest : plan) == 0);
        ssd_trainer_destroy(again);
        ssd_buffer_free(bytes);
        longest[SSD_PLAN_BYTES - 1] = 0; /* the longest that fits */
        CHECK(ssd_trainer_set_plan(trainer, longest) == SSD_OK);
    }
    ssd_trainer_destroy(trainer);
}

/* The file with another value in its metadata. */
static ssd_status load_with(ssd_context *context, const uint8_t *bytes, size_t count, const char *key,
                            const char *value) {
    ssd_trainer *again = NULL;
    size_t changed_count;
    uint8_t *changed = with_metadata(bytes, count, key, value, &changed_count);
    const ssd_status status = ssd_trainer_load(context, changed, changed_count, &again);
    ssd_trainer_destroy(again);
    free(changed);
    return status;
}

/* Settings that the tensors contradict, and numbers out of their range. */
static void check_metadata(ssd_context *context) {
    static const struct {
        const char *key, *good, *bad[9];
    } keys[] = {
        {"adain", "false", {"1", "tree", "2", "-1", "0.5", "", "nan", "0x"}},
        {"mapping_layers", "4", {"3", "-4", "nan", "1e99", "4 "}},
        {"noise", "0", {"1"}},
        {"minibatch_std", "False", {"1"}},
        {"step", "9007199254740992", {"nan", "-1", "0.5", "9007199254740994", "inf", "-inf", "1e300", "", "3x"}},
        {"epoch", "7", {"nan", "-1", "0.5", "9007199254740994", "inf", "0,5", " 1"}},
        {"step_in_epoch", "3", {"nan", "-3", "2.5", "1e16", "-inf"}},
        {"fingerprint", "1e15", {"nan", "-1", "0.5", "1e16"}},
        {"best_val_loss_g", "inf", {"nan", "-inf", "one"}},
        {"best_step", "1e3", {"nan", "-1", "0.5", "1e16"}},
        {"batch", "2", {"1", "1025", "2.5", "nan", "-2", "4294967298", "1e10"}},
        {"lr", "1", {"nan", "-1", "2", "inf", "0.1.1"}},
        {"seed", "9007199254740991", {"nan", "-1", "0.5", "9007199254740992"}},
        {"ema", "0", {"nan", "-1", "inf", "1e13"}},
        {"freeze", "15", {"16", "-1", "511", "1e5"}},
        {"freeze_d", "3", {"4", "-1"}},
        {"r1_interval", "1000", {"0", "-1", "1001", "nan"}},
        {"random",
         "0000000000000001,0000000000000000,0000000000000000,0000000000000000",
         {"0000000000000000,0000000000000000,0000000000000000,0000000000000000", "", "1,2,3,4",
          "-000000000000001,0000000000000000,0000000000000000,0000000000000000",
          "0000000000000001,0000000000000000,0000000000000000",
          "0000000000000001,0000000000000000,0000000000000000,0000000000000000,",
          "0000000000000001,0000000000000000,0000000000000000,00000000000000000"}},
    };
    ssd_trainer *trainer = small_trainer(context, 0);
    uint8_t *bytes = NULL;
    size_t count = 0;
    CHECK(ssd_trainer_save(trainer, 1, &bytes, &count) == SSD_OK);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        CHECK(load_with(context, bytes, count, keys[i].key, keys[i].good) == SSD_OK);
        for (int k = 0; k < 9 && keys[i].bad[k]; k++) {
            const ssd_status status = load_with(context, bytes, count, keys[i].key, keys[i].bad[k]);
            if (status != SSD_BAD_FILE || !strstr(ssd_context_error(context), keys[i].key))
                printf("%s %s: %d, %s\n", keys[i].key, keys[i].bad[k], status, ssd_context_error(context));
            CHECK(status == SSD_BAD_FILE && strstr(ssd_context_error(context), keys[i].key) != NULL);
        }
    }
    ssd_buffer_free(bytes);
    ssd_trainer_destroy(trainer);
}

/* A file that a program without metadata has saved again: opened where the tensors tell all, else refused with what is
 * missing. */
static void check_lost_metadata(ssd_context *context) {
    for (int kind = 0; kind < 4; kind++) {
        ssd_config config;
        ssd_config_default(&config);
        config.image_size = 16;
        config.width = config.width_max = 2;
        config.batch = 2;
        config.mapping_layers = kind == 1 ? 0 : 4;
        config.upsampling = kind == 2 ? SSD_BILINEAR : SSD_TRANSPOSED;
        config.model = kind == 3 ? SSD_MODEL_DCGAN : SSD_MODEL_SSD;
        static const char *const missing[] = {NULL, "`pixel_norm`", "`upsampling`", NULL};
        ssd_trainer *trainer = NULL, *again = NULL;
        ssd_generator *model = NULL;
        CHECK(ssd_trainer_create(context, &config, &trainer) == SSD_OK);
        for (int checkpoint = 0; checkpoint < 2; checkpoint++) {
            uint8_t *bytes = NULL;
            size_t count = 0, lost_count;
            CHECK(ssd_trainer_save(trainer, checkpoint, &bytes, &count) == SSD_OK);
            uint8_t *lost = without_metadata(bytes, count, &lost_count);
            const ssd_status status = ssd_generator_load(context, lost, lost_count, &model);
            CHECK(status == (missing[kind] ? SSD_BAD_FILE : SSD_OK));
            CHECK(!missing[kind] || strstr(ssd_context_error(context), missing[kind]));
            if (!status)
                ssd_generator_destroy(model);
            CHECK(ssd_trainer_load(context, lost, lost_count, &again) == SSD_BAD_FILE);
            CHECK(strstr(ssd_context_error(context), checkpoint ? "has lost its metadata" : "is no checkpoint"));
            free(lost);
            ssd_buffer_free(bytes);
        }
        ssd_trainer_destroy(trainer);
    }
}

/* A checkpoint is refused with any of its bytes changed, and with any bytes missing or too many; without the key it
 * loads as those of earlier versions do. A model carries none, since people save models again. */
static void check_checksum(ssd_context *context) {
    ssd_trainer *trainer = small_trainer(context, 50), *again = NULL;
    uint8_t *bytes = NULL, *equal = NULL;
    size_t count = 0, equal_count = 0;
    CHECK(ssd_trainer_save(trainer, 0, &bytes, &count) == SSD_OK && find_checksum(bytes, count) == 0);
    ssd_buffer_free(bytes);
    CHECK(ssd_trainer_save(trainer, 1, &bytes, &count) == SSD_OK && find_checksum(bytes, count) > 0);
    CHECK(ssd_trainer_save(trainer, 1, &equal, &equal_count) == SSD_OK);
    CHECK(count == equal_count && memcmp(bytes, equal, count) == 0);
    const size_t digits = find_checksum(bytes, count);
    put_checksum(equal, count);
    CHECK(memcmp(bytes, equal, count) == 0);
    const size_t header = 8 + header_bytes(bytes);
    int taken = 0, others = 0;
    for (size_t at = digits; at < count; at += at < digits + CHECKSUM_DIGITS ? 1 : 97) {
        bytes[at] ^= 1;
        taken += ssd_trainer_load(context, bytes, count, &again) != SSD_BAD_FILE;
        others += at >= header && !strstr(ssd_context_error(context), "damaged: its checksum");
        bytes[at] ^= 1;
    }
    CHECK(taken == 0 && others == 0);
    for (size_t length = 0; length < count; length += 101)
        taken += ssd_trainer_load(context, bytes, length, &again) != SSD_BAD_FILE;
    uint8_t *longer = calloc(count + 1, 1);
    memcpy(longer, bytes, count);
    taken += ssd_trainer_load(context, longer, count + 1, &again) != SSD_BAD_FILE;
    CHECK(taken == 0);
    free(longer);
    bytes[digits - 4] = 'x'; /* "checksux": another key */
    CHECK(ssd_trainer_load(context, bytes, count, &again) == SSD_OK);
    ssd_trainer_destroy(again);
    ssd_buffer_free(bytes);
    ssd_buffer_free(equal);
    ssd_trainer_destroy(trainer);
}

/* Each kind of number that a file holds, made a NaN or an infinity: no file. */
static void check_not_finite(ssd_context *context, float poison) {
    ssd_trainer *t = small_trainer(context, 50);
    CHECK(save(t, 0) == SSD_OK && save(t, 1) == SSD_OK);
    float *const places[] = {t->g.storage.parameters,      t->g.storage.buffers,    t->g.storage.adam_m,
                             t->g.storage.adam_v,          t->d.storage.parameters, t->d.storage.buffers,
                             t->d.storage.adam_m,          t->d.storage.adam_v,     t->average.storage.buffers,
                             t->average.storage.parameters};
    const int count = sizeof places / sizeof *places;
    for (int i = 0; i < count; i++) {
        const float kept = *places[i];
        *places[i] = poison;
        CHECK(save(t, 1) == SSD_NOT_FINITE);
        CHECK(save(t, 0) == (i < count - 2 ? SSD_OK : SSD_NOT_FINITE)); /* the model is the average */
        *places[i] = kept;
    }
    t->g.storage.parameters[t->g.table.parameter_floats - 1] = poison;
    CHECK(save(t, 1) == SSD_NOT_FINITE);
    ssd_trainer_destroy(t);
}

/* Each tensor of a file with a number that no network can have: refused, by its name. */
static void check_poisoned_file(ssd_context *context, int checkpoint) {
    ssd_trainer *trainer = small_trainer(context, 50), *again = NULL;
    ssd_generator *model = NULL;
    uint8_t *bytes = NULL;
    size_t count = 0;
    CHECK(ssd_trainer_save(trainer, checkpoint, &bytes, &count) == SSD_OK);
    safetensors *file = NULL;
    CHECK(safetensors_open(context, bytes, count, &file) == SSD_OK);
    int poisoned = 0, refused = 0;
    for (int i = 0; file && i < safetensors_count(file); i++) {
        const safetensors_entry *e = safetensors_at(file, i);
        const int squares = strstr(e->name, "running_var") || strstr(e->name, ".v.");
        for (int kind = 0; e->type == SAFETENSORS_F32 && kind < 2 + squares; kind++) {
            const float poison = kind == 2 ? -1.0f : kind ? -INFINITY : NAN;
            uint8_t *place = bytes + (e->data - bytes) + 4 * (e->count - 1);
            float kept;
            memcpy(&kept, place, sizeof kept);
            memcpy(place, &poison, sizeof poison);
            put_checksum(bytes, count);
            const ssd_status status = checkpoint ? ssd_trainer_load(context, bytes, count, &again)
                                                 : ssd_generator_load(context, bytes, count, &model);
            poisoned++;
            refused += status == SSD_BAD_FILE && strstr(ssd_context_error(context), e->name);
            memcpy(place, &kept, sizeof kept);
        }
    }
    CHECK(poisoned > 30 && refused == poisoned);
    safetensors_close(file);
    ssd_buffer_free(bytes);
    ssd_trainer_destroy(trainer);
}

int main(void) {
    ssd_context *context = ssd_context_create(1);
    check_plan(context);
    check_metadata(context);
    check_lost_metadata(context);
    check_poisoned_file(context, 0);
    check_poisoned_file(context, 1);
    check_checksum(context);
    check_not_finite(context, NAN);
    check_not_finite(context, -INFINITY);
    ssd_context_destroy(context);
    CHECK(ssd_held_out(901, -1) == 90 && ssd_held_out(5, -1) == 1 && ssd_held_out(90000, -1) == 500);
    CHECK(ssd_held_out(901, 0) == 0 && ssd_held_out(901, 7) == 7);
    return check_report("checkpoint");
}
