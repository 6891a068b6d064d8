#include "file/safetensors.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "file/checksum.h"
#include "file/json.h"

enum { MAX_HEADER = 64 << 20, MAX_TENSORS = 100000 };

static const char CHECKSUM_KEY[] = "checksum";

typedef struct metadata_pair {
    const char *key, *value;
} metadata_pair;

struct safetensors {
    const uint8_t *bytes; /* the caller's */
    size_t byte_count;
    char *text; /* all names and metadata, zero-terminated one after the other */
    safetensors_entry *entries;
    int entry_count, entry_capacity;
    metadata_pair *metadata;
    int metadata_count, metadata_capacity;
};

/* ---------------------------------------------------------------------------------------- read --- */

void safetensors_close(safetensors *file) {
    if (!file)
        return;
    free(file->text);
    free(file->entries);
    free(file->metadata);
    free(file);
}

/* Room for one more item in a growing list; 0 without memory. */
static int grow(void **list, int count, int *capacity, size_t size) {
    if (count < *capacity)
        return 1;
    const int wanted = *capacity ? 2 * *capacity : 64;
    void *larger = wanted <= 2 * MAX_TENSORS ? realloc(*list, (size_t)wanted * size) : NULL;
    if (!larger)
        return 0;
    *list = larger;
    *capacity = wanted;
    return 1;
}

static int type_bytes(safetensors_type type) {
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
    return e->type == SAFETENSORS_OTHER || e->data_bytes == e->count * (size_t)type_bytes(e->type);
}

static int read_metadata(json *j, safetensors *file) {
    if (!json_take(j, '{'))
        return 0;
    if (json_take(j, '}'))
        return 1;
    do {
        const char *key = json_string(j);
        const char *value = key && json_take(j, ':') ? json_string(j) : NULL;
        if (!value ||
            !grow((void **)&file->metadata, file->metadata_count, &file->metadata_capacity, sizeof *file->metadata))
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
        if (safetensors_find(file, name) || !read_entry(j, &e, offsets) ||
            !place_entry(&e, offsets, data, data_bytes) ||
            !grow((void **)&file->entries, file->entry_count, &file->entry_capacity, sizeof *file->entries))
            return 0;
        file->entries[file->entry_count++] = e;
    } while (json_take(j, ','));
    return json_take(j, '}');
}

ssd_status safetensors_open(ssd_context *context, const uint8_t *bytes, size_t byte_count, safetensors **file) {
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
    f->bytes = bytes;
    f->byte_count = byte_count;
    f->text = text;
    memcpy(text, bytes + 8, (size_t)length);
    json j = {text, text + length};
    if (!read_header(f, &j, bytes + 8 + length, byte_count - 8 - (size_t)length) || !json_at_end(&j)) {
        safetensors_close(f);
        return context_fail(context, SSD_BAD_FILE, "the safetensors file is cut off or its header is damaged");
    }
    *file = f;
    return SSD_OK;
}

int safetensors_count(const safetensors *file) { return file->entry_count; }
const safetensors_entry *safetensors_at(const safetensors *file, int index) { return &file->entries[index]; }

const safetensors_entry *safetensors_find(const safetensors *file, const char *name) {
    for (int i = 0; i < file->entry_count; i++)
        if (strcmp(file->entries[i].name, name) == 0)
            return &file->entries[i];
    return NULL;
}

const char *safetensors_metadata(const safetensors *file, const char *key) {
    for (int i = 0; i < file->metadata_count; i++)
        if (strcmp(file->metadata[i].key, key) == 0)
            return file->metadata[i].value;
    return NULL;
}

static void checksum_text(char text[CHECKSUM_DIGITS + 1], const uint8_t *bytes, size_t byte_count, size_t digits) {
    (void)snprintf(text, CHECKSUM_DIGITS + 1, "%016" PRIx64, checksum(bytes, byte_count, digits));
}

int safetensors_is_whole(const safetensors *file) {
    const char *text = safetensors_metadata(file, CHECKSUM_KEY);
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

/* --------------------------------------------------------------------------------------- write --- */

typedef struct pending {
    const void *data;
    size_t bytes;
} pending;

struct safetensors_writer {
    char *metadata, *header; /* JSON so far, without braces */
    size_t metadata_used, metadata_capacity, header_used, header_capacity;
    pending *tensors;
    int count, capacity;
    size_t data_bytes;
    size_t checksum_at; /* where its digits stand in `metadata`; 0: none */
    int failed;
};

safetensors_writer *safetensors_writer_create(void) { return calloc(1, sizeof(safetensors_writer)); }

static void append(safetensors_writer *w, char **text, size_t *used, size_t *capacity, const char *more) {
    const size_t length = strlen(more);
    if (*used + length + 1 > *capacity) {
        const size_t wanted = 2 * (*used + length) + 1024;
        char *larger = realloc(*text, wanted);
        if (!larger) {
            w->failed = 1;
            return;
        }
        *text = larger;
        *capacity = wanted;
    }
    memcpy(*text + *used, more, length + 1);
    *used += length;
}

static void append_header(safetensors_writer *w, const char *more) {
    append(w, &w->header, &w->header_used, &w->header_capacity, more);
}

static void append_quoted(safetensors_writer *w, const char *value) {
    char piece[8];
    append(w, &w->metadata, &w->metadata_used, &w->metadata_capacity, "\"");
    for (const char *c = value; *c; c++) {
        const int plain = (unsigned char)*c >= 32 && *c != '"' && *c != '\\';
        (void)snprintf(piece, sizeof piece, plain ? "%c" : "\\u%04x", plain ? *c : (unsigned char)*c);
        append(w, &w->metadata, &w->metadata_used, &w->metadata_capacity, piece);
    }
    append(w, &w->metadata, &w->metadata_used, &w->metadata_capacity, "\"");
}

void safetensors_write_metadata(safetensors_writer *writer, const char *key, const char *value) {
    if (!writer || writer->failed)
        return;
    append(writer, &writer->metadata, &writer->metadata_used, &writer->metadata_capacity,
           writer->metadata_used ? "," : "");
    append_quoted(writer, key);
    append(writer, &writer->metadata, &writer->metadata_used, &writer->metadata_capacity, ":");
    append_quoted(writer, value);
}

void safetensors_write_checksum(safetensors_writer *writer) {
    static const char zeros[] = "0000000000000000";
    safetensors_write_metadata(writer, CHECKSUM_KEY, zeros);
    if (writer && !writer->failed)
        writer->checksum_at = writer->metadata_used - sizeof zeros;
}

void safetensors_write(safetensors_writer *w, const char *name, safetensors_type type, int rank, const int *shape,
                       const void *data) {
    if (!w || w->failed)
        return;
    char piece[256];
    size_t bytes = (size_t)type_bytes(type);
    (void)snprintf(piece, sizeof piece, "%s\"%.100s\":{\"dtype\":\"%s\",\"shape\":[", w->count ? "," : "", name,
                   type == SAFETENSORS_I64   ? "I64"
                   : type == SAFETENSORS_F16 ? "F16"
                                             : "F32");
    append_header(w, piece);
    for (int i = 0; i < rank; i++) {
        (void)snprintf(piece, sizeof piece, "%s%d", i ? "," : "", shape[i]);
        append_header(w, piece);
        bytes *= (size_t)shape[i];
    }
    (void)snprintf(piece, sizeof piece, "],\"data_offsets\":[%zu,%zu]}", w->data_bytes, w->data_bytes + bytes);
    append_header(w, piece);
    if (w->failed || !grow((void **)&w->tensors, w->count, &w->capacity, sizeof *w->tensors)) {
        w->failed = 1;
        return;
    }
    w->tensors[w->count++] = (pending){data, bytes};
    w->data_bytes += bytes;
}

ssd_status safetensors_writer_finish(ssd_context *context, safetensors_writer *w, uint8_t **bytes, size_t *byte_count) {
    if (!w)
        return context_fail(context, SSD_OUT_OF_MEMORY, "not enough memory to save");
    static const char open[] = "{\"__metadata__\":{", middle[] = "}", comma[] = ",", close[] = "}";
    const size_t json_bytes =
        sizeof open - 1 + w->metadata_used + sizeof middle - 1 + (w->count ? 1 : 0) + w->header_used + sizeof close - 1;
    const size_t length = (json_bytes + 7) / 8 * 8, total = 8 + length + w->data_bytes;
    uint8_t *buffer = w->failed ? NULL : context_allocate(context, total, 1);
    if (buffer) {
        for (int i = 0; i < 8; i++)
            buffer[i] = (uint8_t)((uint64_t)length >> (8 * i));
        char *at = (char *)buffer + 8;
        memset(at, ' ', length);
        memcpy(at, open, sizeof open - 1), at += sizeof open - 1;
        memcpy(at, w->metadata ? w->metadata : "", w->metadata_used), at += w->metadata_used;
        memcpy(at, middle, 1), at += 1;
        if (w->count)
            memcpy(at, comma, 1), at += 1;
        memcpy(at, w->header ? w->header : "", w->header_used), at += w->header_used;
        memcpy(at, close, 1);
        uint8_t *data = buffer + 8 + length;
        for (int i = 0; i < w->count; i++) {
            memcpy(data, w->tensors[i].data, w->tensors[i].bytes);
            data += w->tensors[i].bytes;
        }
        if (w->checksum_at) {
            const size_t digits = 8 + sizeof open - 1 + w->checksum_at;
            char text[CHECKSUM_DIGITS + 1];
            checksum_text(text, buffer, total, digits);
            memcpy(buffer + digits, text, CHECKSUM_DIGITS);
        }
        *bytes = buffer;
        *byte_count = total;
    }
    free(w->metadata);
    free(w->header);
    free(w->tensors);
    free(w);
    return buffer ? SSD_OK : context_fail(context, SSD_OUT_OF_MEMORY, "not enough memory to save");
}
