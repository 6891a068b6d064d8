/* One block of memory cut into arrays, laid out twice by the same code: first measured, then placed. So the need can
 * be asked before anything is created, and nothing is allocated later. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

typedef struct arena {
    float *base;   /* NULL while measuring */
    size_t floats; /* used so far */
} arena;

/* Room for `count` floats, aligned to 16 bytes as the block is. NULL while measuring. */
static inline float *arena_floats(arena *a, size_t count) {
    float *place = a->base ? a->base + a->floats : NULL;
    a->floats += (count + 3) / 4 * 4;
    return place;
}

#endif
