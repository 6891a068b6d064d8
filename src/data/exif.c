#include "data/exif.h"

#include <string.h>

typedef struct tiff {
    const uint8_t *data;
    size_t count;
    int big_endian;
} tiff;

static unsigned get(const tiff *t, size_t at, int bytes) {
    unsigned value = 0;
    if (at > t->count || t->count - at < (size_t)bytes)
        return 0;
    for (int i = 0; i < bytes; i++)
        value |= (unsigned)t->data[at + i] << 8 * (t->big_endian ? bytes - 1 - i : i);
    return value;
}

/* The value of a directory's entry: one SHORT, as EXIF wants it, or a LONG, as some programs write it; signed ones too.
 */
static int orientation_value(const tiff *t, size_t entry) {
    const unsigned type = get(t, entry + 2, 2), is_short = type == 3 || type == 8, is_long = type == 4 || type == 9;
    if (get(t, entry + 4, 4) != 1 || !(is_short || is_long))
        return 1;
    const unsigned value = get(t, entry + 8, is_short ? 2 : 4);
    return value >= 1 && value <= 8 ? (int)value : 1;
}

/* Orientation from a TIFF structure: byte order, then the first directory's entry 0x0112. */
static int tiff_orientation(const uint8_t *data, size_t count) {
    if (count < 8 || (memcmp(data, "II*\0", 4) != 0 && memcmp(data, "MM\0*", 4) != 0))
        return 1;
    const tiff t = {data, count, data[0] == 'M'};
    const size_t directory = get(&t, 4, 4);
    const unsigned entries = get(&t, directory, 2);
    for (unsigned i = 0; i < entries; i++) {
        const size_t entry = directory + 2 + (size_t)i * 12;
        if (entry + 12 > count)
            return 1;
        if (get(&t, entry, 2) == 0x0112)
            return orientation_value(&t, entry);
    }
    return 1;
}

static int jpeg_orientation(const uint8_t *bytes, size_t count) {
    for (size_t at = 2; at + 4 <= count;) {
        const int marker = bytes[at + 1];
        if (bytes[at] != 0xff || marker == 0xff || marker == 0) { /* junk, or filling before a marker */
            at++;
            continue;
        }
        const size_t length = (size_t)bytes[at + 2] << 8 | bytes[at + 3];
        if (marker == 0xda || marker == 0xd9 || length < 2 || at + 2 + length > count)
            return 1;
        if (marker == 0xe1 && length >= 8 && memcmp(bytes + at + 4, "Exif\0\0", 6) == 0)
            return tiff_orientation(bytes + at + 10, length - 8);
        at += 2 + length;
    }
    return 1;
}

static int png_orientation(const uint8_t *bytes, size_t count) {
    const tiff t = {bytes, count, 1};
    for (size_t at = 8; at + 12 <= count;) {
        const size_t length = get(&t, at, 4);
        if (length > count - at - 12 || memcmp(bytes + at + 4, "IEND", 4) == 0)
            return 1;
        if (memcmp(bytes + at + 4, "eXIf", 4) == 0)
            return tiff_orientation(bytes + at + 8, length);
        at += 12 + length;
    }
    return 1;
}

int exif_orientation(const uint8_t *bytes, size_t count) {
    if (count > 4 && bytes[0] == 0xff && bytes[1] == 0xd8)
        return jpeg_orientation(bytes, count);
    if (count > 8 && memcmp(bytes, "\x89PNG", 4) == 0)
        return png_orientation(bytes, count);
    return 1;
}

void exif_source(int orientation, int width, int height, int x, int y, int *from_x, int *from_y) {
    const int right = width - 1, bottom = height - 1;
    switch (orientation) {
    case 2: *from_x = right - x, *from_y = y; break;
    case 3: *from_x = right - x, *from_y = bottom - y; break;
    case 4: *from_x = x, *from_y = bottom - y; break;
    case 5: *from_x = y, *from_y = x; break;
    case 6: *from_x = y, *from_y = bottom - x; break;
    case 7: *from_x = right - y, *from_y = bottom - x; break;
    case 8: *from_x = right - y, *from_y = x; break;
    default: *from_x = x, *from_y = y; break;
    }
}
