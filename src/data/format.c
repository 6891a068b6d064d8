#include "data/format.h"

#include <string.h>

static int starts(const uint8_t *bytes, size_t count, size_t at, const char *magic, size_t length) {
    return count >= at + length && memcmp(bytes + at, magic, length) == 0;
}

#define STARTS(at, magic) starts(bytes, count, at, magic, sizeof(magic) - 1)

static int is_space(int c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

format format_of(const uint8_t *bytes, size_t count) {
    if (STARTS(0, "\xff\xd8"))
        return FORMAT_JPEG;
    if (STARTS(0, "\x89PNG\r\n\x1a\n"))
        return FORMAT_PNG;
    if (STARTS(0, "BM"))
        return FORMAT_BMP;
    if (STARTS(0, "GIF87a") || STARTS(0, "GIF89a"))
        return FORMAT_GIF;
    if (count > 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6' && (is_space(bytes[2]) || bytes[2] == '#'))
        return FORMAT_PNM;
    return FORMAT_OTHER;
}

const char *format_name(format kind) {
    static const char *const names[] = {"TGA", "JPEG", "PNG", "BMP", "GIF", "PNM"};
    return names[kind];
}

/* A '<' and a letter, '!' or '?', after a byte order mark and spaces. */
static int is_markup(const uint8_t *bytes, size_t count) {
    size_t at = STARTS(0, "\xef\xbb\xbf") ? 3 : 0;
    while (at < count && is_space(bytes[at]))
        at++;
    return at + 1 < count && bytes[at] == '<' && bytes[at + 1] > ' ' && bytes[at + 1] < 0x7f;
}

/* The name of a format that is recognised but not read, or NULL. */
static const char *foreign_format(const uint8_t *bytes, size_t count) {
    if (STARTS(0, "RIFF") && STARTS(8, "WEBP"))
        return "WebP";
    if (STARTS(4, "ftypavif") || STARTS(4, "ftypavis"))
        return "AVIF";
    if (STARTS(4, "ftyphei") || STARTS(4, "ftyphev") || STARTS(4, "ftypmif1") || STARTS(4, "ftypmsf1"))
        return "HEIC";
    if (STARTS(4, "ftyp"))
        return "video";
    if (STARTS(0, "II*\0") || STARTS(0, "MM\0*"))
        return "TIFF or camera raw";
    if (STARTS(0, "%PDF"))
        return "PDF";
    if (STARTS(0, "8BPS"))
        return "Photoshop";
    if (STARTS(0, "PK\3\4") || STARTS(0, "PK\5\6"))
        return "zip";
    if (STARTS(0, "\xff\x0a") || STARTS(0, "\0\0\0\x0cJXL "))
        return "JPEG XL";
    if (STARTS(0, "\0\0\0\x0cjP  "))
        return "JPEG 2000";
    return is_markup(bytes, count) ? "text (SVG or HTML)" : NULL;
}

ssd_status format_check(ssd_context *context, const uint8_t *bytes, size_t count) {
    if (count == 0)
        return context_fail(context, SSD_BAD_FILE, "the file is empty");
    const char *foreign = foreign_format(bytes, count);
    if (foreign)
        return context_fail(context, SSD_UNSUPPORTED, "a %s file: convert it to JPEG or PNG", foreign);
    return SSD_OK;
}
