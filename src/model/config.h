/* The table of settings: everything about a setting stands once, in config.c. Checkpoints, the architecture,
 * ssd_describe and, through that, the command line, the page and docs/settings.md have it from there. */
#ifndef MODEL_CONFIG_H
#define MODEL_CONFIG_H

#include "ssdgan.h"

typedef enum config_type {
    CONFIG_INT,   /* int32_t */
    CONFIG_WHOLE, /* a whole number in a double */
    CONFIG_FLOAT, /* double */
    CONFIG_FLAG,  /* int32_t, 0 or 1 */
    CONFIG_CHOICE /* int32_t, the place of its name in `choices` */
} config_type;

/* Under which heading people find it. */
typedef enum config_group {
    CONFIG_PICTURES,
    CONFIG_TRAINING,
    CONFIG_NETWORKS,
    CONFIG_GENERATOR,
    CONFIG_DISCRIMINATOR,
    CONFIG_FINE_TUNING,
    CONFIG_GROUPS
} config_group;

extern const char *const CONFIG_GROUP_NAMES[CONFIG_GROUPS];

/* Flags. */
enum {
    CONFIG_NETWORK = 1, /* shapes the tensors of a network, or what is computed with them */
    CONFIG_ONLY_D = 2,  /* ... of the discriminator alone */
    CONFIG_LIVE = 4,    /* may change while a training runs */
    CONFIG_BASIC = 8    /* is shown to beginners */
};

typedef struct config_field {
    const char *name;
    config_type type;
    size_t offset;
    double initial, min, max;
    const char *choices; /* comma-separated: names of a choice's values from 0; numbers that an int is offered with */
    config_group group;
    int flags;
    const char *option; /* of the command line; NULL: the name with - for _ */
    const char *label, *unit;
    const char *help; /* one short sentence, without capital and full stop */
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

/* SSD_OK, or SSD_BAD_ARGUMENT: a value is out of its range, or two settings do not go together. The sentence has names
 * of settings in backticks, so that the command line and the page can put in their own words for them. */
SSD_MUST_USE ssd_status config_check(ssd_context *context, const ssd_config *config);

#endif
