/* The kernels: pure functions on float arrays, each with a slow, obvious reference beside it. Letters: N batch,
 * C channels of the large image, K of the small one, H W height and width; images are channel-major, C x N x H x W.
 * Argument order: pool, outputs, inputs, sizes, options, scratch. */
#ifndef KERNELS_KERNELS_H
#define KERNELS_KERNELS_H

#include "kernels/conv.h"
#include "kernels/gemm.h"
#include "kernels/norm.h"
#include "kernels/vector.h"

#endif
