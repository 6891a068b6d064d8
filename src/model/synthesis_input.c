#include "model/synthesis_input.h"

#include <string.h>

#include "base/helpers.h"
#include "kernels/gemm.h"
#include "kernels/vector.h"

enum { PIXELS = 16 };

void synthesis_input_add_constant(param_table *table, synthesis_input *input, int latent) {
    input->has_constant = 1;
    param_add(table, ROLE_CONSTANT, NULL, "starting_const", (int[4]){latent, 1, 1}, &input->constant,
              &input->dconstant);
}

void synthesis_input_add(param_table *table, synthesis_input *input, const char *prefix, int latent, int channels) {
    input->latent = latent;
    input->channels = channels;
    param *weight = param_add(table, ROLE_CONV_WEIGHT, prefix, "weight", (int[4]){latent, channels, 4, 4},
                              &input->weight, &input->dweight);
    weight->fan_in = latent;
}

/* A map for each picture, picture by picture, then the products'. */
size_t synthesis_input_scratch_floats(const synthesis_input *input, int batch, int threads) {
    const int outputs = input->channels * PIXELS;
    return (size_t)batch * outputs +
           max_size(gemm_scratch_floats(batch, outputs, threads), gemm_scratch_floats(input->latent, batch, threads));
}

static void constant_forward(const synthesis_pass *pass, float *map, const synthesis_input *input) {
    float *one = input->one_map ? map : pass->scratch;
    if (!pass->prepared || !input->one_map)
        matrix_transposed_times_vector(pass->pool, one, input->weight, input->constant, input->latent,
                                       input->channels * PIXELS);
    for (int i = 0; !input->one_map && i < input->channels * pass->count; i++)
        memcpy(map + (size_t)i * PIXELS, one + (size_t)(i / pass->count) * PIXELS, PIXELS * sizeof *map);
}

void synthesis_input_forward(const synthesis_pass *pass, float *map, const synthesis_input *input) {
    const int latent = input->latent, outputs = input->channels * PIXELS;
    if (input->has_constant) {
        constant_forward(pass, map, input);
        return;
    }
    float *maps = pass->scratch; /* N x C 16 */
    const gemm_matrices product = {pass->w, latent, 1, input->weight, 1, outputs};
    gemm_dense(pass->pool, maps, &product, pass->count, outputs, latent, 0, maps + (size_t)pass->count * outputs);
    transpose_nc(map, maps, pass->count, input->channels, PIXELS);
}

static void constant_backward(const synthesis_pass *pass, const float *dmap, const synthesis_input *input) {
    const int latent = input->latent, outputs = input->channels * PIXELS;
    if (!input->one_map) {
        float *sum = pass->scratch;
        memset(sum, 0, sizeof *sum * outputs);
        for (int i = 0; i < input->channels * pass->count; i++)
            vector_add_scaled(sum + (size_t)(i / pass->count) * PIXELS, dmap + (size_t)i * PIXELS, 1, PIXELS);
        dmap = sum;
    }
    memset(input->dweight, 0, sizeof *dmap * latent * outputs);
    for (int l = 0; l < latent; l++)
        vector_add_scaled(input->dweight + (size_t)l * outputs, dmap, input->constant[l], (size_t)outputs);
    matrix_times_vector(pass->pool, input->dconstant, input->weight, dmap, latent, outputs);
}

void synthesis_input_backward(const synthesis_pass *pass, const float *dmap, const synthesis_input *input) {
    const int latent = input->latent, outputs = input->channels * PIXELS, count = pass->count;
    if (input->has_constant) {
        if (pass->mode != GRAD_NONE)
            constant_backward(pass, dmap, input);
        return;
    }
    float *dmaps = pass->scratch, *rest = dmaps + (size_t)count * outputs; /* N x C 16 */
    transpose_nc(dmaps, dmap, input->channels, count, PIXELS);
    if (pass->mode != GRAD_NONE) {
        const gemm_matrices weight_product = {pass->w, 1, latent, dmaps, 1, outputs};
        gemm_dense(pass->pool, input->dweight, &weight_product, latent, outputs, count, 0, rest);
    }
    if (pass->dw) {
        const gemm_matrices input_product = {dmaps, outputs, 1, input->weight, outputs, 1};
        gemm_dense(pass->pool, pass->dw, &input_product, count, latent, outputs, 1, rest);
    }
}
