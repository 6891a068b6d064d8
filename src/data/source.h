/* What stb_image is given in place of a file. Each format has a function that lays it out: NAME_prepare. It reads the
 * file's structure (never its pixels), refuses what stb_image 2.27 would read wrongly, slowly or outside its memory,
 * and writes anew what it would not understand. So stb_image only sees files that are well-formed but for their pixels.
 */
#ifndef DATA_SOURCE_H
#define DATA_SOURCE_H

#include "base/context.h"

enum { SOURCE_TAIL = 4 };

/* Read in this order: head, rest, tail, end. */
typedef struct source {
    int width, height; /* of the pixels to come */
    uint8_t *head;     /* owned: what was written anew */
    size_t head_count;
    const uint8_t *rest; /* borrowed: a part of the file as it is */
    size_t rest_count;
    size_t tail_count; /* SOURCE_TAIL bytes that stand for what the file may lack, or none */
    const char *end;   /* static: what closes the stream */
    size_t end_count;
    int open; /* the file ended without its mark of the end: if the pixels depend on the tail, it is cut off */
} source;

/* Makes room for `most` bytes of head. Fails with SSD_OUT_OF_MEMORY. */
SSD_MUST_USE ssd_status source_room(ssd_context *context, source *s, size_t most);

/* Appends to the head; the room must be there. */
void source_put(source *s, const void *bytes, size_t count);

/* The same for numbers of one byte, and of two and four in either order. */
void source_put8(source *s, unsigned value);
void source_put16be(source *s, unsigned value);
void source_put32be(source *s, uint32_t value);
void source_put16le(source *s, unsigned value);
void source_put32le(source *s, uint32_t value);

/* Frees the head and leaves an empty source. */
void source_free(source *s);

/* Numbers in a file. */
static inline unsigned big16(const uint8_t *p) { return (unsigned)p[0] << 8 | p[1]; }
static inline uint32_t big32(const uint8_t *p) { return (uint32_t)big16(p) << 16 | big16(p + 2); }
static inline unsigned little16(const uint8_t *p) { return (unsigned)p[1] << 8 | p[0]; }
static inline uint32_t little32(const uint8_t *p) { return (uint32_t)little16(p + 2) << 16 | little16(p); }

#endif
