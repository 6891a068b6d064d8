/* Any bytes as a JPEG or PNG that may tell its orientation. */
#include "data/exif.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    const int orientation = exif_orientation(bytes, count);
    FUZZ_CHECK(orientation >= 1 && orientation <= 8);
    return 0;
}
