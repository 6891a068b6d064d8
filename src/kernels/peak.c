/* The peak that benchmarks are quoted against. */
#include <stdlib.h>

#include "base/context.h"
#include "kernels/simd.h"

/* Ten independent chains hide the latency of a multiply-add (4 cycles at two a cycle need eight) and leave registers
 * for the operands. */
enum { CHAINS = 10, INNER = 1000 };

typedef struct peak_work {
    int rounds;
    float *sink; /* one float a piece, so that nothing is optimised away */
} peak_work;

__attribute__((noinline)) static float chains(float start) {
    const f32x4 x = f32x4_splat(0.999f), y = f32x4_splat(0.001f);
    f32x4 a = f32x4_splat(start), b = a, c = a, d = a, e = a, f = a, g = a, h = a, i = a, j = a;
    for (int k = 0; k < INNER; k++) {
        a = f32x4_madd(a, x, y);
        b = f32x4_madd(b, x, y);
        c = f32x4_madd(c, x, y);
        d = f32x4_madd(d, x, y);
        e = f32x4_madd(e, x, y);
        f = f32x4_madd(f, x, y);
        g = f32x4_madd(g, x, y);
        h = f32x4_madd(h, x, y);
        i = f32x4_madd(i, x, y);
        j = f32x4_madd(j, x, y);
    }
    const f32x4 left = f32x4_add(f32x4_add(a, b), f32x4_add(c, d));
    const f32x4 right = f32x4_add(f32x4_add(e, f), f32x4_add(g, h));
    return f32x4_sum(f32x4_add(f32x4_add(left, right), f32x4_add(i, j)));
}

static void peak_piece(const void *argument, int index) {
    const peak_work *work = argument;
    float value = (float)index;
    for (int r = 0; r < work->rounds; r++)
        value = chains(value * 1e-3f);
    work->sink[index] = value;
}

double ssd_peak_probe(ssd_context *context, int rounds) {
    const int threads = parallel_threads(context->pool);
    float *sink = calloc((size_t)threads, sizeof *sink);
    if (!sink)
        return 0;
    const peak_work work = {rounds, sink};
    parallel_for(context->pool, threads, peak_piece, &work);
    free(sink);
    return 2.0 * 4 * CHAINS * INNER * rounds * threads;
}
