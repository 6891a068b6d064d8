/* The one-dimensional transforms of F(4, 2) with the points 1/2, -1/2, 3/2, -3/2, infinity, lane by lane. A
 * two-dimensional one applies the line to every column, then to every row. `in` and `out` are vectors `step` apart.
 *
 *        | -9/8 -9/4  1/2  1  0 |        | -1/2 -1/4 |        |  1    1    1     1    0 |
 *        |  9/8 -9/4 -1/2  1  0 |        |  1/2 -1/4 |        | 1/2 -1/2  3/2  -3/2   0 |
 *   Bt = | -3/8 -1/4  3/2  1  0 |    G = |  1/6  1/4 |   At = | 1/4  1/4  9/4   9/4   0 |
 *        |  3/8 -1/4 -3/2  1  0 |        | -1/6  1/4 |        | 1/8 -1/8 27/8 -27/8   1 |
 *        | 9/16   0  -5/2  0  1 |        |   0    1  |
 *
 * The points decide the error: of all sets of small fractions these and (1/2, -1/2, 4/3, -4/3), which are no binary
 * fractions, lose least. A layer of 512 channels, depth chunks of 128: 7.1e-7 relative, against 1.5e-6 of the usual
 * (0, 1, -1, 2, infinity) and 2.1e-7 of the direct sums. Pairs of opposite points also share their halves. */
#ifndef KERNELS_WINOGRAD_LINES_H
#define KERNELS_WINOGRAD_LINES_H

#include <stddef.h>

#include "kernels/simd.h"

/* Five of the input -> five points: Bt. */
static inline void line_input(f32x4 *out, int out_step, const f32x4 *in, int in_step) {
    const f32x4 d0 = in[0], d1 = in[in_step], d2 = in[2 * in_step], d3 = in[3 * in_step], d4 = in[4 * in_step];
    const f32x4 near_odd = f32x4_madd(f32x4_splat(-2.25f), d1, d3), near_even = f32x4_madd(f32x4_splat(-2.25f), d0, d2);
    const f32x4 far_odd = f32x4_madd(f32x4_splat(-0.25f), d1, d3), far_even = f32x4_madd(f32x4_splat(-0.25f), d0, d2);
    out[0] = f32x4_madd(f32x4_splat(0.5f), near_even, near_odd);
    out[out_step] = f32x4_madd(f32x4_splat(-0.5f), near_even, near_odd);
    out[2 * out_step] = f32x4_madd(f32x4_splat(1.5f), far_even, far_odd);
    out[3 * out_step] = f32x4_madd(f32x4_splat(-1.5f), far_even, far_odd);
    out[4 * out_step] = f32x4_madd(f32x4_splat(0.5625f), d0, f32x4_madd(f32x4_splat(-2.5f), d2, d4));
}

/* Its adjoint: B. */
static inline void line_input_adjoint(f32x4 *out, int out_step, const f32x4 *in, int in_step) {
    const f32x4 m1 = in[0], m2 = in[in_step], m3 = in[2 * in_step], m4 = in[3 * in_step], m5 = in[4 * in_step];
    const f32x4 near_even = f32x4_add(m1, m2), near_odd = f32x4_sub(m1, m2);
    const f32x4 far_even = f32x4_add(m3, m4), far_odd = f32x4_sub(m3, m4);
    const f32x4 last = f32x4_mul(f32x4_splat(0.5625f), m5), middle = f32x4_mul(f32x4_splat(-2.5f), m5);
    out[0] = f32x4_madd(f32x4_splat(-1.125f), near_odd, f32x4_madd(f32x4_splat(-0.375f), far_odd, last));
    out[out_step] = f32x4_madd(f32x4_splat(-2.25f), near_even, f32x4_mul(f32x4_splat(-0.25f), far_even));
    out[2 * out_step] = f32x4_madd(f32x4_splat(0.5f), near_odd, f32x4_madd(f32x4_splat(1.5f), far_odd, middle));
    out[3 * out_step] = f32x4_add(near_even, far_even);
    out[4 * out_step] = m5;
}

/* Two weights -> five points: G. */
static inline void line_weight(f32x4 *out, int out_step, const f32x4 *in, int in_step) {
    const f32x4 g1 = in[in_step], quarter = f32x4_mul(f32x4_splat(0.25f), g1);
    const f32x4 half = f32x4_mul(f32x4_splat(0.5f), in[0]), sixth = f32x4_mul(f32x4_splat(1.0f / 6.0f), in[0]);
    out[0] = f32x4_sub(f32x4_sub(f32x4_splat(0), half), quarter);
    out[out_step] = f32x4_sub(half, quarter);
    out[2 * out_step] = f32x4_add(quarter, sixth);
    out[3 * out_step] = f32x4_sub(quarter, sixth);
    out[4 * out_step] = g1;
}

/* G w Gt of 2x2 weights, the 25 points `point_stride` apart. */
static inline void store_weight_points(float *out, ptrdiff_t point_stride, const f32x4 weights[2][2]) {
    f32x4 columns[5][2], points[5];
    for (int j = 0; j < 2; j++)
        line_weight(&columns[0][j], 2, &weights[0][j], 2);
    for (int i = 0; i < 5; i++) {
        line_weight(points, 1, columns[i], 1);
        for (int j = 0; j < 5; j++)
            f32x4_store(out + (i * 5 + j) * point_stride, points[j]);
    }
}

/* Its adjoint, for gradients: Gt. */
static inline void line_weight_adjoint(f32x4 *out, int out_step, const f32x4 *in, int in_step) {
    const f32x4 t1 = in[0], t2 = in[in_step], t3 = in[2 * in_step], t4 = in[3 * in_step];
    const f32x4 even = f32x4_sub(f32x4_add(t3, t4), f32x4_add(t1, t2));
    out[0] = f32x4_madd(f32x4_splat(0.5f), f32x4_sub(t2, t1), f32x4_mul(f32x4_splat(1.0f / 6.0f), f32x4_sub(t3, t4)));
    out[out_step] = f32x4_madd(f32x4_splat(0.25f), even, in[4 * in_step]);
}

/* Five points -> four of the output: At. */
static inline void line_output(f32x4 *out, int out_step, const f32x4 *in, int in_step) {
    const f32x4 m1 = in[0], m2 = in[in_step], m3 = in[2 * in_step], m4 = in[3 * in_step];
    const f32x4 near_even = f32x4_add(m1, m2), near_odd = f32x4_sub(m1, m2);
    const f32x4 far_even = f32x4_add(m3, m4), far_odd = f32x4_sub(m3, m4);
    out[0] = f32x4_add(near_even, far_even);
    out[out_step] = f32x4_madd(f32x4_splat(0.5f), near_odd, f32x4_mul(f32x4_splat(1.5f), far_odd));
    out[2 * out_step] = f32x4_madd(f32x4_splat(0.25f), near_even, f32x4_mul(f32x4_splat(2.25f), far_even));
    out[3 * out_step] =
        f32x4_madd(f32x4_splat(0.125f), near_odd, f32x4_madd(f32x4_splat(3.375f), far_odd, in[4 * in_step]));
}

/* Its adjoint, for gradients: A. */
static inline void line_output_adjoint(f32x4 *out, int out_step, const f32x4 *in, int in_step) {
    const f32x4 y0 = in[0], y1 = in[in_step], y2 = in[2 * in_step], y3 = in[3 * in_step];
    const f32x4 near_even = f32x4_madd(f32x4_splat(0.25f), y2, y0);
    const f32x4 near_odd = f32x4_madd(f32x4_splat(0.125f), y3, f32x4_mul(f32x4_splat(0.5f), y1));
    const f32x4 far_even = f32x4_madd(f32x4_splat(2.25f), y2, y0);
    const f32x4 far_odd = f32x4_madd(f32x4_splat(3.375f), y3, f32x4_mul(f32x4_splat(1.5f), y1));
    out[0] = f32x4_add(near_even, near_odd);
    out[out_step] = f32x4_sub(near_even, near_odd);
    out[2 * out_step] = f32x4_add(far_even, far_odd);
    out[3 * out_step] = f32x4_sub(far_even, far_odd);
    out[4 * out_step] = y3;
}

#endif
