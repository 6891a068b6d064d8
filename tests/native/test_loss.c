/* The loss against central differences, and a few values by hand. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "nn/loss.h"

enum { COUNT = 7 };

static void check_gradient(int target, double weight, rng *random) {
    float logits[COUNT], gradient[COUNT];
    rng_normal(random, logits, COUNT);
    (void)loss_bce(gradient, logits, COUNT, target, weight);
    for (int i = 0; i < COUNT; i++) {
        float moved[COUNT];
        memcpy(moved, logits, sizeof moved);
        moved[i] = logits[i] + 1e-3f;
        const double above = loss_bce(NULL, moved, COUNT, target, weight), high = moved[i];
        moved[i] = logits[i] - 1e-3f;
        const double slope = (above - loss_bce(NULL, moved, COUNT, target, weight)) / (high - moved[i]);
        CHECK_BELOW(fabs(slope - gradient[i]), 1e-6);
    }
}

int main(void) {
    rng random;
    rng_seed(&random, 9, 1);
    for (int i = 0; i < 20; i++)
        check_gradient(i % 2, i / 2 % 2 ? 1 : 0.5, &random);
    const float zero[2] = {0, 0}, far[2] = {200, -200}, one[2] = {3, -3};
    CHECK_BELOW(fabs(loss_bce(NULL, zero, 2, 1, 0.5) + loss_bce(NULL, zero, 2, 0, 0.5) - log(2)), 1e-12);
    CHECK_BELOW(fabs(loss_bce(NULL, far, 2, 1, 1) - 100), 1e-9);
    CHECK_BELOW(fabs(loss_bce(NULL, far, 2, 0, 1) - 100), 1e-9);
    CHECK_BELOW(fabs(loss_mean_probability(one, 2) - 0.5), 1e-12);
    return check_report("loss");
}
