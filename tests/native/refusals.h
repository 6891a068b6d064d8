/* Refuses memory and threads to a test: the linker leads malloc, calloc, realloc and pthread_create here
 * (CMakeLists.txt), from the core and from the test, not from the C library. */
#ifndef REFUSALS_H
#define REFUSALS_H

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

static atomic_long allocations;  /* since the last arm() */
static atomic_long refused_from; /* number of the first one that is refused; 0: none */
static atomic_int refuse_all;    /* all from there on */
static atomic_int threads_left;  /* that may be started; -1: any */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument);

static int refuses(void) {
    const long number = atomic_fetch_add(&allocations, 1) + 1, from = atomic_load(&refused_from);
    return from && (number == from || (number > from && atomic_load(&refuse_all)));
}

void *__wrap_malloc(size_t size) { return refuses() ? NULL : __real_malloc(size); }
void *__wrap_calloc(size_t count, size_t size) { return refuses() ? NULL : __real_calloc(count, size); }
void *__wrap_realloc(void *block, size_t size) { return refuses() ? NULL : __real_realloc(block, size); }

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument) {
    const int left = atomic_load(&threads_left);
    if (left == 0)
        return EAGAIN;
    atomic_store(&threads_left, left < 0 ? left : left - 1);
    return __real_pthread_create(thread, attributes, body, argument);
}

static void arm(long from, int all) {
    atomic_store(&allocations, 0);
    atomic_store(&refuse_all, all);
    atomic_store(&refused_from, from);
}

static void disarm(void) { atomic_store(&refused_from, 0); }

#endif
