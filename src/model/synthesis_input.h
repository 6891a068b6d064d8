/* The generator's first layer, a transposed convolution of a 1x1 map: L numbers -> C x 4 x 4. It sees the learned
 * constant, the same for all pictures, or each picture's w. */
#ifndef MODEL_SYNTHESIS_INPUT_H
#define MODEL_SYNTHESIS_INPUT_H

#include "model/synthesis_pass.h"
#include "nn/params.h"

typedef struct synthesis_input {
    int latent, channels;
    int has_constant;
    int one_map;                 /* 1: one map for all pictures, which nothing tells apart yet */
    float *constant, *dconstant; /* L */
    float *weight, *dweight;     /* L x C x 4 x 4 */
} synthesis_input;

void synthesis_input_add_constant(param_table *table, synthesis_input *input, int latent);
void synthesis_input_add(param_table *table, synthesis_input *input, const char *prefix, int latent, int channels);
size_t synthesis_input_scratch_floats(const synthesis_input *input, int batch, int threads);

/* map: C x N x 16, or C x 16 with one_map. */
void synthesis_input_forward(const synthesis_pass *pass, float *map, const synthesis_input *input);

/* dmap -> the parameters' gradients, and what is added to pass->dw where the layer sees w. */
void synthesis_input_backward(const synthesis_pass *pass, const float *dmap, const synthesis_input *input);

#endif
