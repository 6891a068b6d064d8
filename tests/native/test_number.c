/* Numbers from text, against the C library's strtod. */
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "base/rng.h"
#include "check.h"

/* 0 where both read the same number and stop at the same place. */
static int differs(const char *text) {
    const char *end;
    char *want_end;
    const double got = number_from_text(text, &end), want = strtod(text, &want_end);
    const int wrong = end != want_end || (isnan(want) ? !isnan(got) : memcmp(&got, &want, sizeof got) != 0);
    if (wrong)
        printf("%s: %.17g, not %.17g\n", text, got, want);
    return wrong;
}

int main(void) {
    /* The last three were once read as the next smaller number. */
    static const char *const texts[] = {"0",
                                        "-0",
                                        "1",
                                        "10",
                                        "0.5",
                                        "-2.50",
                                        "1e3",
                                        "1E+3",
                                        "12e-3",
                                        "0.0005",
                                        "0.001",
                                        "2404.00597",
                                        "1e22",
                                        "1e23",
                                        "1e-22",
                                        "7e-5",
                                        "1e300",
                                        "4.9e-300",
                                        "inf",
                                        "-inf",
                                        "nan",
                                        "-nan",
                                        "1e400",
                                        "1e-400",
                                        "1e9999",
                                        "12345678",
                                        "00012.50",
                                        "1.",
                                        "1.e2",
                                        "9007199254740991",
                                        "e5",
                                        "-",

                                        "x",
                                        "",
                                        "9007199254740993",
                                        "1e",
                                        "1e+",
                                        "-.",
                                        "1..2",
                                        "3,4",
                                        "18446744073709551615",
                                        "1.5]",
                                        "1-2",
                                        "3e2e2",

                                        "1e99999999999",
                                        "123456789012345678901234567890",
                                        "1.0253935176329276e-289",
                                        "1.0067135395517096e-261",
                                        "1.0049009791188167e-233"};
    for (int i = 0; i < (int)(sizeof texts / sizeof *texts); i++)
        CHECK(!differs(texts[i]));
    const char *plus = "+1", *hex = "0x10", *end;
    CHECK(number_from_text("12", NULL) == 12);
    CHECK(number_from_text(plus, &end) == 0 && end == plus);
    CHECK(number_from_text(hex, &end) == 0 && end == hex + 1);
    int wrong = 0;
    rng random;
    rng_seed(&random, 3, 0);
    for (int i = 0; i < 200000; i++) {
        char text[64];
        double value;
        uint64_t bits = rng_next(&random);
        const uint64_t exponent = (bits >> 52 & 2047) % 2046 + 1; /* of any normal number */
        bits = (bits & ~(UINT64_C(2047) << 52)) | exponent << 52;
        memcpy(&value, &bits, sizeof value);
        (void)snprintf(text, sizeof text, "%.17g", i % 2 ? value : rng_uniform(&random) * pow(10, i % 40 - 20));
        wrong += differs(text);
        (void)snprintf(text, sizeof text, "%.*g", 1 + i % 15, rng_uniform(&random) * pow(10, i % 30 - 15));
        wrong += differs(text);
        (void)snprintf(text, sizeof text, "%llu", (unsigned long long)(rng_next(&random) >> (i % 64)));
        wrong += differs(text);
    }
    CHECK(wrong == 0);
    return check_report("number");
}
