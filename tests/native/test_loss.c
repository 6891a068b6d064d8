/* Losses against central differences, and a few values by hand. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "nn/loss.h"

enum { COUNT = 7 };

static double loss_at(loss_kind kind, int of_generator, const float *logits) {
    return of_generator
               ? loss_generator(kind, NULL, logits, logits + COUNT, COUNT)
               : loss_discriminator(kind, kind == LOSS_BCE ? 0.1 : 0, NULL, NULL, logits, logits + COUNT, COUNT);
}

static void check_gradient(loss_kind kind, int of_generator, rng *random) {
    float logits[2 * COUNT], gradient[2 * COUNT] = {0};
    rng_normal(random, logits, 2 * COUNT);
    double together;
    if (of_generator)
        together = loss_generator(kind, gradient + COUNT, logits, logits + COUNT, COUNT);
    else
        together = loss_discriminator(kind, kind == LOSS_BCE ? 0.1 : 0, gradient, gradient + COUNT, logits,
                                      logits + COUNT, COUNT);
    CHECK_BELOW(fabs(together - loss_at(kind, of_generator, logits)), 1e-12);
    for (int i = of_generator ? COUNT : 0; i < 2 * COUNT; i++) {
        if (kind == LOSS_HINGE && fabs(fabs((double)logits[i]) - 1) < 2e-3)
            continue; /* a kink is near */
        float moved[2 * COUNT];
        memcpy(moved, logits, sizeof moved);
        moved[i] = logits[i] + 1e-3f;
        const double above = loss_at(kind, of_generator, moved), high = moved[i];
        moved[i] = logits[i] - 1e-3f;
        const double slope = (above - loss_at(kind, of_generator, moved)) / (high - moved[i]);
        CHECK_BELOW(fabs(slope - gradient[i]), 1e-6);
    }
}

static void check_halves(loss_kind kind, rng *random) {
    float logits[2 * COUNT], dreal[COUNT], dfake[COUNT], half[COUNT];
    rng_normal(random, logits, 2 * COUNT);
    const double whole = loss_discriminator(kind, 0, dreal, dfake, logits, logits + COUNT, COUNT);
    const double real = loss_discriminator(kind, 0, half, NULL, logits, NULL, COUNT);
    CHECK(memcmp(half, dreal, sizeof half) == 0);
    const double fake = loss_discriminator(kind, 0, NULL, half, NULL, logits + COUNT, COUNT);
    CHECK(memcmp(half, dfake, sizeof half) == 0);
    CHECK_BELOW(fabs(whole - real - fake), 1e-12);
}

int main(void) {
    rng random;
    rng_seed(&random, 9, 1);
    for (int kind = LOSS_BCE; kind <= LOSS_PAIRED; kind++)
        for (int i = 0; i < 10; i++) {
            check_gradient((loss_kind)kind, i % 2, &random);
            if (!loss_is_relative((loss_kind)kind))
                check_halves((loss_kind)kind, &random);
        }
    const float zero[2] = {0, 0}, far[2] = {200, -200}, one[2] = {3, 1};
    CHECK_BELOW(fabs(loss_discriminator(LOSS_BCE, 0, NULL, NULL, zero, zero, 2) - log(2)), 1e-12);
    CHECK_BELOW(fabs(loss_discriminator(LOSS_HINGE, 0, NULL, NULL, zero, zero, 2) - 1), 1e-12);
    CHECK_BELOW(fabs(loss_discriminator(LOSS_PAIRED, 0, NULL, NULL, far, zero, 2) - 100), 1e-9);
    CHECK_BELOW(fabs(loss_generator(LOSS_HINGE, NULL, NULL, one, 2) + 2), 1e-12);
    CHECK_BELOW(fabs(loss_mean_probability(one, one, 2) - 0.5), 1e-12);
    return check_report("loss");
}
