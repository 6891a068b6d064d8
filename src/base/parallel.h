/* One parallel-for for everything. Work is cut by output into `count` pieces that do not depend on the number of
 * threads, so results are the same bits for any number. */
#ifndef BASE_PARALLEL_H
#define BASE_PARALLEL_H

typedef struct parallel_pool parallel_pool;

/* Does piece `index` of the work described by `work`. Pieces run in any order, each exactly once. */
typedef void (*parallel_body)(const void *work, int index);

/* A pool of `threads` threads, the caller's included (1..64; always 1 in builds without threads), or of as many as the
 * system gives. NULL when memory cannot be had. */
parallel_pool *parallel_create(int threads);
void parallel_destroy(parallel_pool *pool);
int parallel_threads(const parallel_pool *pool);

/* one 1: the caller's thread does all work from now on, until 0. Between two calls of parallel_for only. */
void parallel_use_one(parallel_pool *pool, int one);

/* Runs body(work, 0 .. count-1) over the pool and returns when all are done. Not reentrant. A NULL pool runs
 * everything in the caller. */
void parallel_for(parallel_pool *pool, int count, parallel_body body, const void *work);

/* The same for bodies that need scratch memory: `lane`, 0 .. threads-1, is the thread that runs the piece. Results
 * must not depend on it. */
typedef void (*parallel_lane_body)(const void *work, int index, int lane);
void parallel_for_lanes(parallel_pool *pool, int count, parallel_lane_body body, const void *work);

#endif
