/* The quality scores against numpy, scipy and torch (scripts/pytorch/metrics.py), for one and two threads, and what
 * must hold by definition. */
#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/rng.h"
#include "check.h"
#include "eval/dense.h"
#include "file/safetensors.h"
#include "ssdgan.h"

enum { SIZE = 64, COUNT_A = 14, COUNT_B = 12, MOST = 4096, CONV = 512 };

static double relative(double got, double want) { return fabs(got - want) / (fabs(want) > 1e-9 ? fabs(want) : 1e-9); }

/* The tensor's numbers, of which there are `count`. */
static float *read_tensor(ssd_context *context, const safetensors *file, const char *set, const char *name, int *rows) {
    static float room[8][MOST];
    static int next;
    float *out = room[next++ % 8];
    char full[64];
    (void)snprintf(full, sizeof full, "%s%s", set, name);
    const safetensors_entry *e = safetensors_find(file, full);
    CHECK(e != NULL);
    size_t count = 0;
    for (count = MOST; e && count > 0 && safetensors_read(context, e, out, count); count--) {
    }
    CHECK(count > 0);
    *rows = (int)count;
    return out;
}

/* Pictures as scripts/pytorch/metrics.py makes them. */
static ssd_dataset *make_pictures(ssd_context *context, int seed, int count, int few_colours) {
    ssd_dataset *dataset = ssd_dataset_create(context, SIZE, SSD_CROP_CENTRE, SSD_FILTER_TRIANGLE);
    static uint8_t rgba[SIZE * SIZE * 4];
    for (int n = 0; n < count; n++) {
        rng random;
        rng_seed(&random, (uint64_t)seed, (uint64_t)n);
        int coarse[9][9][3];
        for (int i = 0; i < 9 * 9 * 3; i++)
            coarse[i / 27][i / 3 % 9][i % 3] = (int)(rng_next(&random) >> 56);
        for (int i = 0; i < SIZE * SIZE; i++) {
            const int noise = (int)(rng_next(&random) >> 60), y = i / SIZE, x = i % SIZE, v = y % 8, u = x % 8;
            for (int c = 0; c < 3; c++) {
                const int top = coarse[y / 8][x / 8][c] * (8 - u) + coarse[y / 8][x / 8 + 1][c] * u;
                const int low = coarse[y / 8 + 1][x / 8][c] * (8 - u) + coarse[y / 8 + 1][x / 8 + 1][c] * u;
                int level = (top * (8 - v) + low * v) / 64 + noise;
                level = level > 255 ? 255 : level;
                rgba[4 * i + c] = (uint8_t)(few_colours ? level / 16 * 16 : level);
            }
            rgba[4 * i + 3] = 255;
        }
        CHECK(ssd_dataset_add_rgba(dataset, rgba, SIZE, SIZE) == SSD_OK);
    }
    return dataset;
}

static void check_scores(ssd_context *context, const safetensors *file, const char *set) {
    int a_floats, b_floats, unused;
    const float *a = read_tensor(context, file, set, ".a", &a_floats);
    const float *b = read_tensor(context, file, set, ".b", &b_floats);
    const float *want = read_tensor(context, file, set, ".scores", &unused);
    const float *spreads = read_tensor(context, file, set, ".spread", &unused);
    const float *nearest = read_tensor(context, file, set, ".nearest", &unused);
    const float *alone = read_tensor(context, file, set, ".alone", &unused);
    const int n = a_floats / 20, m = b_floats / 20;
    ssd_features *x = NULL, *y = NULL;
    CHECK(ssd_features_from_rows(context, a, n, 20, &x) == SSD_OK);
    CHECK(ssd_features_from_rows(context, b, m, 20, &y) == SSD_OK);
    double scores[SSD_SCORE_COUNT];
    CHECK(ssd_features_compare(x, y, SSD_COMPARE_ALL, 7, (n < m ? n : m) / 2, 3, scores) == SSD_OK);
    for (int i = 0; i < SSD_SCORE_COUNT; i++)
        CHECK_BELOW(relative(scores[i], want[i]), 3e-6);
    CHECK_BELOW(relative(ssd_features_spread(x), spreads[0]), 1e-6);
    CHECK_BELOW(relative(ssd_features_spread(y), spreads[1]), 1e-6);
    int32_t index[100];
    float distance[100];
    CHECK(ssd_features_nearest(x, y, index, distance) == SSD_OK);
    for (int i = 0; i < n; i++) {
        CHECK(index[i] == (int)nearest[i]);
        CHECK_BELOW(relative(distance[i], nearest[n + i]), 1e-6);
    }
    CHECK(ssd_features_nearest(x, x, index, distance) == SSD_OK);
    for (int i = 0; i < n; i++) {
        CHECK(index[i] == (int)alone[i]);
        CHECK_BELOW(relative(distance[i], alone[n + i]), 1e-6);
    }
    ssd_features *same = NULL;
    for (int i = 0; i < n; i++)
        index[i] = n - 1 - i;
    CHECK(ssd_features_pick(x, index, n, &same) == SSD_OK);
    CHECK(ssd_features_compare(x, same, SSD_COMPARE_ALL, 1, 0, 0, scores) == SSD_OK);
    CHECK_BELOW(scores[SSD_SCORE_FRECHET], 1e-6 * want[SSD_SCORE_FRECHET]);
    CHECK_BELOW(fabs(scores[SSD_SCORE_RECALL] - 1), 0);
    CHECK_BELOW(fabs(scores[SSD_SCORE_COVERAGE] - 1), 0);
    CHECK(ssd_features_nearest(same, x, index, distance) == SSD_OK);
    for (int i = 0; i < n; i++)
        CHECK(index[i] == n - 1 - i && distance[i] == 0);
    ssd_features_destroy(same);
    ssd_features_destroy(x);
    ssd_features_destroy(y);
}

static void check_pictures(ssd_context *context, const safetensors *file, ssd_features **kept, double *levels) {
    ssd_dataset *a = make_pictures(context, 11, COUNT_A, 0), *b = make_pictures(context, 12, COUNT_B, 1);
    int unused;
    const float *want = read_tensor(context, file, "", "conv", &unused);
    const float *swd = read_tensor(context, file, "", "swd", &unused);
    ssd_features *x = NULL, *y = NULL;
    CHECK(ssd_features_extract(context, a, 0, COUNT_A, SSD_FEATURES_RANDOM_CONV, NULL, &x) == SSD_OK);
    CHECK(ssd_features_extract(context, b, 0, COUNT_B, SSD_FEATURES_RANDOM_CONV, x, &y) == SSD_OK);
    for (int set = 0; set < 2; set++) {
        const float *got = ssd_features_rows(set ? y : x);
        double difference = 0, total = 0;
        for (int i = 0; i < 3 * CONV; i++) {
            difference += pow((double)got[i] - want[set * 3 * CONV + i], 2);
            total += pow(want[set * 3 * CONV + i], 2);
        }
        CHECK_BELOW(sqrt(difference / total), 2e-5);
    }
    double again[SSD_SWD_LEVELS];
    CHECK(ssd_swd(context, a, 0, COUNT_A, b, 0, COUNT_B, 9, 21, 4, levels) == SSD_OK);
    for (int i = 0; i < 3; i++)
        CHECK_BELOW(relative(levels[i], swd[i]), 1e-5);
    CHECK(isnan(levels[3]));
    CHECK(ssd_swd(context, a, 0, COUNT_A, a, 0, COUNT_A, 9, 21, 4, again) == SSD_OK);
    CHECK(again[0] == 0 && again[1] == 0 && again[2] == 0);
    ssd_features *pixels = NULL;
    CHECK(ssd_features_extract(context, a, 3, 2, SSD_FEATURES_PIXELS, NULL, &pixels) == SSD_OK);
    CHECK(ssd_features_size(pixels) == 32 * 32 * 3 && ssd_features_count(pixels) == 2);
    const uint8_t *p = ssd_dataset_picture(a, 4) + (2 * SIZE + 6) * 3 + 1; /* row 1, column 3, green */
    const float mean = (float)(p[0] + p[3] + p[3 * SIZE] + p[3 * SIZE + 3]) / 4 / 127.5f - 1;
    CHECK_BELOW(fabs(ssd_features_rows(pixels)[32 * 32 * 3 + (32 + 3) * 3 + 1] - mean), 1e-6);
    ssd_features_destroy(pixels);
    ssd_features_destroy(x);
    *kept = y;
    ssd_dataset_destroy(a);
    ssd_dataset_destroy(b);
}

/* Random orthogonal similarity of known eigenvalues, zeros and equal ones among them. */
static void check_eigenvalues(ssd_context *context) {
    enum { N = 67 };
    static double a[N * N], whole[N * N], vectors[N * N], values[N], scratch[3 * N], want[N];
    memset(a, 0, sizeof a);
    for (int i = 0; i < N; i++)
        a[i * N + i] = want[i] = i < 9 ? 0 : i < 20 ? 2 : i * i * 0.01;
    for (int round = 0; round < 5; round++) {
        float v[N];
        rng random;
        rng_seed(&random, 9, (uint64_t)round);
        rng_normal(&random, v, N);
        double norm = 0, av[N], vav = 0;
        for (int i = 0; i < N; i++)
            norm += (double)v[i] * v[i] / 2;
        for (int i = 0; i < N; i++) {
            av[i] = 0;
            for (int j = 0; j < N; j++)
                av[i] += a[i * N + j] * v[j] / norm;
            vav += av[i] * v[i] / (2 * norm);
        }
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++)
                a[i * N + j] -= v[i] * (av[j] - vav * v[j]) + (av[i] - vav * v[i]) * v[j];
    }
    memcpy(whole, a, sizeof a);
    CHECK(dense_eigenvalues(context->pool, values, vectors, a, N, scratch));
    double worst = 0; /* of |A v - value v|, and of the vectors' products with each other */
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            double left = -values[i] * vectors[i * N + j], product = i == j ? -1 : 0;
            for (int k = 0; k < N; k++) {
                left += whole[j * N + k] * vectors[i * N + k];
                product += vectors[i * N + k] * vectors[j * N + k];
            }
            worst = fmax(worst, fmax(fabs(left), fabs(product)));
        }
    CHECK_BELOW(worst, 1e-12);
    memcpy(a, whole, sizeof a);
    const double first = values[0];
    CHECK(dense_eigenvalues(context->pool, values, NULL, a, N, scratch) && values[0] == first);
    for (int i = 0; i < N; i++) {
        int closest = 0;
        for (int j = 0; j < N; j++)
            closest =
                isnan(values[closest]) || fabs(values[j] - want[i]) < fabs(values[closest] - want[i]) ? j : closest;
        CHECK_BELOW(fabs(values[closest] - want[i]), 1e-12);
        values[closest] = NAN;
    }
}

static void check_refusals(ssd_context *context) {
    ssd_features *x = NULL, *y = NULL, *none = NULL;
    const float rows[10] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, bad[2] = {1, NAN};
    double scores[SSD_SCORE_COUNT] = {-1}, levels[SSD_SWD_LEVELS] = {-1};
    CHECK(ssd_features_from_rows(context, rows, 5, 2, &x) == SSD_OK);
    CHECK(ssd_features_from_rows(context, rows, 10, 1, &y) == SSD_OK);
    CHECK(ssd_features_from_rows(context, bad, 1, 2, &none) == SSD_NOT_FINITE && !none);
    CHECK(ssd_features_compare(x, x, SSD_COMPARE_ALL, 1, 0, 0, scores) == SSD_BAD_ARGUMENT && scores[0] == -1);
    CHECK(ssd_features_compare(x, y, SSD_COMPARE_ALL, 1, 0, 0, scores) == SSD_BAD_ARGUMENT);
    CHECK(ssd_features_compare(y, y, SSD_COMPARE_ALL, 0, 0, 0, scores) == SSD_BAD_ARGUMENT);
    const int32_t beyond = 5;
    CHECK(ssd_features_pick(x, &beyond, 1, &none) == SSD_BAD_ARGUMENT && !none);
    ssd_dataset *odd = ssd_dataset_create(context, 48, SSD_CROP_CENTRE, SSD_FILTER_TRIANGLE);
    CHECK(ssd_dataset_add_doodles(odd, 0, 0, 3) == SSD_OK);
    CHECK(ssd_features_extract(context, odd, 1, 3, SSD_FEATURES_PIXELS, NULL, &none) == SSD_BAD_ARGUMENT);
    CHECK(ssd_features_extract(context, odd, 0, 3, SSD_FEATURES_RANDOM_CONV, NULL, &none) == SSD_BAD_ARGUMENT);
    CHECK(ssd_features_extract(context, odd, 0, 3, SSD_FEATURES_PIXELS, NULL, &none) == SSD_OK);
    CHECK(ssd_features_size(none) == 24 * 24 * 3);
    CHECK(ssd_swd(context, odd, 0, 3, odd, 0, 3, 0, 8, 0, levels) == SSD_BAD_ARGUMENT && levels[0] == -1);
    CHECK(ssd_swd(context, odd, 0, 3, odd, 0, 3, 4, 8, 0, levels) == SSD_OK && levels[0] == 0 && levels[1] == 0);
    ssd_dataset_destroy(odd);
    ssd_features_destroy(none);
    ssd_features_destroy(x);
    ssd_features_destroy(y);
}

int main(void) {
    size_t size;
    unsigned char *bytes = check_read_file("tests/golden/metrics.safetensors", &size);
    CHECK(bytes != NULL);
    ssd_features *kept[2] = {NULL, NULL};
    double levels[2][SSD_SWD_LEVELS];
    ssd_context *contexts[2] = {ssd_context_create(1), ssd_context_create(CHECK_THREADS)};
    for (int i = 0; i < 2; i++) {
        safetensors *file = NULL;
        CHECK(safetensors_open(contexts[i], bytes, size, &file) == SSD_OK);
        check_scores(contexts[i], file, "plain");
        check_scores(contexts[i], file, "few");
        check_pictures(contexts[i], file, &kept[i], levels[i]);
        check_eigenvalues(contexts[i]);
        check_refusals(contexts[i]);
        safetensors_close(file);
    }
    CHECK(!memcmp(levels[0], levels[1], 3 * sizeof levels[0][0]));
    CHECK(!memcmp(ssd_features_rows(kept[0]), ssd_features_rows(kept[1]), sizeof(float) * COUNT_B * CONV));
    for (int i = 0; i < 2; i++) {
        ssd_features_destroy(kept[i]);
        ssd_context_destroy(contexts[i]);
    }
    free(bytes);
    return check_report("eval");
}
