#include "nn/init.h"

#include <math.h>

#include "kernels/vector.h"

static void fill(const param *p, double value) {
    for (size_t i = 0; i < p->count; i++)
        p->data[i] = (float)value;
}

static void normal(const param *p, double mean, double deviation, rng *random) {
    rng_normal(random, p->data, (int)p->count);
    for (size_t i = 0; i < p->count; i++)
        p->data[i] = (float)(mean + deviation * p->data[i]);
}

/* PyTorch's default: uniform in +-1/sqrt(fan-in). A transposed convolution's fan-in is there out * k * k
 * (docs/method.md, section 3); a bias has its layer's. */
static void uniform(const param *p, rng *random) {
    const double fan_in = p->rank > 1 ? (double)p->shape[1] * p->shape[2] * p->shape[3] : p->fan_in;
    const double bound = 1.0 / sqrt(fan_in);
    for (size_t i = 0; i < p->count; i++)
        p->data[i] = (float)((2.0 * rng_uniform(random) - 1.0) * bound);
}

static int is_mapping(const param *p) { return p->role >= ROLE_MAPPING_FIRST && p->role <= ROLE_MAPPING_BIAS; }

static int is_equalised(const param *p, const init_scheme *scheme) {
    return scheme->equalised && !param_is_buffer(p) && (p->rank == 2 || p->rank == 4);
}

/* The weights of the mapping and of the layers that make styles. The mapping keeps the variance of its input (He et al.
 * 2015, 1502.01852, for slope 0.2); its first layer takes that of a normalised latent, 1 / L, to 1. */
static void init_style(const param *p, const init_scheme *scheme, rng *random) {
    const double latent = p->shape[1];
    if (!(scheme->first_scale > 0))
        uniform(p, random);
    else if (p->role == ROLE_MAPPING_FIRST)
        normal(p, 0, sqrt(latent) * sqrt(2 / (1.04 * latent)), random);
    else if (p->role == ROLE_MAPPING_WEIGHT)
        normal(p, 0, sqrt(2 / (1.04 * latent)), random);
    else if (p->role == ROLE_STYLE_WEIGHT || p->role == ROLE_MAPPING_BIAS)
        normal(p, 0, 0, random); /* zeros; the numbers drawn keep later layers' values as they were */
    else
        fill(p, p->role == ROLE_STYLE_SCALE ? scheme->first_scale : 0);
}

static void init_value(const param *p, const init_scheme *scheme, rng *random) {
    const param_role role = p->role;
    const int is_conv = role == ROLE_CONV_WEIGHT;
    if (is_equalised(p, scheme)) {
        normal(p, 0, p->lr_mul / (is_mapping(p) ? scheme->mapping_rate : 1), random);
    } else if (role >= ROLE_MAPPING_FIRST && role <= ROLE_STYLE_SHIFT) {
        init_style(p, scheme, random);
    } else if (is_conv && !scheme->dcgan) {
        uniform(p, random);
    } else if (scheme->dcgan && (is_conv || role == ROLE_NORM_WEIGHT)) {
        normal(p, is_conv ? 0 : 1, 0.02, random);
    } else if (role == ROLE_CONSTANT || role == ROLE_SINGULAR_VECTOR) {
        normal(p, 0, 1, random);
        if (role == ROLE_SINGULAR_VECTOR)
            (void)vector_normalise(p->data, p->count, 1e-12);
    } else {
        fill(p, role == ROLE_NORM_WEIGHT || role == ROLE_RUNNING_VAR);
    }
}

void init_params(param_table *table, const init_scheme *scheme, rng *random) {
    for (int i = 0; i < table->count; i++) {
        param *p = &table->list[i];
        const double he = is_equalised(p, scheme) ? sqrt(p->gain / p->fan_in) : 1;
        p->lr_mul = he * (is_mapping(p) ? scheme->mapping_rate : 1);
        init_value(p, scheme, random);
    }
}
