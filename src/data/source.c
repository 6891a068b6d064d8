#include "data/source.h"

#include <stdlib.h>
#include <string.h>

ssd_status source_room(ssd_context *context, source *s, size_t most) {
    s->head = context_allocate(context, most, 1);
    return s->head ? SSD_OK : SSD_OUT_OF_MEMORY;
}

void source_put(source *s, const void *bytes, size_t count) {
    if (count)
        memcpy(s->head + s->head_count, bytes, count);
    s->head_count += count;
}

void source_put8(source *s, unsigned value) { s->head[s->head_count++] = (uint8_t)value; }

void source_put16be(source *s, unsigned value) {
    source_put8(s, value >> 8);
    source_put8(s, value);
}

void source_put32be(source *s, uint32_t value) {
    source_put16be(s, value >> 16);
    source_put16be(s, value);
}

void source_put16le(source *s, unsigned value) {
    source_put8(s, value);
    source_put8(s, value >> 8);
}

void source_put32le(source *s, uint32_t value) {
    source_put16le(s, value);
    source_put16le(s, value >> 16);
}

void source_free(source *s) {
    free(s->head);
    *s = (source){0};
}
