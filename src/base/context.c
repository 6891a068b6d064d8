#include "base/context.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

void ssd_context_use_one_thread(ssd_context *context, int one) { parallel_use_one(context->pool, one); }

const char *ssd_context_error(const ssd_context *context) { return context->error; }

void ssd_buffer_free(void *buffer) { free(buffer); }

/* Bytes of the UTF-8 character at `text`; 0 where it is a control character or none. */
static int printable(const unsigned char *text) {
    if (*text < 0x80)
        return *text >= 0x20 && *text != 0x7f;
    const int count = *text < 0xc2 ? 0 : *text < 0xe0 ? 2 : *text < 0xf0 ? 3 : *text < 0xf5 ? 4 : 0;
    for (int i = 1; i < count; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    return *text == 0xc2 && text[1] < 0xa0 ? 0 : count; /* U+0080 to U+009F control terminals too */
}

ssd_status context_fail(ssd_context *context, ssd_status status, const char *format, ...) {
    if (!context)
        return status;
    char sentence[sizeof context->error];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    /* Names in files may hold anything; a terminal must not obey it. */
    char *to = context->error, *const end = to + sizeof context->error;
    for (const unsigned char *from = (const unsigned char *)sentence; *from && end - to > 4;) {
        const int count = printable(from);
        if (count)
            memcpy(to, from, (size_t)count);
        else
            (void)snprintf(to, 5, "\\x%02x", *from);
        to += count ? count : 4;
        from += count ? count : 1;
    }
    *to = 0;
    return status;
}

void *context_allocate(ssd_context *context, uint64_t count, size_t size) {
    void *block = NULL;
    if (size == 0 || count <= (size_t)MAX_ALLOCATION / size)
        block = calloc(count ? (size_t)count : 1, size ? size : 1);
    if (!block)
        (void)context_fail(context, SSD_OUT_OF_MEMORY,
                           "not enough memory for %.1f MB; close other tabs or use a smaller size",
                           (double)count * (double)size / 1e6);
    return block;
}
