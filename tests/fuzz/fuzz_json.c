/* JSON in place, by the calls in the order that the input's first byte decides. */
#include <string.h>

#include "file/json.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    if (!count)
        return -1;
    char *text = malloc(count); /* the last byte is the zero that stands behind */
    memcpy(text, bytes + 1, count - 1);
    text[count - 1] = 0;
    json j = {text, text + count - 1};
    for (unsigned order = bytes[0] | 0x100u; order > 1 && !json_at_end(&j); order = order >> 1 | (order & 1) << 8) {
        const char *before = j.at;
        double number = 0;
        const char *string = NULL;
        int went = order & 1 ? (string = json_string(&j)) != NULL || json_number(&j, &number) : json_skip(&j);
        FUZZ_CHECK(j.at >= before && j.at <= j.end);
        FUZZ_CHECK(!string || (string >= text && string + strlen(string) < j.end));
        went |= json_take(&j, ',') || json_take(&j, ':') || json_take(&j, '[') || json_take(&j, '{');
        if (!went)
            break;
    }
    free(text);
    return 0;
}
