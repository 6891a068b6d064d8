/* Trains on doodles with the library, and writes 36 faces as faces.ppm and the model as model.safetensors, which page
 * and terminal open.
 *
 *   cc faces.c $(pkg-config --cflags --libs ssdgan) -o faces && ./faces [STEPS]
 */
#include <ssdgan.h>
#include <stdio.h>
#include <stdlib.h>

enum { SIZE = 32, PICTURES = 1000, SIDE = 6, FACES = SIDE * SIDE, LATENT = 100 };

/* Every call that can fail says why. */
static void must(ssd_context *context, ssd_status status) {
    if (status == SSD_OK)
        return;
    (void)fprintf(stderr, "faces: %s\n", ssd_context_error(context));
    exit(EXIT_FAILURE);
}

/* The recipe `best` (wasm/run/recipes.js), half as wide. */
static ssd_config small_best(void) {
    ssd_config c;
    ssd_config_default(&c);
    c.image_size = SIZE;
    c.latent_size = LATENT;
    c.width = 12;
    c.width_d = 8;
    c.first_input = SSD_FIRST_LATENT;
    c.pixel_norm = 1;
    c.mapping_layers = 2;
    c.mapping_rate = 0.1;
    c.w_norm = 1;
    c.g_norm = SSD_G_NORM_BATCH;
    c.upsampling = SSD_NEAREST;
    c.spectral_norm = SSD_SPECTRAL_NONE;
    c.initial = SSD_INITIAL_DCGAN;
    c.lr = 0.0002;
    c.batch = 8;
    c.ema = 10000;
    c.augment_translation = 1;
    c.flip = 1;
    c.reuse_fake = 1;
    return c;
}

static void write_file(const char *name, const char *head, const uint8_t *bytes, size_t count) {
    FILE *file = fopen(name, "wb");
    const int written = file && fputs(head, file) >= 0 && fwrite(bytes, 1, count, file) == count;
    if ((file && fclose(file)) || !written) {
        (void)fprintf(stderr, "faces: %s cannot be written\n", name);
        exit(EXIT_FAILURE);
    }
}

/* FACES pictures of SIZE x SIZE x 4 bytes into one of SIDE x SIDE, without alpha. */
static void write_grid(const char *name, const uint8_t *rgba) {
    static uint8_t grid[FACES * SIZE * SIZE * 3];
    for (int i = 0; i < FACES * SIZE * SIZE; i++) {
        const int face = i / (SIZE * SIZE), x = face % SIDE * SIZE + i % SIZE, y = face / SIDE * SIZE + i / SIZE % SIZE;
        for (int c = 0; c < 3; c++)
            grid[(y * SIDE * SIZE + x) * 3 + c] = rgba[i * 4 + c];
    }
    char head[40];
    (void)snprintf(head, sizeof head, "P6\n%d %d\n255\n", SIDE * SIZE, SIDE * SIZE);
    write_file(name, head, grid, sizeof grid);
}

int main(int count, char **arguments) {
    const long steps = count > 1 ? strtol(arguments[1], NULL, 10) : 3000;
    ssd_context *context = ssd_context_create(2);
    if (!context)
        return EXIT_FAILURE;
    const ssd_config config = small_best();
    ssd_dataset *dataset = ssd_dataset_create(context, SIZE, SSD_CROP_CENTRE, SSD_FILTER_TRIANGLE);
    ssd_trainer *trainer = NULL;
    if (!dataset)
        return EXIT_FAILURE;
    must(context, ssd_dataset_add_doodles(dataset, 0, 0, PICTURES));
    must(context, ssd_trainer_create(context, &config, &trainer));
    must(context, ssd_trainer_set_dataset(trainer, dataset, 0));
    for (long step = 1; step <= steps; step++) {
        must(context, ssd_trainer_step(trainer));
        double stats[SSD_STAT_COUNT];
        ssd_trainer_stats(trainer, stats);
        if (step % 500 == 0 || step == steps)
            printf("step %ld: loss G %.3f, D %.3f\n", step, stats[SSD_STAT_LOSS_G], stats[SSD_STAT_LOSS_D]);
    }

    static float z[FACES * LATENT], images[FACES * 3 * SIZE * SIZE];
    static uint8_t rgba[FACES * SIZE * SIZE * 4];
    ssd_generator *generator = ssd_trainer_generator(trainer);
    for (int face = 0; face < FACES; face++)
        ssd_latent(face, LATENT, z + (size_t)face * LATENT);
    must(context, ssd_generator_map(generator, z, FACES, 1, z));
    must(context, ssd_generator_synthesise(generator, z, FACES, images));
    ssd_images_to_rgba(images, FACES, SIZE, rgba);
    write_grid("faces.ppm", rgba);

    uint8_t *model = NULL;
    size_t bytes = 0;
    must(context, ssd_trainer_save(trainer, 0, &model, &bytes));
    write_file("model.safetensors", "", model, bytes);
    ssd_buffer_free(model);
    ssd_trainer_destroy(trainer);
    ssd_dataset_destroy(dataset);
    ssd_context_destroy(context);
    return EXIT_SUCCESS;
}
