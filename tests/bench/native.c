/* Steps and faces by the native library, for native.js: processor milliseconds of each, on one thread, as JSON.
 *
 *   native STEPS ROUNDS [SETTING=NUMBER...] */
#include <ssdgan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FACES = 64, DOODLES = 200 };

static void must(ssd_context *context, ssd_status status) {
    if (status != SSD_OK) {
        (void)fprintf(stderr, "native: %s\n", ssd_context_error(context));
        exit(EXIT_FAILURE);
    }
}

static double now(void) { return 1e3 * (double)clock() / CLOCKS_PER_SEC; }

int main(int count, char **arguments) {
    if (count < 3)
        return EXIT_FAILURE;
    const int steps = (int)strtol(arguments[1], NULL, 10), rounds = (int)strtol(arguments[2], NULL, 10);
    ssd_context *context = ssd_context_create(1);
    ssd_config config;
    ssd_config_default(&config);
    for (int i = 3; i < count; i++) {
        char *value = strchr(arguments[i], '=');
        if (!value)
            return EXIT_FAILURE;
        *value = 0;
        must(context, ssd_config_set(context, &config, arguments[i], strtod(value + 1, NULL)));
    }
    const int size = config.image_size, latent = config.latent_size;
    ssd_dataset *dataset = ssd_dataset_create(context, size, SSD_CROP_CENTRE, SSD_FILTER_TRIANGLE);
    ssd_trainer *trainer;
    must(context, ssd_dataset_add_doodles(dataset, 0, 0, DOODLES));
    must(context, ssd_trainer_create(context, &config, &trainer));
    must(context, ssd_trainer_set_dataset(trainer, dataset, 0));
    float *z = malloc(sizeof(float) * FACES * (size_t)latent);
    float *images = malloc(sizeof(float) * FACES * 3 * (size_t)size * (size_t)size);
    if (!z || !images)
        return EXIT_FAILURE;
    for (int round = 0; round <= rounds; round++) { /* the first one warms up */
        double began = now();
        for (int i = 0; i < steps; i++)
            must(context, ssd_trainer_step(trainer));
        const double step = (now() - began) / steps;
        for (int i = 0; i < FACES; i++)
            ssd_latent(i, latent, z + (ptrdiff_t)i * latent);
        must(context, ssd_generator_map(ssd_trainer_generator(trainer), z, FACES, 1, z));
        began = now();
        must(context, ssd_generator_synthesise(ssd_trainer_generator(trainer), z, FACES, images));
        if (round)
            printf("{\"step\": %.4f, \"faces\": %.4f}\n", step, now() - began);
    }
    free(images);
    free(z);
    ssd_trainer_destroy(trainer);
    ssd_dataset_destroy(dataset);
    ssd_context_destroy(context);
    return EXIT_SUCCESS;
}
