/* What a file is by its first bytes, and the reasons to refuse it before anything is decoded. */
#ifndef DATA_FORMAT_H
#define DATA_FORMAT_H

#include "base/context.h"

typedef enum format { FORMAT_OTHER, FORMAT_JPEG, FORMAT_PNG, FORMAT_BMP, FORMAT_GIF, FORMAT_PNM } format;

/* The format by magic bytes. FORMAT_OTHER may still be a TGA, which has none. */
format format_of(const uint8_t *bytes, size_t count);

/* "JPEG", "PNG", ...; FORMAT_OTHER is "TGA", which is all that it can be. Static. */
const char *format_name(format kind);

/* Refuses what no decoder here reads, with a sentence: empty files (SSD_BAD_FILE), other formats (SSD_UNSUPPORTED). The
 * page relies on the sentences that begin "a WebP file", "a AVIF file", "a HEIC file", "a JPEG XL file": those it gives
 * to the browser. */
SSD_MUST_USE ssd_status format_check(ssd_context *context, const uint8_t *bytes, size_t count);

#endif
