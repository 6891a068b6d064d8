/* The public side of the quality scores: sets of feature vectors, compared with each other (src/eval has the
 * mathematics). */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "eval/frechet.h"
#include "eval/kernel_distance.h"
#include "eval/neighbours.h"
#include "eval/pyramid.h"
#include "eval/random_conv.h"
#include "eval/swd.h"

enum { PIXELS_SIDE = 32, COUNT_LEAST = NEIGHBOURS_MOST + 1 };

struct ssd_features {
    ssd_context *context;
    int count, size;
    float *rows;
    double *squares;
    double *radii;          /* NULL until first asked for */
    double *mean, *inverse; /* random-conv: what brought the rows to mean 0 and deviation 1; else NULL */
};

void ssd_features_destroy(ssd_features *features) {
    if (!features)
        return;
    free(features->rows);
    free(features->squares);
    free(features->radii);
    free(features->mean);
    free(features);
}

int ssd_features_count(const ssd_features *features) { return features->count; }
int ssd_features_size(const ssd_features *features) { return features->size; }
const float *ssd_features_rows(const ssd_features *features) { return features->rows; }

static ssd_features *make(ssd_context *context, int count, int size) {
    ssd_features *f = context_allocate(context, 1, sizeof *f);
    if (!f)
        return NULL;
    *f = (ssd_features){.context = context, .count = count, .size = size};
    f->rows = context_allocate(context, (uint64_t)count * (uint64_t)size, sizeof *f->rows);
    f->squares = context_allocate(context, (size_t)count, sizeof *f->squares);
    if (f->rows && f->squares)
        return f;
    ssd_features_destroy(f);
    return NULL;
}

static void finish(ssd_features *f) { vectors_squares(f->context->pool, f->squares, f->rows, f->count, f->size); }

/* Mean 0 and deviation 1 by the reference's moments, or the rows' own. A feature that never varies stays 0. */
static ssd_status standardise(ssd_features *f, const ssd_features *reference) {
    const int size = f->size;
    f->mean = context_allocate(f->context, 2 * (size_t)size, sizeof *f->mean);
    if (!f->mean)
        return SSD_OUT_OF_MEMORY;
    f->inverse = f->mean + size;
    if (reference) {
        memcpy(f->mean, reference->mean, 2 * (size_t)size * sizeof *f->mean);
    } else {
        for (int i = 0; i < f->count; i++)
            for (int j = 0; j < size; j++)
                f->mean[j] += f->rows[(size_t)i * size + j];
        for (int j = 0; j < size; j++)
            f->mean[j] /= f->count;
        for (int i = 0; i < f->count; i++)
            for (int j = 0; j < size; j++) {
                const double d = f->rows[(size_t)i * size + j] - f->mean[j];
                f->inverse[j] += d * d;
            }
        for (int j = 0; j < size; j++)
            f->inverse[j] = 1 / (sqrt(f->inverse[j] / f->count) + 1e-6);
    }
    for (int i = 0; i < f->count; i++)
        for (int j = 0; j < size; j++) {
            float *x = &f->rows[(size_t)i * size + j];
            *x = (float)((*x - f->mean[j]) * f->inverse[j]);
        }
    return SSD_OK;
}

/* Means over blocks, to at most 32 x 32, in [-1, 1]; a rest at the edge is left out. */
static int pixels_side(int size) { return size / ((size + PIXELS_SIDE - 1) / PIXELS_SIDE); }

static void reduce_picture(float *out, const uint8_t *picture, int size) {
    const int side = pixels_side(size), block = size / side;
    for (int i = 0; i < side * side * 3; i++) {
        const int c = i % 3, x = i / 3 % side * block, y = i / 3 / side * block;
        int sum = 0;
        for (int k = 0; k < block * block; k++)
            sum += picture[((size_t)(y + k / block) * size + x + k % block) * 3 + c];
        out[i] = (float)sum / (127.5f * (float)(block * block)) - 1.0f;
    }
}

static ssd_status check_range(ssd_context *context, const ssd_dataset *pictures, int first, int count) {
    const int all = ssd_dataset_count(pictures);
    if (first < 0 || count < 1 || count > all || first > all - count)
        return context_fail(context, SSD_BAD_ARGUMENT, "there are no pictures %d to %d: the dataset holds %d", first,
                            first + count - 1, all);
    return SSD_OK;
}

ssd_status ssd_features_extract(ssd_context *context, const ssd_dataset *pictures, int first, int count,
                                ssd_feature_kind kind, const ssd_features *reference, ssd_features **features) {
    ssd_status status = check_range(context, pictures, first, count);
    if (status)
        return status;
    if (reference && kind == SSD_FEATURES_RANDOM_CONV && !reference->mean)
        return context_fail(context, SSD_BAD_ARGUMENT, "the reference holds features of another kind");
    const int size = ssd_dataset_size(pictures);
    const uint8_t *bytes = ssd_dataset_picture(pictures, first);
    const int width = kind == SSD_FEATURES_PIXELS ? 3 * pixels_side(size) * pixels_side(size) : RANDOM_CONV_FEATURES;
    ssd_features *f = make(context, count, width);
    if (!f)
        return SSD_OUT_OF_MEMORY;
    if (kind == SSD_FEATURES_PIXELS) {
        for (int i = 0; i < count; i++)
            reduce_picture(f->rows + (size_t)i * width, bytes + (size_t)i * size * size * 3, size);
    } else {
        status = random_conv_features(context, f->rows, bytes, count, size);
        if (!status)
            status = standardise(f, reference);
    }
    if (status) {
        ssd_features_destroy(f);
        return status;
    }
    finish(f);
    *features = f;
    return SSD_OK;
}

ssd_status ssd_features_from_rows(ssd_context *context, const float *rows, int count, int size,
                                  ssd_features **features) {
    if (!rows || count < 1 || size < 1)
        return context_fail(context, SSD_BAD_ARGUMENT, "no features were given");
    const uint64_t numbers = (uint64_t)count * (uint64_t)size;
    for (uint64_t i = 0; i < numbers; i++)
        if (!isfinite(rows[i]))
            return context_fail(context, SSD_NOT_FINITE, "the features of picture %d hold a number that is not finite",
                                (int)(i / (uint64_t)size));
    ssd_features *f = make(context, count, size);
    if (!f)
        return SSD_OUT_OF_MEMORY;
    memcpy(f->rows, rows, (size_t)count * (size_t)size * sizeof *rows);
    finish(f);
    *features = f;
    return SSD_OK;
}

ssd_status ssd_features_pick(const ssd_features *features, const int32_t *indices, int count, ssd_features **picked) {
    ssd_context *context = features->context;
    for (int i = 0; i < count; i++)
        if (indices[i] < 0 || indices[i] >= features->count)
            return context_fail(context, SSD_BAD_ARGUMENT, "there are no features number %d", (int)indices[i]);
    if (count < 1)
        return context_fail(context, SSD_BAD_ARGUMENT, "no features were picked");
    ssd_features *f = make(context, count, features->size);
    if (!f)
        return SSD_OUT_OF_MEMORY;
    for (int i = 0; i < count; i++)
        memcpy(f->rows + (size_t)i * f->size, features->rows + (size_t)indices[i] * f->size,
               sizeof(float) * (size_t)f->size);
    finish(f);
    *picked = f;
    return SSD_OK;
}

static vectors vectors_of(const ssd_features *f) { return (vectors){f->rows, f->squares, f->count, f->size}; }

static ssd_status check_pair(const ssd_features *a, const ssd_features *b) {
    if (a->size != b->size)
        return context_fail(a->context, SSD_BAD_ARGUMENT, "features of %d and of %d numbers cannot be compared",
                            a->size, b->size);
    return SSD_OK;
}

static ssd_status find_radii(ssd_features *f) {
    if (f->radii)
        return SSD_OK;
    double *radii = context_allocate(f->context, (uint64_t)f->count * NEIGHBOURS_MOST, sizeof *radii);
    if (!radii)
        return SSD_OUT_OF_MEMORY;
    const vectors v = vectors_of(f);
    const ssd_status status = neighbours_radii(f->context, &v, radii);
    if (status)
        free(radii);
    else
        f->radii = radii;
    return status;
}

static ssd_status compare_neighbours(ssd_features *real, ssd_features *fake, double *scores) {
    ssd_status status = find_radii(real);
    if (!status)
        status = find_radii(fake);
    neighbour_scores found;
    const vectors r = vectors_of(real), f = vectors_of(fake);
    if (!status)
        status = neighbours_scores(real->context, &r, real->radii, &f, fake->radii, &found);
    if (status)
        return status;
    scores[SSD_SCORE_PRECISION] = found.precision;
    scores[SSD_SCORE_RECALL] = found.recall;
    scores[SSD_SCORE_DENSITY] = found.density;
    scores[SSD_SCORE_COVERAGE] = found.coverage;
    return SSD_OK;
}

ssd_status ssd_features_compare(ssd_features *real, ssd_features *fake, int which, int subsets, int subset_size,
                                double seed, double scores[SSD_SCORE_COUNT]) {
    ssd_context *context = real->context;
    const ssd_status fit = check_pair(real, fake);
    if (fit)
        return fit;
    const int least = real->count < fake->count ? real->count : fake->count;
    if (least < COUNT_LEAST)
        return context_fail(context, SSD_BAD_ARGUMENT, "%d pictures are too few to compare; at least %d are needed",
                            least, COUNT_LEAST);
    if (subsets < 1 || subsets > 10000 || subset_size < 0 || subset_size == 1)
        return context_fail(context, SSD_BAD_ARGUMENT, "%d subsets of %d: there must be at least 1, of at least 2",
                            subsets, subset_size);
    const int m = subset_size == 0 || subset_size > least ? least : subset_size;
    double found[SSD_SCORE_COUNT];
    for (int i = 0; i < SSD_SCORE_COUNT; i++)
        found[i] = NAN;
    ssd_status status = SSD_OK;
    if (which & SSD_COMPARE_FRECHET)
        status = frechet_distance(context, real->rows, real->count, fake->rows, fake->count, real->size,
                                  &found[SSD_SCORE_FRECHET]);
    if (!status && which & SSD_COMPARE_KERNEL)
        status = kernel_distance(context, real->rows, real->count, fake->rows, fake->count, real->size, subsets, m,
                                 seed, &found[SSD_SCORE_KERNEL], &found[SSD_SCORE_KERNEL_SPREAD]);
    if (!status && which & SSD_COMPARE_NEIGHBOURS)
        status = compare_neighbours(real, fake, found);
    if (!status)
        memcpy(scores, found, sizeof found);
    return status;
}

ssd_status ssd_features_nearest(const ssd_features *of, const ssd_features *among, int32_t *index, float *distance) {
    const ssd_status status = check_pair(of, among);
    if (status)
        return status;
    if (among->count < 2)
        return context_fail(of->context, SSD_BAD_ARGUMENT, "neighbours are sought among at least 2 pictures");
    const vectors x = vectors_of(of), y = vectors_of(among);
    return neighbours_nearest(of->context, &x, &y, index, distance);
}

double ssd_features_spread(const ssd_features *features) {
    const int count = features->count, size = features->size;
    double sum = 0;
    for (int j = 0; j < size; j++) {
        double total = 0, squares = 0;
        for (int i = 0; i < count; i++) {
            const double x = features->rows[(size_t)i * size + j] - (double)features->rows[j];
            total += x;
            squares += x * x;
        }
        sum += squares - total * total / count;
    }
    return count > 1 && sum > 0 ? sqrt(2 * sum / (count - 1)) : 0;
}

ssd_status ssd_swd(ssd_context *context, const ssd_dataset *a, int a_first, int a_count, const ssd_dataset *b,
                   int b_first, int b_count, int patches, int directions, double seed, double levels[SSD_SWD_LEVELS]) {
    ssd_status status = check_range(context, a, a_first, a_count);
    if (!status)
        status = check_range(context, b, b_first, b_count);
    if (status)
        return status;
    const int size = ssd_dataset_size(a);
    if (size != ssd_dataset_size(b) || !pyramid_levels(size))
        return context_fail(context, SSD_BAD_ARGUMENT,
                            "pictures of %d and %d pixels: both must have one size, 16 or more", size,
                            ssd_dataset_size(b));
    if (patches < 1 || patches > 1024 || directions < 1 || directions > 4096)
        return context_fail(context, SSD_BAD_ARGUMENT,
                            "%d patches a picture (1 to 1024), %d directions (1 to 4096) are out of range", patches,
                            directions);
    double found[SSD_SWD_LEVELS];
    for (int i = 0; i < SSD_SWD_LEVELS; i++)
        found[i] = NAN;
    const swd_options options = {patches, directions, seed};
    status = swd_distances(context, found, ssd_dataset_picture(a, a_first), a_count, ssd_dataset_picture(b, b_first),
                           b_count, size, &options);
    if (!status)
        memcpy(levels, found, sizeof found);
    return status;
}
