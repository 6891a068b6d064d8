#include "data/bmp.h"

#include "data/limits.h"

enum { FILE_HEADER = 14, CORE = 12, INFO = 40, V2 = 52, V3 = 56, V4 = 108, V5 = 124, COLOURS = 256, ROOM = 2048 };
enum { BI_RGB, BI_RLE8, BI_RLE4, BI_BITFIELDS, BI_JPEG, BI_PNG, BI_ALPHABITFIELDS };

typedef struct header {
    uint32_t size, compression, colours, masks[4]; /* red, green, blue, alpha */
    int32_t width, height;                         /* height: below 0 for rows from the top down */
    unsigned bits;
    size_t palette, pixels; /* offsets */
} header;

static ssd_status fail_cut(ssd_context *context) {
    return context_fail(context, SSD_BAD_FILE, "the BMP is cut off (its end is missing)");
}

/* What is named where it cannot be read: compressed pixels, in Microsoft's numbers or in OS/2's. */
static ssd_status check_compression(ssd_context *context, const header *h) {
    const int is_os2 = h->size < INFO || (h->size > INFO && h->size != V2 && h->size != V3 && h->size < V4);
    const char *const kind = h->compression == BI_RLE8                  ? "run-length compression (RLE8)"
                             : h->compression == BI_RLE4                ? "run-length compression (RLE4)"
                             : h->compression == BI_JPEG && is_os2      ? "run-length compression (RLE24)"
                             : h->compression == BI_BITFIELDS && is_os2 ? "fax compression"
                             : h->compression == BI_JPEG                ? "a JPEG inside"
                             : h->compression == BI_PNG                 ? "a PNG inside"
                                                                        : NULL;
    if (kind)
        return context_fail(context, SSD_UNSUPPORTED, "a BMP with %s: save it as PNG", kind);
    if (h->compression != BI_RGB && h->compression != BI_BITFIELDS && h->compression != BI_ALPHABITFIELDS)
        return context_fail(context, SSD_BAD_FILE, "the BMP is damaged (its compression is number %u)",
                            (unsigned)h->compression);
    return SSD_OK;
}

/* Where the masks are: in the longer headers, or behind the one of 40 bytes. */
static void read_masks(const uint8_t *bytes, size_t count, header *h) {
    static const uint32_t plain16[] = {31u << 10, 31u << 5, 31u}, plain32[] = {0xffu << 16, 0xffu << 8, 0xffu};
    const size_t at = FILE_HEADER + INFO;
    size_t masks = h->size >= V3 || h->compression == BI_ALPHABITFIELDS ? 4 : 3;
    if (h->compression == BI_RGB) {
        for (int i = 0; i < 3; i++)
            h->masks[i] = h->bits == 16 ? plain16[i] : plain32[i];
        return;
    }
    for (size_t i = 0; i < masks && at + 4 * i + 4 <= count; i++)
        h->masks[i] = little32(bytes + at + 4 * i);
    if (h->size == INFO)
        h->palette += 4 * masks;
}

static ssd_status read_header(ssd_context *context, const uint8_t *bytes, size_t count, header *h) {
    if (count < FILE_HEADER + CORE)
        return fail_cut(context);
    const uint8_t *p = bytes + FILE_HEADER;
    *h = (header){.size = little32(p), .pixels = little32(bytes + 10)};
    if (h->size < CORE || (h->size > CORE && h->size < 16) || h->size > 1024)
        return context_fail(context, SSD_BAD_FILE, "the BMP is damaged (its header)");
    if (count < FILE_HEADER + (size_t)h->size)
        return fail_cut(context);
    if (h->size == CORE) {
        h->width = (int32_t)little16(p + 4);
        h->height = (int32_t)little16(p + 6);
        h->bits = little16(p + 10);
    } else {
        h->width = (int32_t)little32(p + 4);
        h->height = (int32_t)little32(p + 8);
        h->bits = little16(p + 14);
    }
    h->compression = h->size >= 20 ? little32(p + 16) : 0;
    h->colours = h->size >= 36 ? little32(p + 32) : 0;
    h->palette = FILE_HEADER + (size_t)h->size;
    ssd_status status = limits_check(context, h->width, h->height < 0 ? -(double)h->height : h->height);
    if (!status)
        status = check_compression(context, h);
    if (status)
        return status;
    if (h->bits != 1 && h->bits != 4 && h->bits != 8 && h->bits != 16 && h->bits != 24 && h->bits != 32)
        return context_fail(context, SSD_UNSUPPORTED, "a BMP with %u bits a pixel: save it as PNG", h->bits);
    if (h->bits == 16 || h->bits == 32)
        read_masks(bytes, count, h);
    return SSD_OK;
}

/* At most 8 bits of a mask, its highest: stb takes no more. */
static uint32_t shorten(uint32_t mask) {
    uint32_t bits = 0;
    for (uint32_t rest = mask; rest; rest &= rest - 1)
        bits++;
    for (; bits > 8; bits--)
        mask &= mask - 1;
    return mask;
}

/* Whether any pixel has a bit of the alpha. */
static int uses_alpha(const header *h, const uint8_t *rows, size_t stride, uint32_t mask) {
    const int size = (int)h->bits / 8, height = h->height < 0 ? -h->height : h->height;
    for (int y = 0; mask && y < height; y++) {
        const uint8_t *p = rows + (size_t)y * stride;
        for (int x = 0; x < h->width; x++, p += size)
            if ((size == 2 ? little16(p) : little32(p)) & mask)
                return 1;
    }
    return 0;
}

static void put_palette(source *out, const header *h, const uint8_t *bytes, size_t count) {
    const size_t entry = h->size == CORE ? 3 : 4, end = h->pixels < count ? h->pixels : count;
    size_t colours = (size_t)1 << h->bits;
    if (h->colours && h->colours < colours)
        colours = h->colours;
    for (size_t i = 0; i < COLOURS; i++) {
        const size_t at = h->palette + i * entry;
        const int is_there = i < colours && at + 3 <= end;
        for (size_t c = 0; c < 4; c++)
            source_put8(out, is_there && c < 3 ? bytes[at + c] : 0);
    }
}

ssd_status bmp_prepare(ssd_context *context, const uint8_t *bytes, size_t count, source *out) {
    header h = {0};
    ssd_status status = read_header(context, bytes, count, &h);
    if (status)
        return status;
    const int has_palette = h.bits <= 8, has_masks = h.bits == 16 || h.bits == 32;
    if (h.pixels < h.palette) /* some say 0 */
        h.pixels = h.palette + (has_palette ? ((size_t)1 << h.bits) * (h.size == CORE ? 3 : 4) : 0);
    out->width = h.width;
    out->height = h.height < 0 ? -h.height : h.height;
    const size_t row = ((size_t)h.width * h.bits + 7) / 8, stride = (row + 3) / 4 * 4,
                 need = stride * ((size_t)out->height - 1) + row; /* the last row's filling may be missing */
    if (h.pixels > count || count - h.pixels < need)
        return fail_cut(context);
    status = source_room(context, out, ROOM);
    if (status)
        return status;
    const uint32_t size = has_masks ? V4 : INFO, colours = has_palette ? COLOURS : 0;
    source_put(out, "BM", 2);
    source_put32le(out, 0);
    source_put32le(out, 0);
    source_put32le(out, FILE_HEADER + size + 4 * colours);
    source_put32le(out, size);
    source_put32le(out, (uint32_t)h.width);
    source_put32le(out, (uint32_t)h.height);
    source_put16le(out, 1);
    source_put16le(out, h.bits);
    source_put32le(out, has_masks ? BI_BITFIELDS : BI_RGB);
    for (int i = 0; i < 5; i++)
        source_put32le(out, 0);
    if (has_masks) {
        const int alpha = uses_alpha(&h, bytes + h.pixels, stride, h.masks[3]);
        for (int i = 0; i < 4; i++)
            source_put32le(out, i == 3 && !alpha ? 0 : shorten(h.masks[i]));
        while (out->head_count < FILE_HEADER + V4)
            source_put8(out, 0);
    } else if (has_palette) {
        put_palette(out, &h, bytes, count);
    }
    out->rest = bytes + h.pixels;
    out->rest_count = need;
    out->end = "\0\0\0"; /* the filling of the last row */
    out->end_count = 3;
    return SSD_OK;
}
