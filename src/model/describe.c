#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/config.h"
#include "ssdgan.h"

static const char *const STATUS_NAMES[] = {"ok",          "bad_argument", "out_of_memory", "bad_file",
                                           "unsupported", "too_large",    "bad_state",     "not_finite"};

/* In the order of enum ssd_stat. */
static const char *const STAT_NAMES[SSD_STAT_COUNT] = {
    "step",       "epoch",        "step_in_epoch",   "steps_per_epoch", "pictures_seen", "train_count",
    "val_count",  "loss_g",       "loss_d",          "d_real",          "d_fake",        "val_loss_g",
    "val_loss_d", "val_accuracy", "best_val_loss_g", "best_step",       "grad_norm_g",   "grad_norm_d"};

static const char *const TYPE_NAMES[] = {"int", "int", "float", "flag", "choice"};

static const char *const BOOLEANS[] = {"false", "true"};

/* In the order of enum ssd_score. */
static const char *const SCORE_NAMES[SSD_SCORE_COUNT] = {"frechet", "kernel",  "kernelSpread", "precision",
                                                         "recall",  "density", "coverage"};

/* In the order of enum ssd_feature_kind. */
static const char *const FEATURE_NAMES[] = {"random-conv", "pixels"};

/* SSD_COMPARE_... 1, 2, 4. */
static const char *const COMPARE_NAMES[] = {"frechet", "kernel", "neighbours"};

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

typedef struct text {
    char *at;
    size_t left;
} text;

__attribute__((format(printf, 2, 3))) static void append(text *t, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int written = vsnprintf(t->at, t->left, format, arguments);
    va_end(arguments);
    if (written >= 0 && (size_t)written < t->left) {
        t->at += written;
        t->left -= (size_t)written;
    } else {
        t->left = 0; /* what does not fit makes the text end early: no JSON, which every test notices */
    }
}

static void append_names(text *t, const char *choices) {
    for (const char *name = choices; *name;) {
        const size_t length = strcspn(name, ",");
        append(t, "%s\"%.*s\"", name == choices ? "" : ",", (int)length, name);
        name += length + (name[length] == ',');
    }
}

static void append_config(text *t, const config_field *f) {
    append(t, "{\"name\":\"%s\",\"type\":\"%s\",\"default\":%.17g,\"min\":%.17g,\"max\":%.17g,\"choices\":[", f->name,
           TYPE_NAMES[f->type], f->initial, f->min, f->max);
    append_names(t, f->choices);
    append(t, "],\"group\":\"%s\",\"network\":%s,\"live\":%s,\"basic\":%s,\"option\":\"", CONFIG_GROUP_NAMES[f->group],
           BOOLEANS[(f->flags & CONFIG_NETWORK) != 0], BOOLEANS[(f->flags & CONFIG_LIVE) != 0],
           BOOLEANS[(f->flags & CONFIG_BASIC) != 0]);
    for (const char *c = f->option ? f->option : f->name; *c; c++)
        append(t, "%c", *c == '_' ? '-' : *c);
    append(t, "\",\"label\":\"%s\",\"unit\":\"%s\",\"help\":\"%s\"}", f->label, f->unit, f->help);
}

static void append_list(text *t, const char *key, const char *const *names, int count) {
    append(t, ",\"%s\":[", key);
    for (int i = 0; i < count; i++)
        append(t, "%s\"%s\"", i ? "," : "", names[i]);
    append(t, "]");
}

const char *ssd_describe(void) {
    static char json[32768];
    text t = {json, sizeof json};
    append(&t, "{\"version\":\"%s\",\"status\":{", ssd_version());
    for (int i = 0; i < COUNT(STATUS_NAMES); i++)
        append(&t, "%s\"%s\":%d", i ? "," : "", STATUS_NAMES[i], i);
    append(&t, "},\"config\":[");
    for (int i = 0; i < config_field_count(); i++) {
        append(&t, i ? "," : "");
        append_config(&t, config_field_at(i));
    }
    append(&t, "]");
    append_list(&t, "groups", CONFIG_GROUP_NAMES, CONFIG_GROUPS);
    append_list(&t, "stats", STAT_NAMES, SSD_STAT_COUNT);
    append_list(&t, "scores", SCORE_NAMES, SSD_SCORE_COUNT);
    append_list(&t, "features", FEATURE_NAMES, COUNT(FEATURE_NAMES));
    append_list(&t, "compare", COMPARE_NAMES, COUNT(COMPARE_NAMES));
    append(&t, "}");
    return json;
}
