/* The one fact of EXIF that pictures need: which way is up. */
#ifndef DATA_EXIF_H
#define DATA_EXIF_H

#include <stddef.h>
#include <stdint.h>

/* Orientation 1..8 of a JPEG (APP1) or PNG (eXIf) file, a SHORT or LONG of either byte order; 1, upright, where the
 * file says nothing or is damaged. */
int exif_orientation(const uint8_t *bytes, size_t count);

/* The pixel (x, y) of the upright picture comes from (*from_x, *from_y) of the stored one, stored width x height. */
void exif_source(int orientation, int width, int height, int x, int y, int *from_x, int *from_y);

#endif
