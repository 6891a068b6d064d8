#include "nn/minibatch_std.h"

#include <math.h>
#include <stddef.h>

enum { PIXELS = 16, GROUP = 4 };

static const double EPS = 1e-8;

static int group_of(int batch) { return batch % GROUP ? batch : GROUP; }

/* Mean and standard deviation of the numbers x[0], x[16], ... of a group. */
static double deviation(const float *x, int count, double *mean) {
    double sum = 0, squares = 0;
    for (int n = 0; n < count; n++)
        sum += x[n * PIXELS];
    *mean = sum / count;
    for (int n = 0; n < count; n++)
        squares += (x[n * PIXELS] - *mean) * (x[n * PIXELS] - *mean);
    return sqrt(squares / count + EPS);
}

void minibatch_std_forward(float *x, int batch, int channels) {
    const int group = group_of(batch);
    for (int first = 0; first < batch; first += group) {
        double sum = 0, mean;
        for (int c = 0; c < channels; c++)
            for (int p = 0; p < PIXELS; p++)
                sum += deviation(x + ((size_t)c * batch + first) * PIXELS + p, group, &mean);
        float *out = x + ((size_t)channels * batch + first) * PIXELS;
        for (int i = 0; i < group * PIXELS; i++)
            out[i] = (float)(sum / ((double)channels * PIXELS));
    }
}

/* d std / d x[n] = (x[n] - mean) / (group * std) */
void minibatch_std_backward(float *dx, const float *x, int batch, int channels) {
    const int group = group_of(batch);
    for (int first = 0; first < batch; first += group) {
        const float *dy = dx + ((size_t)channels * batch + first) * PIXELS;
        double sum = 0;
        for (int i = 0; i < group * PIXELS; i++)
            sum += dy[i];
        const double each = sum / ((double)channels * PIXELS * group);
        for (int c = 0; c < channels; c++)
            for (int p = 0; p < PIXELS; p++) {
                const size_t place = ((size_t)c * batch + first) * PIXELS + p;
                double mean;
                const double factor = each / deviation(x + place, group, &mean);
                for (int n = 0; n < group; n++)
                    dx[place + (size_t)n * PIXELS] += (float)(factor * (x[place + (size_t)n * PIXELS] - mean));
            }
    }
}
