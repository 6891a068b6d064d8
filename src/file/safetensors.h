/* The safetensors format: 8 bytes of little-endian header length, a JSON header {"name": {"dtype", "shape",
 * "data_offsets": [from, to]}, ..., "__metadata__": {string: string}}, then the data, little-endian and row-major. */
#ifndef FILE_SAFETENSORS_H
#define FILE_SAFETENSORS_H

#include "ssdgan.h"

enum { SAFETENSORS_RANK = 8 };

typedef enum safetensors_type { SAFETENSORS_F32, SAFETENSORS_F16, SAFETENSORS_I64, SAFETENSORS_OTHER } safetensors_type;

/* Bytes of a number; 0 of SAFETENSORS_OTHER. */
int safetensors_type_bytes(safetensors_type type);

typedef struct safetensors_entry {
    const char *name;
    safetensors_type type;
    int rank;
    int64_t shape[SAFETENSORS_RANK];
    size_t count;        /* elements */
    const uint8_t *data; /* in the caller's bytes; any alignment */
    size_t data_bytes;
} safetensors_entry;

typedef struct safetensors safetensors;

/* Reads the header of `bytes`, which are borrowed until close. SSD_BAD_FILE for anything that does not hold: lengths
 * beyond the file, sizes that disagree with shapes, repeated names, broken JSON. SSD_TOO_LARGE for more than 300,000
 * tensors. *file is NULL then, which close allows. */
SSD_MUST_USE ssd_status safetensors_open(ssd_context *context, const uint8_t *bytes, size_t byte_count,
                                         safetensors **file);
void safetensors_close(safetensors *file);

int safetensors_count(const safetensors *file);
const safetensors_entry *safetensors_at(const safetensors *file, int index);
const safetensors_entry *safetensors_find(const safetensors *file, const char *name); /* NULL if absent */
const char *safetensors_metadata(const safetensors *file, const char *key);           /* NULL if absent */

/* 0 where the file has a checksum in its metadata (safetensors_write_checksum) that its bytes contradict. */
int safetensors_is_whole(const safetensors *file);

/* All elements as float32, from F32 or F16. SSD_BAD_FILE for another type or another count. */
SSD_MUST_USE ssd_status safetensors_read(ssd_context *context, const safetensors_entry *entry, float *out,
                                         size_t count);

/* Writing: declare metadata and tensors, then finish into one new buffer (malloc). Data pointers are borrowed until
 * then. A failed allocation is remembered and reported by finish; finish frees the writer in any case. */
typedef struct safetensors_writer safetensors_writer;
safetensors_writer *safetensors_writer_create(void);
void safetensors_write_metadata(safetensors_writer *writer, const char *key, const char *value);
/* The metadata "checksum": 16 hexadecimal digits of the checksum (file/checksum.h) of the whole file, in which those
 * digits count as zeros. */
void safetensors_write_checksum(safetensors_writer *writer);
void safetensors_write(safetensors_writer *writer, const char *name, safetensors_type type, int rank, const int *shape,
                       const void *data);
SSD_MUST_USE ssd_status safetensors_writer_finish(ssd_context *context, safetensors_writer *writer, uint8_t **bytes,
                                                  size_t *byte_count);

#endif
