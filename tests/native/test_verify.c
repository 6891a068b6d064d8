/* The whole training step against PyTorch: every golden file within the tolerance of `ssdgan verify`; a file with one
 * wrong number beyond it. */
#include <string.h>

#include "check.h"
#include "files.h"
#include "ssdgan.h"

static const double TOLERANCE = 1e-4;

static const char *const GOLDEN[] = {
    "ssd",          "ssd-shared-reuse", "ssd-no-adain",    "dcgan",  "ssd-odd",         "ema",
    "augment",      "no-adain-ema",     "frozen",          "r1",     "stylegan",        "bilinear-mixing",
    "latent-first", "self-modulation",  "latent-as-style", "w-norm", "minibatch-reuse", "narrow-d"};

/* R1's gradient is a difference quotient here: 2e-4 off in that file. */
static double tolerance_of(const char *path) { return strstr(path, "r1") ? 10 * TOLERANCE : TOLERANCE; }

static void check_golden(ssd_context *context, const char *path) {
    size_t size;
    unsigned char *bytes = check_read_file(path, &size);
    CHECK(bytes != NULL);
    ssd_verify *verify = NULL;
    if (!bytes || ssd_verify_create(context, bytes, size, &verify)) {
        printf("%s: %s\n", path, ssd_context_error(context));
        CHECK(verify != NULL);
    } else {
        CHECK(ssd_verify_group_count(verify) >= 9);
        for (int i = 0; i < ssd_verify_group_count(verify); i++) {
            const int step = ssd_verify_group_step(verify, i);
            const double error = ssd_verify_group_error(verify, i), limit = (step ? 10 : 1) * tolerance_of(path);
            if (!(error <= limit))
                printf("%s %s: %g, worst %g (%s)\n", path, ssd_verify_group_name(verify, i), error,
                       ssd_verify_group_worst(verify, i), ssd_verify_group_worst_name(verify, i));
            CHECK_BELOW(error, limit);
        }
    }
    ssd_verify_destroy(verify);
    free(bytes);
}

/* The test can fail: the last tensor of the file (a state after the last step) is spoilt. */
static void check_spoilt(ssd_context *context) {
    size_t size;
    unsigned char *bytes = check_read_file("tests/golden/ssd-odd.safetensors", &size);
    if (!bytes)
        return;
    const float wrong = 3e3f;
    memcpy(bytes + size - sizeof wrong, &wrong, sizeof wrong);
    ssd_verify *verify = NULL;
    CHECK(ssd_verify_create(context, bytes, size, &verify) == SSD_OK);
    double worst = 0;
    for (int i = 0; verify && i < ssd_verify_group_count(verify); i++)
        worst = ssd_verify_group_error(verify, i) > worst ? ssd_verify_group_error(verify, i) : worst;
    CHECK(worst > 1e-3);
    ssd_verify_destroy(verify);
    free(bytes);
}

/* A number of steps that is none. */
static void check_steps(ssd_context *context) {
    static const char *const steps[] = {"0", "-1", "1.5", "nan", "1001", "1e300", "2 ", ""};
    size_t size, changed_size;
    unsigned char *bytes = check_read_file("tests/golden/ssd-odd.safetensors", &size);
    for (size_t i = 0; bytes && i < sizeof steps / sizeof *steps; i++) {
        uint8_t *changed = with_metadata(bytes, size, "steps", steps[i], &changed_size);
        ssd_verify *verify = NULL;
        CHECK(ssd_verify_create(context, changed, changed_size, &verify) == SSD_BAD_FILE && !verify);
        CHECK(strstr(ssd_context_error(context), "steps") != NULL);
        free(changed);
    }
    free(bytes);
}

int main(int count, char **arguments) {
    ssd_context *context = ssd_context_create(CHECK_THREADS);
    for (int i = 1; i < count; i++) /* by hand: other files */
        check_golden(context, arguments[i]);
    for (int i = 0; count == 1 && i < (int)(sizeof GOLDEN / sizeof GOLDEN[0]); i++) {
        char path[120];
        (void)snprintf(path, sizeof path, "tests/golden/%s.safetensors", GOLDEN[i]);
        check_golden(context, path);
    }
    check_spoilt(context);
    check_steps(context);
    ssd_context_destroy(context);
    return check_report("verify");
}
