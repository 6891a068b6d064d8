#include "eval/dense.h"

#include <math.h>
#include <string.h>

#include "base/helpers.h"

/* ------------------------------------------------------------------------------------ product --- */

/* Four rows of B at once: an element of C is loaded and stored once for four multiply-adds. */
HOT static void add_four_rows(double *c, const double *b, ptrdiff_t stride, const double factor[4], int count) {
    const double *b0 = b, *b1 = b + stride, *b2 = b + 2 * stride, *b3 = b + 3 * stride;
    for (int j = 0; j < count; j++)
        c[j] += (factor[0] * b0[j] + factor[1] * b1[j]) + (factor[2] * b2[j] + factor[3] * b3[j]);
}

HOT static void add_row(double *c, const double *b, double factor, int count) {
    for (int j = 0; j < count; j++)
        c[j] += factor * b[j];
}

typedef struct product_work {
    double *c;
    dense_factor a;
    const double *b;
    int m, n, k;
} product_work;

enum { ROWS = 8 }; /* of C a piece, so that four rows of B serve eight times from the cache */

static void product_piece(const void *argument, int piece) {
    const product_work *w = argument;
    const int first = piece * ROWS, last = first + ROWS < w->m ? first + ROWS : w->m;
    memset(w->c + (size_t)first * w->n, 0, sizeof(double) * (size_t)(last - first) * w->n);
    int l = 0;
    for (; l + 4 <= w->k; l += 4) {
        for (int i = first; i < last; i++) {
            const double *a = w->a.data + i * w->a.row + l * w->a.depth;
            const double factor[4] = {a[0], a[w->a.depth], a[2 * w->a.depth], a[3 * w->a.depth]};
            add_four_rows(w->c + (size_t)i * w->n, w->b + (size_t)l * w->n, w->n, factor, w->n);
        }
    }
    for (; l < w->k; l++)
        for (int i = first; i < last; i++)
            add_row(w->c + (size_t)i * w->n, w->b + (size_t)l * w->n, w->a.data[i * w->a.row + l * w->a.depth], w->n);
}

void dense_product(parallel_pool *pool, double *c, dense_factor a, const double *b, int m, int n, int k) {
    const product_work work = {c, a, b, m, n, k};
    parallel_for(pool, (m + ROWS - 1) / ROWS, product_piece, &work);
}

/* Two chains, so that one addition does not wait for the other. */
HOT static double dot(const double *a, const double *b, int count) {
    double even = 0, odd = 0;
    int i = 0;
    for (; i + 2 <= count; i += 2) {
        even += a[i] * b[i];
        odd += a[i + 1] * b[i + 1];
    }
    return even + odd + (i < count ? a[i] * b[i] : 0);
}

/* ----------------------------------------------------------------------------------- cholesky --- */

typedef struct row_work {
    double *a; /* n x n */
    const double *s;
    double *out;
    const double *v, *w;
    int n, step, pivot;
    double scale;
} row_work;

enum { ROW_PIECE = 32 };

static void run_rows(parallel_pool *pool, int count, parallel_body body, const row_work *work) {
    parallel_for(pool, (count + ROW_PIECE - 1) / ROW_PIECE, body, work);
}

static int piece_end(int piece, int count) { return (piece + 1) * ROW_PIECE < count ? (piece + 1) * ROW_PIECE : count; }

/* Column `step` of the factor: what S has in the pivot's column beyond the columns so far. */
static void cholesky_rows(const void *argument, int piece) {
    const row_work *w = argument;
    const double *pivot_row = w->a + (size_t)w->pivot * w->n;
    for (int i = piece * ROW_PIECE; i < piece_end(piece, w->n); i++) {
        double *row = w->a + (size_t)i * w->n;
        const double left = w->s[(size_t)w->pivot * w->n + i] - dot(row, pivot_row, w->step);
        w->out[i] = left * w->scale;
    }
}

int dense_cholesky(parallel_pool *pool, double *f, const double *s, int n, double *scratch) {
    memset(f, 0, sizeof(double) * (size_t)n * n);
    double *diagonal = scratch, *column = scratch + n;
    double largest = 0;
    for (int i = 0; i < n; i++) {
        diagonal[i] = s[(size_t)i * n + i];
        largest = diagonal[i] > largest ? diagonal[i] : largest;
    }
    for (int step = 0; step < n; step++) {
        int pivot = 0;
        for (int i = 1; i < n; i++)
            pivot = diagonal[i] > diagonal[pivot] ? i : pivot;
        if (!(diagonal[pivot] > n * 1e-15 * largest))
            return step;
        const row_work work = {
            .a = f, .s = s, .out = column, .n = n, .step = step, .pivot = pivot, .scale = 1 / sqrt(diagonal[pivot])};
        run_rows(pool, n, cholesky_rows, &work);
        for (int i = 0; i < n; i++) {
            f[(size_t)i * n + step] = column[i];
            diagonal[i] -= column[i] * column[i];
        }
        diagonal[pivot] = 0;
    }
    return n;
}

/* -------------------------------------------------------------------------------- eigenvalues --- */

/* out = A v for the leading block of `step` rows. */
static void multiply_rows(const void *argument, int piece) {
    const row_work *w = argument;
    for (int i = piece * ROW_PIECE; i < piece_end(piece, w->step); i++)
        w->out[i] = dot(w->a + (size_t)i * w->n, w->v, w->step);
}

/* A -= v wt + w vt on that block. */
static void update_rows(const void *argument, int piece) {
    const row_work *w = argument;
    for (int i = piece * ROW_PIECE; i < piece_end(piece, w->step); i++) {
        double *row = w->a + (size_t)i * w->n;
        add_row(row, w->w, -w->v[i], w->step);
        add_row(row, w->v, -w->w[i], w->step);
    }
}

/* Reflections from the last row upwards: `diagonal` and, from index 1, the elements beside it in `beside`. */
static void tridiagonal(parallel_pool *pool, double *diagonal, double *beside, double *a, int n, double *p) {
    for (int i = n - 1; i > 0; i--) {
        double *v = a + (size_t)i * n; /* row i left of the diagonal becomes the reflection's vector */
        diagonal[i] = v[i];
        const double norm = sqrt(dot(v, v, i));
        if (norm == 0 || i == 1) {
            beside[i] = i == 1 ? v[0] : 0;
            continue;
        }
        const double alpha = v[i - 1] > 0 ? -norm : norm;
        const double half = norm * norm - alpha * v[i - 1]; /* |v|^2 / 2 after the next line */
        beside[i] = alpha;
        v[i - 1] -= alpha;
        row_work work = {.a = a, .out = p, .v = v, .w = p, .n = n, .step = i};
        run_rows(pool, i, multiply_rows, &work);
        const double factor = dot(p, v, i) / (2 * half);
        for (int j = 0; j < i; j++)
            p[j] = (p[j] - factor * v[j]) / half;
        run_rows(pool, i, update_rows, &work);
    }
    diagonal[0] = a[0];
}

HOT static void rotate_rows(double *a, double *b, double cosine, double sine, int count) {
    for (int j = 0; j < count; j++) {
        const double x = a[j];
        a[j] = cosine * x - sine * b[j];
        b[j] = sine * x + cosine * b[j];
    }
}

/* One implicit QL step on rows first .. last of the tridiagonal matrix; beside[i] joins rows i and i + 1 here. The
 * rotations also turn the rows of `vectors` (n x n), where that is not NULL. */
static void ql_step(double *d, double *e, int first, int last, double *vectors, int n) {
    const double half = (d[first + 1] - d[first]) / (2 * e[first]);
    const double root = sqrt(half * half + 1);
    double g = d[last] - d[first] + e[first] / (half + (half < 0 ? -root : root));
    double sine = 1, cosine = 1, shift = 0;
    for (int i = last - 1; i >= first; i--) {
        const double f = sine * e[i], b = cosine * e[i];
        const double r = sqrt(f * f + g * g);
        e[i + 1] = r;
        if (r == 0) { /* the matrix falls apart here */
            d[i + 1] -= shift;
            e[last] = 0;
            return;
        }
        sine = f / r;
        cosine = g / r;
        g = d[i + 1] - shift;
        const double t = (d[i] - g) * sine + 2 * cosine * b;
        shift = sine * t;
        d[i + 1] = g + shift;
        g = cosine * t - b;
        if (vectors)
            rotate_rows(vectors + (size_t)i * n, vectors + (size_t)(i + 1) * n, cosine, sine, n);
    }
    d[first] -= shift;
    e[first] = g;
    e[last] = 0;
}

/* Eigenvectors of the tridiagonal matrix (rows) to those of A, through the reflections that tridiagonal() left in A. */
static void reflect_back(double *vectors, const double *a, int n) {
    for (int i = 2; i < n; i++) {
        const double *v = a + (size_t)i * n, squares = dot(v, v, i);
        for (int k = 0; k < n && squares > 0; k++)
            add_row(vectors + (size_t)k * n, v, -2 * dot(vectors + (size_t)k * n, v, i) / squares, i);
    }
}

int dense_eigenvalues(parallel_pool *pool, double *values, double *vectors, double *a, int n, double *scratch) {
    double *e = scratch, *p = scratch + n;
    tridiagonal(pool, values, e, a, n, p);
    for (size_t i = 0; vectors && i < (size_t)n * n; i++)
        vectors[i] = i % (n + 1) == 0;
    memmove(e, e + 1, sizeof(double) * (size_t)(n - 1));
    e[n - 1] = 0;
    for (int first = 0; first < n; first++) {
        for (int steps = 0;; steps++) {
            int last = first;
            while (last < n - 1 && fabs(e[last]) > 1.1e-16 * (fabs(values[last]) + fabs(values[last + 1])))
                last++;
            if (last == first)
                break;
            if (steps == 60)
                return 0;
            ql_step(values, e, first, last, vectors, n);
        }
        if (isnan(values[first]))
            return 0;
    }
    if (vectors)
        reflect_back(vectors, a, n);
    return 1;
}
