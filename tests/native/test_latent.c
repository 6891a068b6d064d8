/* Styles stage by stage against PyTorch (scripts/make_styles.py), for one and two threads. */
#include <math.h>
#include <string.h>

#include "check.h"
#include "gan/safetensors.h"
#include "ssdgan.h"

enum { N = 3, S = 3, L = 9, SIZE = 32, FLOATS = 3 * SIZE * SIZE };

static float *read_tensor(ssd_context *context, const safetensors *file, const char *name, size_t count) {
    float *out = malloc(count * sizeof *out);
    const safetensors_entry *e = safetensors_find(file, name);
    CHECK(e && safetensors_read(context, e, out, count) == SSD_OK);
    return out;
}

static double difference(const float *got, const float *want, size_t count) {
    double squares = 0, all = 0;
    for (size_t i = 0; i < count; i++) {
        squares += pow((double)got[i] - want[i], 2);
        all += pow(want[i], 2);
    }
    return sqrt(squares / all);
}

static void check_styles(ssd_context *context, const safetensors *file, ssd_generator *generator) {
    float *styles = read_tensor(context, file, "styles", N * S * L);
    float *want = read_tensor(context, file, "images", N * FLOATS);
    float *got = malloc(sizeof *got * 20 * FLOATS), *again = malloc(sizeof *got * 20 * FLOATS);
    CHECK(ssd_generator_stages(generator) == S);
    CHECK(ssd_generator_synthesise_styles(generator, styles, N, got) == SSD_OK);
    CHECK_BELOW(difference(got, want, N * FLOATS), 2e-6);
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
    ssd_trainer_destroy(trainer);
}

int main(void) {
    size_t size;
    unsigned char *bytes = check_read_file("tests/golden/styles.safetensors", &size);
    CHECK(bytes != NULL);
    for (int threads = 1; threads <= 2; threads++) {
        ssd_context *context = ssd_context_create(threads);
        safetensors *file = NULL;
        ssd_generator *generator = NULL;
        CHECK(safetensors_open(context, bytes, size, &file) == SSD_OK);
        CHECK(ssd_generator_load(context, bytes, size, &generator) == SSD_OK);
        check_styles(context, file, generator);
        check_without(context);
        ssd_generator_destroy(generator);
        safetensors_close(file);
        ssd_context_destroy(context);
    }
    free(bytes);
    return check_report("latent");
}
