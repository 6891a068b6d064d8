/* The table of configuration fields: one place for name, type, range, default and help, used by ssd_config_set, the
 * checkpoint's metadata, ssd_describe, and through it command line and page. */
#ifndef MODEL_CONFIG_H
#define MODEL_CONFIG_H

#include "ssdgan.h"

typedef enum config_type { CONFIG_INT, CONFIG_FLOAT, CONFIG_FLAG, CONFIG_CHOICE } config_type;

typedef struct config_field {
    const char *name;
    config_type type;
    size_t offset; /* int32_t, or double for CONFIG_FLOAT */
    double initial, min, max;
    const char *choices; /* names of a choice's values from 0, comma-separated */
    const char *help;
} config_field;

int config_field_count(void);
const config_field *config_field_at(int index);
const config_field *config_field_find(const char *name); /* NULL if there is none */

double config_field_get(const config_field *field, const ssd_config *config);

/* SSD_OK, or SSD_BAD_ARGUMENT with a sentence that names the field and its range. */
SSD_MUST_USE ssd_status config_check(ssd_context *context, const ssd_config *config);

#endif
