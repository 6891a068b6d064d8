/* Closed-form directions of the latent space: SeFa (Shen & Zhou 2021, 2007.06600). */
#include <math.h>
#include <stdlib.h>

#include "eval/dense.h"
#include "model/model.h"

/* The style weights of the chosen stages, one under the other, in double: rows x L. Returns the rows; `a` may be NULL.
 */
static int gather_weights(const generator *g, int stages, double *a) {
    int rows = 0;
    for (int i = 0; i < g->arch.stages; i++) {
        const adain *style = &g->blocks[i].style;
        const float *const parts[] = {style->scale.weight, style->shift.weight};
        for (int part = 0; part < 2 && (stages >> i & 1); part++) {
            const size_t count = (size_t)style->channels * style->latent;
            for (size_t k = 0; a && k < count; k++)
                a[(size_t)rows * style->latent + k] = parts[part][k];
            rows += style->channels;
        }
    }
    return rows;
}

/* Row k of the results: the k-th largest eigenvalue and its vector, the largest element of which is made positive. */
static void sort_directions(double *eigenvalues, float *directions, double *values, const double *vectors, int n) {
    for (int k = 0; k < n; k++) {
        int next = 0, peak = 0;
        for (int i = 1; i < n; i++)
            next = values[i] > values[next] ? i : next;
        const double *v = vectors + (size_t)next * n;
        for (int i = 1; i < n; i++)
            peak = fabs(v[i]) > fabs(v[peak]) ? i : peak;
        for (int i = 0; i < n; i++)
            directions[(size_t)k * n + i] = (float)(v[peak] < 0 ? -v[i] : v[i]);
        eigenvalues[k] = values[next];
        values[next] = -INFINITY;
    }
}

ssd_status ssd_generator_directions(ssd_generator *generator, int stages, double *eigenvalues, float *directions) {
    ssd_context *context = generator->context;
    const struct generator *g = generator->net;
    const int all = ssd_generator_stages(generator), n = g->arch.options.latent_size;
    if (!all)
        return model_has_no_styles(generator);
    if (stages <= 0 || stages >= 1 << all)
        return context_fail(context, SSD_BAD_ARGUMENT, "the model has %d stages; at least one must be chosen", all);
    const int rows = gather_weights(g, stages, NULL);
    double *product = context_allocate(context, ((uint64_t)rows + 2 * (uint64_t)n + 4) * n, sizeof *product);
    if (!product)
        return SSD_OUT_OF_MEMORY;
    double *vectors = product + (size_t)n * n, *values = vectors + (size_t)n * n, *scratch = values + n;
    double *a = scratch + 3 * (size_t)n;
    (void)gather_weights(g, stages, a);
    dense_product(context->pool, product, (dense_factor){a, 1, n}, a, n, n, rows);
    const int found = dense_eigenvalues(context->pool, values, vectors, product, n, scratch);
    if (found)
        sort_directions(eigenvalues, directions, values, vectors, n);
    free(product);
    return found ? SSD_OK
                 : context_fail(context, SSD_NOT_FINITE, "the model's style weights are not all finite numbers");
}
