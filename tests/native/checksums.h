/* The checksum of a checkpoint that a test has changed. */
#ifndef CHECKSUMS_H
#define CHECKSUMS_H

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "file/checksum.h"

/* Where the digits stand in the file; 0 where it has none. */
static inline size_t find_checksum(const uint8_t *bytes, size_t count) {
    static const char key[] = "\"checksum\":\"";
    const size_t length = sizeof key - 1;
    for (size_t at = 0; at + length + CHECKSUM_DIGITS <= count; at++)
        if (memcmp(bytes + at, key, length) == 0)
            return at + length;
    return 0;
}

static inline void put_checksum(uint8_t *bytes, size_t count) {
    const size_t at = find_checksum(bytes, count);
    if (!at)
        return;
    char text[CHECKSUM_DIGITS + 1];
    (void)snprintf(text, sizeof text, "%016" PRIx64, checksum(bytes, count, at));
    memcpy(bytes + at, text, CHECKSUM_DIGITS);
}

#endif
