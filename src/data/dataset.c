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
};

enum { SIZE_LEAST = 8, SIZE_MOST = 1024, FIRST_CAPACITY = 64, DOODLES_MOST = 1 << 20 };

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

/* Room for `more` further pictures: twice as many, or just what is needed where doubling is too much. */
static ssd_status reserve(ssd_dataset *d, int more) {
    const int64_t need = (int64_t)d->count + more;
    if (need <= d->capacity)
        return SSD_OK;
    int64_t capacity = d->capacity ? d->capacity : FIRST_CAPACITY;
    while (capacity < need)
        capacity *= 2;
    if (grow(d, capacity) || grow(d, need))
        return SSD_OK;
    return context_fail(d->context, SSD_OUT_OF_MEMORY,
                        "not enough memory for more than %d pictures; train with fewer or smaller ones", d->count);
}

static ssd_status append(ssd_dataset *d, image *picture) {
    ssd_status status = reserve(d, 1);
    if (!status)
        status = image_fit(d->context, picture, d->crop, d->filter, d->size, d->bytes + d->count * picture_bytes(d));
    if (!status)
        d->count++;
    image_free(picture);
    return status;
}

ssd_status ssd_dataset_add_file(ssd_dataset *dataset, const uint8_t *bytes, size_t byte_count) {
    image picture;
    const ssd_status status = image_decode(dataset->context, bytes, byte_count, &picture);
    return status ? status : append(dataset, &picture);
}

ssd_status ssd_dataset_add_rgba(ssd_dataset *dataset, const uint8_t *rgba, int width, int height) {
    image picture;
    const ssd_status status = image_from_rgba(dataset->context, rgba, width, height, &picture);
    return status ? status : append(dataset, &picture);
}

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

void dataset_batch(const ssd_dataset *dataset, const int *indices, const uint8_t *mirror, int count, float *out) {
    const int size = dataset->size;
    const size_t plane = (size_t)size * size;
    for (int n = 0; n < count; n++) {
        const uint8_t *picture = dataset->bytes + indices[n] * picture_bytes(dataset);
        const int flip = mirror && mirror[n];
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                const uint8_t *pixel = picture + ((size_t)y * size + (flip ? size - 1 - x : x)) * 3;
                for (int c = 0; c < 3; c++)
                    out[((size_t)c * count + n) * plane + (size_t)y * size + x] = (float)pixel[c] / 127.5f - 1.0f;
            }
        }
    }
}
