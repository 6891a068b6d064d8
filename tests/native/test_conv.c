/* Every pass of the convolution, direct and by Winograd, against its reference, over real and awkward shapes, with
 * guards around the outputs; and the adjoint identity <conv x, y> = <x, grad y>, a witness that needs no reference. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "kernels/conv.h"
#include "kernels/conv_prepared.h"
#include "kernels/vector.h"
#include "kernels/winograd.h"

enum { GUARD = 8 };
static const float GUARD_VALUE = -12345.0f;

static rng random_state;

static float *noise(size_t count) {
    float *data = malloc(count * sizeof *data);
    rng_normal(&random_state, data, (int)count);
    return data;
}

/* Memory for an output: NaN inside, guards on both sides, off the 16-byte grid by one float. */
static float *guarded(size_t count) {
    float *data = malloc((count + 2 * GUARD + 1) * sizeof *data);
    for (size_t i = 0; i < count + 2 * GUARD + 1; i++)
        data[i] = i < GUARD + 1 || i >= GUARD + 1 + count ? GUARD_VALUE : NAN;
    return data + GUARD + 1;
}

static int guards_hold(const float *data, size_t count) {
    for (int i = 1; i <= GUARD; i++)
        if (data[-i] != GUARD_VALUE || data[count + i - 1] != GUARD_VALUE)
            return 0;
    return 1;
}

static void release(float *data) { free(data - GUARD - 1); }

/* |got - want| / |want| over all elements. */
static double error_of(const float *got, const float *want, size_t count) {
    double difference = 0, wanted = 0;
    for (size_t i = 0; i < count; i++) {
        difference += ((double)got[i] - want[i]) * ((double)got[i] - want[i]);
        wanted += (double)want[i] * want[i];
    }
    return sqrt(difference / wanted);
}

static double inner(const float *a, const float *b, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)a[i] * b[i];
    return sum;
}

static void check_shape(parallel_pool *pool, const conv_shape *s) {
    const size_t large = (size_t)s->channels * s->batch * s->height * s->width;
    const size_t small = (size_t)s->filters * s->batch * s->height * s->width / 4;
    const size_t weights = (size_t)s->filters * s->channels * 16;
    float *x = noise(large), *dy = noise(small), *w = noise(weights);
    float *y = guarded(small), *dx = guarded(large), *dw = guarded(weights);
    float *want_y = malloc(small * 4), *want_dx = malloc(large * 4), *want_dw = malloc(weights * 4);
    float *scratch = malloc(conv_scratch_floats(s, CHECK_THREADS) * sizeof *scratch);
    const float scale = 0.7f;
    /* float32 sums of up to 2,048 terms; Winograd's transforms cost another bit */
    const double image_bound = winograd_fits(s) ? 3e-6 : 1e-6, weight_bound = winograd_fits(s) ? 3e-6 : 2e-6;

    conv_forward(pool, y, x, w, scale, s, scratch);
    conv_forward_reference(want_y, x, w, scale, s);
    CHECK_BELOW(error_of(y, want_y, small), image_bound);
    conv_input_grad(pool, dx, dy, w, scale, s, scratch);
    conv_input_grad_reference(want_dx, dy, w, scale, s);
    CHECK_BELOW(error_of(dx, want_dx, large), image_bound);
    conv_weight_grad(pool, dw, dy, x, s, GRAD_SET, scratch);
    conv_weight_grad_reference(want_dw, dy, x, s, GRAD_SET);
    CHECK_BELOW(error_of(dw, want_dw, weights), weight_bound);
    CHECK(guards_hold(y, small) && guards_hold(dx, large) && guards_hold(dw, weights));

    const double forward = inner(y, dy, small), size = sqrt(inner(y, y, small) * inner(dy, dy, small));
    CHECK_BELOW(fabs(forward - inner(x, dx, large)) / size, image_bound);
    CHECK_BELOW(fabs(forward - scale * inner(w, dw, weights)) / size, weight_bound);

    conv_weight_grad(pool, dw, dy, x, s, GRAD_ADD, scratch);
    conv_weight_grad_reference(want_dw, dy, x, s, GRAD_ADD);
    CHECK_BELOW(error_of(dw, want_dw, weights), weight_bound);

    free(x), free(dy), free(w), free(want_y), free(want_dx), free(want_dw), free(scratch);
    release(y), release(dx), release(dw);
}

/* With weights packed beforehand, for few pictures. */
static void check_prepared(const conv_shape *s) {
    const size_t large = (size_t)s->channels * s->batch * s->height * s->width,
                 small = large / s->channels * s->filters / 4;
    float *dy = noise(small), *w = noise((size_t)s->filters * s->channels * 16),
          *dx[2] = {guarded(large), guarded(large)};
    float *want = malloc(large * 4), *prepared = malloc(conv_prepared_floats(s) * 4);
    for (int threads = 1; threads <= 3; threads += 2) {
        parallel_pool *pool = parallel_create(threads);
        float *scratch = malloc(conv_prepared_scratch_floats(s, threads) * 4);
        conv_prepare(pool, prepared, w, s);
        conv_input_grad_prepared(pool, dx[threads > 1], dy, prepared, s, scratch);
        CHECK(guards_hold(dx[threads > 1], large));
        free(scratch);
        parallel_destroy(pool);
    }
    conv_input_grad_reference(want, dy, w, 1, s);
    CHECK_BELOW(error_of(dx[0], want, large), 2e-6);
    CHECK(memcmp(dx[0], dx[1], large * 4) == 0);
    free(dy), free(w), free(want), free(prepared);
    release(dx[0]), release(dx[1]);
}

/* The bits of every pass do not depend on the number of threads. */
static void check_threads(const conv_shape *s) {
    const size_t large = (size_t)s->channels * s->batch * s->height * s->width,
                 small = large / s->channels * s->filters / 4;
    const size_t weights = (size_t)s->filters * s->channels * 16;
    float *x = noise(large), *w = noise(weights), *dy = noise(small);
    float *y[2] = {malloc(small * 4), malloc(small * 4)}, *dx[2] = {malloc(large * 4), malloc(large * 4)};
    float *dw[2] = {malloc(weights * 4), malloc(weights * 4)};
    for (int threads = 1; threads <= 5; threads += 2) {
        const int many = threads > 1;
        parallel_pool *pool = parallel_create(threads);
        float *scratch = malloc(conv_scratch_floats(s, threads) * sizeof *scratch);
        conv_forward(pool, y[many], x, w, 1, s, scratch);
        conv_input_grad(pool, dx[many], dy, w, 1, s, scratch);
        conv_weight_grad(pool, dw[many], dy, x, s, GRAD_SET, scratch);
        CHECK(!many || memcmp(y[0], y[1], small * 4) == 0);
        CHECK(!many || memcmp(dx[0], dx[1], large * 4) == 0);
        CHECK(!many || memcmp(dw[0], dw[1], weights * 4) == 0);
        free(scratch);
        parallel_destroy(pool);
    }
    free(x), free(w), free(dy);
    for (int i = 0; i < 2; i++)
        free(y[i]), free(dx[i]), free(dw[i]);
}

int main(void) {
    static const conv_shape SHAPES[] = {
        {1, 1, 1, 8, 8},
        {2, 3, 8, 16, 16},
        {3, 5, 7, 8, 8},
        {2, 16, 9, 8, 8},
        {1, 3, 1, 8, 8},
        {5, 4, 4, 8, 16},
        {2, 20, 33, 16, 16},
        {1, 2, 3, 64, 64},
        {4, 3, 64, 64, 64},
        {1, 64, 128, 32, 32},
        {2, 130, 66, 8, 8},
        {9, 6, 5, 8, 8},
        {1, 5, 129, 16, 32},
        /* weight gradients cut along their depth, the last chunk not whole; rows and columns that fill no tile */
        {9, 3, 10, 64, 64},
        {8, 4, 7, 64, 64},
        /* by Winograd: pictures not in fours, columns not in eights, every way of cutting the product, wide and high */
        {3, 8, 8, 8, 8},
        {4, 64, 128, 32, 32},
        {5, 12, 20, 16, 16},
        {33, 8, 16, 16, 16},
        {6, 8, 12, 32, 64},
        {4, 8, 8, 128, 128},
        {7, 16, 260, 8, 8},
        {32, 256, 64, 8, 8},
        {3, 36, 68, 64, 32},
    };
    static const conv_shape DIRECT = {3, 20, 33, 16, 16}, FEW_COLUMNS = {9, 24, 40, 16, 16},
                            MANY_COLUMNS = {12, 12, 36, 64, 32}, DEEP = {9, 3, 10, 64, 64};
    rng_seed(&random_state, 1, 1);
    parallel_pool *pool = parallel_create(CHECK_THREADS);
    for (size_t i = 0; i < sizeof SHAPES / sizeof SHAPES[0]; i++)
        check_shape(pool, &SHAPES[i]);
    static const conv_shape FEW[] = {
        {1, 4, 3, 8, 8},     {2, 8, 12, 8, 8},  {1, 12, 9, 16, 16}, {1, 8, 9, 16, 16},     {2, 16, 7, 16, 16},
        {1, 24, 20, 32, 32}, {2, 8, 4, 32, 16}, {1, 8, 5, 64, 64},  {1, 128, 256, 16, 16}, {1, 256, 512, 8, 8},
    };
    for (size_t i = 0; i < sizeof FEW / sizeof FEW[0]; i++)
        check_prepared(&FEW[i]);
    check_threads(&DIRECT);
    check_threads(&FEW_COLUMNS);
    check_threads(&MANY_COLUMNS);
    check_threads(&DEEP);
    parallel_destroy(pool);
    return check_report("conv");
}
