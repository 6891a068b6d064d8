/* Vector kernels against their definitions in double, at every count around the vector width. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "kernels/gemm.h"
#include "kernels/vector.h"

enum { MOST = 48 };
static rng random_state;

static void fill(float *data, int count) { rng_normal(&random_state, data, count); }

static void check_elements(parallel_pool *pool, int n) {
    /* one float off the grid, with a guard behind */
    float room[4][MOST + 8];
    float *a = room[0] + 1, *b = room[1] + 1, *out = room[2] + 1, *old = room[3] + 1;
    fill(a, MOST), fill(b, MOST), fill(old, MOST);
    double dot = 0;
    for (int i = 0; i < n; i++)
        dot += (double)a[i] * b[i];
    CHECK_BELOW(fabs(vector_dot(a, b, n) - dot), 1e-5);

    memcpy(out, old, sizeof(float) * MOST);
    vector_add_scaled(out, a, 0.3f, n);
    for (int i = 0; i < MOST; i++)
        CHECK_BELOW(fabs(out[i] - (i < n ? old[i] + 0.3 * a[i] : old[i])), i < n ? 1e-6 : 0);
    leaky_forward(pool, out, a, 0.2f, n);
    for (int i = 0; i < n; i++)
        CHECK(out[i] == (a[i] > 0 ? a[i] : 0.2f * a[i]));
    leaky_backward(pool, out, b, a, 0.2f, n);
    for (int i = 0; i < n; i++)
        CHECK(out[i] == (a[i] > 0 ? b[i] : 0.2f * b[i]));
    tanh_forward(pool, out, a, n);
    for (int i = 0; i < n; i++)
        CHECK_BELOW(fabs(out[i] - tanh(a[i])), 1e-7);
    tanh_backward(pool, out, b, out, n);
    for (int i = 0; i < n; i++)
        CHECK_BELOW(fabs(out[i] - b[i] / (cosh(a[i]) * cosh(a[i]))), 2e-6);
}

/* The whole range of tanh, both of its formulas and their border, signs and what is no number. */
static void check_tanh(void) {
    float x[4], y[4];
    for (int i = -4000; i <= 4000; i += 4) {
        for (int l = 0; l < 4; l++)
            x[l] = 0.00625f * (float)(i + l);
        tanh_forward(NULL, y, x, 4);
        for (int l = 0; l < 4; l++)
            CHECK_BELOW(fabs(y[l] - tanh(x[l])), 1e-7);
    }
    const float odd[4] = {INFINITY, -INFINITY, -0.0f, NAN};
    tanh_forward(NULL, y, odd, 4);
    CHECK(y[0] == 1 && y[1] == -1 && y[2] == 0 && isnan(y[3]));
}

/* Three steps of Adam in double, as Kingma and Ba write it. */
static void check_adam(parallel_pool *pool, int n) {
    float p[MOST], m[MOST] = {0}, v[MOST] = {0}, g[MOST], average[MOST], squares[MOST / ADAM_PIECE + 1];
    double dp[MOST], dm[MOST] = {0}, dv[MOST] = {0}, mean[MOST];
    fill(p, MOST);
    fill(average, MOST);
    for (int i = 0; i < MOST; i++)
        mean[i] = average[i];
    for (int i = 0; i < MOST; i++)
        dp[i] = p[i];
    for (int step = 1; step <= 3; step++) {
        fill(g, MOST);
        adam_step adam = adam_step_at(0.01, 0.5, 0.999, 1e-8, step);
        adam.average = average;
        adam.average_rate = 0.25f;
        adam.squares = squares;
        adam_update(pool, p, m, v, g, &adam, n);
        double all = 0, pieces = 0;
        for (int i = 0; i < n; i++) {
            dm[i] = 0.5 * dm[i] + 0.5 * g[i];
            dv[i] = 0.999 * dv[i] + 0.001 * g[i] * g[i];
            dp[i] -= 0.01 * dm[i] / (1 - pow(0.5, step)) / (sqrt(dv[i] / (1 - pow(0.999, step))) + 1e-8);
            mean[i] += 0.25 * (dp[i] - mean[i]);
            all += (double)g[i] * g[i];
        }
        for (int piece = 0; piece * ADAM_PIECE < n; piece++)
            pieces += squares[piece];
        CHECK_BELOW(fabs(pieces - all), 1e-5 * all);
    }
    for (int i = 0; i < MOST; i++) {
        CHECK_BELOW(fabs(p[i] - dp[i]), i < n ? 5e-7 : 0);
        CHECK_BELOW(fabs(average[i] - mean[i]), i < n ? 5e-7 : 0);
    }
}

static void check_gemm(parallel_pool *pool, int m, int n, int k) {
    float *a = malloc(sizeof(float) * m * k), *b = malloc(sizeof(float) * n * k);
    float *c = malloc(sizeof(float) * (m * n + 8)), *want = malloc(sizeof(float) * m * n);
    float *scratch = malloc(sizeof(float) * gemm_scratch_floats(m, k, CHECK_THREADS));
    fill(a, m * k), fill(b, n * k);
    for (int transposed = 0; transposed < 4; transposed++) {
        const gemm_matrices x = {a, transposed & 1 ? 1 : k, transposed & 1 ? m : 1,
                                 b, transposed & 2 ? 1 : k, transposed & 2 ? n : 1};
        for (int accumulate = 0; accumulate < 2; accumulate++) {
            for (int i = 0; i < m * n + 8; i++)
                c[i] = accumulate || i >= m * n ? 7.0f : NAN;
            for (int i = 0; i < m * n; i++)
                want[i] = 7.0f;
            gemm_dense(pool, c, &x, m, n, k, accumulate, scratch);
            gemm_dense_reference(want, &x, m, n, k, accumulate);
            double worst = 0;
            for (int i = 0; i < m * n; i++)
                worst = isfinite(c[i]) ? fmax(worst, fabs(c[i] - want[i])) : INFINITY;
            /* the worst of up to 40,000 sums of k products of about 1 */
            CHECK_BELOW(worst, 4e-6 * sqrt(k) + 1e-6);
            for (int i = 0; i < 8; i++)
                CHECK(c[m * n + i] == 7.0f);
        }
    }
    free(a), free(b), free(c), free(want), free(scratch);
}

static void check_matrices(parallel_pool *pool) {
    enum { ROWS = 37, COLUMNS = 1100 };
    static float w[ROWS * COLUMNS], u[ROWS], v[COLUMNS], row[COLUMNS], column[ROWS];
    fill(w, ROWS * COLUMNS), fill(u, ROWS), fill(v, COLUMNS);
    matrix_transposed_times_vector(pool, row, w, u, ROWS, COLUMNS);
    matrix_times_vector(pool, column, w, v, ROWS, COLUMNS);
    for (int j = 0; j < COLUMNS; j++) {
        double sum = 0;
        for (int i = 0; i < ROWS; i++)
            sum += (double)w[i * COLUMNS + j] * u[i];
        CHECK_BELOW(fabs(row[j] - sum), 1e-5);
    }
    for (int i = 0; i < ROWS; i++) {
        double sum = 0;
        for (int j = 0; j < COLUMNS; j++)
            sum += (double)w[i * COLUMNS + j] * v[j];
        CHECK_BELOW(fabs(column[i] - sum), 5e-5);
    }
    CHECK_BELOW(fabs(vector_normalise(v, COLUMNS, 1e-12) - sqrt(COLUMNS)), 2.5);
    CHECK_BELOW(fabs(vector_dot(v, v, COLUMNS) - 1), 1e-6);
    float zero[3] = {0, 0, 0};
    CHECK(vector_normalise(zero, 3, 1e-12) == 0 && zero[0] == 0);
}

int main(void) {
    check_tanh();
    rng_seed(&random_state, 3, 3);
    parallel_pool *pool = parallel_create(CHECK_THREADS);
    for (int n = 0; n <= 40; n++) {
        check_elements(pool, n);
        check_adam(pool, n);
    }
    static const int SIZES[] = {1, 3, 4, 5, 7, 8, 9, 17, 33};
    for (int i = 0; i < 9; i++)
        for (int j = 0; j < 9; j++)
            for (int l = 0; l < 9; l += 2)
                check_gemm(pool, SIZES[i], SIZES[j], SIZES[l]);
    check_gemm(pool, 129, 300, 600);
    check_matrices(pool);
    parallel_destroy(pool);
    return check_report("vector");
}
