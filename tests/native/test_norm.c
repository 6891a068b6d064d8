/* Normalisation against references in double: forward by its definition, backward by finite differences of it. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "kernels/norm.h"

static rng random_state;
static const float EPS = 1e-5f;
enum { MOST_SHARED = 32 };

/* The larger, where a NaN is larger than all and stays: fmax would drop it, and with it an output that nobody wrote. */
static double worse(double worst, double error) { return isnan(worst) || error <= worst ? worst : error; }

static float *noise(size_t count, double deviation, double mean) {
    float *data = malloc(count * sizeof *data);
    rng_normal(&random_state, data, (int)count);
    for (size_t i = 0; i < count; i++)
        data[i] = (float)(mean + deviation * data[i]);
    return data;
}

/* y of one group, in double: the definition. x is a group of `length`. */
static void reference_group(double *y, const double *x, double scale, double shift, double slope, int length) {
    double mean = 0, variance = 0;
    for (int i = 0; i < length; i++)
        mean += x[i] / length;
    for (int i = 0; i < length; i++)
        variance += (x[i] - mean) * (x[i] - mean) / length;
    const double rstd = 1 / sqrt(variance + EPS);
    for (int i = 0; i < length; i++) {
        const double v = scale * (x[i] - mean) * rstd + shift;
        y[i] = v > 0 ? v : slope * v;
    }
}

/* <dy, y> of all groups that read one x: what finite differences are taken of. */
static double objective(const double *x, const float *dy, const double *scale, const double *shift, double slope,
                        int sharers, int length) {
    double y[4096], sum = 0;
    for (int g = 0; g < sharers; g++) {
        reference_group(y, x, scale[g], shift[g], slope, length);
        for (int i = 0; i < length; i++)
            sum += dy[g * length + i] * y[i];
    }
    return sum;
}

static void check_shape(parallel_pool *pool, int groups, int length, int share, float slope) {
    const norm_shape shape = {groups, length, share};
    const int sources = groups / share;
    const size_t count = (size_t)groups * length;
    float *x = noise((size_t)sources * length, 2, 3), *dy = noise(count, 1, 0);
    float *scale = noise(groups, 0.5, 1), *shift = noise(groups, 0.5, 0);
    float *mean = noise(sources, 0, NAN), *rstd = noise(sources, 0, NAN), *y = noise(count, 0, NAN);
    float *dx = noise((size_t)sources * length, 0, NAN), *dscale = noise(groups, 0, NAN),
          *dshift = noise(groups, 0, NAN);

    norm_statistics(pool, mean, rstd, x, &shape);
    for (int s = 0; s < sources; s++)
        rstd[s] = 1.0f / sqrtf(rstd[s] + EPS);
    norm_forward(pool, y, x, mean, rstd, scale, shift, slope, &shape);
    (share > 1 ? norm_backward_shared : norm_backward)(pool, dx, dscale, dshift, dy, x, mean, rstd, scale, shift, slope,
                                                       &shape);
    double worst_y = 0, worst_dx = 0, worst_scale = 0, worst_shift = 0;
    for (int source = 0; source < sources; source++) {
        const int first = source * share;
        const float *d = dy + (size_t)first * length;
        double xs[4096], want[4096], scales[MOST_SHARED], shifts[MOST_SHARED];
        for (int i = 0; i < length; i++)
            xs[i] = x[source * length + i];
        for (int g = 0; g < share; g++) {
            scales[g] = scale[first + g], shifts[g] = shift[first + g];
            reference_group(want, xs, scales[g], shifts[g], slope, length);
            for (int i = 0; i < length; i++)
                worst_y = worse(worst_y, fabs(want[i] - y[(size_t)(first + g) * length + i]));
        }
/* d objective / d value by a central difference */
#define SLOPE_AT(value, result)                                                                                        \
    do {                                                                                                               \
        const double kept = (value), h = 1e-6;                                                                         \
        (value) = kept + h;                                                                                            \
        const double up = objective(xs, d, scales, shifts, slope, share, length);                                      \
        (value) = kept - h;                                                                                            \
        const double down = objective(xs, d, scales, shifts, slope, share, length);                                    \
        (value) = kept;                                                                                                \
        (result) = (up - down) / (2 * h);                                                                              \
    } while (0)
        for (int i = 0; i < length; i++) {
            double slope_there = dx[source * length + i];
            if (length <= 64 || i % 37 == 0)
                SLOPE_AT(xs[i], slope_there);
            worst_dx = worse(worst_dx, fabs(slope_there - dx[source * length + i]));
        }
        for (int g = 0; g < share; g++) {
            double by_scale, by_shift;
            SLOPE_AT(scales[g], by_scale);
            SLOPE_AT(shifts[g], by_shift);
            worst_scale = worse(worst_scale, fabs(by_scale - dscale[first + g]) / sqrt(length));
            worst_shift = worse(worst_shift, fabs(by_shift - dshift[first + g]) / sqrt(length));
        }
    }
    CHECK_BELOW(worst_y, 1e-5);
    CHECK_BELOW(worst_dx, 1e-5);
    CHECK_BELOW(worst_scale, 1e-5);
    CHECK_BELOW(worst_shift, 1e-5);
    free(x), free(dy), free(scale), free(shift), free(mean), free(rstd), free(y), free(dx), free(dscale), free(dshift);
}

/* A scale and shift for each picture on a batch norm, or on statistics that stand still, against finite differences of
 * the definition. */
static void check_across(parallel_pool *pool, int channels, int batch, int length) {
    const norm_shape shape = {channels * batch, length, 1}, long_shape = {channels, batch * length, 1};
    const size_t count = (size_t)channels * batch * length;
    float *x = noise(count, 2, 3), *dy = noise(count, 1, 0), *dx = noise(count, 0, NAN);
    float *scale = noise(shape.groups, 0.5, 1), *shift = noise(shape.groups, 0.5, 0);
    float *mean = noise(shape.groups, 0, NAN), *rstd = noise(shape.groups, 0, NAN);
    float *dscale = noise(shape.groups, 0, NAN), *dshift = noise(shape.groups, 0, NAN);
    double worst = 0, worst_scale = 0, worst_shift = 0;
    norm_statistics(pool, mean, rstd, x, &long_shape);
    for (int g = shape.groups - 1; g >= 0; g--) {
        rstd[g] = 1.0f / sqrtf(rstd[g / batch] + EPS);
        mean[g] = mean[g / batch];
    }
    for (int still = 0; still < 2; still++) {
        norm_backward_across(pool, dx, dscale, dshift, dy, x, mean, rstd, scale, shift, 0.2f, &shape,
                             still ? 0 : batch);
        for (int c = 0; c < channels; c++) {
            double ends[2], m[2], r[2];
            for (int i = 0; i < batch * length; i++) {
                for (int end = 0; end < 2; end++) {
                    const double h = end ? 1e-6 : -1e-6;
                    m[end] = 0, r[end] = 0, ends[end] = 0;
                    const float *xs = x + (size_t)c * batch * length;
                    for (int k = 0; k < batch * length; k++)
                        m[end] += (xs[k] + (k == i) * h) / (batch * length);
                    for (int k = 0; k < batch * length; k++)
                        r[end] += pow(xs[k] + (k == i) * h - m[end], 2) / (batch * length);
                    for (int k = 0; k < batch * length; k++) {
                        const int g = c * batch + k / length;
                        const double centre = still ? mean[g] : m[end], by = still ? rstd[g] : 1 / sqrt(r[end] + EPS);
                        const double v = scale[g] * (xs[k] + (k == i) * h - centre) * by + shift[g];
                        ends[end] += dy[(size_t)c * batch * length + k] * (v > 0 ? v : 0.2f * v);
                    }
                }
                worst = worse(worst, fabs((ends[1] - ends[0]) / 2e-6 - dx[(size_t)c * batch * length + i]));
            }
        }
        for (int g = 0; g < shape.groups; g++) {
            double by_scale = 0, by_shift = 0;
            for (int i = 0; i < length; i++) {
                const size_t k = (size_t)g * length + i;
                const double xhat = ((double)x[k] - mean[g]) * rstd[g];
                const double dv = scale[g] * xhat + shift[g] > 0 ? dy[k] : 0.2f * dy[k];
                by_scale += dv * xhat;
                by_shift += dv;
            }
            worst_scale = worse(worst_scale, fabs(by_scale - dscale[g]) / sqrt(length));
            worst_shift = worse(worst_shift, fabs(by_shift - dshift[g]) / sqrt(length));
        }
    }
    CHECK_BELOW(worst, 1e-5);
    CHECK_BELOW(worst_scale, 1e-5);
    CHECK_BELOW(worst_shift, 1e-5);
    free(x), free(dy), free(dx), free(scale), free(shift), free(mean), free(rstd), free(dscale), free(dshift);
}

int main(void) {
    rng_seed(&random_state, 2, 2);
    parallel_pool *pool = parallel_create(CHECK_THREADS);
    static const int SHAPES[][3] = {{1, 16, 1},   {7, 16, 1},  {64, 64, 1},  {5, 4, 1}, {3, 4096, 1},
                                    {6, 1024, 1}, {12, 16, 3}, {64, 16, 32}, {2, 64, 2}};
    for (size_t i = 0; i < sizeof SHAPES / sizeof SHAPES[0]; i++)
        for (int leaky = 0; leaky < 2; leaky++)
            check_shape(pool, SHAPES[i][0], SHAPES[i][1], SHAPES[i][2], leaky ? 0.2f : 0.0f);
    check_across(pool, 3, 4, 16);
    check_across(pool, 5, 3, 8);
    parallel_destroy(pool);
    return check_report("norm");
}
