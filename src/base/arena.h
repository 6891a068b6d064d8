/* One block of memory cut into arrays, laid out twice by the same code: first measured, then placed. So the need can
 * be asked before anything is created, and nothing is allocated later. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

typedef struct arena {
    float *base;     /* NULL while measuring */
    uint64_t floats; /* used so far: in WebAssembly more than a size_t holds, until the need is refused */
} arena;

/* Room for `count` floats, aligned to 16 bytes as the block is. NULL while measuring. */
static inline float *arena_floats(arena *a, uint64_t count) {
    float *place = a->base ? a->base + a->floats : NULL;
    a->floats += (count + 3) / 4 * 4;
    return place;
}

#endif
