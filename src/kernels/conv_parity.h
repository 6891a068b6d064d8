/* Which weights make which output pixel of the transposed convolution: a pixel (2a + py, 2b + px) is reached from dy at
 * (a + shift) by two taps in each direction.
 * Parity 0: tap 1 with shift 0, tap 3 with shift -1; parity 1: tap 0 with shift 1, tap 2 with shift 0. */
#ifndef KERNELS_CONV_PARITY_H
#define KERNELS_CONV_PARITY_H

static const int PARITY_TAP[2][2] = {{1, 3}, {0, 2}};
static const int PARITY_SHIFT[2][2] = {{0, -1}, {1, 0}};

#endif
