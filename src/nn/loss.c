#include "nn/loss.h"

#include <math.h>

static double softplus(double x) { return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)); }

static double sigmoid(double x) {
    if (x >= 0)
        return 1.0 / (1.0 + exp(-x));
    const double e = exp(x);
    return e / (1.0 + e);
}

static double mean_of(const float *x, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += x[i];
    return sum / count;
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

double loss_paired(float *dhigh, float *dlow, const float *high, const float *low, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
        const double x = (double)low[i] - high[i];
        sum += softplus(x);
        if (dhigh)
            dhigh[i] = (float)(-sigmoid(x) / count);
        if (dlow)
            dlow[i] = (float)(sigmoid(x) / count);
    }
    return sum / count;
}

double loss_discriminator(ssd_loss kind, const float *real, const float *fake, int count) {
    if (kind == SSD_LOSS_PAIRED)
        return loss_paired(NULL, NULL, real, fake, count);
    return loss_bce(NULL, real, count, 1, 0.5) + loss_bce(NULL, fake, count, 0, 0.5);
}

double loss_generator(ssd_loss kind, float *dfake, const float *real, const float *fake, int count) {
    if (kind == SSD_LOSS_PAIRED)
        return loss_paired(dfake, NULL, fake, real, count);
    return loss_bce(dfake, fake, count, 1, 1.0);
}

double loss_mean_probability(const float *logits, const float *against, int count) {
    const double offset = against ? mean_of(against, count) : 0;
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += sigmoid(logits[i] - offset);
    return sum / count;
}
