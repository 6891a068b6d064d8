/* The whole test framework: CHECK counts and tells, check_report closes. */
#ifndef CHECK_H
#define CHECK_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Threads of a test's pool: more where ThreadSanitizer looks for races. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
enum { CHECK_THREADS = 4 };
#define CHECK_MORE_THREADS 1
#endif
#endif
#ifndef CHECK_MORE_THREADS
enum { CHECK_THREADS = 2 };
#endif

static int check_count, check_failures;

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        check_count++;                                                                                                 \
        if (!(condition)) {                                                                                            \
            check_failures++;                                                                                          \
            printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                                             \
        }                                                                                                              \
    } while (0)

/* got is at most `limit`; a NaN is not. */
#define CHECK_BELOW(got, limit)                                                                                        \
    do {                                                                                                               \
        const double check_got = (got);                                                                                \
        check_count++;                                                                                                 \
        if (!(check_got <= (limit))) {                                                                                 \
            check_failures++;                                                                                          \
            printf("%s:%d: %s is %g, above %g\n", __FILE__, __LINE__, #got, check_got, (double)(limit));               \
        }                                                                                                              \
    } while (0)

/* To be returned by main. */
static inline int check_report(const char *stem) {
    printf("%s: %d checks, %d failures\n", stem, check_count, check_failures);
    return check_failures || !check_count;
}

/* Norm of got - want over that of want. */
static inline double check_distance(const float *got, const float *want, size_t count) {
    double squares = 0, all = 0;
    for (size_t i = 0; i < count; i++) {
        squares += ((double)got[i] - want[i]) * ((double)got[i] - want[i]);
        all += (double)want[i] * want[i];
    }
    return sqrt(squares / all);
}

/* A whole file in new memory, or NULL. */
static inline unsigned char *check_read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    unsigned char *bytes = NULL;
    long length = 0;
    if (file && fseek(file, 0, SEEK_END) == 0 && (length = ftell(file)) >= 0 && fseek(file, 0, SEEK_SET) == 0)
        bytes = malloc(length ? (size_t)length : 1);
    if (bytes && fread(bytes, 1, (size_t)length, file) != (size_t)length) {
        free(bytes);
        bytes = NULL;
    }
    if (file)
        (void)fclose(file);
    *size = (size_t)length;
    return bytes;
}

#endif
