/* A picture with a border of one pixel of zeros, (height + 2) x (width + 2): what the taps beyond an edge read. */
#ifndef KERNELS_CONV_FRAME_H
#define KERNELS_CONV_FRAME_H

#include <stddef.h>
#include <string.h>

static inline size_t frame_floats(int height, int width) { return (size_t)(height + 2) * (width + 2); }

static inline void fill_frame(float *frame, const float *picture, int height, int width) {
    const int pitch = width + 2;
    memset(frame, 0, sizeof *frame * pitch);
    for (int y = 0; y < height; y++) {
        float *row = frame + (size_t)(y + 1) * pitch;
        row[0] = row[width + 1] = 0;
        memcpy(row + 1, picture + (size_t)y * width, sizeof *row * width);
    }
    memset(frame + (size_t)(height + 1) * pitch, 0, sizeof *frame * pitch);
}

#endif
