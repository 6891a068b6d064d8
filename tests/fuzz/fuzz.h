/* What every fuzz target shares: the entry that libFuzzer calls, and a check that ends the program. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* 0 keeps an input that reached new code in the corpus, -1 does not. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/* A broken promise is a finding, as a bad access is. */
#define FUZZ_CHECK(condition)                                                                                          \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            (void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                              \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* A sentence that may be shown: there is one, and it has no control characters. */
static inline void fuzz_check_sentence(const char *sentence) {
    FUZZ_CHECK(*sentence);
    for (; *sentence; sentence++)
        FUZZ_CHECK((unsigned char)*sentence >= ' ' && *sentence != 0x7f);
}

#endif
