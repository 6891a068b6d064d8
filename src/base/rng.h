/* Seeded random numbers: xoshiro256++ (Blackman & Vigna 2019), seeded through splitmix64. The state is plain data
 * and goes into the checkpoint. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdint.h>

typedef struct rng {
    uint64_t state[4];
} rng;

/* Every stream of random numbers; the values are part of the results. */
enum {
    STREAM_LATENTS = 1, /* z of a seed */
    STREAM_MEAN = 2,    /* z for the mean of w */
    STREAM_FIXED_NOISE = 3,
    STREAM_PROJECTION = 3, /* shares its number with the fixed noise, whose seed is a constant */
    STREAM_INITIAL = 11,   /* initial parameters */
    STREAM_STEPS = 12,     /* all that a training step draws */
    STREAM_VALIDATION = 13,
    STREAM_ORDER = 1000,          /* + epoch: the order of the pictures */
    STREAM_DIRECTIONS = 0x646972, /* + level of the pyramid */
    STREAM_SUBSETS = 0x6b6964,    /* of the kernel distance */
    STREAM_PATCHES = 0x737764,    /* of the sliced Wasserstein distance */
    STREAM_FEATURES = 0x66656174  /* weights of random-conv */
};
/* + index of the doodle; larger than an enum's int. */
#define STREAM_DOODLES 0x646f6f646cULL

/* Different (seed, stream) pairs give independent sequences. */
void rng_seed(rng *generator, uint64_t seed, uint64_t stream);
uint64_t rng_next(rng *generator);

/* Uniform in [0, 1), 53 bits. */
double rng_uniform(rng *generator);

/* Uniform whole number in 0 .. bound-1; bound at least 1. */
uint32_t rng_below(rng *generator, uint32_t bound);

/* Reads the state back from four numbers of 16 hexadecimal digits with commas between; 0, and the generator undefined,
 * where they are not there or are all zero, from which only zeros follow. (Without sscanf and its 5 KB of the
 * module.) */
int rng_from_text(rng *generator, const char *text);

/* `count` standard normals (Box-Muller, pairs; an odd count throws the last twin away). */
void rng_normal(rng *generator, float *out, int count);

#endif
