/* Networks and trainers to and from safetensors. */
#ifndef TRAIN_CHECKPOINT_H
#define TRAIN_CHECKPOINT_H

#include "file/safetensors.h"
#include "nn/params.h"

/* Reads every tensor of the table from the file's tensor prefix + name. */
SSD_MUST_USE ssd_status checkpoint_read_network(ssd_context *context, const safetensors *file, const char *prefix,
                                                const param_table *table);

#endif
