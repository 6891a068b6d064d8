/* A decoded picture. */
#ifndef DATA_BITMAP_H
#define DATA_BITMAP_H

#include <stdint.h>

typedef struct bitmap {
    int width, height;
    uint8_t *rgba; /* height x width x 4, alpha 255 throughout, owned: free with bitmap_free */
} bitmap;

/* Frees the pixels and leaves an empty bitmap. */
void bitmap_free(bitmap *picture);

#endif
