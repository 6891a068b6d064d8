/* Projection of a picture into the latent space (Abdal et al. 2019, 1904.03189; Karras et al. 2020, 1912.04958): many
 * random w, then Adam from the typical w and from the nearest of them, all starts as one batch. Adam moves u, where
 * w = mean + sum of u_k a_k and the a_k are the principal axes of the random w, one deviation long (Zhu et al. 2020,
 * 2012.09036). So the search stays where the model makes faces. */
#include "tools/projection.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "eval/dense.h"
#include "model/model.h"
#include "kernels/vector.h"
#include "model/truncation.h"

enum { BATCH = MODEL_BATCH };

/* Adam's rate, in deviations, with the ramps of Karras et al. 2020 (up over a twentieth, down over the last quarter).
 */
static const double RATE = 0.1;

/* The pull to the mean: PRIOR |u|^2 / L, as a share of the typical face's loss. */
static const double PRIOR = 0.02;

struct ssd_projection {
    ssd_context *context;
    generator net; /* a copy: training may continue */
    rng random;
    int per_stage, samples, starts, steps;
    int searched, stepped; /* random w tried, the typical one among them; Adam's steps done */
    pyramid_loss loss;
    float *block, *scratch, *target, *images, *room;
    float *mean;          /* L */
    float *typical;       /* L: of the typical face; the mean itself, where the first layer sees a constant */
    float *axes, *back;   /* L x L, a row an axis: w = mean + sum of u_k axes_k; u_k = <w - mean, back_k> */
    float *w, *u, *m, *v; /* S x K x L, or K x L while all stages share: where Adam stands */
    double *covariance;   /* L x L of the random w, and room for what becomes of it */
    float *best;          /* K x S x L: the best of each start so far */
    double losses[BATCH], squares[BATCH];
    double best_loss[BATCH], best_squares[BATCH]; /* K */
    double typical_squares, typical_loss, nearest_loss, nearest_squares;
};

/* ---------------------------------------------------------------------------------------- loss --- */

/* d_l (3 planes of s x s) halved. */
static void halve(float *small, const float *d, int s) {
    for (int i = 0; i < 3 * s / 2; i++)
        for (int x = 0; x < s / 2; x++) {
            const float *p = d + (ptrdiff_t)2 * i * s + 2 * x;
            small[i * (s / 2) + x] = 0.25f * ((p[0] + p[1]) + (p[s] + p[s + 1]));
        }
}

/* d_l becomes the gradient: 2 d_l / (3 s s) + the smaller level's, spread over 2 x 2. */
static void gradient(float *d, const float *small, int s, int last) {
    const float factor = 2.0f / (float)(3 * s * s);
    for (int i = 0; i < 3 * s; i++)
        for (int x = 0; x < s; x++)
            d[i * s + x] = factor * d[i * s + x] + (last ? 0 : 0.25f * small[i / 2 * (s / 2) + x / 2]);
}

static void picture_loss(const void *work, int n) {
    const pyramid_loss *p = work;
    const size_t plane = (size_t)p->size * p->size;
    float *d = p->room + n * pyramid_loss_room(p->size);
    for (int c = 0; c < 3; c++) {
        memcpy(d + c * plane, p->images + ((size_t)c * p->count + n) * plane, plane * sizeof *d);
        vector_add_scaled(d + c * plane, p->target + c * plane, -1, plane);
    }
    p->losses[n] = 0;
    int s = p->size;
    for (;; d += 3 * (size_t)s * s, s /= 2) {
        const double squares = vector_dot(d, d, 3 * (size_t)s * s) / (3.0 * s * s);
        p->losses[n] += squares;
        if (s == p->size)
            p->squares[n] = squares;
        if (s == 4)
            break;
        halve(d + 3 * (size_t)s * s, d, s);
    }
    gradient(d, NULL, s, 1);
    for (; s < p->size; s *= 2) {
        float *large = d - 12 * (size_t)s * s;
        gradient(large, d, 2 * s, 0);
        d = large;
    }
    for (int c = 0; c < 3; c++)
        memcpy(p->dimages + ((size_t)c * p->count + n) * plane, d + c * plane, plane * sizeof *d);
}

void pyramid_loss_run(parallel_pool *pool, const pyramid_loss *loss) {
    parallel_for(pool, loss->count, picture_loss, loss);
}

/* Pictures of `count` w, and their losses. */
static void look(ssd_projection *p, const float *w, size_t stride, int count) {
    generator_synthesise(p->context->pool, &p->net, w, stride, count, STATS_RUNNING, p->scratch);
    p->loss.count = count;
    pyramid_loss_run(p->context->pool, &p->loss);
}

/* -------------------------------------------------------------------------------------- search --- */

/* Start k's best: a w for all stages. */
static void put(ssd_projection *p, int k, const float *w, double loss, double squares) {
    const int stages = p->net.arch.stages, latent = p->net.arch.options.latent_size;
    p->best_loss[k] = loss;
    p->best_squares[k] = squares;
    for (int i = 0; i < stages; i++)
        memcpy(p->best + ((ptrdiff_t)k * stages + i) * latent, w, latent * sizeof *w);
}

/* A random w for the starts behind the typical w's, which are in order; the last one goes. */
static void offer(ssd_projection *p, const float *w, double loss, double squares) {
    if (loss < p->nearest_loss) {
        p->nearest_loss = loss;
        p->nearest_squares = squares;
    }
    const size_t length = (size_t)p->net.arch.stages * p->net.arch.options.latent_size;
    int k = p->starts - 1;
    if (k < 1 || !(loss < p->best_loss[k]))
        return;
    for (; k > 1 && loss < p->best_loss[k - 1]; k--) {
        p->best_loss[k] = p->best_loss[k - 1];
        p->best_squares[k] = p->best_squares[k - 1];
        memcpy(p->best + k * length, p->best + (k - 1) * length, length * sizeof *w);
    }
    put(p, k, w, loss, squares);
}

static void add_covariance(ssd_projection *p, const float *w) {
    const int latent = p->net.arch.options.latent_size;
    for (int i = 0; i < latent; i++)
        for (int j = 0; j < latent; j++)
            p->covariance[i * latent + j] += ((double)w[i] - p->mean[i]) * ((double)w[j] - p->mean[j]) / p->samples;
}

/* The axes, when all random w are seen. Those without variance stay zero, and so do all where w is not finite. */
static void find_axes(ssd_projection *p) {
    const int latent = p->net.arch.options.latent_size;
    double *vectors = p->covariance + (size_t)latent * latent, *values = vectors + (size_t)latent * latent;
    if (!dense_eigenvalues(p->context->pool, values, vectors, p->covariance, latent, values + latent))
        return;
    double most = 0;
    for (int k = 0; k < latent; k++)
        most = values[k] > most ? values[k] : most;
    for (int i = 0; i < latent * latent; i++) {
        const double value = values[i / latent], deviation = value > 1e-9 * most ? sqrt(value) : 0;
        p->axes[i] = (float)(vectors[i] * deviation);
        p->back[i] = deviation > 0 ? (float)(vectors[i] / deviation) : 0;
    }
}

/* The next batch of random w; the very first picture is the typical face. */
static void search(ssd_projection *p) {
    const int latent = p->net.arch.options.latent_size, left = p->samples + 1 - p->searched,
              count = left < BATCH ? left : BATCH;
    float *w = p->w; /* z at first */
    rng_normal(&p->random, w, count * latent);
    memcpy(w, generator_map(p->context->pool, &p->net, w, count, STATS_RUNNING, p->scratch),
           (size_t)count * latent * sizeof *w);
    if (p->searched == 0)
        memcpy(w, p->typical, latent * sizeof *w);
    look(p, w, 0, count);
    for (int n = 0; n < count; n++) {
        add_covariance(p, w + (ptrdiff_t)n * latent);
        if (p->searched + n == 0)
            put(p, 0, w, p->typical_loss = p->losses[0], p->typical_squares = p->squares[0]);
        else
            offer(p, w + (ptrdiff_t)n * latent, p->losses[n], p->squares[n]);
    }
    p->searched += count;
}

/* ---------------------------------------------------------------------------------------- adam --- */

/* Adam's u from the best of each start. */
static void begin(ssd_projection *p, int stages) {
    const size_t latent = (size_t)p->net.arch.options.latent_size, count = stages * p->starts * latent;
    if (p->stepped == 0)
        find_axes(p);
    for (size_t i = 0; i < count; i++) {
        const size_t row = i / latent, k = row % p->starts, stage = row / p->starts;
        const float *w = p->best + (k * p->net.arch.stages + stage) * latent, *back = p->back + i % latent * latent;
        p->u[i] = (float)(vector_dot(w, back, latent) - vector_dot(p->mean, back, latent));
    }
    memset(p->m, 0, count * sizeof *p->m);
    memset(p->v, 0, count * sizeof *p->v);
}

/* w from u, for `rows` styles. */
static void place_styles(ssd_projection *p, int rows) {
    const size_t latent = (size_t)p->net.arch.options.latent_size;
    for (int row = 0; row < rows; row++) {
        float *w = p->w + row * latent;
        memcpy(w, p->mean, latent * sizeof *w);
        for (size_t k = 0; k < latent; k++)
            vector_add_scaled(w, p->axes + k * latent, p->u[row * latent + k], latent);
    }
}

/* The gradient by u, in place of w, which is done with. */
static void gradient_by_axes(ssd_projection *p, size_t count, int stages) {
    const size_t latent = (size_t)p->net.arch.options.latent_size;
    const double pull = 2 * PRIOR * p->typical_loss / ((double)latent * stages);
    for (size_t i = 0; i < count; i++)
        p->w[i] = (float)(vector_dot(p->net.dw + i / latent * latent, p->axes + i % latent * latent, latent) +
                          pull * p->u[i]);
}

/* Keeps what is better than before; stage i has the w of row i % stages. */
static void keep(ssd_projection *p, int stages) {
    const size_t latent = (size_t)p->net.arch.options.latent_size;
    for (int k = 0; k < p->starts; k++) {
        if (!(p->losses[k] < p->best_loss[k]))
            continue;
        p->best_loss[k] = p->losses[k];
        p->best_squares[k] = p->squares[k];
        for (int i = 0; i < p->net.arch.stages; i++)
            memcpy(p->best + ((size_t)k * p->net.arch.stages + i) * latent,
                   p->w + (i % stages * p->starts + k) * latent, latent * sizeof *p->w);
    }
}

/* One step of all starts: in w, and for w+ the second half of the steps in w+, from what w gave. */
static void step(ssd_projection *p) {
    const int half = p->per_stage ? p->steps / 2 : 0, fine = p->per_stage && p->stepped >= half;
    const int at = fine ? p->stepped - half : p->stepped, of = fine || !p->per_stage ? p->steps - half : half;
    const int stages = fine ? p->net.arch.stages : 1, latent = p->net.arch.options.latent_size;
    const size_t stride = fine ? (size_t)p->starts * latent : 0, count = (size_t)stages * p->starts * latent;
    if (at == 0)
        begin(p, stages);
    place_styles(p, stages * p->starts);
    look(p, p->w, stride, p->starts);
    keep(p, stages);
    generator_backward_styles(&p->net, p->loss.dimages, GRAD_NONE);
    const double done = (at + 1.0) / of, down = done > 0.75 ? 4 * (1 - done) : 1, up = done < 0.05 ? 20 * done : 1;
    const double rate = RATE * up * (0.5 - 0.5 * cos(3.141592653589793 * down));
    const adam_step adam = adam_step_at(rate, 0.9, 0.999, 1e-8, at + 1);
    gradient_by_axes(p, count, stages);
    adam_update(p->context->pool, p->u, p->m, p->v, p->w, &adam, count);
    p->stepped++;
}

/* -------------------------------------------------------------------------------------- public --- */

static void place(ssd_projection *p, const architecture *arch, int threads, arena *memory) {
    const size_t size = (size_t)architecture_image_size(arch), plane = 3 * size * size;
    const size_t styles = (size_t)BATCH * arch->stages * arch->options.latent_size;
    generator_place(&p->net, arch, BATCH, 0, memory);
    generator_place_backward(&p->net, memory);
    p->scratch = arena_floats(memory, generator_scratch_floats(&p->net, BATCH, threads));
    p->target = arena_floats(memory, plane);
    p->images = arena_floats(memory, BATCH * plane);
    p->room = arena_floats(memory, BATCH * pyramid_loss_room((int)size));
    p->mean = arena_floats(memory, (size_t)arch->options.latent_size);
    p->typical = arena_floats(memory, (size_t)arch->options.latent_size);
    p->axes = arena_floats(memory, (size_t)arch->options.latent_size * arch->options.latent_size);
    p->back = arena_floats(memory, (size_t)arch->options.latent_size * arch->options.latent_size);
    p->covariance =
        (double *)arena_floats(memory, 4 * (size_t)arch->options.latent_size * (arch->options.latent_size + 2));
    p->w = arena_floats(memory, styles);
    p->u = arena_floats(memory, styles);
    p->m = arena_floats(memory, styles);
    p->v = arena_floats(memory, styles);
    p->best = arena_floats(memory, styles);
}

static ssd_status fill(ssd_projection *p, ssd_generator *generator, const uint8_t *rgb) {
    const struct generator *from = generator->net;
    const int size = architecture_image_size(&from->arch), plane = size * size;
    memcpy(p->net.storage.parameters, from->storage.parameters, from->table.parameter_floats * sizeof(float));
    memcpy(p->net.storage.buffers, from->storage.buffers, from->table.buffer_floats * sizeof(float));
    for (int i = 0; i < 3 * plane; i++)
        p->target[i] = (float)rgb[i % plane * 3 + i / plane] / 127.5f - 1;
    p->loss = (pyramid_loss){.size = size,
                             .target = p->target,
                             .images = p->net.image,
                             .dimages = p->images,
                             .losses = p->losses,
                             .squares = p->squares,
                             .room = p->room};
    for (int k = 0; k < BATCH; k++)
        p->best_loss[k] = INFINITY;
    p->nearest_loss = INFINITY;
    p->nearest_squares = p->typical_squares = NAN;
    const ssd_status status = truncation_mean(generator, p->mean);
    return status ? status : ssd_generator_map(generator, p->w, 1, 0, p->typical);
}

ssd_status ssd_projection_create(ssd_generator *generator, const uint8_t *rgb, int per_stage, int samples, int starts,
                                 int steps, double seed, ssd_projection **projection) {
    ssd_context *context = generator->context;
    if (!ssd_generator_stages(generator))
        return model_has_no_styles(generator);
    if (!rgb || starts < 1 || starts > BATCH || samples < starts || samples > 1000000 || steps < 0 || steps > 100000)
        return context_fail(context, SSD_BAD_ARGUMENT,
                            "a projection needs a picture, 1 to %d starts, as many samples at least (at most a "
                            "million), and 0 to 100,000 steps",
                            BATCH);
    const architecture *arch = &generator->net->arch;
    const int threads = ssd_context_threads(context);
    ssd_projection *p = context_allocate(context, 1, sizeof *p);
    arena memory = {0};
    if (!p)
        return SSD_OUT_OF_MEMORY;
    place(p, arch, threads, &memory);
    float *block = context_allocate(context, memory.floats, sizeof *block);
    ssd_status status = block ? SSD_OK : SSD_OUT_OF_MEMORY;
    if (!status) {
        memory = (arena){.base = block};
        place(p, arch, threads, &memory);
        p->block = block;
        p->context = context;
        p->per_stage = per_stage;
        p->samples = samples;
        p->starts = starts;
        p->steps = steps;
        rng_seed(&p->random, (uint64_t)seed, STREAM_PROJECTION);
        status = fill(p, generator, rgb);
    }
    if (status)
        ssd_projection_destroy(p);
    else
        *projection = p;
    return status;
}

void ssd_projection_destroy(ssd_projection *projection) {
    if (!projection)
        return;
    free(projection->block);
    free(projection);
}

int ssd_projection_run(ssd_projection *p, int rounds) {
    for (; rounds > 0; rounds--) {
        if (p->searched <= p->samples)
            search(p);
        else if (p->stepped < p->steps)
            step(p);
    }
    return (p->samples + BATCH - p->searched) / BATCH + p->steps - p->stepped;
}

void ssd_projection_result(const ssd_projection *p, float *styles, double errors[SSD_PROJECTION_ERRORS]) {
    int best = 0;
    for (int k = 1; k < p->starts; k++)
        best = p->best_loss[k] < p->best_loss[best] ? k : best;
    const size_t length = (size_t)p->net.arch.stages * p->net.arch.options.latent_size;
    memcpy(styles, p->best + best * length, length * sizeof *styles);
    errors[SSD_PROJECTION_TYPICAL] = 127.5 * sqrt(p->typical_squares);
    errors[SSD_PROJECTION_NEAREST] = 127.5 * sqrt(p->nearest_squares);
    errors[SSD_PROJECTION_FOUND] = 127.5 * sqrt(p->best_squares[best]);
}
