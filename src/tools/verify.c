/* Replay of stored training steps against stored results (docs/verify.md has the file's form). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "train/checkpoint.h"
#include "model/config.h"
#include "train/architecture_from_file.h"
#include "train/step.h"
#include "kernels/vector.h"

enum { NAME = 120, MAX_STEPS = 1000 };

/* Errors of a group of tensors: sums of squares, and the worst tensor. */
typedef struct group {
    char name[NAME], worst_name[NAME];
    int step;
    double difference, wanted, worst;
} group;

struct ssd_verify {
    ssd_context *context;
    const safetensors *file; /* during create only */
    ssd_trainer *trainer;
    float *spare; /* room for the largest tensor that is compared */
    size_t spare_count;
    group *groups;
    int count, capacity;
};

void ssd_verify_destroy(ssd_verify *verify) {
    if (!verify)
        return;
    ssd_trainer_destroy(verify->trainer);
    free(verify->spare);
    free(verify->groups);
    free(verify);
}

/* Opens a group, which stays only if something is compared in it. */
static group *open_group(ssd_verify *v, const char *name, int step) {
    group *g = &v->groups[v->count];
    *g = (group){.step = step, .worst = -1};
    (void)snprintf(g->name, sizeof g->name, "%s", name);
    return g;
}

static void close_group(ssd_verify *v) { v->count += v->groups[v->count].worst >= 0; }

static double relative(double difference, double wanted) {
    return wanted > 0 ? sqrt(difference / wanted) : difference > 0 ? INFINITY : 0;
}

/* Compares `got` with the file's tensor of this name, if there is one. */
static ssd_status compare(ssd_verify *v, group *g, const char *name, const float *got, size_t count) {
    const safetensors_entry *e = safetensors_find(v->file, name);
    if (!e)
        return SSD_OK;
    const ssd_status status = count > v->spare_count
                                  ? context_fail(v->context, SSD_BAD_FILE, "tensor \"%s\" has the wrong size", name)
                                  : safetensors_read(v->context, e, v->spare, count);
    if (status)
        return status;
    double difference = 0, wanted = 0;
    for (size_t i = 0; i < count; i++) {
        const double d = (double)got[i] - v->spare[i];
        difference += d * d;
        wanted += (double)v->spare[i] * v->spare[i];
    }
    double error = relative(difference, wanted);
    if (isnan(error))
        error = INFINITY;
    if (error > g->worst) {
        g->worst = error;
        (void)snprintf(g->worst_name, sizeof g->worst_name, "%s", name);
    }
    g->difference += isfinite(error) ? difference : INFINITY;
    g->wanted += wanted;
    return SSD_OK;
}

static ssd_status compare_network(ssd_verify *v, const char *group_name, int step, const param_table *table,
                                  int gradients) {
    group *g = open_group(v, group_name, step);
    for (int i = 0; i < table->count; i++) {
        const param *t = &table->list[i];
        char name[NAME];
        (void)snprintf(name, sizeof name, "%s.%s", group_name, t->name);
        if (gradients && param_is_buffer(t))
            continue;
        const float *got = gradients ? t->grad : t->data;
        const ssd_status status = compare(v, g, name, got, t->count);
        if (status)
            return status;
    }
    close_group(v);
    return SSD_OK;
}

static ssd_status compare_number(ssd_verify *v, const char *format, int step, double got) {
    char name[NAME];
    (void)snprintf(name, sizeof name, format, step);
    const float value = (float)got;
    const ssd_status status = compare(v, open_group(v, name, step), name, &value, 1);
    close_group(v);
    return status;
}

/* augment.K, the shift of each picture and use, into the trainer. */
static ssd_status read_shifts(ssd_verify *v, int step, int count) {
    ssd_trainer *t = v->trainer;
    char name[NAME];
    (void)snprintf(name, sizeof name, "augment.%d", step);
    const safetensors_entry *e = safetensors_find(v->file, name);
    if (!t->config.augment_translation)
        return SSD_OK;
    if (!e)
        return context_fail(v->context, SSD_BAD_FILE, "the file lacks %s", name);
    const ssd_status status = safetensors_read(v->context, e, v->spare, (size_t)count * 2);
    const float size = (float)architecture_image_size(&t->g.arch);
    for (int i = 0; !status && i < count; i++) {
        const float x = v->spare[2 * i], y = v->spare[2 * i + 1];
        if (!(fabsf(x) < size && fabsf(y) < size))
            return context_fail(v->context, SSD_BAD_FILE, "%s shifts a picture out of sight", name);
        t->shifts[i] = (augment_shift){(int)x, (int)y};
    }
    return status;
}

/* mix.K, the stage from which each picture has its second latent, into the trainer. */
static ssd_status read_crossovers(ssd_verify *v, const safetensors_entry *mix, int count) {
    ssd_trainer *t = v->trainer;
    const ssd_status status = safetensors_read(v->context, mix, v->spare, (size_t)count);
    for (int i = 0; !status && i < count; i++) {
        if (!(v->spare[i] >= 0 && v->spare[i] <= SSD_MAX_STAGES))
            return context_fail(v->context, SSD_BAD_FILE, "mix.K holds a stage that is none");
        t->crossover[i] = (int)v->spare[i];
    }
    return status;
}

/* z.K and real.K into the trainer; noise.K and mix.K too where its options use them. */
static ssd_status read_inputs(ssd_verify *v, int step) {
    ssd_trainer *t = v->trainer;
    const int batch = t->config.batch;
    const size_t size = (size_t)architecture_image_size(&t->g.arch), plane = size * size;
    char name[NAME];
    (void)snprintf(name, sizeof name, "z.%d", step);
    const safetensors_entry *z = safetensors_find(v->file, name);
    (void)snprintf(name, sizeof name, "real.%d", step);
    const safetensors_entry *real = safetensors_find(v->file, name);
    (void)snprintf(name, sizeof name, "noise.%d", step);
    const safetensors_entry *noise = safetensors_find(v->file, name);
    (void)snprintf(name, sizeof name, "mix.%d", step);
    const safetensors_entry *mix = safetensors_find(v->file, name);
    if (!z || !real || (t->g.arch.options.noise && !noise) || (t->config.style_mixing > 0 && !mix))
        return context_fail(v->context, SSD_BAD_FILE,
                            "the file lacks z.%d or real.%d, or noise.%d or mix.%d, which its options use", step, step,
                            step, step);
    ssd_status status =
        safetensors_read(v->context, z, t->z, (size_t)trainer_latents_a_batch(t) * t->g.arch.options.latent_size);
    if (!status && t->g.arch.options.noise)
        status =
            safetensors_read(v->context, noise, t->noise, (size_t)batch * architecture_noise_floats(t->g.arch.stages));
    if (!status && t->config.style_mixing > 0)
        status = read_crossovers(v, mix, batch);
    if (!status)
        status = safetensors_read(v->context, real, v->spare, 3 * (size_t)batch * plane);
    if (!status)
        transpose_nc(t->real, v->spare, batch, 3, plane);
    return status ? status : read_shifts(v, step, D_BATCHES * batch);
}

/* The picture that the first G step sees. Its batch norm, where it has one, would count a second forward: the state
 * is put back. */
static ssd_status compare_fake(ssd_verify *v) {
    ssd_trainer *t = v->trainer;
    const int batch = t->config.batch, size = architecture_image_size(&t->g.arch);
    const size_t plane = (size_t)size * size, state_bytes = t->g.table.buffer_floats * sizeof(float);
    float *room = context_allocate(v->context, 3 * (size_t)batch * plane, sizeof *room);
    float *state = context_allocate(v->context, state_bytes, 1);
    ssd_status status = room && state ? SSD_OK : SSD_OUT_OF_MEMORY;
    if (!status) {
        memcpy(state, t->g.storage.buffers, state_bytes);
        trainer_generate(t);
        transpose_nc(room, t->g.image, 3, batch, plane);
        memcpy(t->g.storage.buffers, state, state_bytes);
        status = compare(v, open_group(v, "fake.0", 0), "fake.0", room, 3 * (size_t)batch * plane);
        close_group(v);
    }
    free(room);
    free(state);
    return status;
}

static ssd_status replay_step(ssd_verify *v, int step) {
    ssd_trainer *t = v->trainer;
    char name[NAME];
    ssd_status status = read_inputs(v, step);
    if (!status && step == 0)
        status = compare_fake(v);
    if (!status)
        status = trainer_step_on_batch(t);
    if (!status)
        status = compare_number(v, "loss.g.%d", step, t->losses.loss_g);
    if (!status)
        status = compare_number(v, "loss.d.%d", step, t->losses.loss_d);
    if (!status && step == 0)
        status = compare_network(v, "grad.generator", 0, &t->g.table, 1);
    if (!status && step == 0)
        status = compare_network(v, "grad.discriminator", 0, &t->d.table, 1);
    (void)snprintf(name, sizeof name, "after.%d.generator", step);
    if (!status)
        status = compare_network(v, name, step, &t->g.table, 0);
    (void)snprintf(name, sizeof name, "after.%d.average", step);
    if (!status && t->config.ema > 0)
        status = compare_network(v, name, step, &t->average.table, 0);
    (void)snprintf(name, sizeof name, "after.%d.discriminator", step);
    if (!status)
        status = compare_network(v, name, step, &t->d.table, 0);
    return status;
}

static ssd_status make_trainer(ssd_verify *v) {
    const char *format = safetensors_metadata(v->file, "format");
    if (!format || strcmp(format, "ssdgan-verify") != 0)
        return context_fail(v->context, SSD_BAD_FILE, "the file's metadata does not say format: ssdgan-verify");
    ssd_config config;
    architecture arch;
    const char *prefix = "";
    ssd_status status = checkpoint_read_settings(v->context, v->file, &config, &arch, &prefix);
    if (!status)
        status = trainer_create(v->context, &config, &arch, &v->trainer);
    if (!status)
        status = checkpoint_read_network(v->context, v->file, prefix, &v->trainer->g.table);
    if (!status)
        trainer_begin_average(v->trainer);
    if (!status)
        status = checkpoint_read_network(v->context, v->file, "discriminator.", &v->trainer->d.table);
    return status;
}

static ssd_status make_room(ssd_verify *v, int steps) {
    const ssd_trainer *t = v->trainer;
    const size_t size = (size_t)architecture_image_size(&t->g.arch);
    const size_t pictures = (size_t)t->config.batch;
    v->spare_count = pictures * (3 * size * size > 64 ? 3 * size * size : 64);
    for (int i = 0; i < t->g.table.count; i++)
        v->spare_count = t->g.table.list[i].count > v->spare_count ? t->g.table.list[i].count : v->spare_count;
    for (int i = 0; i < t->d.table.count; i++)
        v->spare_count = t->d.table.list[i].count > v->spare_count ? t->d.table.list[i].count : v->spare_count;
    v->spare = context_allocate(v->context, v->spare_count, sizeof *v->spare);
    v->groups = context_allocate(v->context, (size_t)steps * 5 + 4, sizeof *v->groups);
    return v->spare && v->groups ? SSD_OK : SSD_OUT_OF_MEMORY;
}

static ssd_status replay(ssd_verify *v) {
    const char *text = safetensors_metadata(v->file, "steps");
    double steps = 1;
    if ((text && !number_in_range(text, 1, MAX_STEPS, &steps)) || steps != floor(steps))
        return context_fail(v->context, SSD_BAD_FILE, "the file's metadata has steps \"%.40s\", which is out of range",
                            text ? text : "");
    ssd_status status = make_trainer(v);
    if (!status)
        status = make_room(v, (int)steps);
    for (int step = 0; !status && step < (int)steps; step++)
        status = replay_step(v, step);
    if (!status && v->count == 0)
        status = context_fail(v->context, SSD_BAD_FILE, "the file holds nothing to compare with");
    return status;
}

ssd_status ssd_verify_create(ssd_context *context, const uint8_t *bytes, size_t byte_count, ssd_verify **verify) {
    ssd_verify *v = context_allocate(context, 1, sizeof *v);
    if (!v)
        return SSD_OUT_OF_MEMORY;
    safetensors *file;
    ssd_status status = safetensors_open(context, bytes, byte_count, &file);
    v->context = context;
    v->file = file;
    if (!status)
        status = replay(v);
    safetensors_close(file);
    if (status)
        ssd_verify_destroy(v);
    else
        *verify = v;
    return status;
}

int ssd_verify_group_count(const ssd_verify *verify) { return verify->count; }
const char *ssd_verify_group_name(const ssd_verify *verify, int group) { return verify->groups[group].name; }
int ssd_verify_group_step(const ssd_verify *verify, int group) { return verify->groups[group].step; }
double ssd_verify_group_error(const ssd_verify *verify, int group) {
    return relative(verify->groups[group].difference, verify->groups[group].wanted);
}
double ssd_verify_group_worst(const ssd_verify *verify, int group) { return verify->groups[group].worst; }
const char *ssd_verify_group_worst_name(const ssd_verify *verify, int group) {
    return verify->groups[group].worst_name;
}
