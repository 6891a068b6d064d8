/* stb_image, compiled here once, with this project's limits. */
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#pragma GCC diagnostic ignored "-Wsign-compare"
#include "data/stb.h"

/* stb takes its SSE2 paths for JPEGs (the same pixels as its plain ones) where it sees an x86. Emscripten translates
 * the intrinsics to WebAssembly's; stb must be told, and given what it defines beside them. */
#if defined(__EMSCRIPTEN__) && defined(__SSE2__)
#include <emmintrin.h>
#define STBI_SSE2
#define STBI_SIMD_ALIGN(type, name) type name __attribute__((aligned(16)))
static int stbi__sse2_available(void) { return 1; }
#endif

/* In a damaged JPEG, stb 2.27 shifts a zero by up to 39 bits. The result is zero on every machine that this runs on. */
#pragma clang attribute push(__attribute__((no_sanitize("shift-exponent"))), apply_to = function)
#define STB_IMAGE_IMPLEMENTATION
#include <stb/stb_image.h>
#pragma clang attribute pop
