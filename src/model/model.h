/* The public generator handle: a generator that only generates, its own or a trainer's. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "base/context.h"
#include "model/generator.h"

/* Pictures generated at once: enough to fill the vector tiles of the smallest map (16 pixels a picture), small enough
 * for a phone. */
enum { MODEL_BATCH = 16 };

struct ssd_generator {
    ssd_context *context;
    generator *net; /* a trainer's, or &own */
    generator own;
    float *block; /* memory of `own`, NULL for a trainer's view */
    float *scratch;
    float *typical_w;  /* L floats, of the typical face (truncation.h) */
    int typical_known; /* 0: must be found before use; a trainer resets it with each step */
};

/* A generator of this architecture with unset weights, for a loader to fill. */
SSD_MUST_USE ssd_status model_create(ssd_context *context, const architecture *arch, ssd_generator **model);

/* The failure of what needs styles. */
SSD_MUST_USE ssd_status model_has_no_styles(const ssd_generator *generator);

#endif
