#include "data/dataset.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "data/image.h"

struct ssd_dataset {
    ssd_context *context;
    int size;
    ssd_crop crop;
    ssd_filter filter;
    int count, capacity;
    uint8_t *bytes; /* count x size x size x 3 */
    int sentence_count;
    char (*sentences)[sizeof((ssd_context *)NULL)->error]; /* what was wrong with each of the last add_files */
};

enum { SIZE_LEAST = 8, SIZE_MOST = 1024, FIRST_CAPACITY = 64, DOODLES_MOST = 1 << 20, FILES_MOST = 1 << 16 };

static size_t picture_bytes(const ssd_dataset *d) { return (size_t)d->size * d->size * 3; }

ssd_dataset *ssd_dataset_create(ssd_context *context, int size, ssd_crop crop, ssd_filter filter) {
    if (size < SIZE_LEAST || size > SIZE_MOST) {
        (void)context_fail(context, SSD_BAD_ARGUMENT, "pictures of %d pixels: the size must be from %d to %d", size,
                           SIZE_LEAST, SIZE_MOST);
        return NULL;
    }
    ssd_dataset *d = context_allocate(context, 1, sizeof *d);
    if (d)
        *d = (ssd_dataset){.context = context, .size = size, .crop = crop, .filter = filter};
    return d;
}

void ssd_dataset_destroy(ssd_dataset *dataset) {
    if (!dataset)
        return;
    free(dataset->bytes);
    free(dataset->sentences);
    free(dataset);
}

/* Makes the block `capacity` pictures long; 0 where that cannot be had (or counted), and nothing has changed. */
static int grow(ssd_dataset *d, int64_t capacity) {
    if (capacity > INT_MAX || (uint64_t)capacity > SIZE_MAX / picture_bytes(d))
        return 0;
    uint8_t *bytes = realloc(d->bytes, (size_t)capacity * picture_bytes(d));
    if (!bytes)
        return 0;
    d->bytes = bytes;
    d->capacity = (int)capacity;
    return 1;
}

/* Room for `more` further pictures: half as many again as there is, so that adding one by one copies little, or just
 * what is needed. */
static ssd_status reserve(ssd_dataset *d, int more) {
    const int64_t need = (int64_t)d->count + more;
    if (need <= d->capacity)
        return SSD_OK;
    int64_t capacity = d->capacity + (int64_t)d->capacity / 2;
    if (capacity < FIRST_CAPACITY)
        capacity = FIRST_CAPACITY;
    if ((need < capacity && grow(d, capacity)) || grow(d, need))
        return SSD_OK;
    return context_fail(d->context, SSD_OUT_OF_MEMORY,
                        "not enough memory for more than %d pictures; train with fewer or smaller ones", d->count);
}

ssd_status ssd_dataset_reserve(ssd_dataset *dataset, int more) {
    if (more < 0 || more > INT_MAX - dataset->count)
        return context_fail(dataset->context, SSD_BAD_ARGUMENT, "room for %d pictures: the number must be 0 or more",
                            more);
    return reserve(dataset, more);
}

static ssd_status append(ssd_dataset *d, bitmap *picture) {
    ssd_status status = reserve(d, 1);
    if (!status)
        status = image_fit(d->context, picture, d->crop, d->filter, d->size, d->bytes + d->count * picture_bytes(d));
    if (!status)
        d->count++;
    bitmap_free(picture);
    return status;
}

ssd_status ssd_dataset_add_file(ssd_dataset *dataset, const uint8_t *bytes, size_t byte_count) {
    bitmap picture;
    const ssd_status status = image_decode(dataset->context, bytes, byte_count, &picture);
    return status ? status : append(dataset, &picture);
}

ssd_status ssd_dataset_add_rgba(ssd_dataset *dataset, const uint8_t *rgba, int width, int height) {
    bitmap picture;
    const ssd_status status = image_from_rgba(dataset->context, rgba, width, height, &picture);
    return status ? status : append(dataset, &picture);
}

ssd_status ssd_dataset_add_rgb(ssd_dataset *dataset, const uint8_t *rgb, int count) {
    if (count < 0 || count > INT_MAX - dataset->count)
        return context_fail(dataset->context, SSD_BAD_ARGUMENT, "%d pictures: the number must be 0 or more", count);
    const ssd_status status = reserve(dataset, count);
    if (status || !count)
        return status;
    memcpy(dataset->bytes + dataset->count * picture_bytes(dataset), rgb, count * picture_bytes(dataset));
    dataset->count += count;
    return SSD_OK;
}

/* ----------------------------------------------------------------------------------- many files --- */

typedef struct files_work {
    ssd_dataset *dataset;
    const uint8_t *bytes;
    const size_t *offsets;
    int32_t *statuses;
    uint8_t *out; /* a place for every file, in the files' order */
} files_work;

/* One file into its place. The context that it fails into is its own: only the sentence is used of it. */
static void add_one(const void *argument, int index) {
    const files_work *work = argument;
    const ssd_dataset *d = work->dataset;
    const size_t *from = work->offsets + index;
    ssd_context own = {0};
    bitmap picture;
    ssd_status status = image_decode(&own, work->bytes + from[0], from[1] - from[0], &picture);
    if (!status) {
        status = image_fit(&own, &picture, d->crop, d->filter, d->size, work->out + index * picture_bytes(d));
        bitmap_free(&picture);
    }
    work->statuses[index] = (int32_t)status;
    memcpy(d->sentences[index], own.error, sizeof own.error);
}

/* Closes the gaps that failures left. */
static void close_up(ssd_dataset *d, const int32_t *statuses, int count) {
    const int first = d->count;
    for (int i = 0; i < count; i++) {
        if (statuses[i] != SSD_OK)
            continue;
        if (d->count != first + i)
            memcpy(d->bytes + d->count * picture_bytes(d), d->bytes + (first + i) * picture_bytes(d), picture_bytes(d));
        d->count++;
    }
}

ssd_status ssd_dataset_add_files(ssd_dataset *dataset, const uint8_t *bytes, const size_t *offsets, int count,
                                 int32_t *statuses) {
    ssd_context *context = dataset->context;
    if (count < 0 || count > FILES_MOST)
        return context_fail(context, SSD_BAD_ARGUMENT, "%d files at once: the number must be from 0 to %d", count,
                            FILES_MOST);
    for (int i = 0; i < count; i++) {
        if (offsets[i] > offsets[i + 1])
            return context_fail(context, SSD_BAD_ARGUMENT, "the offset of file %d is beyond that of the next", i);
    }
    void *sentences = context_allocate(context, (size_t)count, sizeof *dataset->sentences);
    const ssd_status status = sentences ? reserve(dataset, count) : SSD_OUT_OF_MEMORY;
    if (status) {
        free(sentences);
        return status;
    }
    free(dataset->sentences);
    dataset->sentences = sentences;
    dataset->sentence_count = count;
    const files_work work = {dataset, bytes, offsets, statuses,
                             dataset->bytes + dataset->count * picture_bytes(dataset)};
    parallel_for(context->pool, count, add_one, &work);
    /* What found no memory beside the others may find it alone. */
    for (int i = 0; i < count; i++) {
        if (statuses[i] == SSD_OUT_OF_MEMORY)
            add_one(&work, i);
    }
    close_up(dataset, statuses, count);
    return SSD_OK;
}

const char *ssd_dataset_file_error(const ssd_dataset *dataset, int index) {
    return index < 0 || index >= dataset->sentence_count ? "" : dataset->sentences[index];
}

/* -------------------------------------------------------------------------------------- doodles --- */

typedef struct doodle_work {
    const ssd_dataset *dataset;
    uint8_t *out;
    double seed;
    int first;
} doodle_work;

static void draw_doodle(const void *argument, int index) {
    const doodle_work *work = argument;
    ssd_doodle_draw(work->seed, work->first + index, work->dataset->size,
                    work->out + index * picture_bytes(work->dataset));
}

ssd_status ssd_dataset_add_doodles(ssd_dataset *dataset, double seed, int first, int count) {
    if (count < 0 || count > DOODLES_MOST)
        return context_fail(dataset->context, SSD_BAD_ARGUMENT, "%d doodles: the number must be from 0 to %d", count,
                            DOODLES_MOST);
    if (first < 0 || first > INT_MAX - count)
        return context_fail(dataset->context, SSD_BAD_ARGUMENT, "doodles from number %d: it must be 0 or more", first);
    const ssd_status status = reserve(dataset, count);
    if (status)
        return status;
    const doodle_work work = {dataset, dataset->bytes + dataset->count * picture_bytes(dataset), seed, first};
    parallel_for(dataset->context->pool, count, draw_doodle, &work);
    dataset->count += count;
    return SSD_OK;
}

/* ------------------------------------------------------------------------------------ pictures --- */

int ssd_dataset_count(const ssd_dataset *dataset) { return dataset->count; }
int ssd_dataset_size(const ssd_dataset *dataset) { return dataset->size; }

const uint8_t *ssd_dataset_picture(const ssd_dataset *dataset, int index) {
    if (index < 0 || index >= dataset->count)
        return NULL;
    return dataset->bytes + index * picture_bytes(dataset);
}

ssd_status ssd_dataset_remove(ssd_dataset *dataset, int index) {
    if (index < 0 || index >= dataset->count)
        return context_fail(dataset->context, SSD_BAD_ARGUMENT, "there is no picture number %d", index);
    uint8_t *place = dataset->bytes + index * picture_bytes(dataset);
    memmove(place, place + picture_bytes(dataset), (size_t)(dataset->count - index - 1) * picture_bytes(dataset));
    dataset->count--;
    return SSD_OK;
}

/* FNV-1a over eight bytes at a time, folded to 53 bits. */
double ssd_dataset_fingerprint(const ssd_dataset *dataset) {
    uint64_t hash = 0xcbf29ce484222325ULL ^ ((uint64_t)dataset->size << 32 | (uint32_t)dataset->count);
    const size_t total = (size_t)dataset->count * picture_bytes(dataset);
    for (size_t i = 0; i < total; i += 8) {
        uint64_t word = 0;
        memcpy(&word, dataset->bytes + i, total - i < 8 ? total - i : 8);
        hash = (hash ^ word) * 0x100000001b3ULL;
        hash ^= hash >> 29;
    }
    return (double)((hash ^ hash >> 53) & ((1ULL << 53) - 1));
}

/* -------------------------------------------------------------------------------------- batches --- */

typedef struct batch_work {
    const ssd_dataset *dataset;
    const int *indices;
    const uint8_t *mirror;
    int count;
    float *out;
    float level[256]; /* of a byte: no division a pixel */
} batch_work;

/* One row of RGB into its rows of the three planes, `plane` floats apart; backwards where `step` is -3. */
static void spread_row(float *out, size_t plane, const uint8_t *pixel, int step, int size, const float *level) {
    for (int x = 0; x < size; x++, pixel += step) {
        out[x] = level[pixel[0]];
        out[plane + x] = level[pixel[1]];
        out[2 * plane + x] = level[pixel[2]];
    }
}

static void spread_picture(const void *argument, int n) {
    const batch_work *work = argument;
    const int size = work->dataset->size, flip = work->mirror && work->mirror[n];
    const size_t area = (size_t)size * size;
    const uint8_t *picture = work->dataset->bytes + work->indices[n] * picture_bytes(work->dataset);
    for (int y = 0; y < size; y++) {
        const uint8_t *row = picture + (size_t)y * size * 3;
        spread_row(work->out + n * area + (size_t)y * size, work->count * area,
                   flip ? row + (size_t)(size - 1) * 3 : row, flip ? -3 : 3, size, work->level);
    }
}

void dataset_batch(const ssd_dataset *dataset, const int *indices, const uint8_t *mirror, int count, float *out) {
    batch_work work = {dataset, indices, mirror, count, out, {0}};
    for (int i = 0; i < 256; i++)
        work.level[i] = (float)i / 127.5f - 1.0f;
    parallel_for(dataset->context->pool, count, spread_picture, &work);
}
