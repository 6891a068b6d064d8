/* Which pictures are held out, the order of the others, and the next batch. */
#ifndef TRAIN_BATCH_H
#define TRAIN_BATCH_H

#include "train/state.h"

/* Whole batches of an epoch; 0 before the trainer has its pictures. */
int trainer_steps_per_epoch(const ssd_trainer *t);

/* Fills t->real, t->z, t->noise, t->crossover and t->shifts for the next step. */
void trainer_fill_batch(ssd_trainer *t);

/* Counts a step of the epoch; after the last one a new epoch begins, in an order of its own. */
void trainer_advance(ssd_trainer *t);

#endif
