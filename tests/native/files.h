/* Safetensors files as a test wants them: with other metadata, and the checksum that fits. */
#ifndef FILES_H
#define FILES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file/checksum.h"

/* Where the text ends in the file; 0 where it does not have it. */
static inline size_t find_text(const uint8_t *bytes, size_t count, const char *text) {
    const size_t length = strlen(text);
    for (size_t at = 0; at + length <= count; at++)
        if (memcmp(bytes + at, text, length) == 0)
            return at + length;
    return 0;
}

static inline size_t find_checksum(const uint8_t *bytes, size_t count) {
    return find_text(bytes, count, "\"checksum\":\"");
}

static inline void put_checksum(uint8_t *bytes, size_t count) {
    const size_t at = find_checksum(bytes, count);
    char text[CHECKSUM_DIGITS + 1];
    if (!at || at + CHECKSUM_DIGITS > count)
        return;
    checksum_text(text, bytes, count, at);
    memcpy(bytes + at, text, CHECKSUM_DIGITS);
}

static inline size_t header_bytes(const uint8_t *bytes) {
    size_t length = 0;
    for (int i = 0; i < 8; i++)
        length += (size_t)bytes[i] << (8 * i);
    return length;
}

/* A copy (malloc) whose header has `text` instead of the bytes from..to-1 of the file. */
static inline uint8_t *with_text(const uint8_t *bytes, size_t count, size_t from, size_t to, const char *text,
                                 size_t *new_count) {
    const size_t header = header_bytes(bytes) + strlen(text) - (to - from);
    *new_count = count + strlen(text) - (to - from);
    uint8_t *copy = malloc(*new_count);
    for (int i = 0; i < 8; i++)
        copy[i] = (uint8_t)(header >> (8 * i));
    memcpy(copy + 8, bytes + 8, from - 8);
    memcpy(copy + from, text, strlen(text));
    memcpy(copy + from + strlen(text), bytes + to, count - to);
    put_checksum(copy, *new_count);
    return copy;
}

/* A copy in which the metadata say `value` of the key, which the file must have. */
static inline uint8_t *with_metadata(const uint8_t *bytes, size_t count, const char *key, const char *value,
                                     size_t *new_count) {
    char name[80];
    (void)snprintf(name, sizeof name, "\"%s\"", key);
    size_t from = find_text(bytes, count, name) + 1;
    while (bytes[from - 1] != '"') /* the value's, behind a colon and spaces */
        from++;
    size_t to = from;
    while (bytes[to] != '"')
        to++;
    return with_text(bytes, count, from, to, value, new_count);
}

/* A copy that has lost all metadata. */
static inline uint8_t *without_metadata(const uint8_t *bytes, size_t count, size_t *new_count) {
    const size_t from = find_text(bytes, count, "{\"__metadata__\":") - 15;
    size_t to = from;
    while (bytes[to - 1] != '}')
        to++;
    return with_text(bytes, count, from, bytes[to] == ',' ? to + 1 : to, "", new_count);
}

#endif
