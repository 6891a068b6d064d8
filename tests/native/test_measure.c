/* Every kernel that can be measured, at small and odd sizes: it stays in its memory (the sanitizers see to that), and
 * its result is the same at every run and finite. */
#include <math.h>
#include <string.h>

#include "check.h"
#include "ssdgan.h"

static const char *const NAMES[] = {"conv_forward",          "conv_input_grad",
                                    "conv_weight_grad",      "direct_forward",
                                    "direct_input_grad",     "direct_weight_grad",
                                    "adain_forward",         "adain_backward",
                                    "batch_norm_forward",    "batch_norm_backward",
                                    "spectral_norm_forward", "spectral_norm_backward",
                                    "linear_forward",        "adam"};

static void run_one(ssd_context *context, const char *name, int batch, int channels, int filters, int size) {
    ssd_measure *measure = NULL;
    CHECK(ssd_measure_create(context, name, batch, channels, filters, size, &measure) == SSD_OK);
    const float *result = ssd_measure_result(measure);
    float first[16];
    ssd_measure_run(measure);
    memcpy(first, result, sizeof first);
    ssd_measure_run(measure);
    const int settles = strncmp(name, "spectral", 8) == 0 || strcmp(name, "adam") == 0; /* they carry state */
    CHECK(settles || memcmp(first, result, sizeof first) == 0);
    for (int i = 0; i < 16; i++)
        CHECK(isfinite(result[i]));
    ssd_measure_destroy(measure);
}

int main(void) {
    ssd_context *context = ssd_context_create(CHECK_THREADS);
    for (int i = 0; i < (int)(sizeof NAMES / sizeof NAMES[0]); i++) {
        run_one(context, NAMES[i], 1, 3, 8, 16);
        run_one(context, NAMES[i], 3, 16, 5, 8);
        run_one(context, NAMES[i], 8, 32, 32, 8);
    }
    run_one(context, "adain_forward", 5, 24, 24, 4);
    run_one(context, "adain_backward", 5, 24, 24, 4);
    ssd_measure *measure = NULL;
    CHECK(ssd_measure_create(context, "nothing", 1, 8, 8, 8, &measure) == SSD_BAD_ARGUMENT);
    CHECK(ssd_measure_create(context, "conv_forward", 1, 8, 8, 12, &measure) == SSD_BAD_ARGUMENT);
    CHECK(measure == NULL);
    ssd_context_destroy(context);
    return check_report("measure");
}
