#include "file/checksum.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/helpers.h"

/* LANES x 8 bytes are a stripe. A file is read in pieces, of which only those that hold the digits are copied. */
enum { LANES = 4, STRIPE = 8 * LANES, PIECE = 256 * STRIPE };

static const uint64_t PRIMES[5] = {0x9e3779b185ebca87u, 0xc2b2ae3d27d4eb4fu, 0x165667b19e3779f9u, 0x85ebca77c2b2ae63u,
                                   0x27d4eb2f165667c5u};

static uint64_t rotate_left(uint64_t x, int bits) { return x << bits | x >> (64 - bits); }

/* Little-endian. */
static uint64_t word_at(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static uint64_t mix(uint64_t lane, uint64_t word) { return rotate_left(lane + word * PRIMES[1], 31) * PRIMES[0]; }

HOT static void take_stripes(uint64_t lanes[LANES], const uint8_t *bytes, size_t count) {
    uint64_t a = lanes[0], b = lanes[1], c = lanes[2], d = lanes[3];
    for (const uint8_t *end = bytes + count; bytes < end; bytes += STRIPE) {
        a = mix(a, word_at(bytes));
        b = mix(b, word_at(bytes + 8));
        c = mix(c, word_at(bytes + 16));
        d = mix(d, word_at(bytes + 24));
    }
    lanes[0] = a, lanes[1] = b, lanes[2] = c, lanes[3] = d;
}

/* What is left of a file behind the stripes. */
static uint64_t take_rest(uint64_t hash, const uint8_t *bytes, size_t count) {
    const uint8_t *end = bytes + count;
    for (; end - bytes >= 8; bytes += 8)
        hash = rotate_left(hash ^ mix(0, word_at(bytes)), 27) * PRIMES[0] + PRIMES[3];
    if (end - bytes >= 4) {
        uint32_t half;
        memcpy(&half, bytes, sizeof half);
        hash = rotate_left(hash ^ half * PRIMES[0], 23) * PRIMES[1] + PRIMES[2];
        bytes += 4;
    }
    for (; bytes < end; bytes++)
        hash = rotate_left(hash ^ *bytes * PRIMES[4], 11) * PRIMES[0];
    return hash;
}

/* The bytes from `at` on, or a copy of them with zeros for the digits that are among them. */
static const uint8_t *piece_at(const uint8_t *bytes, size_t at, size_t count, size_t digits, uint8_t copy[PIECE]) {
    if (at + count <= digits || (digits < at && at - digits >= CHECKSUM_DIGITS))
        return bytes + at;
    memcpy(copy, bytes + at, count);
    for (size_t i = 0; i < CHECKSUM_DIGITS; i++)
        if (digits + i >= at && digits + i < at + count)
            copy[digits + i - at] = '0';
    return copy;
}

uint64_t checksum(const uint8_t *bytes, size_t count, size_t digits) {
    uint64_t lanes[LANES] = {PRIMES[0] + PRIMES[1], PRIMES[1], 0, 0 - PRIMES[0]}, hash = PRIMES[4];
    uint8_t copy[PIECE];
    size_t at = 0;
    while (count - at >= STRIPE) {
        const size_t left = (count - at) / STRIPE * STRIPE, piece = left < PIECE ? left : PIECE;
        take_stripes(lanes, piece_at(bytes, at, piece, digits, copy), piece);
        at += piece;
    }
    if (count >= STRIPE) {
        hash =
            rotate_left(lanes[0], 1) + rotate_left(lanes[1], 7) + rotate_left(lanes[2], 12) + rotate_left(lanes[3], 18);
        for (int i = 0; i < LANES; i++)
            hash = (hash ^ mix(0, lanes[i])) * PRIMES[0] + PRIMES[3];
    }
    hash = take_rest(hash + count, piece_at(bytes, at, count - at, digits, copy), count - at);
    hash = (hash ^ hash >> 33) * PRIMES[1];
    hash = (hash ^ hash >> 29) * PRIMES[2];
    return hash ^ hash >> 32;
}

void checksum_text(char text[CHECKSUM_DIGITS + 1], const uint8_t *bytes, size_t count, size_t digits) {
    (void)snprintf(text, CHECKSUM_DIGITS + 1, "%016" PRIx64, checksum(bytes, count, digits));
}
