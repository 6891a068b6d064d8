/* Styles stage by stage against PyTorch (scripts/pytorch/styles.py), for one and two threads. */
#include <math.h>
#include <string.h>

#include "check.h"
#include "tools/projection.h"
#include "file/safetensors.h"
#include "model/model.h"
#include "kernels/vector.h"

enum { N = 3, S = 3, L = 9, SIZE = 32, FLOATS = 3 * SIZE * SIZE };

static float *read_tensor(ssd_context *context, const safetensors *file, const char *name, size_t count) {
    float *out = malloc(count * sizeof *out);
    const safetensors_entry *e = safetensors_find(file, name);
    CHECK(e && safetensors_read(context, e, out, count) == SSD_OK);
    return out;
}

static void check_styles(ssd_context *context, const safetensors *file, ssd_generator *generator) {
    float *styles = read_tensor(context, file, "styles", N * S * L);
    float *want = read_tensor(context, file, "images", N * FLOATS);
    float *got = malloc(sizeof *got * 20 * FLOATS), *again = malloc(sizeof *got * 20 * FLOATS);
    CHECK(ssd_generator_stages(generator) == S);
    CHECK(ssd_generator_synthesise_styles(generator, styles, N, got) == SSD_OK);
    CHECK_BELOW(check_distance(got, want, N * FLOATS), 2e-6);
    /* One w for all stages, more pictures than the inner batch. */
    float w[20 * L], plus[20 * S * L];
    for (int n = 0; n < 20; n++)
        ssd_latent(n, L, w + (ptrdiff_t)n * L);
    for (int i = 0; i < 20 * S; i++)
        memcpy(plus + (ptrdiff_t)i * L, w + (ptrdiff_t)(i / S) * L, L * sizeof *w);
    CHECK(ssd_generator_synthesise(generator, w, 20, got) == SSD_OK);
    CHECK(ssd_generator_synthesise_styles(generator, plus, 20, again) == SSD_OK);
    CHECK(!memcmp(got, again, sizeof *got * 20 * FLOATS));
    CHECK(ssd_generator_synthesise_styles(generator, NULL, 1, got) == SSD_BAD_ARGUMENT);
    free(styles);
    free(want);
    free(got);
    free(again);
}

/* SeFa against numpy. */
static void check_directions(ssd_context *context, const safetensors *file, ssd_generator *generator) {
    static const char *const names[2][2] = {{"eigenvalues", "directions"}, {"eigenvalues.coarse", "directions.coarse"}};
    for (int coarse = 0; coarse < 2; coarse++) {
        float *want_values = read_tensor(context, file, names[coarse][0], L);
        float *want = read_tensor(context, file, names[coarse][1], (size_t)L * L);
        double values[L];
        float got[L * L];
        CHECK(ssd_generator_directions(generator, coarse ? 1 : 7, values, got) == SSD_OK);
        for (int i = 0; i < L; i++)
            CHECK_BELOW(fabs(values[i] / want_values[i] - 1), 1e-6);
        CHECK_BELOW(check_distance(got, want, (size_t)L * L), 1e-6);
        CHECK(ssd_generator_directions(generator, coarse ? 8 : 0, values, got) == SSD_BAD_ARGUMENT);
        free(want_values);
        free(want);
    }
}

/* A generator of the same weights, with room for gradients by the styles; the caller frees the memory's base. */
static arena place_copy(struct generator *g, const struct generator *from) {
    arena memory = {0};
    for (int round = 0; round < 2; round++) {
        generator_place(g, &from->arch, N, 0, &memory);
        generator_place_backward(g, &memory);
        if (!round)
            memory = (arena){.base = malloc(memory.floats * sizeof(float))};
    }
    memcpy(g->storage.parameters, from->storage.parameters, g->table.parameter_floats * sizeof(float));
    return memory;
}

/* The projection's loss and its gradient by the styles, or by one w: against PyTorch, and against differences. */
static void check_gradient(ssd_context *context, const safetensors *file, ssd_generator *generator, int shared) {
    float *rows = read_tensor(context, file, "styles", N * S * L),
          *target = read_tensor(context, file, "target", FLOATS);
    float *want_losses = read_tensor(context, file, shared ? "losses.w" : "losses", N);
    float *want = read_tensor(context, file, shared ? "dw" : "dstyles", (shared ? 1 : S) * N * L);
    float planes[FLOATS], styles[S * N * L], got[S * N * L];
    for (int i = 0; i < FLOATS; i++)
        planes[i] = target[i % (SIZE * SIZE) * 3 + i / (SIZE * SIZE)] / 127.5f - 1;
    struct generator g;
    arena memory = place_copy(&g, generator->net);
    const int stages = shared ? 1 : S;
    transpose_nc(styles, rows, N, S, L);
    const size_t stride = shared ? 0 : N * L, count = (size_t)stages * N * L;
    float *scratch = malloc(sizeof(float) * generator_scratch_floats(&g, N, ssd_context_threads(context)));
    float *dimages = malloc(sizeof(float) * N * FLOATS), *room = malloc(sizeof(float) * N * pyramid_loss_room(SIZE));
    double losses[N], squares[N];
    const pyramid_loss loss = {SIZE, N, planes, g.image, dimages, losses, squares, room};
    generator_synthesise(context->pool, &g, styles, stride, N, STATS_RUNNING, scratch);
    pyramid_loss_run(context->pool, &loss);
    for (int n = 0; n < N; n++)
        CHECK_BELOW(fabs(losses[n] / want_losses[n] - 1), 1e-5);
    generator_backward_styles(&g, dimages, GRAD_NONE);
    memcpy(got, g.dw, count * sizeof *got);
    transpose_nc(styles, want, N, stages, L); /* as the core has it */
    CHECK_BELOW(check_distance(got, styles, count), 2e-5);
    /* Along a random direction. */
    double slope = 0, ends[2] = {0, 0};
    float way[S * N * L];
    const float h = 1e-3f;
    rng random;
    rng_seed(&random, 4, 0);
    rng_normal(&random, way, S * N * L);
    for (size_t i = 0; i < count; i++)
        slope += (double)got[i] * way[i];
    for (int end = 0; end < 2; end++) {
        transpose_nc(styles, rows, N, S, L);
        vector_add_scaled(styles, way, end ? h : -h, count);
        generator_synthesise(context->pool, &g, styles, stride, N, STATS_RUNNING, scratch);
        pyramid_loss_run(context->pool, &loss);
        for (int n = 0; n < N; n++)
            ends[end] += losses[n];
    }
    CHECK_BELOW(fabs((ends[1] - ends[0]) / (2 * (double)h * slope) - 1), 5e-3);
    free(memory.base);
    free(scratch);
    free(dimages);
    free(room);
    free(rows);
    free(target);
    free(want);
    free(want_losses);
}

/* With self-modulation and w as the first input, too, though no tensor is trained meanwhile: the slope of <d, picture>
 * along a random direction of the styles, against differences. */
static void check_modulated_gradient(ssd_context *context) {
    ssd_config config;
    ssd_config_default(&config);
    config.image_size = SIZE;
    config.width = 4;
    config.width_max = 12;
    config.latent_size = L;
    config.first_input = SSD_FIRST_LATENT;
    config.g_norm = SSD_G_NORM_BATCH;
    ssd_trainer *trainer = NULL;
    CHECK(ssd_trainer_create(context, &config, &trainer) == SSD_OK);
    struct generator g, *from = ssd_trainer_generator(trainer)->net;
    arena memory = place_copy(&g, from);
    rng random;
    rng_seed(&random, 5, 0);
    float styles[S * N * L], way[S * N * L], *d = malloc(sizeof *d * N * FLOATS),
                                             *image = malloc(sizeof *d * N * FLOATS);
    rng_normal(&random, g.storage.buffers, (int)g.table.buffer_floats); /* means, and variances from 0.2 on */
    for (int i = 0; i < g.table.count; i++) {
        float *data = g.table.list[i].data;
        for (size_t k = 0; g.table.list[i].role == ROLE_RUNNING_VAR && k < g.table.list[i].count; k++)
            data[k] = 0.2f + data[k] * data[k];
    }
    rng_normal(&random, styles, S * N * L);
    rng_normal(&random, way, S * N * L);
    rng_normal(&random, d, N * FLOATS);
    float *scratch = malloc(sizeof(float) * generator_scratch_floats(&g, N, ssd_context_threads(context)));
    const float h = 1e-3f;
    double ends[2];
    for (int end = 0; end < 2; end++) {
        vector_add_scaled(styles, way, end ? 2 * h : -h, S * N * L);
        generator_synthesise(context->pool, &g, styles, N * L, N, STATS_RUNNING, scratch);
        ends[end] = vector_dot(g.image, d, N * FLOATS);
    }
    vector_add_scaled(styles, way, -h, S * N * L);
    generator_synthesise(context->pool, &g, styles, N * L, N, STATS_RUNNING, scratch);
    memcpy(image, d, sizeof *d * N * FLOATS);
    generator_backward_styles(&g, image, GRAD_NONE);
    const double slope = vector_dot(g.dw, way, S * N * L);
    CHECK_BELOW(fabs((ends[1] - ends[0]) / (2 * (double)h * slope) - 1), 5e-3);
    free(memory.base);
    free(scratch);
    free(d);
    free(image);
    ssd_trainer_destroy(trainer);
}

enum { LONG = 100 };

/* The generator's picture of these styles, as bytes. */
static void draw(ssd_generator *generator, const float *styles, uint8_t *rgb) {
    float image[FLOATS];
    uint8_t rgba[4 * SIZE * SIZE];
    CHECK(ssd_generator_synthesise_styles(generator, styles, 1, image) == SSD_OK);
    ssd_images_to_rgba(image, 1, SIZE, rgba);
    for (int i = 0; i < FLOATS; i++)
        rgb[i] = rgba[i / 3 * 4 + i % 3];
}

static void project(ssd_generator *generator, const uint8_t *rgb, int plus, float *styles, double *errors) {
    ssd_projection *p = NULL;
    CHECK(ssd_projection_create(generator, rgb, plus, 100, 4, 150, 1, &p) == SSD_OK);
    CHECK(ssd_projection_run(p, 0) == 7 + 150);
    CHECK(ssd_projection_run(p, 8) == 149);
    while (ssd_projection_run(p, 10)) {
    }
    ssd_projection_result(p, styles, errors);
    ssd_projection_destroy(p);
    /* The error is that of the styles. */
    float image[FLOATS];
    double squares = 0;
    CHECK(ssd_generator_synthesise_styles(generator, styles, 1, image) == SSD_OK);
    for (int i = 0; i < FLOATS; i++)
        squares += pow(127.5 * (image[i] + 1) - rgb[i % (SIZE * SIZE) * 3 + i / (SIZE * SIZE)], 2);
    CHECK_BELOW(fabs(sqrt(squares / FLOATS) - errors[SSD_PROJECTION_FOUND]), 1e-3);
    CHECK(errors[SSD_PROJECTION_NEAREST] < errors[SSD_PROJECTION_TYPICAL]);
    CHECK(errors[SSD_PROJECTION_FOUND] < 0.6 * errors[SSD_PROJECTION_NEAREST]);
}

/* Makes scales 1 +- 0.5 and biases +-0.5, so that faces differ as a trained model's do. */
static void strengthen_styles(ssd_generator *generator) {
    const struct generator *g = generator->net;
    for (int i = 0; i < g->table.count; i++) {
        float *data = g->table.list[i].data;
        const param_role role = g->table.list[i].role;
        for (size_t k = 0; role >= ROLE_STYLE_WEIGHT && role <= ROLE_STYLE_SHIFT && k < g->table.list[i].count; k++)
            data[k] *= g->table.list[i].rank == 1 ? 10 : 0.5f;
    }
}

/* A face of the generator's own is found again in w; one of mixed styles is nearer in w+ than in w. */
static void check_projection(ssd_context *context, float *found) {
    ssd_config config;
    ssd_config_default(&config);
    config.image_size = SIZE;
    config.width = 4;
    config.width_max = 12;
    config.equalised = config.pixel_norm = 1;
    ssd_trainer *trainer = NULL;
    CHECK(ssd_trainer_create(context, &config, &trainer) == SSD_OK);
    ssd_generator *generator = ssd_trainer_generator(trainer);
    strengthen_styles(generator);
    float w[LONG], mixed[S * LONG], own[S * LONG], styles[S * LONG];
    uint8_t rgb[FLOATS];
    for (int i = 0; i < S; i++) {
        ssd_latent(7 + i, LONG, w);
        CHECK(ssd_generator_map(generator, w, 1, 1, mixed + (ptrdiff_t)i * LONG) == SSD_OK);
        memcpy(own + (ptrdiff_t)i * LONG, mixed, sizeof w);
    }
    double errors[2][SSD_PROJECTION_ERRORS];
    draw(generator, own, rgb);
    project(generator, rgb, 0, styles, errors[0]);
    CHECK(!memcmp(styles, styles + LONG, 2 * sizeof w)); /* one w */
    draw(generator, mixed, rgb);
    for (int plus = 0; plus < 2; plus++)
        project(generator, rgb, plus, styles, errors[plus]);
    CHECK(errors[1][SSD_PROJECTION_FOUND] < 0.7 * errors[0][SSD_PROJECTION_FOUND]);
    CHECK(errors[1][SSD_PROJECTION_TYPICAL] == errors[0][SSD_PROJECTION_TYPICAL]);
    memcpy(found, styles, sizeof styles);
    ssd_projection *p = NULL;
    CHECK(ssd_projection_create(generator, rgb, 0, 3, 4, 10, 0, &p) == SSD_BAD_ARGUMENT && !p);
    ssd_trainer_destroy(trainer);
}

/* A DCGAN has no styles. */
static void check_without(ssd_context *context) {
    ssd_config config;
    ssd_config_default(&config);
    config.image_size = 32;
    config.width = 2;
    config.width_max = 4;
    config.model = SSD_MODEL_DCGAN;
    ssd_trainer *trainer = NULL;
    CHECK(ssd_trainer_create(context, &config, &trainer) == SSD_OK);
    ssd_generator *generator = ssd_trainer_generator(trainer);
    float w[100] = {0}, images[FLOATS];
    CHECK(ssd_generator_stages(generator) == 0);
    CHECK(ssd_generator_synthesise_styles(generator, w, 1, images) == SSD_UNSUPPORTED);
    CHECK(strstr(ssd_context_error(context), "AdaIN") != NULL);
    double value;
    ssd_projection *projection = NULL;
    const uint8_t picture[FLOATS] = {0};
    CHECK(ssd_generator_directions(generator, 1, &value, w) == SSD_UNSUPPORTED);
    CHECK(ssd_projection_create(generator, picture, 0, 9, 2, 1, 0, &projection) == SSD_UNSUPPORTED && !projection);
    ssd_trainer_destroy(trainer);
}

int main(void) {
    size_t size;
    unsigned char *bytes = check_read_file("tests/golden/styles.safetensors", &size);
    CHECK(bytes != NULL);
    float found[2][S * LONG];
    for (int threads = 1; threads <= 2; threads++) {
        ssd_context *context = ssd_context_create(threads);
        safetensors *file = NULL;
        ssd_generator *generator = NULL;
        CHECK(safetensors_open(context, bytes, size, &file) == SSD_OK);
        CHECK(ssd_generator_load(context, bytes, size, &generator) == SSD_OK);
        check_styles(context, file, generator);
        check_directions(context, file, generator);
        check_gradient(context, file, generator, 0);
        check_gradient(context, file, generator, 1);
        check_modulated_gradient(context);
        check_projection(context, found[threads - 1]);
        check_without(context);
        ssd_generator_destroy(generator);
        safetensors_close(file);
        ssd_context_destroy(context);
    }
    CHECK(!memcmp(found[0], found[1], sizeof found[0]));
    free(bytes);
    return check_report("latent");
}
