#include "base/context.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_ALLOCATION = 1536u << 20 };

ssd_context *ssd_context_create(int threads) {
    ssd_context *context = calloc(1, sizeof *context);
    if (!context)
        return NULL;
    context->pool = parallel_create(threads);
    if (!context->pool) {
        free(context);
        return NULL;
    }
    return context;
}

void ssd_context_destroy(ssd_context *context) {
    if (!context)
        return;
    parallel_destroy(context->pool);
    free(context);
}

int ssd_context_threads(const ssd_context *context) { return parallel_threads(context->pool); }

const char *ssd_context_error(const ssd_context *context) { return context->error; }

void ssd_buffer_free(void *buffer) { free(buffer); }

ssd_status context_fail(ssd_context *context, ssd_status status, const char *format, ...) {
    if (context) {
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(context->error, sizeof context->error, format, arguments);
        va_end(arguments);
    }
    return status;
}

void *context_allocate(ssd_context *context, size_t count, size_t size) {
    void *block = NULL;
    if (size == 0 || count <= (size_t)MAX_ALLOCATION / size)
        block = calloc(count ? count : 1, size ? size : 1);
    if (!block)
        (void)context_fail(context, SSD_OUT_OF_MEMORY,
                           "not enough memory for %.1f MB; close other tabs or use a smaller size",
                           (double)count * (double)size / 1e6);
    return block;
}
