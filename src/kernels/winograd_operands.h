/* The operands of winograd.c's products: tiles of images and weights, transformed to 25 points while they are packed
 * into panels. Known to winograd.c alone. */
#ifndef KERNELS_WINOGRAD_OPERANDS_H
#define KERNELS_WINOGRAD_OPERANDS_H

#include "base/helpers.h"
#include "kernels/conv.h"
#include "kernels/gemm.h"
#include "kernels/winograd_product.h"

enum {
    TILE = 4, /* output pixels of a tile, each way */
    SIDE = 5, /* points, each way */
    PHASES = 4,
    TAPS = 16,
    LANES = 4
};

/* Tiles of the whole batch, counted so that four consecutive ones are the same tile of four pictures:
 * tile index = ((n / 4) * tiles_a_picture + tile) * 4 + n % 4. The picture count is filled up to a whole number of
 * fours, and the columns to eights: what is computed there is thrown away. */
typedef struct tiling {
    const conv_shape *shape;
    int across, down; /* tiles of a picture */
    int quads;        /* groups of four pictures */
    int columns;
} tiling;

static inline tiling tiling_of(const conv_shape *s) {
    tiling t = {.shape = s, .across = s->width / 8, .down = s->height / 8, .quads = (s->batch + LANES - 1) / LANES};
    t.columns = (t.quads * t.across * t.down * LANES + GEMM_COLUMNS - 1) / GEMM_COLUMNS * GEMM_COLUMNS;
    return t;
}

static inline int tiles_of(const tiling *t) { return t->across * t->down; }

/* The tile and the first picture of four columns; those beyond the batch see its last picture again. */
typedef struct tile_place {
    int n, row, column; /* of the tile, in tiles */
} tile_place;

static inline tile_place place_of(const tiling *t, int column) {
    const int group = column / LANES, tiles = tiles_of(t), quad = min_int(group / tiles, t->quads - 1);
    return (tile_place){quad * LANES, group % tiles / t->across, group % tiles % t->across};
}

typedef struct image_source {
    const float *data;
    const tiling *tiles;
} image_source;

typedef struct weight_source {
    const float *w; /* K x C x 4 x 4 */
    const conv_shape *shape;
} weight_source;

/* Packing functions (winograd_pack), sources being an image_source or, for weights, a weight_source. */

/* V, columns being tiles and depth (c, phase). */
void winograd_pack_input_by_tile(const void *source, int first, int lanes, int depth_first, int depth,
                                 const winograd_panels *out);
/* W, columns being tiles and depth k. */
void winograd_pack_output_by_tile(const void *source, int first, int lanes, int depth_first, int depth,
                                  const winograd_panels *out);
/* Vt: depth is tiles; columns are (c / 4, phase, c % 4), so that a panel is two phases of four channels. */
void winograd_pack_input_by_channel(const void *source, int first, int lanes, int depth_first, int depth,
                                    const winograd_panels *out);
/* Wt: rows are k, depth is tiles. */
void winograd_pack_output_by_channel(const void *source, int first, int lanes, int depth_first, int depth,
                                     const winograd_panels *out);
/* U, rows being k and depth (c, phase). */
void winograd_pack_weights(const void *source, int first, int lanes, int depth_first, int depth,
                           const winograd_panels *out);
/* Ut, rows being (c, phase), a panel the four phases of a channel; depth k. */
void winograd_pack_weights_transposed(const void *source, int first, int lanes, int depth_first, int depth,
                                      const winograd_panels *out);

#endif
