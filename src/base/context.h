/* The context behind every handle: the thread pool and the sentence about the last failure. */
#ifndef BASE_CONTEXT_H
#define BASE_CONTEXT_H

#include "ssdgan.h"

#include "base/parallel.h"

enum { MAX_ALLOCATION = 1536u << 20 };

struct ssd_context {
    parallel_pool *pool;
    char error[512];
};

/* Writes the sentence (printf style) and returns `status`, so that a failure is one line at its place.
 * Control characters and bytes that are not UTF-8 become \x1b and the like. A NULL context is allowed. */
__attribute__((format(printf, 3, 4))) ssd_status context_fail(ssd_context *context, ssd_status status,
                                                              const char *format, ...);

/* malloc(count * size) with overflow check and a ceiling of 1.5 GiB; NULL and a sentence in the context on failure.
 * The count has 64 bits in WebAssembly too: compute it so, since in 32 bits a product can wrap to a small number.
 * Zero-filled. 16-byte aligned at least. Free with free(). */
void *context_allocate(ssd_context *context, uint64_t count, size_t size);

#endif
