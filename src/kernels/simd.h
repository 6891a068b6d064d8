/* The vector vocabulary: four float lanes. WebAssembly intrinsics (plain and relaxed), and a native body on compiler
 * vectors, so that the same kernels run under AddressSanitizer.
 *
 * f32x4_madd is the only operation whose bits depend on the build: fused with relaxed SIMD (on FMA hardware) and in a
 * native build for a processor that has it, multiply then add elsewhere. */
#ifndef KERNELS_SIMD_H
#define KERNELS_SIMD_H

#include <math.h>
#include <string.h>

#ifdef __wasm_simd128__

#include <wasm_simd128.h>

typedef v128_t f32x4;

static inline f32x4 f32x4_load(const float *p) { return wasm_v128_load(p); }
static inline void f32x4_store(float *p, f32x4 x) { wasm_v128_store(p, x); }
static inline f32x4 f32x4_splat(float x) { return wasm_f32x4_splat(x); }
static inline f32x4 f32x4_load_splat(const float *p) { return wasm_v128_load32_splat(p); }
/* { *a, *b, *c, *d } */
static inline f32x4 f32x4_gather(const float *a, const float *b, const float *c, const float *d) {
    return wasm_v128_load32_lane(d, wasm_v128_load32_lane(c, wasm_v128_load32_lane(b, wasm_v128_load32_zero(a), 1), 2),
                                 3);
}
static inline f32x4 f32x4_add(f32x4 a, f32x4 b) { return wasm_f32x4_add(a, b); }
static inline f32x4 f32x4_sub(f32x4 a, f32x4 b) { return wasm_f32x4_sub(a, b); }
static inline f32x4 f32x4_mul(f32x4 a, f32x4 b) { return wasm_f32x4_mul(a, b); }
static inline f32x4 f32x4_div(f32x4 a, f32x4 b) { return wasm_f32x4_div(a, b); }
static inline f32x4 f32x4_sqrt(f32x4 a) { return wasm_f32x4_sqrt(a); }
/* 2^n of whole numbers n from -126 to 127 */
static inline f32x4 f32x4_power_of_two(f32x4 n) {
    return wasm_i32x4_shl(wasm_i32x4_add(wasm_i32x4_trunc_sat_f32x4(n), wasm_i32x4_const_splat(127)), 23);
}
/* NaN where either is */
static inline f32x4 f32x4_min(f32x4 a, f32x4 b) { return wasm_f32x4_min(a, b); }
static inline f32x4 f32x4_max(f32x4 a, f32x4 b) { return wasm_f32x4_max(a, b); }
/* a > 0 ? x : y, lane by lane */
static inline f32x4 f32x4_select_positive(f32x4 a, f32x4 x, f32x4 y) {
    return wasm_v128_bitselect(x, y, wasm_f32x4_gt(a, wasm_f32x4_const_splat(0.0f)));
}
#ifdef __wasm_relaxed_simd__
static inline f32x4 f32x4_madd(f32x4 a, f32x4 b, f32x4 c) { return wasm_f32x4_relaxed_madd(a, b, c); }
#else
static inline f32x4 f32x4_madd(f32x4 a, f32x4 b, f32x4 c) { return wasm_f32x4_add(wasm_f32x4_mul(a, b), c); }
#endif
#define F32X4_SHUFFLE(a, b, i, j, k, l) wasm_i32x4_shuffle(a, b, i, j, k, l)
#define F32X4_LANE(x, i) wasm_f32x4_extract_lane(x, i)

#else

#ifdef __FMA__
#include <immintrin.h>
#endif

typedef float f32x4 __attribute__((vector_size(16)));
typedef int i32x4 __attribute__((vector_size(16)));

static inline f32x4 f32x4_load(const float *p) {
    f32x4 x;
    memcpy(&x, p, sizeof x);
    return x;
}
static inline void f32x4_store(float *p, f32x4 x) { memcpy(p, &x, sizeof x); }
static inline f32x4 f32x4_splat(float x) { return (f32x4){x, x, x, x}; }
static inline f32x4 f32x4_load_splat(const float *p) { return f32x4_splat(*p); }
static inline f32x4 f32x4_gather(const float *a, const float *b, const float *c, const float *d) {
    return (f32x4){*a, *b, *c, *d};
}
static inline f32x4 f32x4_add(f32x4 a, f32x4 b) { return a + b; }
static inline f32x4 f32x4_sub(f32x4 a, f32x4 b) { return a - b; }
static inline f32x4 f32x4_mul(f32x4 a, f32x4 b) { return a * b; }
static inline f32x4 f32x4_div(f32x4 a, f32x4 b) { return a / b; }
static inline f32x4 f32x4_sqrt(f32x4 a) { return (f32x4){sqrtf(a[0]), sqrtf(a[1]), sqrtf(a[2]), sqrtf(a[3])}; }
static inline f32x4 f32x4_select_positive(f32x4 a, f32x4 x, f32x4 y) {
    const i32x4 mask = a > f32x4_splat(0.0f);
    return (f32x4)(((i32x4)x & mask) | ((i32x4)y & ~mask));
}
static inline f32x4 f32x4_power_of_two(f32x4 n) {
    const i32x4 exponent = __builtin_convertvector(n, i32x4) + 127;
    return (f32x4)(exponent << 23);
}
static inline f32x4 f32x4_min(f32x4 a, f32x4 b) {
    const i32x4 first = (a < b) | (a != a);
    return (f32x4)(((i32x4)a & first) | ((i32x4)b & ~first));
}
static inline f32x4 f32x4_max(f32x4 a, f32x4 b) {
    const i32x4 first = (a > b) | (a != a);
    return (f32x4)(((i32x4)a & first) | ((i32x4)b & ~first));
}
#ifdef __FMA__
static inline f32x4 f32x4_madd(f32x4 a, f32x4 b, f32x4 c) { return _mm_fmadd_ps(a, b, c); }
#else
static inline f32x4 f32x4_madd(f32x4 a, f32x4 b, f32x4 c) { return a * b + c; }
#endif
#if defined(__AVX2__) && defined(__FMA__)
/* Eight lanes, where the processor that the library is built for has them (SSDGAN_ARCH). */
#define SIMD_EIGHT
typedef float f32x8 __attribute__((vector_size(32)));
static inline f32x8 f32x8_load(const float *p) { return _mm256_loadu_ps(p); }
static inline void f32x8_store(float *p, f32x8 x) { _mm256_storeu_ps(p, x); }
static inline f32x8 f32x8_load_splat(const float *p) { return _mm256_broadcast_ss(p); }
static inline f32x8 f32x8_add(f32x8 a, f32x8 b) { return a + b; }
static inline f32x8 f32x8_madd(f32x8 a, f32x8 b, f32x8 c) { return _mm256_fmadd_ps(a, b, c); }
#endif
#define F32X4_SHUFFLE(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#define F32X4_LANE(x, i) ((x)[i])

#endif

/* ((x0 + x1) + x2) + x3: the fixed order of every horizontal sum. */
static inline float f32x4_sum(f32x4 x) {
    return ((F32X4_LANE(x, 0) + F32X4_LANE(x, 1)) + F32X4_LANE(x, 2)) + F32X4_LANE(x, 3);
}

/* Rows a, b, c, d of a 4 x 4 block become its columns. */
static inline void f32x4_transpose(f32x4 *a, f32x4 *b, f32x4 *c, f32x4 *d) {
    const f32x4 ab_low = F32X4_SHUFFLE(*a, *b, 0, 4, 1, 5);
    const f32x4 ab_high = F32X4_SHUFFLE(*a, *b, 2, 6, 3, 7);
    const f32x4 cd_low = F32X4_SHUFFLE(*c, *d, 0, 4, 1, 5);
    const f32x4 cd_high = F32X4_SHUFFLE(*c, *d, 2, 6, 3, 7);
    *a = F32X4_SHUFFLE(ab_low, cd_low, 0, 1, 4, 5);
    *b = F32X4_SHUFFLE(ab_low, cd_low, 2, 3, 6, 7);
    *c = F32X4_SHUFFLE(ab_high, cd_high, 0, 1, 4, 5);
    *d = F32X4_SHUFFLE(ab_high, cd_high, 2, 3, 6, 7);
}

#endif
