/* The input as the header of a safetensors file, with its length before it and some numbers behind it. */
#include <string.h>

#include "file/safetensors.h"
#include "fuzz.h"

enum { DATA = 64 };

static void read_all(ssd_context *context, const safetensors *file) {
    for (int i = 0; i < safetensors_count(file); i++) {
        const safetensors_entry *e = safetensors_at(file, i);
        FUZZ_CHECK(safetensors_find(file, e->name) == e);
        FUZZ_CHECK(e->data_bytes <= DATA && e->rank <= SAFETENSORS_RANK);
        float out[DATA];
        if (e->count <= DATA)
            (void)!safetensors_read(context, e, out, e->count);
    }
    FUZZ_CHECK(!safetensors_find(file, "a name that is not there"));
    (void)safetensors_metadata(file, "format");
    (void)safetensors_is_whole(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    static ssd_context *context;
    if (!context)
        context = ssd_context_create(1);
    uint8_t *whole = calloc(8 + count + DATA, 1);
    for (int i = 0; i < 8; i++)
        whole[i] = (uint8_t)((uint64_t)count >> (8 * i));
    if (count)
        memcpy(whole + 8, bytes, count);
    safetensors *file;
    const ssd_status status = safetensors_open(context, whole, 8 + count + DATA, &file);
    FUZZ_CHECK(!status == !!file);
    if (status)
        fuzz_check_sentence(ssd_context_error(context));
    else
        read_all(context, file);
    safetensors_close(file);
    free(whole);
    return 0;
}
