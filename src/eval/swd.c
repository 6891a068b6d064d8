#include "eval/swd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/helpers.h"
#include "base/rng.h"
#include "eval/pyramid.h"
#include "kernels/gemm.h"
#include "kernels/vector.h"

enum { PATCH = 7, PATCH_FLOATS = 3 * PATCH * PATCH, DIRECTIONS = 16 };
enum { RADIX_BITS = 11, BUCKETS = 1 << RADIX_BITS };

/* ------------------------------------------------------------------------------------ patches --- */

typedef struct patch_work {
    float *patches; /* picture x patch x 147 */
    double *sums;   /* picture x 6: sums and sums of squares of the channels */
    const uint8_t *pictures;
    int given, count, size, level, per_picture; /* `given` pictures, thinned to `count` */
    uint64_t seed;
    float *scratch; /* one piece a thread */
    size_t scratch_floats;
} patch_work;

static void cut_patches(const void *argument, int index, int lane) {
    const patch_work *w = argument;
    const int from = (int)((int64_t)index * w->given / w->count), s = w->size >> w->level;
    float *level = w->scratch + (size_t)lane * w->scratch_floats;
    pyramid_level(level, w->pictures + (size_t)from * w->size * w->size * 3, w->size, w->level,
                  level + 3 * (size_t)s * s);
    rng random;
    rng_seed(&random, w->seed, STREAM_PATCHES + ((uint64_t)w->level << 32) + ((uint64_t)index << 36));
    double sums[6] = {0};
    float *out = w->patches + (size_t)index * w->per_picture * PATCH_FLOATS;
    for (int p = 0; p < w->per_picture; p++) {
        const int x = (int)rng_below(&random, (uint32_t)(s - PATCH + 1));
        const int y = (int)rng_below(&random, (uint32_t)(s - PATCH + 1));
        for (int c = 0; c < 3; c++)
            for (int row = 0; row < PATCH; row++) {
                const float *line = level + ((size_t)c * s + y + row) * s + x;
                for (int i = 0; i < PATCH; i++) {
                    *out++ = line[i];
                    sums[c] += line[i];
                    sums[3 + c] += (double)line[i] * line[i];
                }
            }
    }
    memcpy(w->sums + 6 * (size_t)index, sums, sizeof sums);
}

typedef struct normalise_work {
    float *patches;
    int per_picture;
    float mean[3], scale[3];
} normalise_work;

static void normalise_picture(const void *argument, int index) {
    const normalise_work *w = argument;
    float *x = w->patches + (size_t)index * w->per_picture * PATCH_FLOATS;
    for (int p = 0; p < w->per_picture * 3; p++)
        for (int i = 0; i < PATCH * PATCH; i++, x++)
            *x = (*x - w->mean[p % 3]) * w->scale[p % 3];
}

static void find_patches(parallel_pool *pool, const patch_work *work) {
    parallel_for_lanes(pool, work->count, cut_patches, work);
    normalise_work normalise = {.patches = work->patches, .per_picture = work->per_picture};
    const double numbers = (double)work->count * work->per_picture * PATCH * PATCH;
    for (int c = 0; c < 3; c++) {
        double sum = 0, squares = 0;
        for (int i = 0; i < work->count; i++) {
            sum += work->sums[6 * (size_t)i + c];
            squares += work->sums[6 * (size_t)i + 3 + c];
        }
        const double mean = sum / numbers, variance = squares / numbers - mean * mean;
        normalise.mean[c] = (float)mean;
        normalise.scale[c] = (float)(1 / sqrt(variance > 1e-8 ? variance : 1e-8)); /* one colour: all patches 0 */
    }
    parallel_for(pool, work->count, normalise_picture, &normalise);
}

/* -------------------------------------------------------------------------------- projections --- */

static uint32_t ordered(uint32_t bits) { return bits ^ ((bits >> 31) ? 0xffffffffu : 0x80000000u); }
static uint32_t unordered(uint32_t key) { return key ^ ((key >> 31) ? 0x80000000u : 0xffffffffu); }

/* Ascending order of one digit; stable. */
HOT static void radix_pass(uint32_t *to, const uint32_t *from, int count, int shift, int *places) {
    memset(places, 0, sizeof(int) * BUCKETS);
    for (int i = 0; i < count; i++)
        places[(from[i] >> shift) & (BUCKETS - 1)]++;
    int sum = 0;
    for (int b = 0; b < BUCKETS; b++) {
        const int here = places[b];
        places[b] = sum;
        sum += here;
    }
    for (int i = 0; i < count; i++)
        to[places[(from[i] >> shift) & (BUCKETS - 1)]++] = from[i];
}

HOT static void sort_keys(float *values, uint32_t *keys, uint32_t *room, int count, int *places) {
    for (int i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, values + i, sizeof bits);
        keys[i] = ordered(bits);
    }
    radix_pass(room, keys, count, 0, places);
    radix_pass(keys, room, count, RADIX_BITS, places);
    radix_pass(room, keys, count, 2 * RADIX_BITS, places);
    for (int i = 0; i < count; i++) {
        const uint32_t bits = unordered(room[i]);
        memcpy(values + i, &bits, sizeof bits);
    }
}

typedef struct sort_work {
    float *a, *b; /* directions x count */
    double *distances;
    int count;
    uint32_t *room; /* 2 count a thread */
} sort_work;

static void sort_direction(const void *argument, int index, int lane) {
    const sort_work *w = argument;
    uint32_t *keys = w->room + 2 * (size_t)lane * w->count;
    int places[BUCKETS];
    float *a = w->a + (size_t)index * w->count, *b = w->b + (size_t)index * w->count;
    sort_keys(a, keys, keys + w->count, w->count, places);
    sort_keys(b, keys, keys + w->count, w->count, places);
    double sum = 0;
    for (int i = 0; i < w->count; i++)
        sum += fabs((double)a[i] - b[i]);
    w->distances[index] = sum / w->count;
}

typedef struct swd_room {
    float *patches[2], *projections[2], *directions, *gemm;
    double *sums, *distances;
    uint32_t *sort;
} swd_room;

static double level_distance(ssd_context *context, const swd_room *room, int patches, int level,
                             const swd_options *options) {
    rng random;
    rng_seed(&random, (uint64_t)options->seed, STREAM_DIRECTIONS + (uint64_t)level);
    double sum = 0;
    for (int done = 0; done < options->directions; done += DIRECTIONS) {
        const int count = options->directions - done < DIRECTIONS ? options->directions - done : DIRECTIONS;
        for (int d = 0; d < count; d++) {
            rng_normal(&random, room->directions + (size_t)d * PATCH_FLOATS, PATCH_FLOATS);
            (void)vector_normalise(room->directions + (size_t)d * PATCH_FLOATS, PATCH_FLOATS, 1e-12);
        }
        for (int set = 0; set < 2; set++)
            gemm_dense(context->pool, room->projections[set],
                       &(gemm_matrices){room->directions, PATCH_FLOATS, 1, room->patches[set], PATCH_FLOATS, 1}, count,
                       patches, PATCH_FLOATS, 0, room->gemm);
        const sort_work work = {room->projections[0], room->projections[1], room->distances, patches, room->sort};
        parallel_for_lanes(context->pool, count, sort_direction, &work);
        for (int d = 0; d < count; d++)
            sum += room->distances[d];
    }
    return sum / options->directions;
}

ssd_status swd_distances(ssd_context *context, double distances[SWD_LEVELS], const uint8_t *a, int a_count,
                         const uint8_t *b, int b_count, int size, const swd_options *options) {
    const int count = a_count < b_count ? a_count : b_count, threads = parallel_threads(context->pool);
    const uint64_t patches = (uint64_t)count * options->patches;
    const size_t scratch = 3 * (size_t)size * size + pyramid_scratch_floats(size);
    const size_t gemm = gemm_scratch_floats(DIRECTIONS, PATCH_FLOATS, threads);
    const uint64_t lanes = (uint64_t)threads * (scratch > 2 * patches ? scratch : 2 * patches);
    const uint64_t floats = 2 * patches * (PATCH_FLOATS + DIRECTIONS) + DIRECTIONS * PATCH_FLOATS + gemm + lanes;
    double *block = context_allocate(context, 6 * (size_t)count + DIRECTIONS + floats / 2 + 1, sizeof *block);
    if (!block)
        return SSD_OUT_OF_MEMORY;
    swd_room room = {.sums = block, .distances = block + 6 * (size_t)count};
    room.patches[0] = (float *)(room.distances + DIRECTIONS);
    room.patches[1] = room.patches[0] + patches * PATCH_FLOATS;
    room.projections[0] = room.patches[1] + patches * PATCH_FLOATS;
    room.projections[1] = room.projections[0] + patches * DIRECTIONS;
    room.directions = room.projections[1] + patches * DIRECTIONS;
    room.gemm = room.directions + (size_t)DIRECTIONS * PATCH_FLOATS;
    float *lane = room.gemm + gemm;
    room.sort = (uint32_t *)lane;
    for (int level = 0; level < pyramid_levels(size); level++) {
        for (int set = 0; set < 2; set++) {
            const patch_work work = {.patches = room.patches[set],
                                     .sums = room.sums,
                                     .pictures = set ? b : a,
                                     .given = set ? b_count : a_count,
                                     .count = count,
                                     .size = size,
                                     .level = level,
                                     .per_picture = options->patches,
                                     .seed = (uint64_t)options->seed,
                                     .scratch = lane,
                                     .scratch_floats = scratch};
            find_patches(context->pool, &work);
        }
        distances[level] = level_distance(context, &room, (int)patches, level, options);
    }
    free(block);
    return SSD_OK;
}
