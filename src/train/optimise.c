#include "train/optimise.h"

#include <math.h>
#include <string.h>

#include "kernels/kernels.h"

/* Adam over all trained parameters, in runs of neighbours that have one rate and are not frozen. Equalised learning
 * rate: training w with rate c lr equals training v = w / c with rate lr. dL/dv = c dL/dw; Adam's m / sqrt(v) cancels
 * the factor c, so only epsilon changes, to eps / c. */
double optimizer_step(ssd_trainer *t, const param_table *table, param_storage *b, double lr, float *average) {
    const ssd_config *c = &t->config;
    const double step = t->counters.step + 1;
    const adam_step plain = adam_step_at(lr > 0 ? lr : c->lr, c->beta1, c->beta2, c->eps, step);
    adam_step adam = plain;
    const double seen_pictures = step * c->batch, most = c->ema_ramp * seen_pictures;
    const double half_life = c->ema_ramp > 0 && most < c->ema ? most : c->ema;
    adam.average_rate = average ? (float)(1 - exp2(-c->batch / half_life)) : 0;
    adam.squares = t->squares;
    double squares = 0;
    for (int i = 0; i < table->count;) {
        size_t first = table->parameter_floats, end = first;
        double rate = 1;
        for (; i < table->count; i++) {
            const param *x = &table->list[i];
            if (end > first && (x->frozen || (!param_is_buffer(x) && x->lr_mul != rate)))
                break;
            if (param_is_buffer(x) || x->frozen)
                continue;
            rate = x->lr_mul;
            first = x->offset < first ? x->offset : first;
            end = x->offset + (x->count + 3) / 4 * 4;
        }
        if (first == table->parameter_floats)
            break;
        adam.rate = (float)(plain.rate * rate);
        adam.eps = (float)(c->eps / rate);
        adam.average = average ? average + first : NULL;
        adam_update(t->context->pool, b->parameters + first, b->adam_m + first, b->adam_v + first, b->grads + first,
                    &adam, end - first);
        for (size_t piece = 0; piece * ADAM_PIECE < end - first; piece++)
            squares += t->squares[piece];
    }
    if (average)
        vector_average(t->average.storage.buffers, t->g.storage.buffers, adam.average_rate, table->buffer_floats);
    return sqrt(squares);
}
