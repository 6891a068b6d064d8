/* Pictures as bytes, size x size x 3 each, in one growing block; what the trainer needs beyond the public calls. */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include "ssdgan.h"

/* Writes pictures `indices[0..count-1]` as floats, byte / 127.5 - 1, channel-major: 3 x count x size x size. A picture
 * whose `mirror` is 1 is flipped left to right; mirror may be NULL. */
void dataset_batch(const ssd_dataset *dataset, const int *indices, const uint8_t *mirror, int count, float *out);

#endif
