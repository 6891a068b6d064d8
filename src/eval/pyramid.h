/* The Laplacian pyramid (Burt & Adelson 1983) as the sliced Wasserstein distance uses it (Karras et al. 2018): Gaussian
 * 1 4 6 4 1 / 16 in both directions, edges mirrored without repeating them; the last level is what is left. */
#ifndef EVAL_PYRAMID_H
#define EVAL_PYRAMID_H

#include <stddef.h>
#include <stdint.h>

enum { PYRAMID_LEAST = 16 };

/* Levels of pictures of this size, halved down to 16 (64: 64, 32, 16); 0 for sizes that are no multiple of 16. */
int pyramid_levels(int size);

size_t pyramid_scratch_floats(int size);

/* out: level `level` of the picture (size x size x 3 bytes), 3 x s x s with s = size >> level. */
void pyramid_level(float *out, const uint8_t *picture, int size, int level, float *scratch);

#endif
