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

/* The first frame's descriptor; the file's length where there is none. What lies before it is put into `out`, where
 * that is given: not the zeros that some programs leave between the parts, which stb does not know. */
static size_t find_frame(const uint8_t *bytes, size_t count, source *out) {
    size_t at = HEADER + table_bytes(bytes[10]), last = 0;
    if (out)
        source_put(out, bytes, at);
    while (at + 2 < count && (bytes[at] == '!' || !bytes[at])) {
        const size_t next = bytes[at] ? skip_blocks(bytes, count, at + 2, &last) : at + 1;
        if (out && bytes[at])
            source_put(out, bytes + at, next - at);
        at = next;
    }
    return at < count ? at : count;
}

/* The frame, its last sub-block, at `last`, as long as what is there and the tail. */
static void supply_end(const uint8_t *bytes, size_t count, size_t frame, size_t last, source *out) {
    const size_t there = last ? count - last - 1 : 0, length = there + SOURCE_TAIL;
    source_put(out, bytes + frame, count - frame);
    if (last && there < bytes[last])
        out->head[out->head_count - there - 1] = (uint8_t)(length < 255 ? length : 255);
    else
        source_put8(out, SOURCE_TAIL);
    out->tail_count = SOURCE_TAIL;
    out->end = "\0\0\0\0;";
    out->end_count = 5;
    out->open = 1;
}

ssd_status gif_prepare(ssd_context *context, const uint8_t *bytes, size_t count, source *out) {
    const size_t frame = count < HEADER ? count : find_frame(bytes, count, NULL);
    if (frame < count && bytes[frame] != ',')
        return context_fail(context, SSD_BAD_FILE, "the GIF is damaged, or has no picture");
    const size_t data = frame + DESCRIPTOR < count ? frame + DESCRIPTOR + table_bytes(bytes[frame + 9]) + 1 : count;
    if (data >= count)
        return fail_cut(context);
    const uint8_t *p = bytes + frame;
    const unsigned right = little16(p + 1) + little16(p + 5), bottom = little16(p + 3) + little16(p + 7);
    unsigned width = little16(bytes + 6), height = little16(bytes + 8);
    width = right > width ? right : width;
    height = bottom > height ? bottom : height;
    ssd_status status = limits_check(context, width, height);
    if (!status)
        status = limits_check_content(context, "GIF", count, width, height, FREE_PIXELS + (double)count * BYTE_MOST);
    size_t last = 0;
    const int is_open = skip_blocks(bytes, count, data, &last) > count;
    if (!status)
        status = source_room(context, out, is_open ? count + 1 : frame);
    if (status)
        return status;
    out->width = (int)width;
    out->height = (int)height;
    (void)find_frame(bytes, count, out);
    if (is_open) {
        supply_end(bytes, count, frame, last, out);
    } else {
        out->rest = bytes + frame;
        out->rest_count = count - frame;
    }
    const uint8_t canvas[] = {(uint8_t)width, (uint8_t)(width >> 8), (uint8_t)height, (uint8_t)(height >> 8)};
    memcpy(out->head + 6, canvas, sizeof canvas);
    out->head[11] = 0; /* stb paints what is around the frame in this colour, unless it is 0 */
    return SSD_OK;
}
