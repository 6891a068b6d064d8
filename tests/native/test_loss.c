/* Losses against central differences, and a few values by hand. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "nn/loss.h"

enum { COUNT = 7 };

/* Both losses as functions of one array: reals, then fakes. */
static double loss_at(ssd_loss kind, int of_generator, const float *logits) {
    return of_generator ? loss_generator(kind, NULL, logits, logits + COUNT, COUNT)
                        : loss_discriminator(kind, logits, logits + COUNT, COUNT);
}

static void gradient_of(float *gradient, ssd_loss kind, int of_generator, const float *logits) {
    const float *real = logits, *fake = logits + COUNT;
    if (of_generator) {
        (void)loss_generator(kind, gradient + COUNT, real, fake, COUNT);
    } else if (kind == SSD_LOSS_PAIRED) {
        (void)loss_paired(gradient, gradient + COUNT, real, fake, COUNT);
    } else {
        (void)loss_bce(gradient, real, COUNT, 1, 0.5);
        (void)loss_bce(gradient + COUNT, fake, COUNT, 0, 0.5);
    }
}

static void check_gradient(ssd_loss kind, int of_generator, rng *random) {
    float logits[2 * COUNT], gradient[2 * COUNT] = {0};
    rng_normal(random, logits, 2 * COUNT);
    gradient_of(gradient, kind, of_generator, logits);
    for (int i = of_generator ? COUNT : 0; i < 2 * COUNT; i++) {
        float moved[2 * COUNT];
        memcpy(moved, logits, sizeof moved);
        moved[i] = logits[i] + 1e-3f;
        const double above = loss_at(kind, of_generator, moved), high = moved[i];
        moved[i] = logits[i] - 1e-3f;
        const double slope = (above - loss_at(kind, of_generator, moved)) / (high - moved[i]);
        CHECK_BELOW(fabs(slope - gradient[i]), 1e-6);
    }
}

int main(void) {
    rng random;
    rng_seed(&random, 9, 1);
    for (int i = 0; i < 20; i++)
        check_gradient(i / 2 % 2 ? SSD_LOSS_PAIRED : SSD_LOSS_BCE, i % 2, &random);
    const float zero[2] = {0, 0}, far[2] = {200, -200}, one[2] = {3, 1};
    CHECK_BELOW(fabs(loss_discriminator(SSD_LOSS_BCE, zero, zero, 2) - log(2)), 1e-12);
    CHECK_BELOW(fabs(loss_discriminator(SSD_LOSS_PAIRED, far, zero, 2) - 100), 1e-9);
    CHECK_BELOW(fabs(loss_generator(SSD_LOSS_BCE, NULL, NULL, far, 2) - 100), 1e-9);
    CHECK_BELOW(fabs(loss_mean_probability(one, one, 2) - 0.5), 1e-12);
    return check_report("loss");
}
