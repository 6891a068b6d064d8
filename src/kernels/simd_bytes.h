/* The part of the vector vocabulary that turns bytes into floats and back. Every operation is exact, so that pictures
 * are the same bytes in all builds. */
#ifndef KERNELS_SIMD_BYTES_H
#define KERNELS_SIMD_BYTES_H

#include <stdint.h>

#include "kernels/simd.h"

#ifdef __wasm_simd128__

typedef v128_t i32x4;

/* Four bytes as floats. */
static inline f32x4 f32x4_load_bytes(const uint8_t *p) {
    const v128_t bytes = wasm_v128_load32_zero(p);
    return wasm_f32x4_convert_i32x4(wasm_u32x4_extend_low_u16x8(wasm_u16x8_extend_low_u8x16(bytes)));
}
/* Cuts the fraction off; lanes must be from 0 to 255. */
static inline i32x4 i32x4_truncate(f32x4 x) {
#ifdef __wasm_relaxed_simd__
    return wasm_i32x4_relaxed_trunc_f32x4(x);
#else
    return wasm_i32x4_trunc_sat_f32x4(x);
#endif
}
static inline i32x4 i32x4_splat(int x) { return wasm_i32x4_splat(x); }
static inline i32x4 i32x4_or(i32x4 a, i32x4 b) { return wasm_v128_or(a, b); }
#define I32X4_SHIFT_LEFT(x, bits) wasm_i32x4_shl(x, bits)
#define I32X4_LANE(x, i) wasm_i32x4_extract_lane(x, i)
static inline void i32x4_store(void *p, i32x4 x) { wasm_v128_store(p, x); }

#else

static inline f32x4 f32x4_load_bytes(const uint8_t *p) { return (f32x4){p[0], p[1], p[2], p[3]}; }
static inline i32x4 i32x4_truncate(f32x4 x) { return __builtin_convertvector(x, i32x4); }
static inline i32x4 i32x4_splat(int x) { return (i32x4){x, x, x, x}; }
static inline i32x4 i32x4_or(i32x4 a, i32x4 b) { return a | b; }
#define I32X4_SHIFT_LEFT(x, bits) ((x) << (bits))
#define I32X4_LANE(x, i) ((x)[i])
static inline void i32x4_store(void *p, i32x4 x) { memcpy(p, &x, sizeof x); }

#endif

/* The levels 0..255 nearest to x, halves upwards; 0 for a NaN. */
static inline i32x4 i32x4_levels(f32x4 x) {
    const f32x4 zero = f32x4_splat(0.0f), top = f32x4_splat(255.0f);
    x = f32x4_add(x, f32x4_splat(0.5f));
    x = f32x4_select_positive(x, x, zero);
    return i32x4_truncate(f32x4_select_positive(f32x4_sub(top, x), x, top));
}

#endif
