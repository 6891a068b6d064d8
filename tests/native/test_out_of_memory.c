/* Every public call that takes memory, with its first, second, ... allocation refused, and with all refused from that
 * one on: a status and a sentence about memory, nothing lost, and the same bits when it is called again. Threads that
 * are refused: fewer are used. refusals.h says how. */
#include <string.h>

#include "check.h"
#include "pictures.h"
#include "refusals.h"
#include "ssdgan.h"

/* ----------------------------------------------------------------------------------- the calls --- */

enum { SIZE = 16, PICTURES = 12, SAMPLES = 3 };

static ssd_context *context;
static ssd_dataset *pictures; /* PICTURES doodles */
static ssd_config config;
static ssd_trainer *trainer;
static ssd_generator *model;
static ssd_features *features;
static uint8_t *checkpoint, *verify_file;
static size_t checkpoint_bytes, verify_bytes;

/* Made by a trial's begin, freed by its end. */
static ssd_dataset *own_pictures;
static ssd_trainer *own_trainer;
static ssd_generator *own_model;
static ssd_features *own_features;

static uint64_t digest; /* of what the last call gave */

static ssd_status take(ssd_status status, const void *results, size_t count) {
    const uint8_t *bytes = results;
    digest = 0xcbf29ce484222325u;
    for (size_t i = 0; !status && i < count; i++)
        digest = (digest ^ bytes[i]) * 0x100000001b3u;
    return status;
}

static ssd_status take_dataset(ssd_status status, ssd_dataset *d) {
    const double fingerprint = ssd_dataset_fingerprint(d);
    return take(status, &fingerprint, sizeof fingerprint);
}

static ssd_status take_saved(ssd_trainer *t, int whole) {
    uint8_t *bytes = NULL;
    size_t count = 0;
    ssd_status status = ssd_trainer_save(t, whole, &bytes, &count);
    CHECK(!status == !!bytes);
    status = take(status, bytes, count);
    ssd_buffer_free(bytes);
    return status;
}

static ssd_status take_trainer(ssd_status status, ssd_trainer *t) {
    CHECK(!status == !!t);
    disarm();
    if (!status)
        status = take_saved(t, 1);
    ssd_trainer_destroy(t);
    return status;
}

static ssd_status take_features(ssd_status status, ssd_features *f) {
    CHECK(!status == !!f);
    if (!status)
        (void)take(status, ssd_features_rows(f), sizeof(float) * (size_t)ssd_features_count(f) * ssd_features_size(f));
    ssd_features_destroy(f);
    return status;
}

static ssd_status context_create(void) {
    ssd_context *c = ssd_context_create(3);
    ssd_context_destroy(c);
    return take(c ? SSD_OK : SSD_OUT_OF_MEMORY, "", 0);
}

static ssd_status config_create(void) {
    ssd_config *c = ssd_config_create();
    ssd_config_destroy(c);
    return take(c ? SSD_OK : SSD_OUT_OF_MEMORY, "", 0);
}

static ssd_status peak_probe(void) { return take(ssd_peak_probe(context, 1) ? SSD_OK : SSD_OUT_OF_MEMORY, "", 0); }

static ssd_status dataset_create(void) {
    ssd_dataset *d = ssd_dataset_create(context, SIZE, SSD_CROP_CENTRE, SSD_FILTER_TRIANGLE);
    ssd_dataset_destroy(d);
    return take(d ? SSD_OK : SSD_OUT_OF_MEMORY, "", 0);
}

static void begin_dataset(void) { own_pictures = ssd_dataset_create(context, SIZE, SSD_CROP_PAD, SSD_FILTER_CUBIC); }
static void end_dataset(void) { ssd_dataset_destroy(own_pictures); }

/* A dataset that refuses is as it was. */
static ssd_status add(const uint8_t *bytes, size_t count) {
    const ssd_status status = ssd_dataset_add_file(own_pictures, bytes, count);
    CHECK(ssd_dataset_count(own_pictures) == !status);
    return take_dataset(status, own_pictures);
}

static ssd_status add_png(void) { return add(png_rgb, sizeof png_rgb); }
static ssd_status add_png_16(void) { return add(png_16, sizeof png_16); }
static ssd_status add_png_alpha(void) { return add(png_rgba, sizeof png_rgba); }
static ssd_status add_png_turned(void) { return add(png_turned, sizeof png_turned); }
static ssd_status add_jpeg(void) { return add(jpeg_rgb, sizeof jpeg_rgb); }
static ssd_status add_jpeg_progressive(void) { return add(jpeg_progressive, sizeof jpeg_progressive); }
static ssd_status add_jpeg_turned(void) { return add(jpeg_turned, sizeof jpeg_turned); }
static ssd_status add_gif(void) { return add(gif_animated, sizeof gif_animated); }
static ssd_status add_tga(void) { return add(tga_rle, sizeof tga_rle); }

static ssd_status add_pnm(void) { return add((const uint8_t *)"P6 2 2 255\nabcdefghijkl", 23); }

static ssd_status add_files(void) {
    static uint8_t bytes[sizeof png_rgb + sizeof jpeg_rgb + sizeof gif_animated];
    static const size_t offsets[] = {0, sizeof png_rgb, sizeof png_rgb + sizeof jpeg_rgb, sizeof bytes};
    int32_t statuses[3];
    memcpy(bytes, png_rgb, sizeof png_rgb);
    memcpy(bytes + offsets[1], jpeg_rgb, sizeof jpeg_rgb);
    memcpy(bytes + offsets[2], gif_animated, sizeof gif_animated);
    ssd_status status = ssd_dataset_add_files(own_pictures, bytes, offsets, 3, statuses);
    for (int i = 0; !status && i < 3; i++) /* each file fails by itself */
        if (statuses[i]) {
            CHECK(statuses[i] == SSD_OUT_OF_MEMORY && strstr(ssd_dataset_file_error(own_pictures, i), "memory"));
            while (ssd_dataset_count(own_pictures))
                CHECK(!ssd_dataset_remove(own_pictures, 0));
            return SSD_OUT_OF_MEMORY;
        }
    return take_dataset(status, own_pictures);
}

static ssd_status add_rgba(void) {
    static const uint8_t rgba[5 * 3 * 4] = {1, 2, 3, 255, 200, 100, 50, 128};
    return take_dataset(ssd_dataset_add_rgba(own_pictures, rgba, 5, 3), own_pictures);
}

static ssd_status add_rgb(void) {
    static const uint8_t rgb[2 * SIZE * SIZE * 3] = {9, 8, 7};
    return take_dataset(ssd_dataset_add_rgb(own_pictures, rgb, 2), own_pictures);
}

static ssd_status reserve(void) { return take_dataset(ssd_dataset_reserve(own_pictures, 100), own_pictures); }
static ssd_status add_doodles(void) {
    return take_dataset(ssd_dataset_add_doodles(own_pictures, 3, 0, 70), own_pictures);
}

static ssd_status generator_load(void) {
    ssd_generator *g = NULL;
    const ssd_status status = ssd_generator_load(context, checkpoint, checkpoint_bytes, &g);
    CHECK(!status == !!g);
    if (!status)
        ssd_generator_destroy(g);
    return take(status, "", 0);
}

static void begin_model(void) { CHECK(!ssd_generator_load(context, checkpoint, checkpoint_bytes, &own_model)); }
static void end_model(void) { ssd_generator_destroy(own_model); }

static ssd_status generate(void) {
    static float z[SAMPLES * 4], images[SAMPLES * 3 * SIZE * SIZE];
    ssd_latent(5, SAMPLES * 4, z);
    ssd_status status = ssd_generator_map(own_model, z, SAMPLES, 0.7, z);
    if (!status)
        status = ssd_generator_synthesise(own_model, z, SAMPLES, images);
    return take(status, images, sizeof images);
}

/* A generator whose first layer sees w looks for the typical face. */
static void begin_sees_w(void) {
    ssd_config own = config;
    own.first_input = SSD_FIRST_LATENT;
    CHECK(!ssd_trainer_create(context, &own, &own_trainer));
}

static ssd_status truncate_w(void) {
    float w[4];
    const double psi = 0.5;
    ssd_latent(5, 4, w);
    const ssd_status status = ssd_generator_truncate(ssd_trainer_generator(own_trainer), w, 1, &psi);
    return take(status, w, sizeof w);
}

static ssd_status directions(void) {
    static double values[4];
    static float vectors[16];
    const ssd_status status = ssd_generator_directions(model, 3, values, vectors);
    return take(status, vectors, sizeof vectors);
}

static ssd_status projection(void) {
    ssd_projection *p = NULL;
    const ssd_status status = ssd_projection_create(own_model, ssd_dataset_picture(pictures, 0), 1, 20, 2, 4, 1, &p);
    CHECK(!status == !!p);
    static float styles[2 * 4];
    double errors[SSD_PROJECTION_ERRORS];
    if (p) {
        while (ssd_projection_run(p, 1) > 0) {
        }
        ssd_projection_result(p, styles, errors);
    }
    ssd_projection_destroy(p);
    return take(status, styles, sizeof styles);
}

static ssd_status trainer_create(void) {
    ssd_trainer *t = NULL;
    return take_trainer(ssd_trainer_create(context, &config, &t), t);
}

static ssd_status trainer_load(void) {
    ssd_trainer *t = NULL;
    return take_trainer(ssd_trainer_load(context, checkpoint, checkpoint_bytes, &t), t);
}

static ssd_status trainer_from(void) {
    ssd_trainer *t = NULL;
    return take_trainer(ssd_trainer_create_from(context, &config, checkpoint, checkpoint_bytes, &t), t);
}

static void begin_trainer(void) {
    CHECK(!ssd_trainer_load(context, checkpoint, checkpoint_bytes, &own_trainer) &&
          !ssd_trainer_set_dataset(own_trainer, pictures, 0));
}
static void end_trainer(void) { ssd_trainer_destroy(own_trainer); }

static ssd_status set_dataset(void) {
    const ssd_status status = ssd_trainer_set_dataset(own_trainer, pictures, 0);
    disarm();
    return status ? status : take_saved(own_trainer, 1);
}

static ssd_status save_model(void) { return take_saved(trainer, 0); }
static ssd_status save_checkpoint(void) { return take_saved(trainer, 1); }

/* These take no memory: a step has all it needs. */
static ssd_status step(void) {
    ssd_status status = ssd_trainer_set(own_trainer, "lr", 0.001);
    if (!status)
        status = ssd_trainer_set_plan(own_trainer, "{}");
    if (!status)
        status = ssd_trainer_step(own_trainer);
    if (!status)
        status = ssd_trainer_validate(own_trainer);
    double stats[SSD_STAT_COUNT];
    ssd_trainer_stats(own_trainer, stats);
    return take(status, stats, sizeof stats);
}

static ssd_status extract(ssd_feature_kind kind) {
    ssd_features *f = NULL;
    const ssd_status status = ssd_features_extract(context, pictures, 0, PICTURES, kind, NULL, &f);
    return take_features(status, f);
}
static ssd_status extract_random_conv(void) { return extract(SSD_FEATURES_RANDOM_CONV); }
static ssd_status extract_pixels(void) { return extract(SSD_FEATURES_PIXELS); }

static ssd_status from_rows(void) {
    static const float rows[12] = {1, 2, 3};
    ssd_features *f = NULL;
    return take_features(ssd_features_from_rows(context, rows, 4, 3, &f), f);
}

static ssd_status pick(void) {
    static const int32_t indices[] = {3, 1, 1};
    ssd_features *f = NULL;
    return take_features(ssd_features_pick(features, indices, 3, &f), f);
}

static void begin_features(void) {
    CHECK(!ssd_features_extract(context, pictures, 0, PICTURES, SSD_FEATURES_PIXELS, NULL, &own_features));
}
static void end_features(void) { ssd_features_destroy(own_features); }

static ssd_status compare(int which) {
    double scores[SSD_SCORE_COUNT];
    return take(ssd_features_compare(own_features, features, which, 2, 6, 1, scores), scores, sizeof scores);
}
static ssd_status compare_frechet(void) { return compare(SSD_COMPARE_FRECHET); }
static ssd_status compare_kernel(void) { return compare(SSD_COMPARE_KERNEL); }
static ssd_status compare_neighbours(void) { return compare(SSD_COMPARE_NEIGHBOURS); }

static ssd_status nearest(void) {
    int32_t index[PICTURES];
    float distance[PICTURES];
    return take(ssd_features_nearest(features, features, index, distance), index, sizeof index);
}

static ssd_status swd(void) {
    double levels[SSD_SWD_LEVELS];
    return take(ssd_swd(context, pictures, 0, 6, pictures, 6, 6, 4, 8, 1, levels), levels, sizeof levels);
}

static ssd_status verify(void) {
    ssd_verify *v = NULL;
    const ssd_status status = ssd_verify_create(context, verify_file, verify_bytes, &v);
    CHECK(!status == !!v);
    const double error = v ? ssd_verify_group_error(v, 0) : 0;
    ssd_verify_destroy(v);
    return take(status, &error, sizeof error);
}

static ssd_status measure(void) {
    ssd_measure *m = NULL;
    const ssd_status status = ssd_measure_create(context, "conv_forward", 1, 2, 2, 8, &m);
    CHECK(!status == !!m);
    ssd_measure_destroy(m);
    return take(status, "", 0);
}

static const struct trial {
    const char *name;
    ssd_status (*call)(void);
    int least; /* allocations that it makes */
    void (*begin)(void), (*end)(void);
} TRIALS[] = {
    {"context_create", context_create, 2, NULL, NULL},
    {"config_create", config_create, 1, NULL, NULL},
    {"peak_probe", peak_probe, 1, NULL, NULL},
    {"dataset_create", dataset_create, 1, NULL, NULL},
    {"add_file png", add_png, 3, begin_dataset, end_dataset},
    {"add_file png 16", add_png_16, 3, begin_dataset, end_dataset},
    {"add_file png alpha", add_png_alpha, 3, begin_dataset, end_dataset},
    {"add_file png turned", add_png_turned, 3, begin_dataset, end_dataset},
    {"add_file jpeg", add_jpeg, 3, begin_dataset, end_dataset},
    {"add_file jpeg progressive", add_jpeg_progressive, 3, begin_dataset, end_dataset},
    {"add_file jpeg turned", add_jpeg_turned, 3, begin_dataset, end_dataset},
    {"add_file gif", add_gif, 3, begin_dataset, end_dataset},
    {"add_file tga", add_tga, 3, begin_dataset, end_dataset},
    {"add_file pnm", add_pnm, 2, begin_dataset, end_dataset},
    {"add_files", add_files, 8, begin_dataset, end_dataset},
    {"add_rgba", add_rgba, 2, begin_dataset, end_dataset},
    {"add_rgb", add_rgb, 1, begin_dataset, end_dataset},
    {"reserve", reserve, 1, begin_dataset, end_dataset},
    {"add_doodles", add_doodles, 1, begin_dataset, end_dataset},
    {"generator_load", generator_load, 5, NULL, NULL},
    {"generate", generate, 1, begin_model, end_model},
    {"truncate", truncate_w, 1, begin_sees_w, end_trainer},
    {"directions", directions, 1, NULL, NULL},
    {"projection", projection, 3, begin_model, end_model},
    {"trainer_create", trainer_create, 6, NULL, NULL},
    {"trainer_load", trainer_load, 10, NULL, NULL},
    {"trainer_create_from", trainer_from, 10, NULL, NULL},
    {"set_dataset", set_dataset, 1, begin_trainer, end_trainer},
    {"step", step, 0, begin_trainer, end_trainer},
    {"save model", save_model, 5, NULL, NULL},
    {"save checkpoint", save_checkpoint, 5, NULL, NULL},
    {"extract random-conv", extract_random_conv, 4, NULL, NULL},
    {"extract pixels", extract_pixels, 3, NULL, NULL},
    {"from_rows", from_rows, 3, NULL, NULL},
    {"pick", pick, 3, NULL, NULL},
    {"compare frechet", compare_frechet, 1, begin_features, end_features},
    {"compare kernel", compare_kernel, 1, begin_features, end_features},
    {"compare neighbours", compare_neighbours, 3, begin_features, end_features},
    {"nearest", nearest, 1, NULL, NULL},
    {"swd", swd, 1, NULL, NULL},
    {"verify", verify, 10, NULL, NULL},
    {"measure", measure, 2, NULL, NULL},
};

/* What a call gives that is refused nothing; its allocations. */
static long reference(const struct trial *t, uint64_t *wanted) {
    if (t->begin)
        t->begin();
    arm(0, 0);
    CHECK(t->call() == SSD_OK);
    const long made = atomic_load(&allocations);
    *wanted = digest;
    if (t->end)
        t->end();
    return made;
}

static int try(const struct trial *t) {
    uint64_t wanted;
    const long made = reference(t, &wanted);
    int refusals = 0;
    if (made < t->least)
        printf("%s makes %ld allocations\n", t->name, made);
    CHECK(made >= t->least && (t->least || !made));
    for (int all = 0; all < 2; all++)
        for (long from = 1; from <= made; from++) {
            if (t->begin)
                t->begin();
            (void)ssd_config_set(context, &config, "?", 0); /* another sentence than that of the last refusal */
            arm(from, all);
            const ssd_status status = t->call();
            disarm();
            refusals++;
            const int told = t->call == context_create || t->call == config_create || t->call == peak_probe ||
                             t->call == add_files || strstr(ssd_context_error(context), "memory");
            if (status ? status != SSD_OUT_OF_MEMORY || !told : digest != wanted)
                printf("%s, allocation %ld%s: status %d, %s\n", t->name, from, all ? " and on" : "", status,
                       ssd_context_error(context));
            /* What helps itself is as good as what was never refused. */
            CHECK(status ? status == SSD_OUT_OF_MEMORY && told : digest == wanted);
            if (status)
                CHECK(t->call() == SSD_OK && digest == wanted);
            if (t->end)
                t->end();
        }
    return refusals;
}

/* As many of the `wanted` threads as can be had, and the same bits from them. */
static void check_threads(void) {
    uint64_t first = 0;
    ssd_context *const before = context;
    for (int more = 0; more <= 3; more++) {
        atomic_store(&threads_left, more);
        context = ssd_context_create(4);
        atomic_store(&threads_left, -1);
        CHECK(context && ssd_context_threads(context) == more + 1);
        if (context)
            CHECK(trainer_load() == SSD_OK && extract_random_conv() == SSD_OK);
        first = more ? first : digest;
        CHECK(digest == first);
        ssd_context_destroy(context);
    }
    context = before;
}

int main(void) {
    atomic_store(&threads_left, -1);
    context = ssd_context_create(CHECK_THREADS);
    pictures = ssd_dataset_create(context, SIZE, SSD_CROP_CENTRE, SSD_FILTER_TRIANGLE);
    ssd_config_default(&config);
    config.image_size = SIZE;
    config.latent_size = config.width = config.width_max = 4;
    config.batch = 4;
    config.ema = 100;
    CHECK(!ssd_dataset_add_doodles(pictures, 0, 0, PICTURES) && !ssd_trainer_create(context, &config, &trainer) &&
          !ssd_trainer_set_dataset(trainer, pictures, 0) && !ssd_trainer_step(trainer) &&
          !ssd_trainer_save(trainer, 1, &checkpoint, &checkpoint_bytes) &&
          !ssd_generator_load(context, checkpoint, checkpoint_bytes, &model) &&
          !ssd_features_extract(context, pictures, 0, PICTURES, SSD_FEATURES_PIXELS, NULL, &features));
    verify_file = check_read_file("tests/golden/ssd-odd.safetensors", &verify_bytes);
    int refusals = 0;
    for (size_t i = 0; i < sizeof TRIALS / sizeof *TRIALS; i++)
        refusals += try(&TRIALS[i]);
    check_threads();
    printf("out_of_memory: %zu calls, %d refusals\n", sizeof TRIALS / sizeof *TRIALS, refusals);
    ssd_features_destroy(features);
    ssd_generator_destroy(model);
    ssd_trainer_destroy(trainer);
    ssd_dataset_destroy(pictures);
    ssd_context_destroy(context);
    ssd_buffer_free(checkpoint);
    free(verify_file);
    return check_report("out_of_memory");
}
