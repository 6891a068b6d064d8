/* A fast 64-bit checksum: XXH64 with seed 0 (Y. Collet, "xxHash fast digest algorithm", XXH64, version 0.1.1; `xxhsum
 * -H1` prints the same). It reads 8 bytes at a time in four lanes that do not wait for each other, and notices any
 * damage but one in 2^64. It is no signature: who wants to can make a file that fits it. */
#ifndef FILE_CHECKSUM_H
#define FILE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Hexadecimal digits of a checksum in text. */
enum { CHECKSUM_DIGITS = 16 };

/* The checksum of `count` bytes, of which the CHECKSUM_DIGITS from `digits` on count as the character 0: so a file can
 * hold its own checksum. `digits` of `count` or more: none do. */
uint64_t checksum(const uint8_t *bytes, size_t count, size_t digits);

/* The same as text. */
void checksum_text(char text[CHECKSUM_DIGITS + 1], const uint8_t *bytes, size_t count, size_t digits);

#endif
