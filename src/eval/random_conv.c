#include "eval/random_conv.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "kernels/conv.h"
#include "kernels/vector.h"

enum { LAYERS = 4, UNIT = 64, TAPS = 16, BATCH_PIXELS = 64 * 64 * 64, SEED = 1, PIECE = 256 };

static const int CHANNELS[LAYERS + 1] = {3, 32, 64, 64, 96};

int random_conv_fits(int size) { return size == 16 || size == 32 || (size > 0 && size % UNIT == 0); }

static void draw_weights(float *weights) {
    rng random;
    rng_seed(&random, SEED, STREAM_FEATURES);
    for (int l = 0; l < LAYERS; l++) {
        const int length = CHANNELS[l] * TAPS;
        for (int k = 0; k < CHANNELS[l + 1]; k++) {
            rng_normal(&random, weights, length);
            for (int c = 0; 2 * k >= CHANNELS[l + 1] && c < CHANNELS[l]; c++) {
                double mean = 0;
                for (int t = 0; t < TAPS; t++)
                    mean += weights[c * TAPS + t];
                for (int t = 0; t < TAPS; t++)
                    weights[c * TAPS + t] -= (float)(mean / TAPS);
            }
            (void)vector_normalise(weights, (size_t)length, 1e-12);
            weights += length;
        }
    }
}

typedef struct layer_work {
    float *x; /* channels x batch x pixels */
    const uint8_t *pictures;
    float *features;
    int count, size, side, channels, batch, pixels, offset;
} layer_work;

/* A row of pictures into 3 x batch x side x side, pixels repeated; beyond the last picture, that one again. */
static void read_picture(const void *argument, int n) {
    const layer_work *w = argument;
    const int repeat = w->side / w->size, from = n < w->count ? n : w->count - 1;
    const uint8_t *picture = w->pictures + (size_t)from * w->size * w->size * 3;
    for (int c = 0; c < 3; c++) {
        float *out = w->x + ((size_t)c * w->batch + n) * w->pixels;
        for (int y = 0; y < w->side; y++)
            for (int x = 0; x < w->side; x++)
                *out++ = (float)picture[((size_t)(y / repeat) * w->size + x / repeat) * 3 + c] / 127.5f - 1.0f;
    }
}

/* LeakyReLU and pixel normalisation of a run of positions. */
__attribute__((noinline)) static void normalise_piece(const void *argument, int piece) {
    const layer_work *w = argument;
    const size_t total = (size_t)w->batch * w->pixels, first = (size_t)piece * PIECE;
    const int count = total - first < PIECE ? (int)(total - first) : PIECE;
    float squares[PIECE] = {0};
    for (int c = 0; c < w->channels; c++) {
        float *x = w->x + c * total + first;
        for (int i = 0; i < count; i++) {
            x[i] = x[i] > 0 ? x[i] : 0.2f * x[i];
            squares[i] += x[i] * x[i];
        }
    }
    for (int i = 0; i < count; i++)
        squares[i] = 1.0f / sqrtf(squares[i] / (float)w->channels + 0.01f);
    for (int c = 0; c < w->channels; c++) {
        float *x = w->x + c * total + first;
        for (int i = 0; i < count; i++)
            x[i] *= squares[i];
    }
}

static void pool_channel(const void *argument, int c) {
    const layer_work *w = argument;
    for (int n = 0; n < w->count && n < w->batch; n++) {
        const float *x = w->x + ((size_t)c * w->batch + n) * w->pixels;
        double sum = 0, squares = 0;
        for (int i = 0; i < w->pixels; i++)
            sum += x[i];
        const double mean = sum / w->pixels;
        for (int i = 0; i < w->pixels; i++)
            squares += (x[i] - mean) * (x[i] - mean);
        float *out = w->features + (size_t)n * RANDOM_CONV_FEATURES + w->offset;
        out[c] = (float)mean;
        out[w->channels + c] = (float)sqrt(squares / w->pixels + 1e-6);
    }
}

typedef struct network {
    float *weights, *even, *odd, *scratch;
    int side, batch;
} network;

static void run_batch(parallel_pool *pool, const network *net, layer_work work) {
    work.side = net->side;
    work.batch = net->batch;
    work.pixels = net->side * net->side;
    work.x = net->even;
    parallel_for(pool, net->batch, read_picture, &work);
    const float *weights = net->weights;
    for (int l = 0; l < LAYERS; l++) {
        const conv_shape shape = {net->batch, CHANNELS[l], CHANNELS[l + 1], net->side >> l, net->side >> l};
        const float *from = work.x;
        work.x = l % 2 ? net->even : net->odd;
        conv_forward(pool, work.x, from, weights, 1, &shape, net->scratch);
        work.pixels /= 4;
        work.channels = CHANNELS[l + 1];
        parallel_for(pool, (net->batch * work.pixels + PIECE - 1) / PIECE, normalise_piece, &work);
        parallel_for(pool, work.channels, pool_channel, &work);
        work.offset += 2 * work.channels;
        weights += (size_t)CHANNELS[l] * CHANNELS[l + 1] * TAPS;
    }
}

ssd_status random_conv_features(ssd_context *context, float *features, const uint8_t *pictures, int count, int size) {
    if (!random_conv_fits(size))
        return context_fail(context, SSD_BAD_ARGUMENT,
                            "random-conv-1 reads pictures of 16, 32 or a multiple of 64 pixels, not of %d", size);
    network net = {.side = size < UNIT ? UNIT : size};
    net.batch = BATCH_PIXELS / (net.side * net.side) > 4 ? BATCH_PIXELS / (net.side * net.side) : 4;
    size_t weights = 0, scratch = 0;
    for (int l = 0; l < LAYERS; l++) {
        const conv_shape shape = {net.batch, CHANNELS[l], CHANNELS[l + 1], net.side >> l, net.side >> l};
        const size_t need = conv_scratch_floats(&shape, parallel_threads(context->pool));
        scratch = need > scratch ? need : scratch;
        weights += (size_t)CHANNELS[l] * CHANNELS[l + 1] * TAPS;
    }
    const size_t plane = (size_t)net.batch * net.side * net.side; /* even: 3 planes, or 64 of a sixteenth */
    net.weights = context_allocate(context, weights + 4 * plane + 8 * plane + scratch, sizeof(float));
    if (!net.weights)
        return SSD_OUT_OF_MEMORY;
    net.even = net.weights + weights;
    net.odd = net.even + 4 * plane;
    net.scratch = net.odd + 8 * plane;
    draw_weights(net.weights);
    for (int done = 0; done < count; done += net.batch)
        run_batch(context->pool, &net,
                  (layer_work){.pictures = pictures + (size_t)done * size * size * 3,
                               .features = features + (size_t)done * RANDOM_CONV_FEATURES,
                               .count = count - done,
                               .size = size});
    free(net.weights);
    return SSD_OK;
}
