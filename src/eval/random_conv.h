/* "random-conv-1": 512 numbers of a picture, from a fixed random convolutional network. Not Inception, and a distance
 * of these is not an FID. (Naeem et al. 2020 show that random embeddings judge where ImageNet's do not fit.)
 *
 * Four layers of the 4x4 stride-2 convolution of kernels/conv.h with 32, 64, 64, 96 filters, each followed by LeakyReLU
 * (slope 0.2) and pixel normalisation x / sqrt(mean over channels of x^2 + 0.01). Of every channel of every layer, the
 * mean over all positions and the deviation sqrt(variance + 1e-6): 2 x 256 numbers, layer by layer, means first.
 * Weights: standard normals from rng_seed(1, 0x66656174), layer by layer in the order K, C, ky, kx; in the second half
 * of a layer's filters the mean over the 16 taps of each input channel is taken off; then each filter has norm 1.
 * Pictures below 64 pixels are enlarged by repeating pixels (16 and 32); others must be multiples of 64.
 *
 * Widths, normalisation and pooling were chosen on drawn faces: pixel normalisation tames what is far off (noise, an
 * untrained generator) by two orders of magnitude, filters without mean and the deviations make blur and noise tell. */
#ifndef EVAL_RANDOM_CONV_H
#define EVAL_RANDOM_CONV_H

#include <stdint.h>

#include "base/context.h"

enum { RANDOM_CONV_FEATURES = 512 };

/* 1 where pictures of this size can be read. */
int random_conv_fits(int size);

/* features (count x 512) of pictures (count x size x size x 3 bytes); 31 MFLOP a picture at 64 pixels. */
SSD_MUST_USE ssd_status random_conv_features(ssd_context *context, float *features, const uint8_t *pictures, int count,
                                             int size);

#endif
