/* Goes on with a project of `ssdgan train` at the speed of native code, until it has made STEPS steps:
 *
 *   cc continue.c $(pkg-config --cflags --libs ssdgan) -o continue && ./continue PROJECT STEPS
 *
 * It saves PROJECT/checkpoint.safetensors, from which `ssdgan train --resume PROJECT` goes on. Nothing else may train
 * the project meanwhile. The doctor does not watch here, and nothing is validated. */
#include <ssdgan.h>
#include <stdio.h>
#include <stdlib.h>

enum { SAVE_EVERY = 2000, PATH_BYTES = 4096 };

static void fail(const char *what, const char *why) {
    (void)fprintf(stderr, "continue: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

/* Every call that can fail says why. */
static void must(ssd_context *context, ssd_status status) {
    if (status != SSD_OK)
        fail("stopped", ssd_context_error(context));
}

/* A whole file, to be freed; NULL where it cannot be read. */
static uint8_t *read_file(const char *path, size_t *count) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    uint8_t *bytes = NULL;
    const long size = fseek(file, 0, SEEK_END) ? -1 : ftell(file);
    if (size > 0 && !fseek(file, 0, SEEK_SET) && (bytes = malloc((size_t)size)))
        *count = fread(bytes, 1, (size_t)size, file);
    (void)fclose(file);
    return bytes;
}

/* Beside the file that is there, and then in its place: a program that is killed leaves a whole one. */
static void write_file(const char *path, const uint8_t *bytes, size_t count) {
    char beside[PATH_BYTES + 8];
    (void)snprintf(beside, sizeof beside, "%s.new", path);
    FILE *file = fopen(beside, "wb");
    const int written = file && fwrite(bytes, 1, count, file) == count;
    if ((file && fclose(file)) || !written || rename(beside, path))
        fail(path, "cannot be written");
}

static double step_of(const ssd_trainer *trainer) {
    double stats[SSD_STAT_COUNT];
    ssd_trainer_stats(trainer, stats);
    return stats[SSD_STAT_STEP];
}

/* The newest of a project's checkpoints that is whole. */
static ssd_trainer *load_newest(ssd_context *context, const char *project) {
    static const char *const names[] = {"checkpoint-a", "checkpoint-b", "checkpoint"};
    ssd_trainer *newest = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[PATH_BYTES];
        (void)snprintf(path, sizeof path, "%s/%s.safetensors", project, names[i]);
        size_t count = 0;
        uint8_t *bytes = read_file(path, &count);
        ssd_trainer *trainer = NULL;
        if (bytes && ssd_trainer_load(context, bytes, count, &trainer) != SSD_OK)
            (void)fprintf(stderr, "continue: %s is left out: %s\n", path, ssd_context_error(context));
        free(bytes);
        if (trainer && newest && step_of(trainer) < step_of(newest)) {
            ssd_trainer_destroy(trainer);
        } else if (trainer) {
            ssd_trainer_destroy(newest);
            newest = trainer;
        }
    }
    if (!newest)
        fail(project, "there is no checkpoint; make one with: ssdgan train PICTURES --out PROJECT --steps 1");
    return newest;
}

/* The pictures as the training reads them: one tensor of N x size x size x 3 bytes behind the header of the file. */
static ssd_dataset *load_pictures(ssd_context *context, const char *project, const ssd_config *config) {
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof path, "%s/pictures.safetensors", project);
    size_t count = 0;
    uint8_t *bytes = read_file(path, &count);
    uint64_t header = 0;
    for (int i = 7; bytes && count > 8 && i >= 0; i--)
        header = header << 8 | bytes[i]; /* little-endian */
    if (!header || header > count - 8)
        fail(path, "these are no pictures of a project; a training on doodles keeps none");
    ssd_dataset *dataset = ssd_dataset_create(context, config->image_size, config->crop, config->filter);
    if (!dataset)
        fail(path, "there is not enough memory");
    const size_t picture = (size_t)config->image_size * (size_t)config->image_size * 3;
    must(context, ssd_dataset_add_rgb(dataset, bytes + 8 + header, (int)((count - 8 - header) / picture)));
    free(bytes);
    return dataset;
}

static void save(ssd_context *context, ssd_trainer *trainer, const char *project) {
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof path, "%s/checkpoint.safetensors", project);
    uint8_t *bytes = NULL;
    size_t count = 0;
    must(context, ssd_trainer_save(trainer, 1, &bytes, &count));
    write_file(path, bytes, count);
    ssd_buffer_free(bytes);
}

int main(int count, char **arguments) {
    if (count != 3)
        fail("call it so", "./continue PROJECT STEPS");
    const char *project = arguments[1];
    const double steps = strtod(arguments[2], NULL);
    ssd_context *context = ssd_context_create(1);
    if (!context)
        fail(project, "there is not enough memory");
    ssd_trainer *trainer = load_newest(context, project);
    ssd_config config;
    ssd_trainer_config(trainer, &config);
    ssd_dataset *dataset = load_pictures(context, project, &config);
    must(context, ssd_trainer_set_dataset(trainer, dataset, 0));
    if (step_of(trainer) >= steps)
        fail(project, "it has made that many steps already");
    for (double step = step_of(trainer) + 1; step <= steps; step++) {
        must(context, ssd_trainer_step(trainer));
        if (step != steps && (long)step % SAVE_EVERY)
            continue;
        save(context, trainer, project);
        double stats[SSD_STAT_COUNT];
        ssd_trainer_stats(trainer, stats);
        printf("step %.0f: loss G %.3f, D %.3f\n", step, stats[SSD_STAT_LOSS_G], stats[SSD_STAT_LOSS_D]);
        (void)fflush(stdout);
    }
    ssd_trainer_destroy(trainer);
    ssd_dataset_destroy(dataset);
    ssd_context_destroy(context);
    return EXIT_SUCCESS;
}
