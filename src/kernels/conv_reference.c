#include "kernels/conv.h"

#include <stdlib.h>

/* Visits every product of the convolution: tap (ky, kx) of pixel (oy, ox) that falls inside the large image. */
typedef struct conv_term {
    size_t x, y, w;
} conv_term;

static int term_at(const conv_shape *s, int n, int k, int c, int oy, int ox, int tap, conv_term *term) {
    const int iy = 2 * oy + tap / 4 - 1, ix = 2 * ox + tap % 4 - 1;
    if (iy < 0 || ix < 0 || iy >= s->height || ix >= s->width)
        return 0;
    const size_t oh = (size_t)s->height / 2, ow = (size_t)s->width / 2;
    term->x = (((size_t)c * s->batch + n) * s->height + iy) * s->width + ix;
    term->y = (((size_t)k * s->batch + n) * oh + oy) * ow + ox;
    term->w = ((size_t)k * s->channels + c) * 16 + tap;
    return 1;
}

typedef enum pass { FORWARD, INPUT_GRAD, WEIGHT_GRAD } pass;

static void accumulate_all(double *sum, pass which, const float *p, const float *q, const conv_shape *s) {
    conv_term t;
    for (int k = 0; k < s->filters; k++)
        for (int c = 0; c < s->channels; c++)
            for (int n = 0; n < s->batch; n++)
                for (int oy = 0; oy < s->height / 2; oy++)
                    for (int ox = 0; ox < s->width / 2; ox++)
                        for (int tap = 0; tap < 16; tap++) {
                            if (!term_at(s, n, k, c, oy, ox, tap, &t))
                                continue;
                            if (which == FORWARD)
                                sum[t.y] += (double)p[t.x] * q[t.w];
                            else if (which == INPUT_GRAD)
                                sum[t.x] += (double)p[t.y] * q[t.w];
                            else
                                sum[t.w] += (double)p[t.y] * q[t.x];
                        }
}

static void run(float *out, size_t count, pass which, const float *p, const float *q, double scale, int accumulate,
                const conv_shape *s) {
    double *sum = calloc(count, sizeof *sum);
    if (!sum)
        abort(); /* tests only */
    accumulate_all(sum, which, p, q, s);
    for (size_t i = 0; i < count; i++)
        out[i] = (float)(scale * sum[i] + (accumulate ? (double)out[i] : 0.0));
    free(sum);
}

static size_t large_count(const conv_shape *s) { return (size_t)s->channels * s->batch * s->height * s->width; }
static size_t small_count(const conv_shape *s) { return (size_t)s->filters * s->batch * s->height * s->width / 4; }

void conv_forward_reference(float *y, const float *x, const float *w, float scale, const conv_shape *shape) {
    run(y, small_count(shape), FORWARD, x, w, scale, 0, shape);
}

void conv_input_grad_reference(float *dx, const float *dy, const float *w, float scale, const conv_shape *shape) {
    run(dx, large_count(shape), INPUT_GRAD, dy, w, scale, 0, shape);
}

void conv_weight_grad_reference(float *dw, const float *dy, const float *x, const conv_shape *shape, grad_mode mode) {
    run(dw, (size_t)shape->filters * shape->channels * 16, WEIGHT_GRAD, dy, x, 1.0, mode == GRAD_ADD, shape);
}
