#include "data/bitmap.h"

#include <stdlib.h>

void bitmap_free(bitmap *picture) {
    free(picture->rgba);
    *picture = (bitmap){0};
}
