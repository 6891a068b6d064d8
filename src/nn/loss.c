#include "nn/loss.h"

#include <math.h>

static double softplus(double x) { return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)); }

static double sigmoid(double x) {
    if (x >= 0)
        return 1.0 / (1.0 + exp(-x));
    const double e = exp(x);
    return e / (1.0 + e);
}

double loss_bce(float *dlogits, const float *logits, int count, int target, double weight) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
        const double l = logits[i];
        sum += softplus(target ? -l : l);
        if (dlogits)
            dlogits[i] = (float)(weight * (target ? -sigmoid(-l) : sigmoid(l)) / count);
    }
    return weight * sum / count;
}

double loss_mean_probability(const float *logits, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += sigmoid(logits[i]);
    return sum / count;
}
