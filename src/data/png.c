#include "data/png.h"

#include <string.h>

#include "data/limits.h"

enum { SIGNATURE = 8, HEADER = 13, COLOURS = 256, ROOM = 2048, DEFLATE_MOST = 1032 };

/* What the walk has met so far. Places are offsets of a chunk's data; 0 for none. */
typedef struct walk {
    ssd_context *context;
    const uint8_t *bytes;
    size_t count;
    size_t header, apple, palette, transparency;
    uint32_t apple_count, palette_count, transparency_count;
    size_t data_count; /* of all IDAT together */
    int ended;         /* IEND was met */
} walk;

static ssd_status fail_damaged(const walk *w, const char *why) {
    return context_fail(w->context, SSD_BAD_FILE, "the PNG is damaged (%s)", why);
}

static ssd_status fail_cut(const walk *w) {
    return context_fail(w->context, SSD_BAD_FILE, "the PNG is cut off (its end is missing)");
}

/* Bits of a pixel; 0 for a kind that is none. */
static int pixel_bits(const uint8_t *header) {
    const int depth = header[8], colour = header[9];
    const int channels = colour == 2 ? 3 : colour == 4 ? 2 : colour == 6 ? 4 : colour == 0 || colour == 3 ? 1 : 0;
    const int small = depth == 1 || depth == 2 || depth == 4;
    if (!(depth == 8 || (depth == 16 && colour != 3) || (small && channels == 1)))
        return 0;
    return depth * channels;
}

static ssd_status check_header(walk *w, size_t at, uint32_t length) {
    if (w->header || length != HEADER)
        return fail_damaged(w, "its header");
    w->header = at;
    const uint8_t *p = w->bytes + at;
    const ssd_status status = limits_check(w->context, big32(p), big32(p + 4));
    if (status)
        return status;
    if (!pixel_bits(p) || p[10] || p[11] || p[12] > 1)
        return fail_damaged(w, "its header");
    if (w->apple && p[8] == 16)
        return context_fail(w->context, SSD_UNSUPPORTED, "an iPhone PNG (CgBI) of 16 bits: save it as an ordinary PNG");
    return SSD_OK;
}

/* Takes the transparency where it fits the pixels; one of more colours than the palette has is cut, as browsers do. */
static void note_transparency(walk *w, size_t at, uint32_t length) {
    const int colour = w->bytes[w->header + 9];
    if ((colour == 3 && w->palette) || (colour == 0 && length == 2) || (colour == 2 && length == 6)) {
        w->transparency = at;
        w->transparency_count = length;
    }
}

static int is_name(const uint8_t *name) {
    for (int i = 0; i < 4; i++)
        if (!((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= 'A' && name[i] <= 'Z')))
            return 0;
    return 1;
}

/* One chunk whose data begin at `at`. *stop where the pixels' data are over. */
static ssd_status note_chunk(walk *w, const uint8_t *name, size_t at, uint32_t length, int *stop) {
    if (memcmp(name, "IHDR", 4) == 0)
        return check_header(w, at, length);
    if (memcmp(name, "CgBI", 4) == 0 && !w->header) {
        w->apple = at;
        w->apple_count = length;
    } else if (!w->header) {
        return fail_damaged(w, "it does not begin with its header");
    } else if (memcmp(name, "PLTE", 4) == 0) {
        w->palette = at;
        w->palette_count = length < 3 * COLOURS ? length : 3 * COLOURS;
    } else if (memcmp(name, "tRNS", 4) == 0 && !w->data_count) {
        note_transparency(w, at, length);
    } else if (memcmp(name, "IDAT", 4) == 0) {
        w->data_count += length;
    } else if (memcmp(name, "IEND", 4) == 0) {
        *stop = w->ended = 1;
    } else if (!is_name(name) || !(name[0] & 0x20)) {
        /* Neither known nor to be passed over. After the pixels it is junk. */
        *stop = 1;
        if (!w->data_count)
            return context_fail(w->context, SSD_BAD_FILE, "the PNG is damaged, or has a part that is not known: %.4s",
                                (const char *)name);
    }
    return SSD_OK;
}

/* Calls note_chunk, or where `data` is not NULL only copies the chunks IDAT there, as far as w->data_count. A chunk
 * that is longer than what is left of the file is cut: its length is false, or the file's end is missing. */
static ssd_status walk_chunks(walk *w, source *data) {
    ssd_status status = SSD_OK;
    size_t left = w->data_count;
    for (size_t at = SIGNATURE; !status && at + 8 <= w->count;) {
        const uint8_t *name = w->bytes + at + 4;
        const size_t length = big32(w->bytes + at), there = w->count - at - 8;
        const size_t used = length < there ? length : there;
        const int is_data = memcmp(name, "IDAT", 4) == 0;
        int stop = 0;
        if (data && is_data) {
            source_put(data, w->bytes + at + 8, used < left ? used : left);
            left -= used < left ? used : left;
        } else if (!data && (length <= there || is_data)) {
            status = note_chunk(w, name, at + 8, (uint32_t)used, &stop);
        }
        if (stop || length > there || there - length < 4 || (data && !left))
            break;
        at += length + 12;
    }
    return status;
}

static void put_chunk(source *out, const char *name, const uint8_t *data, uint32_t length) {
    source_put32be(out, length);
    source_put(out, name, 4);
    source_put(out, data, length);
    source_put32be(out, 0); /* nobody reads the checksum */
}

/* The palette with all 256 colours: those that the file lacks are its last one, as in browsers. */
static void put_palette(const walk *w, source *out) {
    const size_t count = w->palette_count / 3;
    uint8_t palette[3 * COLOURS], alpha[COLOURS];
    for (size_t i = 0; i < COLOURS; i++) {
        const size_t from = i < count ? i : count - 1;
        memcpy(palette + 3 * i, w->bytes + w->palette + 3 * from, 3);
        alpha[i] = from < w->transparency_count ? w->bytes[w->transparency + from] : 255;
    }
    put_chunk(out, "PLTE", palette, sizeof palette);
    if (w->transparency)
        put_chunk(out, "tRNS", alpha, sizeof alpha);
}

static ssd_status lay_out(walk *w, source *out) {
    const uint8_t *header = w->bytes + w->header;
    const int has_palette = header[9] == 3;
    ssd_status status = source_room(w->context, out, w->data_count + w->apple_count + ROOM);
    if (status)
        return status;
    source_put(out, w->bytes, SIGNATURE);
    if (w->apple)
        put_chunk(out, "CgBI", w->bytes + w->apple, w->apple_count);
    put_chunk(out, "IHDR", header, HEADER);
    if (has_palette)
        put_palette(w, out);
    else if (w->transparency)
        put_chunk(out, "tRNS", w->bytes + w->transparency, w->transparency_count);
    source_put32be(out, (uint32_t)w->data_count + SOURCE_TAIL);
    source_put(out, "IDAT", 4);
    status = walk_chunks(w, out);
    out->tail_count = SOURCE_TAIL; /* stb wants two bytes after the last code, which may be missing */
    static const char end[] = "\0\0\0\0"
                              "\0\0\0\0IEND"
                              "\0\0\0\0";
    out->end = end;
    out->end_count = sizeof end - 1;
    out->open = !w->ended;
    return status;
}

ssd_status png_prepare(ssd_context *context, const uint8_t *bytes, size_t count, source *out) {
    walk w = {.context = context, .bytes = bytes, .count = count};
    ssd_status status = walk_chunks(&w, NULL);
    if (status)
        return status;
    if (!w.header || !w.data_count)
        return w.ended ? fail_damaged(&w, "it has no image data") : fail_cut(&w);
    const uint8_t *header = bytes + w.header;
    if (header[9] == 3 && w.palette_count < 3)
        return fail_damaged(&w, "its palette is missing");
    const double width = big32(header), height = big32(header + 4);
    status = limits_check_content(context, "PNG", count, width, height,
                                  ((double)w.data_count + SOURCE_TAIL) * DEFLATE_MOST * 8 / pixel_bits(header));
    if (status)
        return status;
    out->width = (int)width;
    out->height = (int)height;
    return lay_out(&w, out);
}
