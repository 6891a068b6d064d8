#include "model/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/helpers.h"
#include "kernels/simd_bytes.h"
#include "kernels/vector.h"

ssd_status model_create(ssd_context *context, const architecture *arch, ssd_generator **model) {
    const ssd_status status = architecture_check_size(context, arch, MODEL_BATCH);
    if (status)
        return status;
    ssd_generator *m = context_allocate(context, 1, sizeof *m);
    if (!m)
        return SSD_OUT_OF_MEMORY;
    arena memory = {0};
    generator_place(&m->own, arch, MODEL_BATCH, 0, &memory);
    const size_t scratch = generator_scratch_floats(&m->own, MODEL_BATCH, ssd_context_threads(context));
    m->block = context_allocate(context, memory.floats + scratch + arch->options.latent_size, sizeof(float));
    if (!m->block) {
        free(m);
        return SSD_OUT_OF_MEMORY;
    }
    memory = (arena){.base = m->block};
    generator_place(&m->own, arch, MODEL_BATCH, 0, &memory);
    m->scratch = arena_floats(&memory, scratch);
    m->typical_w = m->block + memory.floats;
    m->net = &m->own;
    m->context = context;
    *model = m;
    return SSD_OK;
}

void ssd_generator_destroy(ssd_generator *model) {
    if (!model || !model->block)
        return; /* a trainer's view goes with the trainer */
    free(model->block);
    free(model);
}

int ssd_generator_image_size(const ssd_generator *model) { return architecture_image_size(&model->net->arch); }
int ssd_generator_latent_size(const ssd_generator *model) { return model->net->arch.options.latent_size; }
int ssd_generator_has_constant(const ssd_generator *model) { return architecture_has_constant(&model->net->arch); }
double ssd_generator_parameter_count(const ssd_generator *model) { return (double)model->net->table.parameter_count; }

void ssd_latent(double seed, int latent_size, float *z) {
    rng random;
    rng_seed(&random, (uint64_t)seed, STREAM_LATENTS);
    rng_normal(&random, z, latent_size);
}

int ssd_generator_stages(const ssd_generator *model) {
    const architecture *a = &model->net->arch;
    return a->options.adain ? a->stages : 0;
}

/* w: N x L with stages 1, else N x S x L. */
static ssd_status synthesise(ssd_generator *model, const float *w, int stages, int count, float *images) {
    ssd_context *context = model->context;
    if (!w || !images || count < 1)
        return context_fail(context, SSD_BAD_ARGUMENT, "no styles were given");
    generator *g = model->net;
    const size_t latents = (size_t)stages * g->arch.options.latent_size,
                 size = (size_t)architecture_image_size(&g->arch);
    for (int done = 0; done < count; done += g->batch) {
        const int part = min_int(g->batch, count - done);
        const float *styles = w + done * latents;
        const size_t stride = stages > 1 ? (size_t)part * g->arch.options.latent_size : 0;
        if (stages > 1) {
            transpose_nc(g->styles, styles, part, stages, (size_t)g->arch.options.latent_size);
            styles = g->styles;
        }
        generator_synthesise(context->pool, g, styles, stride, part, STATS_RUNNING, model->scratch);
        transpose_nc(images + done * 3 * size * size, g->image, 3, part, size * size);
    }
    return SSD_OK;
}

ssd_status ssd_generator_synthesise(ssd_generator *model, const float *w, int count, float *images) {
    return synthesise(model, w, 1, count, images);
}

ssd_status ssd_generator_synthesise_styles(ssd_generator *model, const float *styles, int count, float *images) {
    const int stages = ssd_generator_stages(model);
    return stages ? synthesise(model, styles, stages, count, images) : model_has_no_styles(model);
}

ssd_status model_has_no_styles(const ssd_generator *model) {
    return context_fail(model->context, SSD_UNSUPPORTED,
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
