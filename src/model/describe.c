#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/config.h"
#include "ssdgan.h"

static const char *const STATUS_NAMES[] = {"ok",          "bad_argument", "out_of_memory", "bad_file",
                                           "unsupported", "too_large",    "bad_state",     "not_finite"};

/* In the order of enum ssd_stat. */
static const char *const STAT_NAMES[SSD_STAT_COUNT] = {
    "step",        "epoch",       "step_in_epoch", "steps_per_epoch", "pictures_seen",
    "train_count", "val_count",   "loss_g",        "loss_d",          "d_real",
    "d_fake",      "val_loss_g",  "val_loss_d",    "val_accuracy",    "best_val_loss_g",
    "best_step",   "grad_norm_g", "grad_norm_d",   "augment_p",       "rate"};

static const char *const TYPE_NAMES[] = {"int", "float", "flag", "choice"};

typedef struct text {
    char *at;
    size_t left;
} text;

__attribute__((format(printf, 2, 3))) static void append(text *t, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int written = vsnprintf(t->at, t->left, format, arguments);
    va_end(arguments);
    if (written > 0 && (size_t)written < t->left) {
        t->at += written;
        t->left -= (size_t)written;
    }
}

static void append_choices(text *t, const char *choices) {
    for (const char *name = choices; *name;) {
        const size_t length = strcspn(name, ",");
        append(t, "%s\"%.*s\"", name == choices ? "" : ",", (int)length, name);
        name += length + (name[length] == ',');
    }
}

const char *ssd_describe(void) {
    static char json[16384];
    text t = {json, sizeof json};
    append(&t, "{\"version\":\"%s\",\"status\":{", ssd_version());
    for (int i = 0; i < (int)(sizeof STATUS_NAMES / sizeof STATUS_NAMES[0]); i++)
        append(&t, "%s\"%s\":%d", i ? "," : "", STATUS_NAMES[i], i);
    append(&t, "},\"config\":[");
    for (int i = 0; i < config_field_count(); i++) {
        const config_field *f = config_field_at(i);
        append(&t, "%s{\"name\":\"%s\",\"type\":\"%s\",\"default\":%.17g,\"min\":%.17g,\"max\":%.17g,\"choices\":[",
               i ? "," : "", f->name, TYPE_NAMES[f->type], f->initial, f->min, f->max);
        append_choices(&t, f->choices);
        append(&t, "],\"help\":\"%s\"}", f->help);
    }
    append(&t, "],\"stats\":[");
    for (int i = 0; i < SSD_STAT_COUNT; i++)
        append(&t, "%s\"%s\"", i ? "," : "", STAT_NAMES[i]);
    append(&t, "]}");
    return json;
}
