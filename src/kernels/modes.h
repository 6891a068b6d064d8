/* The two choices that backward and forward passes are asked to make, in one vocabulary for kernels, layers and
 * networks. */
#ifndef KERNELS_MODES_H
#define KERNELS_MODES_H

/* What happens to a gradient's memory: left alone, overwritten, or added to. */
typedef enum grad_mode { GRAD_NONE, GRAD_SET, GRAD_ADD } grad_mode;

/* Which statistics batch norm uses: the running ones (evaluation); the batch's, with the running ones updated
 * (training); or the batch's, with the running ones left as they are (a forward pass done again). */
typedef enum stats_mode { STATS_RUNNING, STATS_BATCH, STATS_BATCH_FROZEN } stats_mode;

#endif
