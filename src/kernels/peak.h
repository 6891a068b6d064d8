/* The peak that figures are quoted against. */
#ifndef KERNELS_PEAK_H
#define KERNELS_PEAK_H

#include "base/parallel.h"

/* Runs `rounds` rounds on each thread; returns the floating point operations done in all. */
double peak_probe(parallel_pool *pool, int rounds);

#endif
