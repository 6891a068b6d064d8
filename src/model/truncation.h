/* From z to w, with truncation (docs/method.md, section 1): w moves towards the typical w, whose picture is the typical
 * face. The public functions are in ssdgan.h. */
#ifndef MODEL_TRUNCATION_H
#define MODEL_TRUNCATION_H

#include "model/model.h"

/* The mean of 10,000 mapped latents, L floats; 0 where w is z. */
SSD_MUST_USE ssd_status truncation_mean(ssd_generator *model, float *mean);

#endif
