#include "eval/pyramid.h"

#include <string.h>

int pyramid_levels(int size) {
    int levels = size >= PYRAMID_LEAST;
    for (; size >= 2 * PYRAMID_LEAST && size % 2 == 0; size /= 2)
        levels++;
    return levels;
}

size_t pyramid_scratch_floats(int size) { return 3 * (size_t)size * size; }

static int mirror(int i, int n) { return i < 0 ? -i : i >= n ? 2 * n - 2 - i : i; }

static const float TAPS[5] = {1 / 16.0f, 4 / 16.0f, 6 / 16.0f, 4 / 16.0f, 1 / 16.0f};

/* Filters along one direction and keeps every second: n -> n / 2, `lines` lines. */
static void halve(float *out, const float *in, int lines, int n, ptrdiff_t line, ptrdiff_t step, ptrdiff_t out_line,
                  ptrdiff_t out_step) {
    for (int l = 0; l < lines; l++)
        for (int i = 0; i < n / 2; i++) {
            float sum = 0;
            for (int t = 0; t < 5; t++)
                sum += TAPS[t] * in[l * line + mirror(2 * i + t - 2, n) * step];
            out[l * out_line + i * out_step] = sum;
        }
}

/* Zeros between, filter, times 2: n -> 2 n. */
static void twice(float *out, const float *in, int lines, int n, ptrdiff_t line, ptrdiff_t step, ptrdiff_t out_line,
                  ptrdiff_t out_step) {
    for (int l = 0; l < lines; l++)
        for (int i = 0; i < 2 * n; i++) {
            float sum = 0;
            for (int t = i % 2; t < 5; t += 2)
                sum += 2 * TAPS[t] * in[l * line + mirror(i + t - 2, 2 * n) / 2 * step];
            out[l * out_line + i * out_step] = sum;
        }
}

/* The next level of a plane, s x s -> s/2 x s/2; room for s x s/2. */
static void down(float *out, const float *in, int s, float *room) {
    halve(room, in, s, s, s, 1, s / 2, 1);
    halve(out, room, s / 2, s, 1, s / 2, 1, s / 2);
}

/* One level up, s x s -> 2s x 2s; room for s x 2s. */
static void up(float *out, const float *in, int s, float *room) {
    twice(room, in, s, s, s, 1, 2 * (ptrdiff_t)s, 1);
    twice(out, room, 2 * s, s, 1, 2 * (ptrdiff_t)s, 1, 2 * (ptrdiff_t)s);
}

void pyramid_level(float *out, const uint8_t *picture, int size, int level, float *scratch) {
    const size_t plane = (size_t)size * size;
    float *small = scratch, *room = scratch + plane, *large = scratch + 2 * plane;
    const int s = size >> level;
    for (int c = 0; c < 3; c++) {
        for (size_t i = 0; i < plane; i++)
            large[i] = picture[3 * i + (size_t)c];
        for (int l = 0; l < level; l++) {
            down(small, large, size >> l, room);
            memcpy(large, small, sizeof(float) * (plane >> (2 * l + 2)));
        }
        float *to = out + (size_t)c * s * s;
        memcpy(to, large, sizeof(float) * (size_t)s * s);
        if (level + 1 == pyramid_levels(size))
            continue;
        down(small, large, s, room);
        up(large, small, s / 2, room);
        for (int i = 0; i < s * s; i++)
            to[i] -= large[i];
    }
}
