/* The checksum against values that xxhsum -H1 printed, and its digits that count as zeros. */
#include <string.h>

#include "check.h"
#include "file/checksum.h"

static uint64_t plain(const char *text, size_t count) { return checksum((const uint8_t *)text, count, count); }

static void check_values(void) {
    CHECK(plain("", 0) == 0xef46db3751d8e999u);
    CHECK(plain("a", 1) == 0xd24ec4f1a98c6e5bu);
    CHECK(plain("abc", 3) == 0x44bc2cf5ad770999u);
    CHECK(plain("Nobody inspects the spammish repetition", 39) == 0xfbcea83c8a378bf1u);
}

/* At each place of files around the sizes of a word, a stripe and a piece. */
static void check_digits(void) {
    enum { MOST = 17000 };
    static uint8_t bytes[MOST], zeros[MOST];
    static const size_t sizes[] = {16, 17, 31, 32, 33, 40, 63, 64, 95, 8191, 8192, 8193, 8230, 16384, 16999};
    for (size_t i = 0; i < MOST; i++)
        bytes[i] = (uint8_t)(i * 2654435761u >> 13);
    int wrong = 0;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const size_t size = sizes[s];
        wrong += checksum(bytes, size, size) != checksum(bytes, size, SIZE_MAX);
        for (size_t at = 0; at + CHECKSUM_DIGITS <= size; at += at > 70 && at + 70 < size ? 61 : 1) {
            memcpy(zeros, bytes, size);
            memset(zeros + at, '0', CHECKSUM_DIGITS);
            wrong += checksum(bytes, size, at) != checksum(zeros, size, size);
            wrong += checksum(bytes, size, at) == checksum(bytes, size, size);
        }
    }
    CHECK(wrong == 0);
}

int main(void) {
    check_values();
    check_digits();
    return check_report("checksum");
}
