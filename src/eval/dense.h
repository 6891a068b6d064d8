/* Dense linear algebra in double, for matrices as wide as a feature vector: what the Frechet distance needs. */
#ifndef EVAL_DENSE_H
#define EVAL_DENSE_H

#include <stddef.h>

#include "base/parallel.h"

/* C (m x n, dense) = A B, overwritten; element (i, l) of A is a[i * a_row + l * a_depth], B is k x n, dense.
 * 2 m n k operations at about 2 GFLOP/s a thread in WebAssembly. */
typedef struct dense_factor {
    const double *data;
    ptrdiff_t row, depth;
} dense_factor;
void dense_product(parallel_pool *pool, double *c, dense_factor a, const double *b, int m, int n, int k);

/* Pivoted Cholesky of a positive semi-definite S (n x n): F (n x n, row-major; the columns from the returned rank on
 * are zero) with F Ft = S. Ends where what is left of the diagonal is below n * 1e-15 of its largest value.
 * `scratch` is 2 n doubles. */
int dense_cholesky(parallel_pool *pool, double *f, const double *s, int n, double *scratch);

/* Eigenvalues of the symmetric A (n x n), unordered, into `values`, and into row k of `vectors` (n x n; NULL where not
 * wanted) the unit eigenvector of values[k]; A is destroyed. Householder's tridiagonal form,
 * then QL steps with Wilkinson's shift (Golub & Van Loan 2013, sections 8.3.1 and 8.3.3). `scratch` is 3 n doubles.
 * 1, or 0 where 60 steps did not settle an eigenvalue (a NaN in A). */
int dense_eigenvalues(parallel_pool *pool, double *values, double *vectors, double *a, int n, double *scratch);

#endif
