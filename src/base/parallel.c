#include "base/parallel.h"

#include <stdlib.h>

#if defined(__EMSCRIPTEN__) && !defined(__EMSCRIPTEN_PTHREADS__)
#define PARALLEL_SINGLE 1
#else
#define PARALLEL_SINGLE 0
#include <pthread.h>
#include <stdatomic.h>
#endif

enum { MAX_THREADS = 64 };

#if PARALLEL_SINGLE

struct parallel_pool {
    int threads, one;
};

parallel_pool *parallel_create(int threads) {
    (void)threads;
    parallel_pool *pool = calloc(1, sizeof *pool);
    if (pool)
        pool->threads = 1;
    return pool;
}

void parallel_destroy(parallel_pool *pool) { free(pool); }

void parallel_for_lanes(parallel_pool *pool, int count, parallel_lane_body body, const void *work) {
    (void)pool;
    for (int i = 0; i < count; i++)
        body(work, i, 0);
}

#else

/* A worker looks this many times for work before it sleeps (about 40 microseconds): regions follow each other within
 * tens of microseconds during a step, and a futex wake-up costs about as much. */
enum { SPIN_COUNT = 20000 };

typedef struct parallel_worker {
    parallel_pool *pool;
    pthread_t thread;
    int lane;
} parallel_worker;

/* A region is over when its pieces are done, not when every worker has looked in: one that sleeps too deeply to help is
 * not waited for (in a virtual machine a wake-up can take a millisecond: a face every 16 ms took 8 ms on two threads
 * and 4 ms on one). */
struct parallel_pool {
    int threads;
    int started; /* workers that really run */
    int one;     /* 1: they are not called */
    parallel_worker workers[MAX_THREADS];
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    atomic_int left; /* pieces that nobody has taken; taking one keeps the region alive, so what follows stands still */
    atomic_int done; /* pieces finished */
    atomic_int asleep; /* workers that went to sleep since somebody was last called */
    atomic_int stop;
    int count;
    parallel_lane_body body;
    const void *work;
};

/* Whoever takes a piece may read `count`, `body` and `work`: they were written before `left`. */
static void take_pieces(parallel_pool *pool, int lane) {
    int left = atomic_load_explicit(&pool->left, memory_order_relaxed);
    while (left > 0) {
        if (!atomic_compare_exchange_weak_explicit(&pool->left, &left, left - 1, memory_order_acquire,
                                                   memory_order_relaxed))
            continue;
        pool->body(pool->work, pool->count - left, lane);
        atomic_fetch_add_explicit(&pool->done, 1, memory_order_release);
        left = atomic_load_explicit(&pool->left, memory_order_relaxed);
    }
}

static int is_called(parallel_pool *pool) { return atomic_load(&pool->left) > 0 || atomic_load(&pool->stop); }

static void wait_for_call(parallel_pool *pool) {
    for (int spins = 0; spins < SPIN_COUNT; spins++)
        if (is_called(pool))
            return;
    pthread_mutex_lock(&pool->mutex);
    /* `asleep` before `left` is read, as call() writes `left` before it reads `asleep`: one of the two sees the other
     * (all four are sequentially consistent). */
    while (atomic_fetch_add(&pool->asleep, 1), !is_called(pool))
        pthread_cond_wait(&pool->wake, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}

static void *worker_main(void *argument) {
    const parallel_worker *worker = argument;
    while (!atomic_load(&worker->pool->stop)) {
        take_pieces(worker->pool, worker->lane);
        wait_for_call(worker->pool);
    }
    return NULL;
}

/* Signals only where somebody sleeps and has not been called yet. */
static void call(parallel_pool *pool) {
    if (atomic_exchange(&pool->asleep, 0) == 0)
        return;
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
}

parallel_pool *parallel_create(int threads) {
    parallel_pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return NULL;
    const int most = threads < 1 ? 1 : threads > MAX_THREADS ? MAX_THREADS : threads;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->wake, NULL);
    for (int i = 0; i < most - 1; i++) {
        pool->workers[i].pool = pool;
        pool->workers[i].lane = i + 1;
        if (pthread_create(&pool->workers[i].thread, NULL, worker_main, &pool->workers[i]) != 0)
            break; /* the work is the same with fewer */
        pool->started++;
    }
    pool->threads = pool->started + 1;
    return pool;
}

void parallel_destroy(parallel_pool *pool) {
    if (!pool)
        return;
    atomic_store(&pool->stop, 1);
    call(pool);
    for (int i = 0; i < pool->started; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}

void parallel_for_lanes(parallel_pool *pool, int count, parallel_lane_body body, const void *work) {
    if (!pool || pool->started == 0 || pool->one || count < 2) {
        for (int i = 0; i < count; i++)
            body(work, i, 0);
        return;
    }
    pool->body = body;
    pool->work = work;
    pool->count = count;
    atomic_store_explicit(&pool->done, 0, memory_order_relaxed);
    atomic_store(&pool->left, count);
    call(pool);
    take_pieces(pool, 0);
    while (atomic_load_explicit(&pool->done, memory_order_acquire) != count) {
    }
}

#endif

int parallel_threads(const parallel_pool *pool) { return pool->threads; }

void parallel_use_one(parallel_pool *pool, int one) { pool->one = one; }

typedef struct plain_work {
    parallel_body body;
    const void *work;
} plain_work;

static void run_plain(const void *work, int index, int lane) {
    (void)lane;
    const plain_work *plain = work;
    plain->body(plain->work, index);
}

void parallel_for(parallel_pool *pool, int count, parallel_body body, const void *work) {
    const plain_work plain = {body, work};
    parallel_for_lanes(pool, count, run_plain, &plain);
}
