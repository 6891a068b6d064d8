/* Small helpers that every layer uses. */
#ifndef BASE_HELPERS_H
#define BASE_HELPERS_H

#include <stddef.h>

/* A short function that stays a function of its own: V8 compiles a function quickly first and never replaces a running
 * one, so a long loop would stay slow for its whole life. */
#define HOT __attribute__((noinline))

static inline int min_int(int a, int b) { return a < b ? a : b; }
static inline int max_int(int a, int b) { return a > b ? a : b; }
static inline size_t max_size(size_t a, size_t b) { return a > b ? a : b; }

#endif
