/* One training step (docs/method.md, section 3): a G update, then a D update. */
#ifndef TRAIN_STEP_H
#define TRAIN_STEP_H

#include "train/state.h"

/* The step itself, on the batch in t->z, t->real and t->shifts; leaves the losses, and both gradients in their
 * blocks. Counters move by one. SSD_NOT_FINITE when a loss is not finite. */
SSD_MUST_USE ssd_status trainer_step_on_batch(ssd_trainer *t);

/* Generates the pictures of t->z, into t->g.image. */
void trainer_generate(ssd_trainer *t);

#endif
