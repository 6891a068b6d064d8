/* Numbers from text, against strtod; and what metadata may hold: a value of each setting, a random state. */
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "base/rng.h"
#include "fuzz.h"
#include "model/config.h"

/* At most one neighbour apart. */
static int is_near(double a, double b) {
    return a == b || (isnan(a) && isnan(b)) || nextafter(a, b) == b || fabs(a - b) <= 0x1p-1074;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    char *text = malloc(count + 1), *want_end;
    memcpy(text, bytes, count);
    text[count] = 0;
    const char *end;
    const double got = number_from_text(text, &end);
    FUZZ_CHECK(end >= text && end <= text + strlen(text));
    /* strtod takes more forms than ours: hexadecimal, a sign +, spaces, "infinity". */
    const double want = strtod(text, &want_end);
    if (end > text && end == want_end)
        FUZZ_CHECK(is_near(got, want));
    double value = 7;
    if (number_in_range(text, -1, 1e6, &value))
        FUZZ_CHECK(value >= -1 && value <= 1e6 && !*end && value == got);
    else
        FUZZ_CHECK(value == 7);
    for (int i = 0; i < config_field_count(); i++) {
        const config_field *field = config_field_at(i);
        ssd_config config;
        if (!config_parse(field, text, &value))
            continue;
        FUZZ_CHECK(value >= field->min && value <= field->max);
        config_field_set(field, &config, value);
        char again[64];
        double same;
        config_text(field, config_field_get(field, &config), again, sizeof again);
        FUZZ_CHECK(config_parse(field, again, &same) && same == value);
    }
    rng random;
    if (rng_from_text(&random, text))
        FUZZ_CHECK(random.state[0] | random.state[1] | random.state[2] | random.state[3]);
    free(text);
    return 0;
}
