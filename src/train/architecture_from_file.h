/* What a file's tensors say about the networks, and its metadata about all else. */
#ifndef TRAIN_ARCHITECTURE_FROM_FILE_H
#define TRAIN_ARCHITECTURE_FROM_FILE_H

#include "file/safetensors.h"
#include "model/architecture.h"

/* Sizes of both networks from the shapes of the tensors in a file; of the generator alone where no discriminator is
 * there (its channels then mirror the generator's). *prefix is "generator." or "", as the generator's names have it. */
SSD_MUST_USE ssd_status checkpoint_architecture(ssd_context *context, const safetensors *file, architecture *arch,
                                                const char **prefix);

/* The same, and the configuration: from the metadata, and from the tensors where that says nothing. SSD_BAD_FILE where
 * the two disagree. */
SSD_MUST_USE ssd_status checkpoint_read_settings(ssd_context *context, const safetensors *file, ssd_config *config,
                                                 architecture *arch, const char **prefix);

/* 1 where the file has a network of this prefix: "generator.", "average.", "discriminator.", or "". */
int checkpoint_has(const safetensors *file, const char *network);

#endif
