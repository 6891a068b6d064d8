/* The norm of w: its statistics by their definition, and its gradient against central differences. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "nn/w_norm.h"

enum { N = 5, L = 7 };

static float running_mean[L], running_var[L], rstd[L], y[N * L];
static w_norm layer = {L, running_mean, running_var, rstd, y};

/* <c, norm(w)> in double, from the definition. */
static double projected(const float *w, const float *c) {
    double sum = 0;
    for (int l = 0; l < L; l++) {
        double mean = 0, variance = 0;
        for (int n = 0; n < N; n++)
            mean += (double)w[n * L + l] / N;
        for (int n = 0; n < N; n++)
            variance += pow(w[n * L + l] - mean, 2) / N;
        for (int n = 0; n < N; n++)
            sum += c[n * L + l] * (w[n * L + l] - mean) / sqrt(variance + 1e-5);
    }
    return sum;
}

int main(void) {
    rng random;
    rng_seed(&random, 3, 1);
    float w[N * L], c[N * L], d[N * L];
    rng_normal(&random, w, N * L);
    rng_normal(&random, c, N * L);
    for (int l = 0; l < L; l++) {
        running_mean[l] = 0;
        running_var[l] = 1;
    }
    w_norm_forward(&layer, w, N, STATS_BATCH);
    double sum = 0;
    for (int i = 0; i < N * L; i++)
        sum += (double)c[i] * y[i];
    CHECK_BELOW(fabs(sum - projected(w, c)), 1e-5);
    double mean = 0, variance = 0; /* of coordinate 2 */
    for (int n = 0; n < N; n++)
        mean += (double)w[n * L + 2] / N;
    for (int n = 0; n < N; n++)
        variance += pow(w[n * L + 2] - mean, 2) / (N - 1);
    CHECK_BELOW(fabs(running_mean[2] - 0.1 * mean), 1e-6);
    CHECK_BELOW(fabs(running_var[2] - (0.9 + 0.1 * variance)), 1e-6);

    memcpy(d, c, sizeof d);
    w_norm_backward(d, &layer, N);
    for (int i = 0; i < N * L; i++) {
        float moved[N * L];
        memcpy(moved, w, sizeof moved);
        moved[i] = w[i] + 1e-3f;
        const double above = projected(moved, c), high = moved[i];
        moved[i] = w[i] - 1e-3f;
        CHECK_BELOW(fabs((above - projected(moved, c)) / (high - moved[i]) - d[i]), 1e-4);
    }

    const float before = running_mean[2], spread = running_var[2];
    w_norm_forward(&layer, w, N, STATS_BATCH_FROZEN);
    CHECK(running_mean[2] == before && running_var[2] == spread);
    w_norm_forward(&layer, w, 1, STATS_RUNNING);
    CHECK_BELOW(fabs(y[2] - (w[2] - before) / sqrt(spread + 1e-5)), 1e-5);
    return check_report("w_norm");
}
