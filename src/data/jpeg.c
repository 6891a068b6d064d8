#include "data/jpeg.h"

#include "data/limits.h"

enum { TABLE_HEADER = 17, CODES_MOST = 256, COMPONENTS_MOST = 3 };

/* What the walk has met so far. */
typedef struct walk {
    ssd_context *context;
    const uint8_t *bytes;
    size_t count;
    int progressive, components;
    uint8_t id[COMPONENTS_MOST], quantiser[COMPONENTS_MOST];
    unsigned quantisers, codes[2]; /* a bit for each table that is defined; codes: DC and AC */
} walk;

static unsigned big16(const uint8_t *p) { return (unsigned)p[0] << 8 | p[1]; }

static ssd_status fail_damaged(const walk *w, const char *why) {
    return context_fail(w->context, SSD_BAD_FILE, "the JPEG is damaged (%s)", why);
}

/* A frame header (SOF), marker at `at`: stb_image would read CMYK with guessed inks, and says nothing of the rare
 * codings but that they are bad. */
static ssd_status check_frame(walk *w, size_t at, unsigned length) {
    const uint8_t *p = w->bytes + at;
    if (at + 10 > w->count)
        return SSD_OK;
    if (p[9] == 4)
        return context_fail(w->context, SSD_UNSUPPORTED, "a CMYK JPEG (for print): save it as RGB");
    if (p[1] > 0xc2 || p[4] != 8)
        return context_fail(w->context, SSD_UNSUPPORTED,
                            "a JPEG of a rare kind (lossless, arithmetic or %d-bit): save it as an ordinary JPEG",
                            p[4]);
    if ((p[9] != 1 && p[9] != 3) || length != 8u + 3 * p[9] || w->components)
        return fail_damaged(w, "its frame header");
    w->progressive = p[1] == 0xc2;
    w->components = p[9];
    for (int i = 0; i < w->components && at + 13 + 3 * i <= w->count; i++) {
        w->id[i] = p[10 + 3 * i];
        w->quantiser[i] = p[12 + 3 * i] & 3;
    }
    return limits_check(w->context, big16(p + 7), big16(p + 5));
}

/* Huffman tables (DHT) from `at` on, in a segment with `left` bytes; read as stb_image reads them, beyond the segment
 * too. */
static ssd_status check_huffman(walk *w, size_t at, long left) {
    while (left > 0 && at < w->count) {
        unsigned codes = 0;
        for (size_t i = 1; i < TABLE_HEADER && at + i < w->count; i++)
            codes += w->bytes[at + i];
        if (codes > CODES_MOST)
            return fail_damaged(w, "a Huffman table with too many codes");
        w->codes[w->bytes[at] >> 4 & 1] |= 1u << (w->bytes[at] & 3);
        at += TABLE_HEADER + codes;
        left -= (long)(TABLE_HEADER + codes);
    }
    return SSD_OK;
}

/* Quantisation tables (DQT), likewise. */
static void note_quantisers(walk *w, size_t at, long left) {
    while (left > 0 && at < w->count) {
        const size_t size = w->bytes[at] >> 4 ? 129 : 65;
        w->quantisers |= 1u << (w->bytes[at] & 3);
        at += size;
        left -= (long)size;
    }
}

/* A scan header (SOS): every table that it names must have been defined. */
static ssd_status check_scan(const walk *w, size_t at) {
    const uint8_t *p = w->bytes + at + 4;
    if (at + 5 > w->count || at + 6 + 2 * (size_t)p[0] > w->count)
        return SSD_OK; /* cut off here */
    const int first = p[1 + 2 * p[0]], needs_dc = !w->progressive || first == 0,
              needs_ac = !w->progressive || first > 0;
    for (int i = 0; i < p[0]; i++) {
        const unsigned dc = p[2 + 2 * i] >> 4, ac = p[2 + 2 * i] & 15;
        int component = 0;
        while (component < w->components && w->id[component] != p[1 + 2 * i])
            component++;
        if (component == w->components)
            return fail_damaged(w, "a scan of no component");
        if ((needs_dc && !(w->codes[0] >> dc & 1)) || (needs_ac && !(w->codes[1] >> ac & 1)) ||
            !(w->quantisers >> w->quantiser[component] & 1))
            return fail_damaged(w, "a table is missing");
    }
    return SSD_OK;
}

ssd_status jpeg_check(ssd_context *context, const uint8_t *bytes, size_t count) {
    walk w = {.context = context, .bytes = bytes, .count = count};
    ssd_status status = SSD_OK;
    for (size_t at = 2; !status && at + 4 <= count;) {
        const int marker = bytes[at + 1];
        if (bytes[at] != 0xff || marker == 0xff) { /* in the coded data of a scan, or filling */
            at++;
            continue;
        }
        if (marker == 0xd9)
            break;
        if (marker == 0 || marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8)) { /* without a segment */
            at += 2;
            continue;
        }
        const unsigned length = big16(bytes + at + 2);
        if (marker == 0xc4)
            status = check_huffman(&w, at + 4, (long)length - 2);
        else if (marker == 0xdb)
            note_quantisers(&w, at + 4, (long)length - 2);
        else if (marker == 0xda)
            status = check_scan(&w, at);
        else if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc8 && marker != 0xcc)
            status = check_frame(&w, at, length);
        at += 2 + length;
    }
    return status;
}
