/* Pictures as floats to bytes, against the formula. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "ssdgan.h"

/* The header's formula, one value. */
static int level(float x) {
    const double value = floor(((double)x + 1) * 127.5 + 0.5);
    return isnan(value) || value < 0 ? 0 : value > 255 ? 255 : (int)value;
}

/* Random pictures a little beyond [-1, 1], every kind of special value, memory of just the right length. */
static void check_rgba(int count, int size) {
    const float special[] = {-1, 1, 0, -0.0f, NAN, INFINITY, -INFINITY, 1e30f, -1e30f, 1.004f, -1.004f, 1e-40f};
    const int plane = size * size, floats = count * 3 * plane;
    float *images = malloc(sizeof *images * floats);
    uint8_t *rgba = malloc((size_t)count * 4 * plane);
    rng random;
    rng_seed(&random, 1, (uint64_t)size);
    for (int i = 0; i < floats; i++)
        images[i] = (float)(rng_uniform(&random) * 2.1 - 1.05);
    for (int i = 0; i < floats; i += 7)
        images[i] = special[i / 7 % (int)(sizeof special / sizeof *special)];
    memset(rgba, 7, (size_t)count * 4 * plane);
    ssd_images_to_rgba(images, count, size, rgba);
    int wrong = 0;
    for (int i = 0; i < count * plane; i++) {
        const float *pixel = images + (size_t)(i / plane) * 3 * plane + i % plane;
        for (int c = 0; c < 3; c++)
            wrong += rgba[4 * i + c] != level(pixel[(size_t)c * plane]);
        wrong += rgba[4 * i + 3] != 255;
    }
    CHECK(wrong == 0);
    free(images);
    free(rgba);
}

int main(void) {
    check_rgba(3, 64);
    check_rgba(2, 16);
    check_rgba(5, 7);
    check_rgba(1, 2);
    check_rgba(0, 64);
    return check_report("model");
}
