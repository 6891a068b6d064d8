#include "nn/tensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tensor_add(tensor_table *table, tensor_kind kind, const char *name, int rank, int d0, int d1, int d2, int d3) {
    if (table->count == TENSOR_MAX)
        abort(); /* ours: the largest network, 256 pixels with every option, has 91 */
    tensor *t = &table->list[table->count];
    *t = (tensor){.kind = kind, .rate = 1, .rank = rank, .shape = {d0, d1, d2, d3}};
    (void)snprintf(t->name, sizeof t->name, "%s", name);
    t->count = (size_t)d0 * d1 * d2 * d3;
    size_t *used = kind == TENSOR_TRAINED ? &table->trained_floats : &table->state_floats;
    t->offset = *used;
    *used += (t->count + 3) / 4 * 4;
    if (kind == TENSOR_TRAINED)
        table->parameter_count += t->count;
    return table->count++;
}

int tensor_find(const tensor_table *table, const char *name) {
    for (int i = 0; i < table->count; i++)
        if (strcmp(table->list[i].name, name) == 0)
            return i;
    return -1;
}

void tensor_blocks_place(tensor_blocks *blocks, const tensor_table *table, int training, arena *memory) {
    *blocks = (tensor_blocks){0};
    blocks->trained = arena_floats(memory, table->trained_floats);
    blocks->state = arena_floats(memory, table->state_floats);
    if (training) {
        blocks->grad = arena_floats(memory, table->trained_floats);
        blocks->adam_m = arena_floats(memory, table->trained_floats);
        blocks->adam_v = arena_floats(memory, table->trained_floats);
    }
}

float *tensor_data(const tensor_table *table, const tensor_blocks *blocks, int index) {
    const tensor *t = &table->list[index];
    return (t->kind == TENSOR_TRAINED ? blocks->trained : blocks->state) + t->offset;
}

float *tensor_grad(const tensor_table *table, const tensor_blocks *blocks, int index) {
    return blocks->grad + table->list[index].offset;
}

void tensor_fill(float *data, size_t count, float value) {
    for (size_t i = 0; i < count; i++)
        data[i] = value;
}

void tensor_uniform(float *data, size_t count, double bound, rng *random) {
    for (size_t i = 0; i < count; i++)
        data[i] = (float)((2.0 * rng_uniform(random) - 1.0) * bound);
}

void tensor_normal(float *data, size_t count, double mean, double deviation, rng *random) {
    rng_normal(random, data, (int)count);
    for (size_t i = 0; i < count; i++)
        data[i] = (float)(mean + deviation * data[i]);
}
