/* The table of configuration fields: one place for name, type, range, default and help, used by ssd_config_set, the
 * checkpoint's metadata, ssd_describe, and through it command line and page. */
#ifndef MODEL_CONFIG_H
#define MODEL_CONFIG_H

#include "ssdgan.h"

typedef enum config_type { CONFIG_INT, CONFIG_FLOAT, CONFIG_FLAG, CONFIG_CHOICE } config_type;

enum {
    CONFIG_NETWORK = 1,      /* shapes the tensors of a network, or what is computed with them */
    CONFIG_DISCRIMINATOR = 2 /* ... of the discriminator alone */
};

typedef struct config_field {
    const char *name;
    config_type type;
    size_t offset; /* int32_t, or double for CONFIG_FLOAT */
    double initial, min, max;
    const char *choices; /* names of a choice's values from 0, comma-separated */
    int flags;
    const char *help;
} config_field;

int config_field_count(void);
const config_field *config_field_at(int index);
const config_field *config_field_find(const char *name); /* NULL if there is none */

double config_field_get(const config_field *field, const ssd_config *config);

void config_field_set(const config_field *field, ssd_config *config, double value); /* unchecked */

/* A value as checkpoints have it: a number that comes back bit for bit, or the name of a choice. */
void config_text(const config_field *field, double value, char *text, size_t size);

/* The way back; other programs write a flag as true or True. 0 where the text (NULL too) is no value of the field. */
int config_parse(const config_field *field, const char *text, double *value);

/* Copies the settings that have one of the flags. */
void config_copy(ssd_config *to, const ssd_config *from, int flags);

/* SSD_OK, or SSD_BAD_ARGUMENT with a sentence that names the field and its range. */
SSD_MUST_USE ssd_status config_check(ssd_context *context, const ssd_config *config);

#endif
