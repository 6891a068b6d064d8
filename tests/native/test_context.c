/* The sentence about the last failure: as formatted, but for what a terminal or a decoder of UTF-8 must not see. */
#include <string.h>

#include "base/context.h"
#include "check.h"

/* The sentence about a name that holds `name`. */
static const char *sentence_of(ssd_context *context, const char *name) {
    CHECK(context_fail(context, SSD_BAD_FILE, "the part \"%s\"", name) == SSD_BAD_FILE);
    return ssd_context_error(context);
}

static void check_controls(ssd_context *context) {
    CHECK(strcmp(sentence_of(context, "IDAT"), "the part \"IDAT\"") == 0);
    CHECK(strcmp(sentence_of(context, "\x1b"
                                      "c\n\x7f"),
                 "the part \"\\x1bc\\x0a\\x7f\"") == 0);
    CHECK(strcmp(sentence_of(context, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
                 "the part \"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"") == 0);
    CHECK(strcmp(sentence_of(context, "\xc2\x9b"
                                      "1m"),
                 "the part \"\\xc2\\x9b1m\"") == 0); /* a C1 control: CSI */
    CHECK(strcmp(sentence_of(context, "\xff\xc3"), "the part \"\\xff\\xc3\"") == 0);
}

/* Too long a sentence is cut, also in the middle of its escapes. */
static void check_length(ssd_context *context) {
    char name[1000];
    for (int fill = 0; fill < 2; fill++) {
        memset(name, fill ? 'a' : 1, sizeof name - 1);
        name[sizeof name - 1] = 0;
        const size_t length = strlen(sentence_of(context, name));
        CHECK(length > sizeof context->error - 6 && length < sizeof context->error);
    }
}

int main(void) {
    ssd_context *context = ssd_context_create(1);
    check_controls(context);
    check_length(context);
    CHECK(context_fail(NULL, SSD_BAD_FILE, "nobody") == SSD_BAD_FILE);
    ssd_context_destroy(context);
    return check_report("context");
}
