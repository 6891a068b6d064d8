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
    int threads;
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

/* A worker spins this many times on `round` before it sleeps (about 40 microseconds): regions follow each other within
 * tens of microseconds during a step, and a futex wake-up costs about as much. The caller takes the lock and signals
 * only where somebody sleeps. */
enum { SPIN_COUNT = 20000 };

typedef struct parallel_worker {
    parallel_pool *pool;
    pthread_t thread;
    int lane;
} parallel_worker;

struct parallel_pool {
    int threads;
    int started; /* workers that really run */
    parallel_worker workers[MAX_THREADS];
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    atomic_uint round; /* goes up by one with each region; odd or even means nothing */
    atomic_int stop;
    atomic_int next;    /* next piece to take */
    atomic_int working; /* workers that have not finished this round */
    atomic_int asleep;  /* workers that wait for `wake`, or are about to */
    int count;
    parallel_lane_body body;
    const void *work;
};

static void take_pieces(parallel_pool *pool, int lane) {
    for (;;) {
        const int i = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
        if (i >= pool->count)
            return;
        pool->body(pool->work, i, lane);
    }
}

static void *worker_main(void *argument) {
    const parallel_worker *worker = argument;
    parallel_pool *pool = worker->pool;
    unsigned seen = 0;
    for (;;) {
        int spins = 0;
        while (atomic_load_explicit(&pool->round, memory_order_acquire) == seen && spins < SPIN_COUNT)
            spins++;
        if (spins == SPIN_COUNT) {
            pthread_mutex_lock(&pool->mutex);
            /* Before `round` is read again, as start_round reads `asleep` after it wrote `round`: one of the two sees
             * the other (both are sequentially consistent). */
            atomic_fetch_add(&pool->asleep, 1);
            while (atomic_load(&pool->round) == seen)
                pthread_cond_wait(&pool->wake, &pool->mutex);
            atomic_fetch_sub(&pool->asleep, 1);
            pthread_mutex_unlock(&pool->mutex);
        }
        seen++;
        if (atomic_load_explicit(&pool->stop, memory_order_acquire))
            return NULL;
        take_pieces(pool, worker->lane);
        atomic_fetch_sub_explicit(&pool->working, 1, memory_order_release);
    }
}

static void start_round(parallel_pool *pool) {
    atomic_fetch_add(&pool->round, 1);
    if (atomic_load(&pool->asleep) == 0)
        return;
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
}

parallel_pool *parallel_create(int threads) {
    parallel_pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return NULL;
    pool->threads = threads < 1 ? 1 : threads > MAX_THREADS ? MAX_THREADS : threads;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->wake, NULL);
    for (int i = 0; i < pool->threads - 1; i++) {
        pool->workers[i].pool = pool;
        pool->workers[i].lane = i + 1;
        if (pthread_create(&pool->workers[i].thread, NULL, worker_main, &pool->workers[i]) != 0) {
            parallel_destroy(pool);
            return NULL;
        }
        pool->started++;
    }
    return pool;
}

void parallel_destroy(parallel_pool *pool) {
    if (!pool)
        return;
    atomic_store_explicit(&pool->stop, 1, memory_order_release);
    start_round(pool);
    for (int i = 0; i < pool->started; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}

void parallel_for_lanes(parallel_pool *pool, int count, parallel_lane_body body, const void *work) {
    if (!pool || pool->started == 0 || count < 2) {
        for (int i = 0; i < count; i++)
            body(work, i, 0);
        return;
    }
    pool->body = body;
    pool->work = work;
    pool->count = count;
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    atomic_store_explicit(&pool->working, pool->started, memory_order_relaxed);
    start_round(pool);
    take_pieces(pool, 0);
    while (atomic_load_explicit(&pool->working, memory_order_acquire) != 0) {
    }
}

#endif

int parallel_threads(const parallel_pool *pool) { return pool->threads; }

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
