#include "data/jpeg.h"

#include <string.h>

#include "data/limits.h"

enum { TABLE_HEADER = 17, CODES_MOST = 256, COMPONENTS_MOST = 3, COEFFICIENTS = 64, ROOM = 64 };
/* Visits of blocks by scans that are always allowed (a second or two), and visits of each block on average beyond that:
 * programs make about ten. */
enum { FREE_VISITS = 1 << 24, VISITS_MOST = 40 };

/* Marker codes. */
enum { SOF0 = 0xc0, SOF2 = 0xc2, DHT = 0xc4, JPG = 0xc8, DAC = 0xcc, RST0 = 0xd0, RST7 = 0xd7, EOI = 0xd9, SOS = 0xda };
enum { DQT = 0xdb, DRI = 0xdd, APP0 = 0xe0, APP14 = 0xee, SOF15 = 0xcf };

typedef struct component {
    uint8_t id, across, down, quantiser; /* across and down: sampling factors */
    int begun;                           /* it has a scan with its DC */
    uint8_t missing[COEFFICIENTS];       /* progressive: low bits that no scan has brought yet, of each coefficient */
} component;

/* What the walk has met so far. */
typedef struct walk {
    ssd_context *context;
    const uint8_t *bytes;
    size_t count;
    source *out;
    int progressive, components, width, height, across, down; /* across and down: the largest factors */
    component component[COMPONENTS_MOST];
    unsigned quantisers, codes[2]; /* a bit for each table that is defined; codes: DC and AC */
    unsigned interval;             /* blocks between two restarts, in units of the scan; 0 for none */
    int is_jfif, adobe;            /* adobe: its colour transform, -1 without */
    int colour_told, complete;
    double visits; /* of blocks by scans */
} walk;

static ssd_status fail_damaged(const walk *w, const char *why) {
    return context_fail(w->context, SSD_BAD_FILE, "the JPEG is damaged (%s)", why);
}

static ssd_status fail_cut(const walk *w) {
    return context_fail(w->context, SSD_BAD_FILE, "the JPEG is cut off (its end is missing)");
}

static int is_restart(int code) { return code >= RST0 && code <= RST7; }

/* The next marker at `at` or behind: a 0xff before a code, junk passed over; the file's length where there is none. */
static size_t next_marker(const walk *w, size_t at) {
    while (at + 1 < w->count) {
        const uint8_t *found = memchr(w->bytes + at, 0xff, w->count - 1 - at);
        if (!found)
            break;
        if (found[1] != 0xff && found[1] != 0)
            return (size_t)(found - w->bytes);
        at = (size_t)(found - w->bytes) + 1;
    }
    return w->count;
}

static void put_segment(walk *w, size_t at) { source_put(w->out, w->bytes + at, 2 + (size_t)big16(w->bytes + at + 2)); }

/* --------------------------------------------------------------------------------------- headers --- */

/* A frame header (SOF) at `at`. stb_image would read CMYK with guessed inks, and says nothing of the rare codings but
 * that they are bad. */
static ssd_status read_frame(walk *w, size_t at, unsigned length) {
    const uint8_t *p = w->bytes + at;
    const int code = p[1];
    const char *const kind = code > 0xc8                ? "a JPEG with arithmetic coding"
                             : (code & 3) == 3          ? "a lossless JPEG"
                             : code > SOF2              ? "a hierarchical JPEG"
                             : length > 7 && p[9] == 4  ? "a CMYK JPEG (for print)"
                             : length > 7 && p[4] == 12 ? "a JPEG of 12 bits a channel"
                                                        : NULL;
    if (kind)
        return context_fail(w->context, SSD_UNSUPPORTED, "%s: save it as an ordinary RGB JPEG", kind);
    if (length < 8 || p[4] != 8 || (p[9] != 1 && p[9] != 3) || length != 8u + 3 * p[9] || w->components)
        return fail_damaged(w, "its frame header");
    w->progressive = code == SOF2;
    w->components = p[9];
    w->height = (int)big16(p + 5);
    w->width = (int)big16(p + 7);
    source_put(w->out, p, 10);
    for (int i = 0; i < w->components; i++) {
        const uint8_t *q = p + 10 + 3 * i;
        component *c = w->component + i;
        *c = (component){.id = q[0], .across = q[1] >> 4, .down = q[1] & 15, .quantiser = q[2] & 3};
        memset(c->missing, 0xff, sizeof c->missing);
        if (!c->across || !c->down || c->across > 4 || c->down > 4 || q[2] > 3)
            return fail_damaged(w, "its frame header");
        w->across = c->across > w->across ? c->across : w->across;
        w->down = c->down > w->down ? c->down : w->down;
        const uint8_t own[] = {(uint8_t)(i + 1), q[1], q[2]};
        source_put(w->out, own, sizeof own);
    }
    return limits_check(w->context, w->width, w->height);
}

/* Huffman tables (DHT), from `at` to `end`. */
static ssd_status read_huffman(walk *w, size_t at, size_t end) {
    while (at < end) {
        const uint8_t *p = w->bytes + at;
        unsigned codes = 0;
        for (size_t i = 1; i < TABLE_HEADER && at + i < end; i++)
            codes += p[i];
        if (codes > CODES_MOST)
            return fail_damaged(w, "a Huffman table with too many codes");
        if ((p[0] & 0xec) || at + TABLE_HEADER + codes > end)
            return fail_damaged(w, "a Huffman table");
        w->codes[p[0] >> 4] |= 1u << (p[0] & 3);
        at += TABLE_HEADER + codes;
    }
    return SSD_OK;
}

/* Quantisation tables (DQT), likewise. */
static ssd_status read_quantisers(walk *w, size_t at, size_t end) {
    while (at < end) {
        const uint8_t kind = w->bytes[at];
        const size_t size = kind >> 4 ? 129 : 65;
        if ((kind & 0xec) || at + size > end)
            return fail_damaged(w, "a quantisation table");
        w->quantisers |= 1u << (kind & 3);
        at += size;
    }
    return SSD_OK;
}

/* Which colours the components are, as libjpeg decides it: stb_image goes by fewer signs. */
static void tell_colour(walk *w) {
    static const uint8_t adobe_rgb[] = {0xff, APP14, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0};
    const component *c = w->component;
    const int named_rgb = c[0].id == 'R' && c[1].id == 'G' && c[2].id == 'B';
    if (!w->colour_told && w->components == 3 && !w->is_jfif && (w->adobe < 0 ? named_rgb : w->adobe == 0))
        source_put(w->out, adobe_rgb, sizeof adobe_rgb);
    w->colour_told = 1;
}

/* ----------------------------------------------------------------------------------------- scans --- */

/* Blocks in one row and column of a component, or with `padded` in those of whole units of several components. */
static double blocks_of(const walk *w, const component *c, int padded) {
    const int across = 8 * w->across, down = 8 * w->down;
    if (padded)
        return (double)((w->width + across - 1) / across) * c->across * ((w->height + down - 1) / down) * c->down;
    const int width = (w->width * c->across + w->across - 1) / w->across,
              height = (w->height * c->down + w->down - 1) / w->down;
    return (double)((width + 7) / 8) * ((height + 7) / 8);
}

/* Where a scan's coded data end: at the first marker that is not one of its `restarts`. */
static size_t end_of_data(const walk *w, size_t at, double restarts) {
    for (;;) {
        at = next_marker(w, at);
        if (at == w->count || !is_restart(w->bytes[at + 1]) || restarts-- < 1)
            return at;
        at += 2;
    }
}

/* Notes which bits of which coefficients the scan brings. */
static void note_bits(component *c, int first, int last, int high, int low) {
    c->begun |= first == 0 && high == 0;
    for (int i = first; i <= last && i < COEFFICIENTS; i++)
        c->missing[i] = (uint8_t)low;
}

static int is_complete(const walk *w) {
    for (int i = 0; i < w->components; i++) {
        const component *c = w->component + i;
        if (!c->begun)
            return 0;
        for (int k = 0; w->progressive && k < COEFFICIENTS; k++)
            if (c->missing[k])
                return 0;
    }
    return w->components > 0;
}

/* A scan header (SOS) at `at` and the data behind it; *next is where they end. Every table that it names must have been
 * defined. */
static ssd_status read_scan(walk *w, size_t at, unsigned length, size_t *next) {
    const uint8_t *p = w->bytes + at + 4, *q = p + 1;
    const int count = p[0];
    if (count < 1 || count > w->components || length != 6u + 2 * (unsigned)count)
        return fail_damaged(w, "a scan header");
    const uint8_t *bits = q + (size_t)2 * count;
    const int first = w->progressive ? bits[0] : 0, last = w->progressive ? bits[1] : COEFFICIENTS - 1,
              high = w->progressive ? bits[2] >> 4 : 0, low = w->progressive ? bits[2] & 15 : 0;
    tell_colour(w);
    source_put(w->out, w->bytes + at, 5);
    double blocks = 0, units = 0;
    for (int i = 0; i < count; i++, q += 2) {
        const unsigned dc = q[1] >> 4, ac = q[1] & 15;
        int k = 0;
        while (k < w->components && w->component[k].id != q[0])
            k++;
        if (k == w->components)
            return fail_damaged(w, "a scan of no component");
        component *c = w->component + k;
        if ((first == 0 && high == 0 && !(w->codes[0] >> dc & 1)) || (last > 0 && !(w->codes[1] >> ac & 1)) ||
            !(w->quantisers >> c->quantiser & 1))
            return fail_damaged(w, "a table is missing");
        if (w->progressive && first == 0 && high == 0 && c->begun)
            return fail_damaged(w, "a scan comes twice");
        note_bits(c, first, last, high, low);
        blocks += blocks_of(w, c, count > 1);
        units = blocks_of(w, c, count > 1) / (count > 1 ? c->across * c->down : 1);
        source_put8(w->out, (unsigned)k + 1);
        source_put8(w->out, q[1]);
    }
    source_put8(w->out, (unsigned)first);
    source_put8(w->out, (unsigned)last);
    source_put8(w->out, (unsigned)(high << 4 | low));
    const size_t begin = at + 2 + length;
    *next = end_of_data(w, begin, w->interval ? (units - 1) / w->interval : 0);
    size_t end = *next;
    while (end > begin && w->bytes[end - 1] == 0xff) /* filling, or the half of a marker */
        end--;
    source_put(w->out, w->bytes + begin, end - begin);
    w->complete = is_complete(w);
    double all = 0;
    for (int i = 0; i < w->components; i++)
        all += blocks_of(w, w->component + i, 0);
    w->visits += blocks;
    if (w->visits > FREE_VISITS && w->visits > VISITS_MOST * all)
        return fail_damaged(w, "it has too many scans");
    /* A block has at least one bit for its DC, and where it comes whole one for its end. */
    const double bits_least = high > 0 || first > 0 ? 0 : w->progressive ? blocks : 2 * blocks;
    return limits_check_content(w->context, "JPEG", w->count, w->width, w->height,
                                bits_least <= 8.0 * (double)(end - begin) ? w->width * (double)w->height : 0);
}

/* ------------------------------------------------------------------------------------- the whole --- */

/* A segment with a length, whole in the file; *next is behind it. */
static ssd_status read_segment(walk *w, size_t at, unsigned length, size_t *next) {
    const uint8_t *data = w->bytes + at + 4;
    const size_t end = at + 2 + length;
    const int code = w->bytes[at + 1];
    ssd_status status = SSD_OK;
    *next = end;
    if (code == SOS)
        return length < 8 ? fail_damaged(w, "a scan header") : read_scan(w, at, length, next);
    if (code == DHT || code == DQT) {
        status = code == DHT ? read_huffman(w, at + 4, end) : read_quantisers(w, at + 4, end);
        if (!status)
            put_segment(w, at);
    } else if (code == DRI && length == 4) {
        w->interval = big16(data);
        put_segment(w, at);
    } else if (code == APP0 && length >= 16 && memcmp(data, "JFIF", 5) == 0) {
        w->is_jfif = 1;
    } else if (code == APP14 && length >= 14 && memcmp(data, "Adobe", 5) == 0) {
        w->adobe = data[11];
    } else if (code >= SOF0 && code <= SOF15 && code != JPG && code != DAC) {
        status = read_frame(w, at, length);
    } else if (code < SOF0 || code == JPG || code == DRI) {
        *next = at + 2; /* no marker of an image: junk, whose length would be, too */
    }
    return status;
}

/* Through the file to its end, or to that of the image data. *ended where that is marked. */
static ssd_status walk_segments(walk *w, int *ended) {
    size_t at = next_marker(w, 2);
    for (; at < w->count; at = next_marker(w, at)) {
        const int code = w->bytes[at + 1];
        *ended = code == EOI;
        /* A second picture (MPO, a film behind a photo) may follow the image data of a sequential one. */
        if (*ended || (w->complete && !w->progressive))
            return SSD_OK;
        if (is_restart(code) || code == 0x01 || code == 0xd8) { /* without a segment */
            at += 2;
            continue;
        }
        const unsigned length = at + 4 <= w->count ? big16(w->bytes + at + 2) : 0;
        if (at + 4 > w->count || at + 2 + length > w->count)
            return SSD_OK;
        if (length < 2)
            return w->complete ? SSD_OK : fail_damaged(w, "a part's length");
        const ssd_status status = read_segment(w, at, length, &at);
        if (status)
            return status;
    }
    return SSD_OK;
}

ssd_status jpeg_prepare(ssd_context *context, const uint8_t *bytes, size_t count, source *out) {
    walk w = {.context = context, .bytes = bytes, .count = count, .out = out, .adobe = -1};
    ssd_status status = source_room(context, out, count + ROOM);
    if (status)
        return status;
    source_put(out, bytes, 2);
    int ended = 0;
    status = walk_segments(&w, &ended);
    if (status)
        return status;
    int begun = w.components > 0;
    for (int i = 0; i < w.components; i++)
        begun &= w.component[i].begun;
    if (!begun || (!w.complete && !ended))
        return ended ? fail_damaged(&w, "image data are missing") : fail_cut(&w);
    out->width = w.width;
    out->height = w.height;
    out->end = "\xff\xd9";
    out->end_count = 2;
    out->open = !ended;
    out->tail_count = ended ? 0 : SOURCE_TAIL;
    return SSD_OK;
}
