#include "model/sampler.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/helpers.h"
#include "kernels/simd_bytes.h"
#include "kernels/vector.h"

enum { MEAN_SAMPLES = 10000 };

static const uint64_t MEAN_SEED = 20240400597; /* of w's mean; any fixed number */

ssd_status sampler_create(ssd_context *context, const architecture *arch, ssd_generator **sampler) {
    ssd_generator *s = context_allocate(context, 1, sizeof *s);
    if (!s)
        return SSD_OUT_OF_MEMORY;
    arena memory = {0};
    generator_place(&s->own, arch, SAMPLER_BATCH, 0, &memory);
    const size_t scratch = generator_scratch_floats(arch, SAMPLER_BATCH, ssd_context_threads(context));
    s->block = context_allocate(context, memory.floats + scratch + (size_t)arch->options.latent_size, sizeof(float));
    if (!s->block) {
        free(s);
        return SSD_OUT_OF_MEMORY;
    }
    memory = (arena){.base = s->block};
    generator_place(&s->own, arch, SAMPLER_BATCH, 0, &memory);
    s->scratch = arena_floats(&memory, scratch);
    s->mean_w = s->block + memory.floats;
    s->net = &s->own;
    s->context = context;
    *sampler = s;
    return SSD_OK;
}

void ssd_generator_destroy(ssd_generator *generator) {
    if (!generator || !generator->block)
        return; /* a trainer's view goes with the trainer */
    free(generator->block);
    free(generator);
}

int ssd_generator_image_size(const ssd_generator *generator) { return architecture_image_size(&generator->net->arch); }
int ssd_generator_latent_size(const ssd_generator *generator) { return generator->net->arch.options.latent_size; }
int ssd_generator_has_mapping(const ssd_generator *generator) {
    return generator->net->arch.options.model == SSD_MODEL_SSD && generator->net->arch.options.mapping_layers > 0;
}
double ssd_generator_parameter_count(const ssd_generator *generator) {
    return (double)generator->net->table.parameter_count;
}

void ssd_latent(double seed, int latent_size, float *z) {
    rng random;
    rng_seed(&random, (uint64_t)seed, STREAM_LATENTS);
    rng_normal(&random, z, latent_size);
}

/* Mean of w over 10,000 latents (docs/method.md, section 1), once for a model's weights. */
static void find_mean(ssd_generator *s, float *z) {
    generator *g = s->net;
    const int latent = g->arch.options.latent_size;
    rng random;
    rng_seed(&random, MEAN_SEED, STREAM_MEAN);
    memset(s->mean_w, 0, sizeof *s->mean_w * latent);
    for (int done = 0; done < MEAN_SAMPLES && ssd_generator_has_mapping(s); done += g->batch) {
        const int count = min_int(g->batch, MEAN_SAMPLES - done);
        rng_normal(&random, z, count * latent);
        const float *w = generator_map(s->context->pool, g, z, count, s->scratch);
        for (int n = 0; n < count; n++)
            vector_add_scaled(s->mean_w, w + (size_t)n * latent, 1.0f / MEAN_SAMPLES, (size_t)latent);
    }
    s->mean_known = 1;
}

ssd_status ssd_generator_map(ssd_generator *generator, const float *z, int count, double psi, float *w) {
    ssd_context *context = generator->context;
    if (!z || !w || count < 1)
        return context_fail(context, SSD_BAD_ARGUMENT, "no latents were given");
    if (!(psi >= -2 && psi <= 2))
        return context_fail(context, SSD_BAD_ARGUMENT, "psi is %g, but must be from -2 to 2", psi);
    const struct generator *g = generator->net;
    const int latent = g->arch.options.latent_size;
    if (psi != 1 && !generator->mean_known) {
        float *room = context_allocate(context, (size_t)g->batch * latent, sizeof *room);
        if (!room)
            return SSD_OUT_OF_MEMORY;
        find_mean(generator, room);
        free(room);
    }
    for (int done = 0; done < count; done += g->batch) {
        const int part = min_int(g->batch, count - done);
        const float *mapped =
            generator_map(context->pool, generator->net, z + (size_t)done * latent, part, generator->scratch);
        float *out = w + (size_t)done * latent;
        for (int i = 0; i < part * latent; i++) {
            const float mean = psi == 1 ? 0.0f : generator->mean_w[i % latent];
            out[i] = psi == 1 ? mapped[i] : mean + (float)psi * (mapped[i] - mean);
        }
    }
    return SSD_OK;
}

int ssd_generator_stages(const ssd_generator *generator) {
    const architecture *a = &generator->net->arch;
    return a->options.adain ? a->stages : 0;
}

/* w: N x L with stages 1, else N x S x L. */
static ssd_status synthesise(ssd_generator *generator, const float *w, int stages, int count, float *images) {
    ssd_context *context = generator->context;
    if (!w || !images || count < 1)
        return context_fail(context, SSD_BAD_ARGUMENT, "no styles were given");
    struct generator *g = generator->net;
    const size_t latents = (size_t)stages * g->arch.options.latent_size,
                 size = (size_t)architecture_image_size(&g->arch);
    for (int done = 0; done < count; done += g->batch) {
        const int part = min_int(g->batch, count - done);
        const float *styles = w + done * latents;
        const size_t stride = stages > 1 ? (size_t)part * g->arch.options.latent_size : 0;
        if (stages > 1) {
            swap_leading(g->styles, styles, part, stages, (size_t)g->arch.options.latent_size);
            styles = g->styles;
        }
        generator_synthesise(context->pool, g, styles, stride, part, STATS_RUNNING, generator->scratch);
        swap_leading(images + done * 3 * size * size, g->image, 3, part, size * size);
    }
    return SSD_OK;
}

ssd_status ssd_generator_synthesise(ssd_generator *generator, const float *w, int count, float *images) {
    return synthesise(generator, w, 1, count, images);
}

ssd_status ssd_generator_synthesise_styles(ssd_generator *generator, const float *styles, int count, float *images) {
    const int stages = ssd_generator_stages(generator);
    return stages ? synthesise(generator, styles, stages, count, images) : sampler_has_no_styles(generator);
}

ssd_status sampler_has_no_styles(const ssd_generator *generator) {
    return context_fail(generator->context, SSD_UNSUPPORTED,
                        "the model has no styles for its stages (a DCGAN, or one without AdaIN): take one with AdaIN");
}

static f32x4 to_level(const float *x) {
    return f32x4_mul(f32x4_add(f32x4_load(x), f32x4_splat(1.0f)), f32x4_splat(127.5f));
}

void ssd_images_to_rgba(const float *images, int count, int image_size, uint8_t *rgba) {
    const size_t plane = (size_t)image_size * image_size;
    const i32x4 opaque = i32x4_splat((int)0xff000000u);
    for (int n = 0; n < count; n++) {
        const float *red = images + (size_t)n * 3 * plane, *green = red + plane, *blue = green + plane;
        uint8_t *out = rgba + (size_t)n * 4 * plane;
        for (size_t step = 0; step < plane; step += 4) {
            const size_t i = step + 4 <= plane ? step : plane - 4; /* the last of an odd size once more */
            const i32x4 r = i32x4_levels(to_level(red + i)), g = i32x4_levels(to_level(green + i)),
                        b = i32x4_levels(to_level(blue + i));
            i32x4_store(out + 4 * i,
                        i32x4_or(i32x4_or(r, I32X4_SHIFT_LEFT(g, 8)), i32x4_or(I32X4_SHIFT_LEFT(b, 16), opaque)));
        }
    }
}
