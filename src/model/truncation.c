#include "model/truncation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/helpers.h"
#include "kernels/vector.h"

/* The typical face is one of SEEDS, and of these one of the ALIKE whose light and dark are most like the mean
 * picture's: what is merely nearest to the mean is often faint, or has one eye. SMALL: pictures are compared by their
 * means over so many squares a side, which tell pose and colours, and need 1.8 MB. */
enum { MEAN_SAMPLES = 10000, SEEDS = 600, ALIKE = 30, SMALL = 16 };

static const uint64_t MEAN_SEED = 20240400597; /* of w's mean; any fixed number */

static int sees_constant(const ssd_generator *model) { return architecture_has_constant(&model->net->arch); }

/* ---------------------------------------------------------------------------------------- mean --- */

ssd_status truncation_mean(ssd_generator *model, float *mean) {
    generator *g = model->net;
    const int latent = g->arch.options.latent_size;
    memset(mean, 0, sizeof *mean * latent);
    if (g->arch.options.model != SSD_MODEL_SSD || !g->arch.options.mapping_layers)
        return SSD_OK;
    float *z = context_allocate(model->context, (size_t)g->batch * latent, sizeof *z);
    if (!z)
        return SSD_OUT_OF_MEMORY;
    rng random;
    rng_seed(&random, MEAN_SEED, STREAM_MEAN);
    for (int done = 0; done < MEAN_SAMPLES; done += g->batch) {
        const int count = min_int(g->batch, MEAN_SAMPLES - done);
        rng_normal(&random, z, count * latent);
        const float *w = generator_map(model->context->pool, g, z, count, STATS_RUNNING, model->scratch);
        for (int n = 0; n < count; n++)
            vector_add_scaled(mean, w + (size_t)n * latent, 1.0f / MEAN_SAMPLES, (size_t)latent);
    }
    free(z);
    return SSD_OK;
}

/* ------------------------------------------------------------------------------- typical face --- */

/* Pixels a side that become one, and the side of the pictures that are compared. */
static int shrink_factor(const generator *g) { return max_int(4, architecture_image_size(&g->arch) / SMALL); }
static int small_side(const generator *g) { return architecture_image_size(&g->arch) / shrink_factor(g); }

/* Picture n of `count` in g->image, as means: 3 x side x side. */
static void shrink(float *small, const generator *g, int n, int count) {
    const int size = architecture_image_size(&g->arch), side = small_side(g), step = shrink_factor(g);
    for (int i = 0; i < 3 * side * side; i++) {
        const int c = i / (side * side), y = i / side % side * step, x = i % side * step;
        const float *from = g->image + (((size_t)c * count + n) * size + y) * size + x;
        float sum = 0;
        for (int k = 0; k < step * step; k++)
            sum += from[k / step * size + k % step];
        small[i] = sum / (float)(step * step);
    }
}

/* The pictures of all seeds: SEEDS x 3 x side x side. z: as many latents as the generator takes at once. */
static void draw_seeds(ssd_generator *model, float *small, float *z) {
    generator *g = model->net;
    const int latent = g->arch.options.latent_size, side = small_side(g);
    for (int done = 0; done < SEEDS; done += g->batch) {
        const int count = min_int(g->batch, SEEDS - done);
        for (int n = 0; n < count; n++)
            ssd_latent(done + n, latent, z + (size_t)n * latent);
        const float *w = generator_map(model->context->pool, g, z, count, STATS_RUNNING, model->scratch);
        generator_synthesise(model->context->pool, g, w, 0, count, STATS_RUNNING, model->scratch);
        for (int n = 0; n < count; n++)
            shrink(small + (size_t)(done + n) * 3 * side * side, g, n, count);
    }
}

/* Correlation of light and dark, which contrast does not change. row, mean: 3 x pixels. */
static double likeness(const float *row, const double *mean, int pixels) {
    double x_sum = 0, y_sum = 0, xx = 0, yy = 0, xy = 0;
    for (int i = 0; i < pixels; i++) {
        const double x = (double)row[i] + row[pixels + i] + row[2 * pixels + i];
        const double y = mean[i] + mean[pixels + i] + mean[2 * pixels + i];
        x_sum += x;
        y_sum += y;
        xx += x * x;
        yy += y * y;
        xy += x * y;
    }
    const double variances = (xx - x_sum * x_sum / pixels) * (yy - y_sum * y_sum / pixels);
    return variances > 0 ? (xy - x_sum * y_sum / pixels) / sqrt(variances) : 0;
}

/* The row that is nearest to the mean of all rows, among the ALIKE rows that are most like that mean. */
static int typical_row(const float *rows, int width) {
    double nearest = INFINITY, mean[3 * SMALL * SMALL] = {0}, like[SEEDS];
    int found = 0;
    for (int i = 0; i < SEEDS * width; i++)
        mean[i % width] += (double)rows[i] / SEEDS;
    for (int row = 0; row < SEEDS; row++)
        like[row] = likeness(rows + (ptrdiff_t)row * width, mean, width / 3);
    for (int row = 0; row < SEEDS; row++) {
        double squares = 0;
        int more = 0;
        for (int other = 0; other < SEEDS; other++)
            more += like[other] > like[row];
        for (int i = 0; i < width; i++) {
            const double apart = rows[row * width + i] - mean[i];
            squares += apart * apart;
        }
        if (more < ALIKE && squares < nearest) {
            nearest = squares;
            found = row;
        }
    }
    return found;
}

/* The w of the typical face among the seeds. */
static ssd_status find_typical_seed(ssd_generator *model) {
    const generator *g = model->net;
    const int latent = g->arch.options.latent_size, width = 3 * small_side(g) * small_side(g);
    float *block = context_allocate(model->context, (size_t)SEEDS * width + (size_t)g->batch * latent, sizeof *block);
    if (!block)
        return SSD_OUT_OF_MEMORY;
    float *z = block + (size_t)SEEDS * width;
    draw_seeds(model, block, z);
    ssd_latent(typical_row(block, width), latent, z);
    const float *w = generator_map(model->context->pool, model->net, z, 1, STATS_RUNNING, model->scratch);
    memcpy(model->typical_w, w, sizeof *w * latent);
    free(block);
    return SSD_OK;
}

static ssd_status find_typical(ssd_generator *model) {
    if (model->typical_known)
        return SSD_OK;
    const ssd_status status =
        sees_constant(model) ? truncation_mean(model, model->typical_w) : find_typical_seed(model);
    model->typical_known = !status;
    return status;
}

/* ---------------------------------------------------------------------------------- truncation --- */

/* Along the great circle through both directions; the length goes from one to the other with psi from 0 to 1, and no
 * further. Where the directions are (nearly) parallel or opposite, they go in a straight line. */
static void slerp(float *w, const float *typical, double psi, size_t latent) {
    const double length = sqrt(vector_dot(w, w, latent)), other = sqrt(vector_dot(typical, typical, latent));
    const double lengths = length * other, cosine = lengths > 0 ? vector_dot(w, typical, latent) / lengths : 0;
    const double angle = acos(fmax(-1, fmin(1, cosine))), sine = sin(angle);
    const int straight = sine < 1e-4;
    const double from = straight ? 1 - psi : sin((1 - psi) * angle) / sine,
                 to = straight ? psi : sin(psi * angle) / sine;
    const double between = other + fmax(0, fmin(1, psi)) * (length - other);
    const double of_typical = other > 0 ? between * from / other : 0, of_w = length > 0 ? between * to / length : 0;
    for (size_t i = 0; i < latent; i++)
        w[i] = (float)(of_typical * typical[i] + of_w * w[i]);
}

static void apply(const ssd_generator *model, float *w, double psi) {
    const size_t latent = (size_t)model->net->arch.options.latent_size;
    const float *typical = model->typical_w;
    if (psi == 1)
        return;
    if (psi == 0)
        memcpy(w, typical, sizeof *w * latent);
    else if (!sees_constant(model))
        slerp(w, typical, psi, latent);
    else
        for (size_t i = 0; i < latent; i++)
            w[i] = typical[i] + (float)psi * (w[i] - typical[i]);
}

static ssd_status check_psi(ssd_context *context, double psi) {
    if (psi >= -2 && psi <= 2)
        return SSD_OK;
    return context_fail(context, SSD_BAD_ARGUMENT, "psi is %g, but must be from -2 to 2", psi);
}

ssd_status ssd_generator_map(ssd_generator *model, const float *z, int count, double psi, float *w) {
    ssd_context *context = model->context;
    if (!z || !w || count < 1)
        return context_fail(context, SSD_BAD_ARGUMENT, "no latents were given");
    ssd_status status = check_psi(context, psi);
    if (!status && psi != 1)
        status = find_typical(model);
    generator *g = model->net;
    const int latent = g->arch.options.latent_size;
    for (int done = 0; done < count && !status; done += g->batch) {
        const int part = min_int(g->batch, count - done);
        float *out = w + (size_t)done * latent;
        const float *mapped =
            generator_map(context->pool, g, z + (size_t)done * latent, part, STATS_RUNNING, model->scratch);
        memcpy(out, mapped, sizeof *out * part * latent);
        for (int n = 0; n < part; n++)
            apply(model, out + (size_t)n * latent, psi);
    }
    return status;
}

ssd_status ssd_generator_truncate(ssd_generator *model, float *w, int count, const double *psis) {
    ssd_context *context = model->context;
    if (!w || !psis || count < 1)
        return context_fail(context, SSD_BAD_ARGUMENT, "no styles were given");
    ssd_status status = SSD_OK;
    int moves = 0;
    for (int n = 0; n < count && !status; n++) {
        status = check_psi(context, psis[n]);
        moves |= psis[n] != 1;
    }
    if (!status && moves)
        status = find_typical(model);
    for (int n = 0; n < count && !status; n++)
        apply(model, w + (size_t)n * model->net->arch.options.latent_size, psis[n]);
    return status;
}
