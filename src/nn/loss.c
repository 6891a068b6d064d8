#include "nn/loss.h"

#include <math.h>
#include <stddef.h>

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

int loss_is_relative(loss_kind kind) { return kind == LOSS_RELATIVISTIC || kind == LOSS_PAIRED; }

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

/* Half the mean of max(0, 1 - sign l). */
static double hinge_half(float *dlogits, const float *logits, int count, double sign) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
        const double rest = 1 - sign * logits[i];
        sum += rest > 0 ? rest : 0;
        if (dlogits)
            dlogits[i] = rest > 0 ? (float)(-0.5 * sign / count) : 0.0f;
    }
    return 0.5 * sum / count;
}

/* The softened half: target 1 - s is BCE against 1, plus s times the logit. */
static double bce_real_half(float *dlogits, const float *logits, int count, double smoothing) {
    const double loss = loss_bce(dlogits, logits, count, 1, 0.5);
    if (smoothing == 0)
        return loss;
    for (int i = 0; dlogits && i < count; i++)
        dlogits[i] += (float)(0.5 * smoothing / count);
    return loss + 0.5 * smoothing * mean_of(logits, count);
}

/* Mean of softplus(low - high) over the pairs. */
static double paired(float *dhigh, float *dlow, const float *high, const float *low, int count) {
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

/* (mean softplus(-(high - mean low)) + mean softplus(low - mean high)) / 2. Each logit is in its own term, and through
 * its mean in all of the other half's. */
static double averaged(float *dhigh, float *dlow, const float *high, const float *low, int count) {
    const double mean_high = mean_of(high, count), mean_low = mean_of(low, count);
    double sum = 0, slope_high = 0, slope_low = 0;
    for (int i = 0; i < count; i++) {
        sum += softplus(mean_low - high[i]) + softplus(low[i] - mean_high);
        slope_high += sigmoid(mean_low - high[i]) / count;
        slope_low += sigmoid(low[i] - mean_high) / count;
    }
    for (int i = 0; i < count; i++) {
        if (dhigh)
            dhigh[i] = (float)(-0.5 * (sigmoid(mean_low - high[i]) + slope_low) / count);
        if (dlow)
            dlow[i] = (float)(0.5 * (sigmoid(low[i] - mean_high) + slope_high) / count);
    }
    return 0.5 * sum / count;
}

double loss_discriminator(loss_kind kind, double smoothing, float *dreal, float *dfake, const float *real,
                          const float *fake, int count) {
    if (kind == LOSS_PAIRED)
        return paired(dreal, dfake, real, fake, count);
    if (kind == LOSS_RELATIVISTIC)
        return averaged(dreal, dfake, real, fake, count);
    double loss = 0;
    if (real)
        loss += kind == LOSS_HINGE ? hinge_half(dreal, real, count, 1) : bce_real_half(dreal, real, count, smoothing);
    if (fake)
        loss += kind == LOSS_HINGE ? hinge_half(dfake, fake, count, -1) : loss_bce(dfake, fake, count, 0, 0.5);
    return loss;
}

double loss_generator(loss_kind kind, float *dfake, const float *real, const float *fake, int count) {
    if (kind == LOSS_PAIRED)
        return paired(dfake, NULL, fake, real, count);
    if (kind == LOSS_RELATIVISTIC)
        return averaged(dfake, NULL, fake, real, count);
    if (kind == LOSS_BCE)
        return loss_bce(dfake, fake, count, 1, 1.0);
    for (int i = 0; dfake && i < count; i++)
        dfake[i] = -1.0f / (float)count;
    return -mean_of(fake, count);
}

double loss_mean_probability(const float *logits, const float *against, int count) {
    const double offset = against ? mean_of(against, count) : 0;
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += sigmoid(logits[i] - offset);
    return sum / count;
}
