#include "data/gif.h"

#include <string.h>

#include "data/limits.h"

/* An LZW code of 12 bits gives at most 4096 pixels, so a byte gives less than 2800. */
enum { HEADER = 13, DESCRIPTOR = 10, BYTE_MOST = 2800, FREE_PIXELS = 1 << 20 };

static ssd_status fail_cut(ssd_context *context) {
    return context_fail(context, SSD_BAD_FILE, "the GIF is cut off (its end is missing)");
}

static size_t table_bytes(uint8_t flags) { return flags & 0x80 ? (size_t)3 << ((flags & 7) + 1) : 0; }

/* Over sub-blocks to behind their terminator; past the file's end where it cuts them. *last is the last one's place. */
static size_t skip_blocks(const uint8_t *bytes, size_t count, size_t at, size_t *last) {
    while (at < count && bytes[at]) {
        *last = at;
        at += 1 + (size_t)bytes[at];
    }
    return at + 1;
}

/* The first frame's descriptor; the file's length where there is none. */
static size_t find_frame(const uint8_t *bytes, size_t count) {
    size_t at = HEADER + table_bytes(bytes[10]), last = 0;
    while (at + 2 < count && bytes[at] == '!')
        at = skip_blocks(bytes, count, at + 2, &last);
    return at < count ? at : count;
}

/* The file up to `count`, its last sub-block, at `last`, as long as what is there and the tail. */
static ssd_status supply_end(ssd_context *context, const uint8_t *bytes, size_t count, size_t last, source *out) {
    const ssd_status status = source_room(context, out, count + 1);
    if (status)
        return status;
    source_put(out, bytes, count);
    const size_t there = last ? count - last - 1 : 0;
    if (last && there < bytes[last]) {
        const size_t length = there + SOURCE_TAIL;
        out->head[last] = (uint8_t)(length < 255 ? length : 255);
    } else {
        source_put8(out, SOURCE_TAIL);
    }
    out->tail_count = SOURCE_TAIL;
    out->end = "\0\0\0\0;";
    out->end_count = 5;
    out->open = 1;
    return SSD_OK;
}

ssd_status gif_prepare(ssd_context *context, const uint8_t *bytes, size_t count, source *out) {
    const size_t frame = count < HEADER ? count : find_frame(bytes, count);
    if (frame + DESCRIPTOR >= count || (bytes[frame] != ',' && bytes[frame] != ';'))
        return frame < count && bytes[frame] != ',' ? context_fail(context, SSD_BAD_FILE, "the GIF has no picture")
                                                    : fail_cut(context);
    const uint8_t *p = bytes + frame;
    const unsigned right = little16(p + 1) + little16(p + 5), bottom = little16(p + 3) + little16(p + 7);
    unsigned width = little16(bytes + 6), height = little16(bytes + 8);
    width = right > width ? right : width;
    height = bottom > height ? bottom : height;
    ssd_status status = limits_check(context, width, height);
    if (!status)
        status = limits_check_content(context, "GIF", count, width, height, FREE_PIXELS + (double)count * BYTE_MOST);
    if (status)
        return status;
    out->width = (int)width;
    out->height = (int)height;
    size_t last = 0;
    const size_t data = frame + DESCRIPTOR + table_bytes(p[9]) + 1;
    if (data >= count)
        return fail_cut(context);
    if (skip_blocks(bytes, count, data, &last) > count) {
        status = supply_end(context, bytes, count, last, out);
    } else {
        status = source_room(context, out, HEADER);
        if (!status)
            source_put(out, bytes, HEADER);
        out->rest = bytes + HEADER;
        out->rest_count = count - HEADER;
    }
    if (status)
        return status;
    const uint8_t canvas[] = {(uint8_t)width, (uint8_t)(width >> 8), (uint8_t)height, (uint8_t)(height >> 8)};
    memcpy(out->head + 6, canvas, sizeof canvas);
    out->head[11] = 0; /* stb paints what is around the frame in this colour, unless it is 0 */
    return SSD_OK;
}
