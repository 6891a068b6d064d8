/* The public functions that belong to no other file. */
#include "base/context.h"
#include "kernels/peak.h"

double ssd_peak_probe(ssd_context *context, int rounds) { return peak_probe(context->pool, rounds); }
