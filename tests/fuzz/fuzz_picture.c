/* Any bytes of one format as a picture file: refused with a sentence, or decoded to opaque pixels that fit a square. */
#include "base/context.h"
#include "data/format.h"
#include "data/image.h"
#include "fuzz.h"

enum { SIZE = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    if (format_of(bytes, count) != FUZZ_FORMAT)
        return -1; /* another target's */
    ssd_context context = {0};
    bitmap picture = {0};
    if (image_decode(&context, bytes, count, &picture)) {
        FUZZ_CHECK(!picture.rgba);
        fuzz_check_sentence(context.error);
        return 0;
    }
    for (size_t i = 0; i < (size_t)picture.width * picture.height; i++)
        FUZZ_CHECK(picture.rgba[i * 4 + 3] == 255);
    uint8_t out[SIZE * SIZE * 3];
    FUZZ_CHECK(image_fit(&context, &picture, SSD_CROP_PAD, SSD_FILTER_TRIANGLE, SIZE, out) == SSD_OK);
    bitmap_free(&picture);
    return 0;
}
