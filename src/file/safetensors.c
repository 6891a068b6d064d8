#include "file/safetensors.h"

#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "file/checksum.h"
#include "file/json.h"

/* A checkpoint has some 500 tensors, a verify file of 1,000 steps some 200,000. */
enum { MAX_HEADER = 64 << 20, MAX_TENSORS = 300000, MAX_METADATA = 10000 };

typedef struct metadata_pair {
    const char *key, *value;
} metadata_pair;

struct safetensors {
    ssd_context *context;
    const uint8_t *bytes; /* the caller's */
    size_t byte_count;
    ssd_status status; /* why reading ended, where the header is not to blame */
    char *text;        /* all names and metadata, zero-terminated one after the other */
    safetensors_entry *entries;
    int entry_count, entry_capacity;
    const safetensors_entry **by_name; /* sorted, for the search */
    metadata_pair *metadata;
    int metadata_count, metadata_capacity;
};

void safetensors_close(safetensors *file) {
    if (!file)
        return;
    free(file->text);
    free(file->entries);
    free(file->by_name);
    free(file->metadata);
    free(file);
}

/* Room for one more item in a growing list of at most `most`; 0, with file->status, where there is none. */
static int grow(safetensors *file, void **list, int count, int *capacity, size_t size, int most) {
    if (count >= most) {
        file->status = context_fail(file->context, SSD_TOO_LARGE,
                                    "the safetensors file has more than %d entries of one kind, more than any model or "
                                    "checkpoint of this program",
                                    most);
        return 0;
    }
    if (count < *capacity)
        return 1;
    const int wanted = *capacity ? 2 * *capacity : 64;
    void *larger = realloc(*list, (size_t)wanted * size);
    if (!larger) {
        file->status = context_fail(file->context, SSD_OUT_OF_MEMORY, "not enough memory to read the file's header");
        return 0;
    }
    *list = larger;
    *capacity = wanted;
    return 1;
}

int safetensors_type_bytes(safetensors_type type) {
    return type == SAFETENSORS_F32 ? 4 : type == SAFETENSORS_F16 ? 2 : type == SAFETENSORS_I64 ? 8 : 0;
}

static safetensors_type type_named(const char *name) {
    if (strcmp(name, "F32") == 0)
        return SAFETENSORS_F32;
    if (strcmp(name, "F16") == 0)
        return SAFETENSORS_F16;
    return strcmp(name, "I64") == 0 ? SAFETENSORS_I64 : SAFETENSORS_OTHER;
}

/* A list of at most `most` whole numbers; their count, or -1. */
static int read_numbers(json *j, double *out, int most) {
    int count = 0;
    if (!json_take(j, '['))
        return -1;
    if (json_take(j, ']'))
        return 0;
    do {
        if (count == most || !json_number(j, &out[count]) || !(out[count] >= 0 && out[count] <= 9e15) || /* NaN too */
            out[count] != (double)(int64_t)out[count])
            return -1;
        count++;
    } while (json_take(j, ','));
    return json_take(j, ']') ? count : -1;
}

/* {"dtype": ..., "shape": ..., "data_offsets": ...} in any order, other keys skipped. */
static int read_entry(json *j, safetensors_entry *e, double offsets[2]) {
    int seen = 0;
    if (!json_take(j, '{'))
        return 0;
    do {
        const char *key = json_string(j);
        if (!key || !json_take(j, ':'))
            return 0;
        if (strcmp(key, "dtype") == 0) {
            const char *type = json_string(j);
            if (!type)
                return 0;
            e->type = type_named(type);
            seen |= 1;
        } else if (strcmp(key, "shape") == 0) {
            double shape[SAFETENSORS_RANK];
            e->rank = read_numbers(j, shape, SAFETENSORS_RANK);
            if (e->rank < 0)
                return 0;
            for (int i = 0; i < e->rank; i++)
                e->shape[i] = (int64_t)shape[i];
            seen |= 2;
        } else if (strcmp(key, "data_offsets") == 0) {
            if (read_numbers(j, offsets, 2) != 2)
                return 0;
            seen |= 4;
        } else if (!json_skip(j)) {
            return 0;
        }
    } while (json_take(j, ','));
    return json_take(j, '}') && seen == 7;
}

/* Count of elements and bounds of the data, without overflow. */
static int place_entry(safetensors_entry *e, const double offsets[2], const uint8_t *data, size_t data_bytes) {
    double count = 1;
    for (int i = 0; i < e->rank; i++)
        count *= (double)e->shape[i];
    if (offsets[0] > offsets[1] || offsets[1] > (double)data_bytes || count > (double)data_bytes)
        return 0;
    e->count = (size_t)count;
    e->data = data + (size_t)offsets[0];
    e->data_bytes = (size_t)(offsets[1] - offsets[0]);
    return e->type == SAFETENSORS_OTHER || e->data_bytes == (uint64_t)e->count * safetensors_type_bytes(e->type);
}

static int read_metadata(json *j, safetensors *file) {
    if (!json_take(j, '{'))
        return 0;
    if (json_take(j, '}'))
        return 1;
    do {
        const char *key = json_string(j);
        const char *value = key && json_take(j, ':') ? json_string(j) : NULL;
        if (!value || !grow(file, (void **)&file->metadata, file->metadata_count, &file->metadata_capacity,
                            sizeof *file->metadata, MAX_METADATA))
            return 0;
        file->metadata[file->metadata_count++] = (metadata_pair){key, value};
    } while (json_take(j, ','));
    return json_take(j, '}');
}

static int read_header(safetensors *file, json *j, const uint8_t *data, size_t data_bytes) {
    if (!json_take(j, '{'))
        return 0;
    if (json_take(j, '}'))
        return 1;
    do {
        const char *name = json_string(j);
        if (!name || !json_take(j, ':'))
            return 0;
        if (strcmp(name, "__metadata__") == 0) {
            if (!read_metadata(j, file))
                return 0;
            continue;
        }
        safetensors_entry e = {.name = name};
        double offsets[2];
        if (!read_entry(j, &e, offsets) || !place_entry(&e, offsets, data, data_bytes) ||
            !grow(file, (void **)&file->entries, file->entry_count, &file->entry_capacity, sizeof *file->entries,
                  MAX_TENSORS))
            return 0;
        file->entries[file->entry_count++] = e;
    } while (json_take(j, ','));
    return json_take(j, '}');
}

static int by_name(const void *a, const void *b) {
    return strcmp((*(const safetensors_entry *const *)a)->name, (*(const safetensors_entry *const *)b)->name);
}

/* Sorts the tensors for the search (one by one, 130,000 took 300 s); 0 where a name stands twice. */
static int sort_entries(safetensors *file) {
    file->by_name = context_allocate(file->context, (size_t)file->entry_count, sizeof *file->by_name);
    if (!file->by_name) {
        file->status = SSD_OUT_OF_MEMORY;
        return 0;
    }
    for (int i = 0; i < file->entry_count; i++)
        file->by_name[i] = &file->entries[i];
    qsort(file->by_name, (size_t)file->entry_count, sizeof *file->by_name, by_name);
    for (int i = 1; i < file->entry_count; i++)
        if (by_name(&file->by_name[i - 1], &file->by_name[i]) == 0)
            return 0;
    return 1;
}

ssd_status safetensors_open(ssd_context *context, const uint8_t *bytes, size_t byte_count, safetensors **file) {
    *file = NULL;
    uint64_t length = 0;
    for (int i = 0; i < 8 && byte_count >= 8; i++)
        length |= (uint64_t)bytes[i] << (8 * i);
    if (byte_count < 10 || length < 2 || length > MAX_HEADER || bytes[8] != '{')
        return context_fail(context, SSD_BAD_FILE, "not a safetensors file");
    if (length > byte_count - 8)
        return context_fail(context, SSD_BAD_FILE, "the safetensors file is cut off in its header");
    safetensors *f = context_allocate(context, 1, sizeof *f);
    char *text = context_allocate(context, (size_t)length + 1, 1);
    if (!f || !text) {
        free(f);
        free(text);
        return SSD_OUT_OF_MEMORY;
    }
    f->context = context;
    f->bytes = bytes;
    f->byte_count = byte_count;
    f->text = text;
    memcpy(text, bytes + 8, (size_t)length);
    json j = {text, text + length};
    if (!read_header(f, &j, bytes + 8 + length, byte_count - 8 - (size_t)length) || !json_at_end(&j) ||
        !sort_entries(f)) {
        const ssd_status status = f->status;
        safetensors_close(f);
        return status ? status
                      : context_fail(context, SSD_BAD_FILE, "the safetensors file is cut off or its header is damaged");
    }
    *file = f;
    return SSD_OK;
}

int safetensors_count(const safetensors *file) { return file->entry_count; }
const safetensors_entry *safetensors_at(const safetensors *file, int index) { return &file->entries[index]; }

const safetensors_entry *safetensors_find(const safetensors *file, const char *name) {
    int from = 0, to = file->entry_count;
    while (from < to) {
        const int middle = from + (to - from) / 2, order = strcmp(file->by_name[middle]->name, name);
        if (order == 0)
            return file->by_name[middle];
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}

const char *safetensors_metadata(const safetensors *file, const char *key) {
    for (int i = 0; i < file->metadata_count; i++)
        if (strcmp(file->metadata[i].key, key) == 0)
            return file->metadata[i].value;
    return NULL;
}

int safetensors_is_whole(const safetensors *file) {
    const char *text = safetensors_metadata(file, "checksum");
    if (!text)
        return 1;
    if (strlen(text) != CHECKSUM_DIGITS)
        return 0;
    char wanted[CHECKSUM_DIGITS + 1];
    checksum_text(wanted, file->bytes, file->byte_count,
                  8 + (size_t)(text - file->text)); /* it stands where it stood */
    return strcmp(text, wanted) == 0;
}

static float half_to_float(unsigned half) {
    const unsigned sign = half >> 15, exponent = half >> 10 & 31, fraction = half & 1023;
    uint32_t bits;
    if (exponent == 0) { /* zero and subnormals: fraction * 2^-24 */
        const float small = (float)fraction * 0x1p-24f;
        return sign ? -small : small;
    }
    bits = sign << 31 | (exponent == 31 ? 255U : exponent + 112) << 23 | fraction << 13;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

ssd_status safetensors_read(ssd_context *context, const safetensors_entry *entry, float *out, size_t count) {
    if (entry->count != count)
        return context_fail(context, SSD_BAD_FILE, "tensor \"%.200s\" has %zu numbers, but should have %zu",
                            entry->name, entry->count, count);
    if (entry->type == SAFETENSORS_F32) {
        memcpy(out, entry->data, count * sizeof *out);
    } else if (entry->type == SAFETENSORS_F16) {
        for (size_t i = 0; i < count; i++)
            out[i] = half_to_float(entry->data[2 * i] | (unsigned)entry->data[2 * i + 1] << 8);
    } else {
        return context_fail(context, SSD_BAD_FILE, "tensor \"%.200s\" is neither float32 nor float16", entry->name);
    }
    return SSD_OK;
}
