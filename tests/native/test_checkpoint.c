/* What a checkpoint keeps beside the networks, and what is never saved. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "checksums.h"
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
    static const char plan[] = "{\"recipe\": \"quick\", \"note\": \"\xc3\xa9\\n\"}";
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

/* Another value of the same length in the metadata of a checkpoint: the tensors contradict it. */
static void check_contradiction(ssd_context *context, const char *name, char value) {
    ssd_trainer *trainer = small_trainer(context, 0), *again = NULL;
    uint8_t *bytes = NULL;
    size_t count = 0;
    CHECK(ssd_trainer_save(trainer, 1, &bytes, &count) == SSD_OK);
    char key[40];
    const size_t length = (size_t)snprintf(key, sizeof key, "\"%s\":\"", name);
    size_t at = 0;
    while (at + length < count && memcmp(bytes + at, key, length) != 0)
        at++;
    CHECK(at + length < count && bytes[at + length] != (uint8_t)value);
    bytes[at + length] = (uint8_t)value;
    put_checksum(bytes, count);
    CHECK(ssd_trainer_load(context, bytes, count, &again) == SSD_BAD_FILE);
    CHECK(strstr(ssd_context_error(context), name) != NULL);
    ssd_buffer_free(bytes);
    ssd_trainer_destroy(trainer);
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
    size_t header = 8;
    for (int i = 0; i < 8; i++)
        header += (size_t)bytes[i] << (8 * i);
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

int main(void) {
    ssd_context *context = ssd_context_create(1);
    check_plan(context);
    check_contradiction(context, "adain", '1');
    check_contradiction(context, "mapping_layers", '3');
    check_contradiction(context, "noise", '1');
    check_contradiction(context, "minibatch_std", '1');
    check_checksum(context);
    check_not_finite(context, NAN);
    check_not_finite(context, -INFINITY);
    ssd_context_destroy(context);
    CHECK(ssd_held_out(901, -1) == 90 && ssd_held_out(5, -1) == 1 && ssd_held_out(90000, -1) == 500);
    CHECK(ssd_held_out(901, 0) == 0 && ssd_held_out(901, 7) == 7);
    return check_report("checkpoint");
}
