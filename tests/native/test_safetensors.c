/* The safetensors reader and writer: round trip, and damage of every kind, which must be refused and never harm. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "file/safetensors.h"

static ssd_context *context;

static unsigned char *sample(size_t *size) {
    static const float a[6] = {1, -2, 3.5f, 0, 1e-30f, 7};
    static const int64_t count = 5;
    uint8_t *bytes = NULL;
    safetensors_writer *writer = safetensors_writer_create();
    safetensors_write_metadata(writer, "format", "a \"quoted\"\n value");
    safetensors_write(writer, "a.weight", SAFETENSORS_F32, 2, (int[]){2, 3}, a);
    safetensors_write(writer, "a.count", SAFETENSORS_I64, 0, NULL, &count);
    CHECK(safetensors_writer_finish(context, writer, &bytes, size) == SSD_OK);
    return bytes;
}

static void check_round_trip(void) {
    size_t size;
    unsigned char *bytes = sample(&size);
    safetensors *file = NULL;
    CHECK(safetensors_open(context, bytes, size, &file) == SSD_OK);
    CHECK(safetensors_count(file) == 2);
    CHECK(strcmp(safetensors_metadata(file, "format"), "a \"quoted\"\n value") == 0);
    CHECK(safetensors_metadata(file, "other") == NULL);
    const safetensors_entry *e = safetensors_find(file, "a.weight");
    CHECK(e && e->rank == 2 && e->shape[0] == 2 && e->shape[1] == 3 && e->count == 6);
    float got[6];
    CHECK(safetensors_read(context, e, got, 6) == SSD_OK && got[2] == 3.5f && got[5] == 7);
    CHECK(safetensors_read(context, e, got, 5) == SSD_BAD_FILE);
    CHECK(safetensors_read(context, safetensors_find(file, "a.count"), got, 1) == SSD_BAD_FILE);
    CHECK(safetensors_find(file, "a") == NULL);
    safetensors_close(file);
    free(bytes);
}

/* Opens exactly sized heap copies, so that the sanitizer sees every byte too far. */
static ssd_status open_copy(const unsigned char *bytes, size_t size) {
    unsigned char *copy = malloc(size ? size : 1);
    memcpy(copy, bytes, size);
    safetensors *file = NULL;
    const ssd_status status = safetensors_open(context, copy, size, &file);
    for (int i = 0; !status && i < safetensors_count(file); i++) {
        const safetensors_entry *e = safetensors_at(file, i);
        float *out = malloc(e->count * sizeof *out + 1);
        (void)!safetensors_read(context, e, out, e->count);
        free(out);
    }
    safetensors_close(file);
    free(copy);
    return status;
}

static void check_damage(void) {
    size_t size;
    unsigned char *bytes = sample(&size);
    for (size_t length = 0; length < size; length++)
        CHECK(open_copy(bytes, length) == SSD_BAD_FILE);
    rng random;
    rng_seed(&random, 4, 4);
    for (int i = 0; i < 20000; i++) {
        const size_t at = rng_below(&random, (uint32_t)size);
        const unsigned char kept = bytes[at];
        bytes[at] ^= (unsigned char)(1U << rng_below(&random, 8));
        (void)open_copy(bytes, size);
        bytes[at] = kept;
    }
    free(bytes);
}

#define ENTRY "{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}"

static void check_headers(void) {
    static const char *const BAD[] = {
        "{",
        "{}x",
        "{\"a\":1}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,400]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}",
        "{\"a\":" ENTRY ",\"a\":" ENTRY "}",
        "{\"b\":" ENTRY ",\"a\":" ENTRY ",\"c\":" ENTRY ",\"b\":" ENTRY "}",
        "{\"a\\u12\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
        "{\"__metadata__\":{\"a\":1}}",
        "{\"__metadata__\":{\"a\":\"b",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1e999],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-nan],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-nan,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,4]}}",
        /* a second value that is broken must not leave the first one's mark: once a read before the file's start */
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[40],\"data_offsets\":[0,0],\"data_offsets\":[-160,\"x\":1}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"shape\":[-1,\"x\":1}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"shape\":,\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":"
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}}",
        "{\"a\\u0000b\":" ENTRY "}",
        "{\"a\\",
    };
    static const char *const GOOD[] = {
        "{}",
        "{\"a\":{\"shape\":[1],\"extra\":[{\"x\":[1,null,true]}],\"data_offsets\":[0,4],\"dtype\":\"F32\"}}  ",
        "{\"\\u00e9\\n\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[0,4]}}",
        "{\"__metadata__\":{}}",
        "{\"a\":" ENTRY ",\"b\":" ENTRY "}", /* overlapping data harms nobody */
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[0,9000000000000000],\"data_offsets\":[4,4]}}",
    };
    for (int good = 0; good < 2; good++) {
        const size_t count = good ? sizeof GOOD / sizeof GOOD[0] : sizeof BAD / sizeof BAD[0];
        for (size_t i = 0; i < count; i++) {
            const char *text = good ? GOOD[i] : BAD[i];
            unsigned char bytes[600] = {0};
            const size_t length = strlen(text);
            bytes[0] = (unsigned char)length, bytes[1] = (unsigned char)(length >> 8);
            memcpy(bytes + 8, text, length);
            const ssd_status status = open_copy(bytes, 8 + length + 4);
            if (status != (good ? SSD_OK : SSD_BAD_FILE))
                printf("header %s: status %d\n", text, status);
            CHECK(status == (good ? SSD_OK : SSD_BAD_FILE));
        }
    }
    static const unsigned char HUGE[16] = {255, 255, 255, 255, 255, 255, 255, 127, '{', '}'};
    CHECK(open_copy(HUGE, sizeof HUGE) == SSD_BAD_FILE);
}

/* Every float16 there is, against its definition. */
static void check_halves(void) {
    static uint16_t halves[65536];
    static float got[65536];
    for (int i = 0; i < 65536; i++)
        halves[i] = (uint16_t)i;
    uint8_t *bytes = NULL;
    size_t size;
    safetensors_writer *writer = safetensors_writer_create();
    safetensors_write(writer, "h", SAFETENSORS_F16, 1, (int[]){65536}, halves);
    CHECK(safetensors_writer_finish(context, writer, &bytes, &size) == SSD_OK);
    safetensors *file = NULL;
    CHECK(safetensors_open(context, bytes, size, &file) == SSD_OK);
    const safetensors_entry *e = file ? safetensors_find(file, "h") : NULL;
    CHECK(e && e->type == SAFETENSORS_F16 && safetensors_read(context, e, got, 65536) == SSD_OK);
    int wrong = 0;
    for (int i = 0; i < 65536; i++) {
        const int exponent = i >> 10 & 31, fraction = i & 1023;
        const double size_of = exponent == 31 ? (fraction ? NAN : INFINITY)
                               : exponent     ? ldexp(1024 + fraction, exponent - 25)
                                              : ldexp(fraction, -24);
        const double want = i >> 15 ? -size_of : size_of;
        wrong += isnan(want) ? !isnan(got[i]) : got[i] != want || !signbit(got[i]) != !(i >> 15);
    }
    CHECK(wrong == 0);
    safetensors_close(file);
    free(bytes);
}

/* Names that stand in the way of a search: many, in no order, with long beginnings that are the same. Those above the
 * limit are refused as too many, and a name that stands twice as damage, wherever it stands. */
static void check_many(void) {
    enum { MANY = 130000, MOST = 300001, LINE = 120 };
    char *text = malloc((size_t)MOST * LINE);
    for (int kind = 0; kind < 3; kind++) {
        const int count = kind == 2 ? MOST : MANY;
        size_t at = 8;
        for (int i = 0; i < count; i++) {
            const int number = kind == 1 && i == MANY - 1 ? 1 : (int)(i * 7919LL % count);
            at += (size_t)snprintf(text + at, LINE, "%c\"the same beginning of all %06d\":", i ? ',' : '{', number);
            at += (size_t)snprintf(text + at, LINE, "{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}");
        }
        text[at++] = '}';
        for (int i = 0; i < 8; i++)
            text[i] = (char)((at - 8) >> (8 * i));
        safetensors *file = NULL;
        const ssd_status status = safetensors_open(context, (unsigned char *)text, at, &file);
        CHECK(status == (kind == 0 ? SSD_OK : kind == 1 ? SSD_BAD_FILE : SSD_TOO_LARGE));
        int found = 0;
        for (int i = 0; !status && i < count; i++) {
            char name[LINE];
            (void)snprintf(name, sizeof name, "the same beginning of all %06d", i);
            const safetensors_entry *e = safetensors_find(file, name);
            found += e && strcmp(e->name, name) == 0;
        }
        CHECK(status || (found == count && !safetensors_find(file, "the same beginning")));
        safetensors_close(file);
    }
    free(text);
}

int main(void) {
    context = ssd_context_create(1);
    check_round_trip();
    check_halves();
    check_damage();
    check_headers();
    check_many();
    ssd_context_destroy(context);
    return check_report("safetensors");
}
