#include "base/rng.h"

#include <math.h>

static uint64_t rotate_left(uint64_t x, int bits) { return (x << bits) | (x >> (64 - bits)); }

static uint64_t splitmix(uint64_t *x) {
    uint64_t z = (*x += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

void rng_seed(rng *generator, uint64_t seed, uint64_t stream) {
    uint64_t x = seed;
    x = splitmix(&x) ^ (stream * 0xd1342543de82ef95ULL);
    for (int i = 0; i < 4; i++)
        generator->state[i] = splitmix(&x);
}

uint64_t rng_next(rng *generator) {
    uint64_t *s = generator->state;
    const uint64_t result = rotate_left(s[0] + s[3], 23) + s[0];
    const uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

double rng_uniform(rng *generator) { return (double)(rng_next(generator) >> 11) * 0x1p-53; }

uint32_t rng_below(rng *generator, uint32_t bound) {
    /* Multiply-shift on 32 high bits; the bias is below bound / 2^32. */
    return (uint32_t)(((rng_next(generator) >> 32) * bound) >> 32);
}

void rng_normal(rng *generator, float *out, int count) {
    for (int i = 0; i < count; i += 2) {
        const double radius = sqrt(-2.0 * log(1.0 - rng_uniform(generator)));
        const double angle = 6.283185307179586 * rng_uniform(generator);
        out[i] = (float)(radius * cos(angle));
        if (i + 1 < count)
            out[i + 1] = (float)(radius * sin(angle));
    }
}

int rng_from_text(rng *generator, const char *text) {
    uint64_t any = 0;
    for (int i = 0; text && i < 4; i++) {
        uint64_t word = 0;
        for (int digit = 0; digit < 16; digit++, text++) {
            const int value = *text >= '0' && *text <= '9'   ? *text - '0'
                              : *text >= 'a' && *text <= 'f' ? *text - 'a' + 10
                                                             : -1;
            if (value < 0)
                return 0;
            word = word << 4 | (uint64_t)value;
        }
        if (*text != (i < 3 ? ',' : 0))
            return 0;
        text += i < 3;
        generator->state[i] = word;
        any |= word;
    }
    return any != 0;
}
