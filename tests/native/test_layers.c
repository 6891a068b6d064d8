/* Resampling kernels and the small layers, against their definitions in double; gradients as adjoints, <A x, y> = <x,
 * At y>, or by finite differences. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "kernels/conv.h"
#include "kernels/resample.h"
#include "nn/minibatch_std.h"
#include "nn/noise.h"

static rng random_state;

static float *noise(int count) {
    float *data = malloc(sizeof *data * (size_t)count);
    rng_normal(&random_state, data, count);
    return data;
}

static float *nothing(int count) {
    float *data = malloc(sizeof *data * (size_t)count);
    for (int i = 0; i < count; i++)
        data[i] = NAN;
    return data;
}

static double dot(const float *a, const float *b, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += (double)a[i] * b[i];
    return sum;
}

/* y (K planes) = 3x3 convolution, padding 1, of x (C planes of `size`), w: K x C x 3 x 3. */
static void convolve(float *y, const float *x, const float *w, int outputs, int inputs, int size) {
    for (int k = 0; k < outputs; k++)
        for (int i = 0; i < size; i++)
            for (int j = 0; j < size; j++) {
                double sum = 0;
                for (int c = 0; c < inputs; c++)
                    for (int a = 0; a < 3; a++)
                        for (int b = 0; b < 3; b++) {
                            const int p = i + a - 1, q = j + b - 1;
                            if (p >= 0 && p < size && q >= 0 && q < size)
                                sum += (double)w[((k * inputs + c) * 3 + a) * 3 + b] * x[(c * size + p) * size + q];
                        }
                y[(k * size + i) * size + j] = (float)sum;
            }
}

/* Both ways of widening, against the two operations that they stand for. */
static void check_weights(parallel_pool *pool) {
    enum { SMALL = 4, LARGE = 8, K = 3, C = 5, WEIGHTS = K * C };
    const conv_shape shape = {1, C, K, LARGE, LARGE};
    float *w3 = noise(WEIGHTS * 9), *w4 = nothing(WEIGHTS * 16);
    float *small = noise(K * SMALL * SMALL), *large = noise(C * LARGE * LARGE), *between = nothing(K * LARGE * LARGE);
    float *got = nothing(C * LARGE * LARGE), *want = nothing(C * LARGE * LARGE);
    for (int n = 0; n < K; n++) /* nearest, then 3x3 from K to C: w3 is C x K x 3 x 3 */
        for (int i = 0; i < LARGE * LARGE; i++)
            between[n * LARGE * LARGE + i] = small[(n * SMALL + i / LARGE / 2) * SMALL + i % LARGE / 2];
    convolve(want, between, w3, C, K, LARGE);
    fold_resample(pool, w4, w3, K, C, 1, 1.0f);
    conv_input_grad_reference(got, small, w4, 1.0f, &shape);
    CHECK_BELOW(check_distance(got, want, C * LARGE * LARGE), 1e-6);
    convolve(between, large, w3, K, C, LARGE); /* 3x3 from C to K, then means */
    for (int i = 0; i < K * SMALL * SMALL; i++) {
        const float *block =
            between + i / (SMALL * SMALL) * LARGE * LARGE + i / SMALL % SMALL * 2 * LARGE + (ptrdiff_t)(i % SMALL) * 2;
        want[i] = (block[0] + block[1] + block[LARGE] + block[LARGE + 1]) / 4;
    }
    fold_resample(pool, w4, w3, K, C, 0, 0.25f);
    conv_forward_reference(got, large, w4, 1.0f, &shape);
    CHECK_BELOW(check_distance(got, want, K * SMALL * SMALL), 1e-6);
    for (int transposed = 0; transposed < 2; transposed++) {
        float *d4 = noise(WEIGHTS * 16), *d3 = nothing(WEIGHTS * 9);
        fold_resample(pool, w4, w3, K, C, transposed, 0.7f);
        fold_resample_adjoint(pool, d3, d4, K, C, transposed, 0.7f, GRAD_SET);
        CHECK_BELOW(fabs(dot(w4, d4, WEIGHTS * 16) / dot(w3, d3, WEIGHTS * 9) - 1), 1e-5);
        fold_resample_adjoint(pool, d3, d4, K, C, transposed, 0.7f, GRAD_ADD);
        CHECK_BELOW(fabs(2 * dot(w4, d4, WEIGHTS * 16) / dot(w3, d3, WEIGHTS * 9) - 1), 1e-5);
        free(d4);
        free(d3);
    }
    free(w3);
    free(w4);
    free(small);
    free(large);
    free(between);
    free(got);
    free(want);
}

static void check_blur(parallel_pool *pool, int size) {
    const int plane = size * size, count = 3 * plane;
    float *x = noise(count), *got = nothing(count), *want = nothing(count);
    memcpy(got, x, sizeof *got * count);
    for (int i = 0; i < count; i++) {
        const int r = i / size % size, c = i % size;
        double sum = 0;
        for (int a = -1; a < 2; a++)
            for (int b = -1; b < 2; b++)
                if (r + a >= 0 && r + a < size && c + b >= 0 && c + b < size)
                    sum += (2 - abs(a)) * (2 - abs(b)) / 16.0 * x[i + a * size + b];
        want[i] = (float)sum;
    }
    blur(pool, got, 3, size);
    CHECK_BELOW(check_distance(got, want, count), 1e-6);
    float *y = noise(count), *back = nothing(count);
    memcpy(back, y, sizeof *y * count);
    blur(pool, back, 3, size);
    CHECK_BELOW(fabs(dot(got, y, count) - dot(x, back, count)), 1e-4);
    free(x);
    free(got);
    free(want);
    free(y);
    free(back);
}

static void check_bias(parallel_pool *pool, int run) {
    enum { CHANNELS = 3 };
    float *x = noise(CHANNELS * run), *y = nothing(CHANNELS * run), *bias = noise(CHANNELS), *grad = nothing(CHANNELS);
    memcpy(y, x, sizeof *x * CHANNELS * run);
    bias_leaky(pool, y, bias, 0.2f, CHANNELS, run);
    int wrong = 0;
    for (int i = 0; i < CHANNELS * run; i++) {
        const float v = x[i] + bias[i / run];
        wrong += y[i] != (v > 0 ? v : 0.2f * v);
    }
    CHECK(wrong == 0);
    for (int add = 0; add < 2; add++) {
        bias_grad(pool, grad, x, CHANNELS, run, add ? GRAD_ADD : GRAD_SET);
        for (int c = 0; c < CHANNELS; c++) {
            double sum = 0;
            for (int i = 0; i < run; i++)
                sum += x[c * run + i];
            CHECK_BELOW(fabs(grad[c] - (1 + add) * sum), 1e-4);
        }
    }
    free(x);
    free(y);
    free(bias);
    free(grad);
}

static void check_noise(parallel_pool *pool, int batch, int pixels, int shared) {
    enum { CHANNELS = 5 };
    const int count = CHANNELS * batch * pixels;
    const size_t stride = shared ? 0 : (size_t)pixels;
    float *x = noise(count), *y = nothing(count), *map = noise(batch * pixels), *strength = noise(CHANNELS);
    float *dy = noise(count), *grad = nothing(CHANNELS);
    const noise_layer layer = {CHANNELS, pixels, strength, grad};
    memcpy(y, x, sizeof *x * count);
    noise_forward(pool, y, map, stride, &layer, batch);
    noise_backward(pool, dy, map, stride, &layer, batch);
    double worst = 0;
    for (int i = 0; i < count; i++)
        worst = fmax(worst, fabs(y[i] - x[i] -
                                 (double)strength[i / (batch * pixels)] * map[i % (shared ? pixels : batch * pixels)]));
    CHECK_BELOW(worst, 1e-5);
    CHECK_BELOW(fabs(dot(grad, strength, CHANNELS) - (dot(y, dy, count) - dot(x, dy, count))), 1e-3);
    free(x);
    free(y);
    free(map);
    free(strength);
    free(dy);
    free(grad);
}

/* The channel of each picture, by the definition. */
static double spread(const float *x, int batch, int channels, int picture) {
    const int group = batch % 4 ? batch : 4, first = picture / group * group;
    double sum = 0;
    for (int c = 0; c < channels; c++)
        for (int p = 0; p < 16; p++) {
            double mean = 0, variance = 0;
            for (int n = first; n < first + group; n++)
                mean += x[(c * batch + n) * 16 + p] / (double)group;
            for (int n = first; n < first + group; n++)
                variance += pow(x[(c * batch + n) * 16 + p] - mean, 2) / group;
            sum += sqrt(variance + 1e-8) / (16.0 * channels);
        }
    return sum;
}

static void check_minibatch(int batch) {
    enum { CHANNELS = 3 };
    const int count = CHANNELS * batch * 16;
    float *x = noise(count + batch * 16), *dx = noise(count + batch * 16), *dy = nothing(count + batch * 16);
    memcpy(dy, dx, sizeof *dx * (count + batch * 16));
    minibatch_std_forward(x, batch, CHANNELS);
    for (int n = 0; n < batch * 16; n++)
        CHECK_BELOW(fabs(x[count + n] - spread(x, batch, CHANNELS, n / 16)), 1e-6);
    minibatch_std_backward(dx, x, batch, CHANNELS);
    for (int i = 0; i < count; i += 7) {
        const float kept = x[i], h = 1e-4f;
        double slope = dy[i];
        for (int side = -1; side < 2; side += 2) {
            x[i] = kept + (float)side * h;
            for (int n = 0; n < batch * 16; n++)
                slope += side * dy[count + n] * spread(x, batch, CHANNELS, n / 16) / ((double)x[i] - kept) / 2 * side;
            x[i] = kept;
        }
        CHECK_BELOW(fabs(dx[i] - slope), 1e-3);
    }
    free(x);
    free(dx);
    free(dy);
}

int main(void) {
    rng_seed(&random_state, 5, 1);
    parallel_pool *pool = parallel_create(CHECK_THREADS);
    check_weights(pool);
    check_blur(pool, 1);
    check_blur(pool, 2);
    check_blur(pool, 8);
    check_blur(pool, 13);
    check_bias(pool, 5);
    check_bias(pool, 1030);
    check_noise(pool, 3, 16, 0);
    check_noise(pool, 3, 16, 1);
    check_noise(pool, 2, 65, 0);
    check_minibatch(3);
    check_minibatch(4);
    check_minibatch(8);
    parallel_destroy(pool);
    return check_report("layers");
}
