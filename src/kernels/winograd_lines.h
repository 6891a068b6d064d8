/* The one-dimensional transforms of F(4, 2) with the points 0, 1, -1, 2, infinity, lane by lane. A two-dimensional
 * one applies the line to every column, then to every row. `in` and `out` are vectors `step` apart.
 *
 *        | 2 -1 -2  1  0 |        |  1/2    0  |        | 1 1  1 1 0 |
 *        | 0 -2 -1  1  0 |        | -1/2 -1/2  |        | 0 1 -1 2 0 |
 *   Bt = | 0  2 -3  1  0 |    G = | -1/6  1/6  |   At = | 0 1  1 4 0 |
 *        | 0 -1  0  1  0 |        |  1/6  1/3  |        | 0 1 -1 8 1 |
 *        | 0  2 -1 -2  1 |        |   0    1   |                       */
#ifndef KERNELS_WINOGRAD_LINES_H
#define KERNELS_WINOGRAD_LINES_H

#include "kernels/simd.h"

/* Five of the input -> five points: Bt. */
static inline void line_input(f32x4 *out, int out_step, const f32x4 *in, int in_step) {
    const f32x4 two = f32x4_splat(2), three = f32x4_splat(3);
    const f32x4 d0 = in[0], d1 = in[in_step], d2 = in[2 * in_step], d3 = in[3 * in_step], d4 = in[4 * in_step];
    const f32x4 across = f32x4_sub(d3, d1);
    out[0] = f32x4_madd(two, f32x4_sub(d0, d2), across);
    out[out_step] = f32x4_sub(across, f32x4_add(d1, d2));
    out[2 * out_step] = f32x4_madd(three, f32x4_sub(d1, d2), across);
    out[3 * out_step] = across;
    out[4 * out_step] = f32x4_sub(f32x4_sub(d4, d2), f32x4_mul(two, across));
}

/* Its adjoint: B. */
static inline void line_input_adjoint(f32x4 *out, int out_step, const f32x4 *in, int in_step) {
    const f32x4 two = f32x4_splat(2), three = f32x4_splat(3);
    const f32x4 m0 = in[0], m1 = in[in_step], m2 = in[2 * in_step], m3 = in[3 * in_step], m4 = in[4 * in_step];
    const f32x4 outer = f32x4_sub(f32x4_add(m0, m3), f32x4_mul(two, m4));
    out[0] = f32x4_mul(two, m0);
    out[out_step] = f32x4_sub(f32x4_mul(two, f32x4_sub(m2, m1)), outer);
    out[2 * out_step] = f32x4_sub(f32x4_sub(f32x4_mul(f32x4_splat(-2), m0), m4), f32x4_madd(three, m2, m1));
    out[3 * out_step] = f32x4_add(outer, f32x4_add(m1, m2));
    out[4 * out_step] = m4;
}

/* Two weights -> five points: G. */
static inline void line_weight(f32x4 *out, int out_step, const f32x4 *in, int in_step) {
    const f32x4 half = f32x4_splat(0.5f), sixth = f32x4_splat(1.0f / 6.0f), two = f32x4_splat(2);
    const f32x4 g0 = in[0], g1 = in[in_step];
    out[0] = f32x4_mul(half, g0);
    out[out_step] = f32x4_mul(f32x4_splat(-0.5f), f32x4_add(g0, g1));
    out[2 * out_step] = f32x4_mul(sixth, f32x4_sub(g1, g0));
    out[3 * out_step] = f32x4_mul(sixth, f32x4_madd(two, g1, g0));
    out[4 * out_step] = g1;
}

/* Its adjoint, for gradients: Gt. */
static inline void line_weight_adjoint(f32x4 *out, int out_step, const f32x4 *in, int in_step) {
    const f32x4 half = f32x4_splat(0.5f), sixth = f32x4_splat(1.0f / 6.0f), two = f32x4_splat(2);
    const f32x4 t0 = in[0], t1 = in[in_step], t2 = in[2 * in_step], t3 = in[3 * in_step], t4 = in[4 * in_step];
    out[0] = f32x4_madd(half, f32x4_sub(t0, t1), f32x4_mul(sixth, f32x4_sub(t3, t2)));
    out[out_step] = f32x4_add(f32x4_sub(t4, f32x4_mul(half, t1)), f32x4_mul(sixth, f32x4_madd(two, t3, t2)));
}

/* Five points -> four of the output: At. */
static inline void line_output(f32x4 *out, int out_step, const f32x4 *in, int in_step) {
    const f32x4 m1 = in[in_step], m2 = in[2 * in_step], m3 = in[3 * in_step];
    const f32x4 even = f32x4_add(m1, m2), odd = f32x4_sub(m1, m2);
    out[0] = f32x4_add(f32x4_add(in[0], even), m3);
    out[out_step] = f32x4_madd(f32x4_splat(2), m3, odd);
    out[2 * out_step] = f32x4_madd(f32x4_splat(4), m3, even);
    out[3 * out_step] = f32x4_add(f32x4_madd(f32x4_splat(8), m3, odd), in[4 * in_step]);
}

/* Its adjoint, for gradients: A. */
static inline void line_output_adjoint(f32x4 *out, int out_step, const f32x4 *in, int in_step) {
    const f32x4 two = f32x4_splat(2);
    const f32x4 y0 = in[0], y1 = in[in_step], y2 = in[2 * in_step], y3 = in[3 * in_step];
    const f32x4 even = f32x4_add(y0, y2), odd = f32x4_add(y1, y3);
    out[0] = y0;
    out[out_step] = f32x4_add(even, odd);
    out[2 * out_step] = f32x4_sub(even, odd);
    out[3 * out_step] = f32x4_madd(two, f32x4_madd(two, f32x4_madd(two, y3, y2), y1), y0);
    out[4 * out_step] = y3;
}

#endif
