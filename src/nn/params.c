#include "nn/params.h"

#include <stdio.h>
#include <stdlib.h>

param *param_add(param_table *table, param_role role, const char *prefix, const char *name, const int shape[4],
                 float **data, float **grad) {
    if (table->count == PARAM_MAX)
        abort(); /* ours: the largest network, 256 pixels with every option, has 91 */
    param *p = &table->list[table->count++];
    *p = (param){.role = role, .part = table->part, .lr_mul = 1, .gain = 2, .count = 1};
    (void)snprintf(p->name, sizeof p->name, "%s%s%s", prefix ? prefix : "", prefix ? "." : "", name);
    for (int i = 0; i < 4; i++) {
        p->rank += shape[i] > 0;
        p->shape[i] = shape[i] > 0 ? shape[i] : 1;
        p->count *= (size_t)p->shape[i];
    }
    p->fan_in = (double)p->shape[1] * p->shape[2] * p->shape[3];
    p->layer_data = data;
    p->layer_grad = grad;
    size_t *used = param_is_buffer(p) ? &table->buffer_floats : &table->parameter_floats;
    p->offset = *used;
    *used += (p->count + 3) / 4 * 4;
    if (!param_is_buffer(p))
        table->parameter_count += p->count;
    return p;
}

void params_place(param_storage *storage, param_table *table, int training, arena *memory) {
    *storage = (param_storage){0};
    storage->parameters = arena_floats(memory, table->parameter_floats);
    storage->buffers = arena_floats(memory, table->buffer_floats);
    if (training) {
        storage->grads = arena_floats(memory, table->parameter_floats);
        storage->adam_m = arena_floats(memory, table->parameter_floats);
        storage->adam_v = arena_floats(memory, table->parameter_floats);
    }
    for (int i = 0; memory->base && i < table->count; i++) {
        param *p = &table->list[i];
        *p->layer_data = p->data = (param_is_buffer(p) ? storage->buffers : storage->parameters) + p->offset;
        if (training && p->layer_grad)
            *p->layer_grad = p->grad = storage->grads + p->offset;
    }
}
