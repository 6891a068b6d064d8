/* Lack of memory while pictures are decoded: told as that and as nothing else, nothing lost, nothing changed. The
 * linker leads every allocation of this program through here (CMakeLists.txt). */
#include <string.h>

#include "base/context.h"
#include "check.h"
#include "data/dataset.h"
#include "data/image.h"
#include "pictures.h"

/* Allocations that still succeed, below 0 for all; after them one fails, or all. */
static int left = -1, fail_all;

static int may_allocate(void) {
    if (left < 0)
        return 1;
    if (left > 0) {
        left--;
        return 1;
    }
    if (!fail_all)
        left = -1;
    return 0;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size) { return may_allocate() ? __real_malloc(size) : NULL; }
void *__wrap_calloc(size_t count, size_t size) { return may_allocate() ? __real_calloc(count, size) : NULL; }
void *__wrap_realloc(void *old, size_t size) { return may_allocate() ? __real_realloc(old, size) : NULL; }

static const struct {
    const unsigned char *bytes;
    size_t count;
} FILES[] = {
    {png_rgb, sizeof png_rgb},         {png_16, sizeof png_16},
    {png_turned, sizeof png_turned},   {jpeg_rgb, sizeof jpeg_rgb},
    {jpeg_rgb, sizeof jpeg_rgb - 2},   {jpeg_progressive, sizeof jpeg_progressive},
    {jpeg_turned, sizeof jpeg_turned}, {gif_animated, sizeof gif_animated},
    {tga_rle, sizeof tga_rle},         {(const unsigned char *)"P6 2 1 255\n\1\2\3\4\5\6", 17},
};
enum { FILE_COUNT = sizeof FILES / sizeof *FILES };

/* The n-th allocation fails, for every n that there is: LeakSanitizer finds what was lost. */
static void check_decoding(ssd_context *context) {
    for (int i = 0; i < FILE_COUNT; i++) {
        int n = 0;
        for (ssd_status status = SSD_OUT_OF_MEMORY; status; n++) {
            bitmap picture = {0};
            left = n;
            status = image_decode(context, FILES[i].bytes, FILES[i].count, &picture);
            left = -1;
            CHECK(!status == (picture.rgba != NULL));
            CHECK(!status || (status == SSD_OUT_OF_MEMORY && strstr(ssd_context_error(context), "memory")));
            bitmap_free(&picture);
            if (n > 100)
                break;
        }
        CHECK(n > 1 && n < 100);
    }
}

/* Files at once: a file that found no memory is one refused file, and one that finds it alone is none. */
static void check_files(ssd_context *context) {
    uint8_t bytes[8192];
    size_t offsets[FILE_COUNT + 1] = {0};
    int32_t statuses[FILE_COUNT];
    for (int i = 0; i < FILE_COUNT; i++) {
        memcpy(bytes + offsets[i], FILES[i].bytes, FILES[i].count);
        offsets[i + 1] = offsets[i] + FILES[i].count;
    }
    ssd_dataset *want = ssd_dataset_create(context, 8, SSD_CROP_CENTRE, SSD_FILTER_TRIANGLE);
    CHECK(ssd_dataset_add_files(want, bytes, offsets, FILE_COUNT, statuses) == SSD_OK);
    CHECK(ssd_dataset_count(want) == FILE_COUNT);
    for (fail_all = 0; fail_all < 2; fail_all++) {
        for (int n = 0; n < 40; n++) {
            ssd_dataset *got = ssd_dataset_create(context, 8, SSD_CROP_CENTRE, SSD_FILTER_TRIANGLE);
            left = n;
            const ssd_status status = ssd_dataset_add_files(got, bytes, offsets, FILE_COUNT, statuses);
            left = -1;
            int added = 0;
            for (int i = 0; !status && i < FILE_COUNT; i++) {
                added += statuses[i] == SSD_OK;
                CHECK(statuses[i] == SSD_OK || (statuses[i] == SSD_OUT_OF_MEMORY && fail_all));
                CHECK(!statuses[i] || strstr(ssd_dataset_file_error(got, i), "memory"));
            }
            CHECK(status == SSD_OK ? ssd_dataset_count(got) == added : status == SSD_OUT_OF_MEMORY && n < 2);
            CHECK(fail_all || status || ssd_dataset_fingerprint(got) == ssd_dataset_fingerprint(want));
            ssd_dataset_destroy(got);
        }
    }
    ssd_dataset_destroy(want);
}

int main(void) {
    ssd_context *context = ssd_context_create(1);
    check_decoding(context);
    check_files(context);
    ssd_context_destroy(context);
    return check_report("picture_memory");
}
