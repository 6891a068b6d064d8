#include "file/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "file/checksum.h"

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
    safetensors_write_metadata(writer, "checksum", zeros);
    if (writer && !writer->failed)
        writer->checksum_at = writer->metadata_used - sizeof zeros;
}

void safetensors_write(safetensors_writer *w, const char *name, safetensors_type type, int rank, const int *shape,
                       const void *data) {
    if (!w || w->failed)
        return;
    char piece[256];
    size_t bytes = (size_t)safetensors_type_bytes(type);
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
    if (w->count == w->capacity) {
        const int wanted = w->capacity ? 2 * w->capacity : 64;
        pending *larger = realloc(w->tensors, (size_t)wanted * sizeof *larger);
        if (!larger) {
            w->failed = 1;
            return;
        }
        w->tensors = larger;
        w->capacity = wanted;
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
