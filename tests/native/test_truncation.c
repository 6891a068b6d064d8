/* Truncation: towards a typical face of PyTorch's choice (scripts/pytorch/styles.py), against a plain reference in
 * double, and anew after a training step; for one and more threads. */
#include <string.h>

#include "check.h"
#include "file/safetensors.h"
#include "ssdgan.h"

enum { N = 9, L = 10, SIZE = 32 };

static ssd_context *context;

static void read_tensor(const safetensors *file, const char *name, float *out, size_t count) {
    const safetensors_entry *e = safetensors_find(file, name);
    CHECK(e && safetensors_read(context, e, out, count) == SSD_OK);
}

/* Gives the truncated w, for a comparison of threads. */
static void check_golden(const unsigned char *bytes, size_t size, float *got) {
    safetensors *file = NULL;
    ssd_generator *generator = NULL;
    CHECK(safetensors_open(context, bytes, size, &file) == SSD_OK);
    CHECK(ssd_generator_load(context, bytes, size, &generator) == SSD_OK);
    CHECK(!ssd_generator_has_constant(generator));
    float typical[L], psis[N], want[N * L], w[L], z[N * L];
    double numbers[N];
    read_tensor(file, "typical", typical, L);
    read_tensor(file, "psis", psis, N);
    read_tensor(file, "truncated", want, (size_t)N * L);
    for (int n = 0; n < N; n++) {
        ssd_latent(n, L, z + (ptrdiff_t)n * L);
        numbers[n] = psis[n];
    }
    CHECK(ssd_generator_map(generator, z, N, 1, got) == SSD_OK);
    CHECK(ssd_generator_truncate(generator, got, N, numbers) == SSD_OK);
    for (int n = 0; n < N; n++) {
        CHECK_BELOW(check_distance(got + (ptrdiff_t)n * L, want + (ptrdiff_t)n * L, L), 2e-6);
        CHECK(ssd_generator_map(generator, z + (ptrdiff_t)n * L, 1, numbers[n], w) == SSD_OK); /* one at a time */
        CHECK_BELOW(check_distance(w, got + (ptrdiff_t)n * L, L), 1e-6);
        CHECK(ssd_generator_map(generator, z + (ptrdiff_t)n * L, 1, 0, w) == SSD_OK); /* all lead to one */
        CHECK_BELOW(check_distance(w, typical, L), 2e-6);
    }
    ssd_generator_destroy(generator);
    safetensors_close(file);
}

static ssd_trainer *train(ssd_model_kind model, ssd_first_input first_input) {
    ssd_config config;
    ssd_config_default(&config);
    config.image_size = 16;
    config.width = config.width_max = 4;
    config.latent_size = L;
    config.batch = 4;
    config.model = model;
    config.first_input = first_input;
    ssd_trainer *trainer = NULL;
    CHECK(ssd_trainer_create(context, &config, &trainer) == SSD_OK);
    return trainer;
}

static double length_of(const float *w) {
    double squares = 0;
    for (int i = 0; i < L; i++)
        squares += (double)w[i] * w[i];
    return sqrt(squares);
}

/* The formula, for w that point elsewhere. */
static void reference(float *out, const float *typical, const float *w, double psi) {
    const double a = length_of(typical), b = length_of(w), share = psi < 0 ? 0 : psi > 1 ? 1 : psi;
    double product = 0;
    for (int i = 0; i < L; i++)
        product += (double)typical[i] * w[i];
    const double angle = acos(product / (a * b)), length = a + share * (b - a);
    for (int i = 0; i < L; i++)
        out[i] = (float)(length * (sin((1 - psi) * angle) * typical[i] / a + sin(psi * angle) * w[i] / b) / sin(angle));
}

/* A DCGAN's z has any length. */
static void check_sphere(void) {
    static const double psis[] = {-1.5, -0.5, 0.01, 0.3, 0.7, 0.99, 1.2, 2};
    ssd_trainer *trainer = train(SSD_MODEL_DCGAN, SSD_FIRST_CONSTANT);
    ssd_generator *generator = ssd_trainer_generator(trainer);
    float typical[L], w[L], z[L], want[L], other[L];
    double psi = 1;
    CHECK(!ssd_generator_has_constant(generator));
    ssd_latent(7, L, z);
    CHECK(ssd_generator_map(generator, z, 1, 0, typical) == SSD_OK);
    int seed = 0;
    for (; seed < 600 && (ssd_latent(seed, L, w), memcmp(w, typical, sizeof w)); seed++) {
    }
    CHECK(seed < 600);
    for (int n = 600; n < 620; n++) {
        ssd_latent(n, L, z);
        memcpy(w, z, sizeof w);
        psi = 1;
        CHECK(ssd_generator_truncate(generator, w, 1, &psi) == SSD_OK && !memcmp(w, z, sizeof w));
        psi = 0;
        CHECK(ssd_generator_truncate(generator, w, 1, &psi) == SSD_OK && !memcmp(w, typical, sizeof w));
        for (size_t i = 0; i < sizeof psis / sizeof *psis; i++) {
            memcpy(w, z, sizeof w);
            CHECK(ssd_generator_truncate(generator, w, 1, psis + i) == SSD_OK);
            reference(want, typical, z, psis[i]);
            CHECK_BELOW(check_distance(w, want, L), 1e-6);
            const double a = length_of(typical), b = length_of(z), length = length_of(w);
            CHECK(length > 0.99999 * fmin(a, b) && length < 1.00001 * fmax(a, b));
        }
    }
    /* The same direction, the opposite one, and none. */
    for (int kind = -1; kind <= 1; kind++)
        for (size_t i = 0; i < sizeof psis / sizeof *psis; i++) {
            for (int l = 0; l < L; l++)
                w[l] = 2 * (float)kind * typical[l];
            CHECK(ssd_generator_truncate(generator, w, 1, psis + i) == SSD_OK && isfinite(length_of(w)));
        }
    for (int l = 0; l < L; l++)
        w[l] = 2 * typical[l], other[l] = 1.6f * typical[l];
    psi = 0.6;
    CHECK(ssd_generator_truncate(generator, w, 1, &psi) == SSD_OK);
    CHECK_BELOW(check_distance(w, other, L), 1e-6);
    ssd_trainer_destroy(trainer);
}

/* With a learned constant: a straight line from the mean. */
static void check_straight(void) {
    ssd_trainer *trainer = train(SSD_MODEL_SSD, SSD_FIRST_CONSTANT);
    ssd_generator *generator = ssd_trainer_generator(trainer);
    enum { MANY = 2000 };
    float *w = malloc(sizeof *w * MANY * L), mean[L], typical[L], half[L], middle[L];
    CHECK(ssd_generator_has_constant(generator));
    for (int n = 0; n < MANY; n++)
        ssd_latent(n, L, w + (ptrdiff_t)n * L);
    CHECK(ssd_generator_map(generator, w, 1, 0.5, half) == SSD_OK);
    CHECK(ssd_generator_map(generator, w, 1, 0, typical) == SSD_OK);
    CHECK(ssd_generator_map(generator, w, MANY, 1, w) == SSD_OK);
    memset(mean, 0, sizeof mean);
    for (int i = 0; i < MANY * L; i++)
        mean[i % L] += w[i] / MANY;
    for (int l = 0; l < L; l++)
        middle[l] = 0.5f * (w[l] + typical[l]);
    CHECK_BELOW(check_distance(typical, mean, L), 0.02);
    CHECK_BELOW(check_distance(half, middle, L), 1e-6);
    free(w);
    ssd_trainer_destroy(trainer);
}

/* A trainer's generator that has trained on has another typical w: that of its present weights. */
static void check_after_step(ssd_first_input first_input) {
    ssd_dataset *pictures = ssd_dataset_create(context, 16, SSD_CROP_CENTRE, SSD_FILTER_TRIANGLE);
    ssd_trainer *trainer = train(SSD_MODEL_SSD, first_input);
    ssd_generator *generator = NULL, *saved = NULL;
    CHECK(!ssd_dataset_add_doodles(pictures, 0, 0, 12) && !ssd_trainer_set_dataset(trainer, pictures, 0));
    float z[L], before[L], after[L], loaded[L];
    ssd_latent(1, L, z);
    generator = ssd_trainer_generator(trainer);
    CHECK(ssd_generator_map(generator, z, 1, 0, before) == SSD_OK);
    CHECK(ssd_trainer_set(trainer, "lr", 0.01) == SSD_OK && ssd_trainer_step(trainer) == SSD_OK);
    CHECK(ssd_generator_map(generator, z, 1, 0, after) == SSD_OK);
    uint8_t *bytes = NULL;
    size_t size = 0;
    CHECK(ssd_trainer_save(trainer, 0, &bytes, &size) == SSD_OK);
    CHECK(ssd_generator_load(context, bytes, size, &saved) == SSD_OK);
    CHECK(ssd_generator_map(saved, z, 1, 0, loaded) == SSD_OK);
    CHECK(check_distance(after, before, L) > 1e-3);
    CHECK_BELOW(check_distance(after, loaded, L), 1e-5);
    ssd_buffer_free(bytes);
    ssd_generator_destroy(saved);
    ssd_trainer_destroy(trainer);
    ssd_dataset_destroy(pictures);
}

/* What is refused leaves w as it was. */
static void check_refused(void) {
    ssd_trainer *trainer = train(SSD_MODEL_SSD, SSD_FIRST_LATENT);
    ssd_generator *generator = ssd_trainer_generator(trainer);
    const double wrong[][2] = {{0.5, 2.1}, {0.5, -2.1}, {0.5, NAN}};
    float w[2 * L], before[2 * L];
    ssd_latent(3, 2 * L, w);
    memcpy(before, w, sizeof w);
    for (int i = 0; i < 3; i++)
        CHECK(ssd_generator_truncate(generator, w, 2, wrong[i]) == SSD_BAD_ARGUMENT);
    CHECK(strstr(ssd_context_error(context), "from -2 to 2") != NULL);
    CHECK(ssd_generator_truncate(generator, NULL, 2, wrong[0]) == SSD_BAD_ARGUMENT);
    CHECK(ssd_generator_truncate(generator, w, 0, wrong[0]) == SSD_BAD_ARGUMENT);
    CHECK(!memcmp(w, before, sizeof w));
    ssd_trainer_destroy(trainer);
}

int main(void) {
    size_t size;
    unsigned char *bytes = check_read_file("tests/golden/truncation.safetensors", &size);
    CHECK(bytes != NULL);
    float got[2][N * L];
    for (int more = 0; more < 2; more++) {
        context = ssd_context_create(more ? CHECK_THREADS : 1);
        check_golden(bytes, size, got[more]);
        check_sphere();
        check_straight();
        check_after_step(SSD_FIRST_CONSTANT);
        check_after_step(SSD_FIRST_LATENT);
        check_refused();
        ssd_context_destroy(context);
    }
    CHECK(!memcmp(got[0], got[1], sizeof got[0]));
    free(bytes);
    return check_report("truncation");
}
