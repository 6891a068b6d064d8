/* Seeded random numbers: xoshiro256++ (Blackman & Vigna 2019), seeded through splitmix64. The state is plain data
 * and goes into the checkpoint. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdint.h>

typedef struct rng {
    uint64_t state[4];
} rng;

/* Different (seed, stream) pairs give independent sequences. */
void rng_seed(rng *generator, uint64_t seed, uint64_t stream);
uint64_t rng_next(rng *generator);

/* Uniform in [0, 1), 53 bits. */
double rng_uniform(rng *generator);

/* Uniform whole number in 0 .. bound-1; bound at least 1. */
uint32_t rng_below(rng *generator, uint32_t bound);

/* Reads the state back from four hexadecimal numbers with commas between; 0, and the generator
 * undefined, where they are not there. (Without sscanf and its 5 KB of the module.) */
int rng_from_text(rng *generator, const char *text);

/* `count` standard normals (Box-Muller, pairs; an odd count throws the last twin away). */
void rng_normal(rng *generator, float *out, int count);

#endif
