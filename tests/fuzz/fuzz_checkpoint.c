/* Checkpoints, models and verify files of tiny networks, changed as the input says: metadata, names, types, shapes,
 * offsets and numbers, with the rest kept consistent, so that a change gets far. One input is read by one of the calls
 * that load files; what loads must work (tried once in four times): step, save, and load again to the same bytes. */
#include <string.h>

#include "file/checksum.h"
#include "file/safetensors.h"
#include "fuzz.h"
#include "model/config.h"

enum { BASES = 6, TENSORS = 320, PAIRS = 100, NAME = 100, TEXT = 160, POOL = 1 << 16, FILE_MOST = 1 << 20, SIZE = 16 };

typedef struct tensor {
    char name[NAME];
    int type, rank;
    double shape[SAFETENSORS_RANK + 1];
    const uint8_t *data;
    size_t bytes;
    int has_offsets;
    double offsets[2]; /* said instead of the true ones */
} tensor;

typedef struct pair {
    char key[NAME], value[TEXT];
} pair;

typedef struct parts {
    tensor tensors[TENSORS];
    pair pairs[PAIRS];
    int tensor_count, pair_count;
} parts;

typedef struct input {
    const uint8_t *at, *end;
} input;

static const char *const TYPES[] = {"F32", "F16", "I64", "BF16", "", "U8"};
static const double NUMBERS[] = {0,    1,    2,     3,  4,  16, 17, 64, 1024, 2049, 65536, 4294967296.0,
                                 9e15, 1e16, 1e300, -1, 0.5};
static const char *const TEXTS[] = {"nan",
                                    "inf",
                                    "-inf",
                                    "-1",
                                    "0",
                                    "1",
                                    "0.5",
                                    "3",
                                    "1e300",
                                    "4294967296",
                                    "9007199254740991",
                                    "9007199254740992",
                                    "",
                                    "true",
                                    "False",
                                    "bilinear",
                                    "nearest",
                                    "average",
                                    "batch",
                                    "latent",
                                    "dcgan",
                                    "ssdgan-model",
                                    "ssdgan-checkpoint",
                                    "ssdgan-verify",
                                    "16",
                                    "32",
                                    "256",
                                    "1000"};
static const float FLOATS[] = {0, 1, -1, 1e-30f, 1e30f, 3e38f, 0.5f, 7};

static ssd_context *context;
static ssd_dataset *pictures;
static parts bases[BASES][2]; /* checkpoints and models */

/* ------------------------------------------------------------------------------------ the bases --- */

static void add_pair(parts *p, const char *key, const char *value) {
    if (p->pair_count == PAIRS)
        return;
    pair *new = &p->pairs[p->pair_count++];
    (void)snprintf(new->key, NAME, "%s", key);
    (void)snprintf(new->value, TEXT, "%s", value);
}

static tensor *add_tensor(parts *p, const char *name) {
    static tensor spare;
    tensor *t = p->tensor_count < TENSORS ? &p->tensors[p->tensor_count++] : &spare;
    memset(t, 0, sizeof *t);
    (void)snprintf(t->name, NAME, "%s", name);
    return t;
}

static void take_apart(parts *p, const uint8_t *bytes, size_t count) {
    static const char *const keys[] = {"format",      "version",         "step",      "epoch",  "step_in_epoch",
                                       "fingerprint", "best_val_loss_g", "best_step", "random", "checksum"};
    safetensors *file;
    FUZZ_CHECK(safetensors_open(context, bytes, count, &file) == SSD_OK);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (safetensors_metadata(file, keys[i]))
            add_pair(p, keys[i], safetensors_metadata(file, keys[i]));
    for (int i = 0; i < config_field_count(); i++)
        add_pair(p, config_field_at(i)->name, safetensors_metadata(file, config_field_at(i)->name));
    for (int i = 0; i < safetensors_count(file); i++) {
        const safetensors_entry *e = safetensors_at(file, i);
        tensor *t = add_tensor(p, e->name);
        t->type = (int)e->type;
        t->rank = e->rank;
        for (int d = 0; d < e->rank; d++)
            t->shape[d] = (double)e->shape[d];
        t->data = e->data;
        t->bytes = e->data_bytes;
    }
    FUZZ_CHECK(p->tensor_count < TENSORS && p->pair_count < PAIRS);
    safetensors_close(file);
}

static ssd_config base_config(int base) {
    ssd_config c;
    ssd_config_default(&c);
    c.image_size = SIZE;
    c.latent_size = c.batch = c.width_max = 2;
    c.width = 1;
    c.ema = base & 1 ? 100 : 0;
    if (base == 1) { /* as the recipe `best` */
        c.first_input = c.pixel_norm = c.g_norm = c.initial = 1;
        c.mapping_layers = c.spectral_norm = 0;
    } else if (base == 2) { /* as the recipe `stylegan` */
        c.pixel_norm = c.equalised = c.noise = c.downsampling = c.d_norm = c.minibatch_std = 1;
        c.upsampling = SSD_BILINEAR;
        c.style_mixing = 0.9;
    } else if (base == 3) {
        c.model = SSD_MODEL_DCGAN;
    } else if (base == 4) {
        c.adain = 0;
        c.augment_translation = 1;
    } else if (base == 5) {
        c.shared_mapping = c.w_norm = 1;
        c.width_d = 2;
        c.upsampling = SSD_NEAREST;
    }
    return c;
}

static void begin(void) {
    context = ssd_context_create(1);
    pictures = ssd_dataset_create(context, SIZE, SSD_CROP_CENTRE, SSD_FILTER_TRIANGLE);
    FUZZ_CHECK(pictures && !ssd_dataset_add_doodles(pictures, 0, 0, 6));
    for (int i = 0; i < BASES; i++) {
        const ssd_config config = base_config(i);
        ssd_trainer *trainer;
        FUZZ_CHECK(!ssd_trainer_create(context, &config, &trainer) && !ssd_trainer_set_dataset(trainer, pictures, 0) &&
                   !ssd_trainer_step(trainer));
        for (int kind = 0; kind < 2; kind++) {
            uint8_t *bytes; /* never freed: the parts point into them */
            size_t count;
            FUZZ_CHECK(!ssd_trainer_save(trainer, !kind, &bytes, &count));
            take_apart(&bases[i][kind], bytes, count);
        }
        ssd_trainer_destroy(trainer);
    }
}

/* ------------------------------------------------------------------------------------ the edits --- */

static int next(input *in) { return in->at < in->end ? *in->at++ : 0; }

static const uint8_t *pool(float value) {
    static float room[POOL];
    if (room[0] == value)
        return (const uint8_t *)room;
    for (int i = 0; i < POOL; i++)
        room[i] = value;
    return (const uint8_t *)room;
}

/* The shape decides the bytes; numbers that are all alike take their place where they are not of the old size. */
static void fit_data(tensor *t) {
    static const int widths[] = {4, 2, 8, 2, 0, 1};
    double bytes = widths[t->type];
    for (int d = 0; d < t->rank; d++)
        bytes *= t->shape[d];
    if (!(bytes >= 0 && bytes <= sizeof(float) * POOL) || bytes == (double)t->bytes)
        return;
    t->data = pool(0.5f);
    t->bytes = (size_t)bytes;
}

static void edit_metadata(parts *p, input *in) {
    const int what = next(in) % 5;
    pair *one = &p->pairs[next(in) % (p->pair_count ? p->pair_count : 1)];
    if (what == 0) {
        const int length = next(in) % 40;
        for (int i = 0; i < length; i++)
            one->value[i] = (char)next(in);
        one->value[length] = 0;
    } else if (what == 1 || what == 2) {
        (void)snprintf(one->value, TEXT, "%s", TEXTS[next(in) % (int)(sizeof TEXTS / sizeof *TEXTS)]);
    } else if (what == 3 && p->pair_count) {
        *one = p->pairs[--p->pair_count];
    } else if (next(in) % 8 == 0) {
        p->pair_count = 0;
    } else {
        add_pair(p, one->key, TEXTS[next(in) % (int)(sizeof TEXTS / sizeof *TEXTS)]);
    }
}

static void edit_tensor(parts *p, input *in) {
    const int what = next(in) % 9;
    tensor *t = &p->tensors[(next(in) | next(in) << 8) % (p->tensor_count ? p->tensor_count : 1)];
    const double number = NUMBERS[next(in) % (int)(sizeof NUMBERS / sizeof *NUMBERS)];
    if (what == 0) {
        t->shape[next(in) % (t->rank ? t->rank : 1)] = number;
    } else if (what == 1) {
        t->rank = next(in) % (SAFETENSORS_RANK + 2);
        fit_data(t);
    } else if (what == 2) {
        t->shape[next(in) % (t->rank ? t->rank : 1)] = next(in) % 40;
        fit_data(t);
    } else if (what == 3) {
        t->type = next(in) % (int)(sizeof TYPES / sizeof *TYPES);
        fit_data(t);
    } else if (what == 4 && p->tensor_count) {
        *t = p->tensors[--p->tensor_count];
    } else if (what == 5) {
        const int length = next(in) % 20;
        for (int i = 0; i < length; i++)
            t->name[i] = (char)next(in);
    } else if (what == 6) {
        memmove(t->name, p->tensors[next(in) % (p->tensor_count ? p->tensor_count : 1)].name, NAME);
    } else if (what == 7) {
        t->data = pool(FLOATS[next(in) % (int)(sizeof FLOATS / sizeof *FLOATS)]);
        if (t->bytes > sizeof(float) * POOL)
            t->bytes = sizeof(float) * POOL;
    } else {
        t->has_offsets = 1;
        t->offsets[next(in) & 1] = number;
    }
}

/* A verify file: a checkpoint with the inputs of a step. */
static void make_verify(parts *p, input *in) {
    static const struct {
        const char *name;
        int rank;
        double shape[4];
    } inputs[] = {{"z.0", 2, {4, 2}},
                  {"real.0", 4, {2, 3, SIZE, SIZE}},
                  {"noise.0", 1, {2 * (16 + 64)}},
                  {"mix.0", 1, {2}},
                  {"augment.0", 2, {6, 2}},
                  {"loss.g.0", 0, {0}},
                  {"fake.0", 4, {2, 3, SIZE, SIZE}}};
    for (int i = 0; i < p->pair_count; i++)
        if (strcmp(p->pairs[i].key, "format") == 0)
            (void)snprintf(p->pairs[i].value, TEXT, "ssdgan-verify");
    add_pair(p, "steps", next(in) % 4 ? "1" : "2");
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        tensor *t = add_tensor(p, inputs[i].name);
        t->rank = inputs[i].rank;
        memcpy(t->shape, inputs[i].shape, sizeof inputs[i].shape);
        if (i == 0 && strstr(p->tensors[0].name, "noise") == NULL && next(in) % 2)
            t->shape[0] = 2;
        fit_data(t);
    }
}

/* ------------------------------------------------------------------------------------- the file --- */

static char *put(char *at, const char *end, const char *text) {
    const size_t length = strlen(text);
    if ((size_t)(end - at) <= length)
        return at;
    memcpy(at, text, length + 1);
    return at + length;
}

static size_t put_together(uint8_t *file, const parts *p, int with_checksum) {
    char *at = (char *)file + 8, *end = at + FILE_MOST / 2, *digits = NULL, piece[64];
    at = put(at, end, "{\"__metadata__\":{");
    for (int i = 0; i < p->pair_count; i++) {
        at = put(put(put(at, end, i ? ",\"" : "\""), end, p->pairs[i].key), end, "\":\"");
        if (strcmp(p->pairs[i].key, "checksum") == 0 && strlen(p->pairs[i].value) == CHECKSUM_DIGITS)
            digits = at;
        at = put(put(at, end, p->pairs[i].value), end, "\"");
    }
    at = put(at, end, "}");
    size_t data_bytes = 0;
    for (int i = 0; i < p->tensor_count; i++) {
        const tensor *t = &p->tensors[i];
        at = put(put(put(at, end, ",\""), end, t->name), end, "\":{\"dtype\":\"");
        at = put(put(at, end, TYPES[t->type]), end, "\",\"shape\":[");
        for (int d = 0; d < t->rank; d++) {
            (void)snprintf(piece, sizeof piece, d ? ",%.17g" : "%.17g", t->shape[d]);
            at = put(at, end, piece);
        }
        (void)snprintf(piece, sizeof piece, "],\"data_offsets\":[%.17g,%.17g]}",
                       t->has_offsets ? t->offsets[0] : (double)data_bytes,
                       t->has_offsets ? t->offsets[1] : (double)(data_bytes + t->bytes));
        at = put(at, end, piece);
        data_bytes += t->bytes;
    }
    at = put(at, end, "}");
    const size_t header = (size_t)((uint8_t *)at - file - 8);
    for (int i = 0; i < 8; i++)
        file[i] = (uint8_t)(header >> (8 * i));
    size_t count = 8 + header;
    for (int i = 0; i < p->tensor_count && count + p->tensors[i].bytes <= FILE_MOST; i++) {
        if (p->tensors[i].bytes)
            memcpy(file + count, p->tensors[i].data, p->tensors[i].bytes);
        count += p->tensors[i].bytes;
    }
    if (digits && with_checksum) {
        char text[CHECKSUM_DIGITS + 1];
        checksum_text(text, file, count, (size_t)((uint8_t *)digits - file));
        memcpy(digits, text, CHECKSUM_DIGITS);
    }
    return count;
}

/* ------------------------------------------------------------------------------------ the calls --- */

static void use_trainer(ssd_trainer *trainer) {
    ssd_config config;
    uint8_t *bytes = NULL, *equal = NULL;
    size_t count = 0, equal_count = 0;
    ssd_trainer_config(trainer, &config);
    if (config.image_size == SIZE && config.batch <= 8 && !ssd_trainer_set_dataset(trainer, pictures, 1)) {
        const ssd_status status = ssd_trainer_step(trainer);
        FUZZ_CHECK(status == SSD_OK || status == SSD_NOT_FINITE);
    }
    const ssd_status status = ssd_trainer_save(trainer, 1, &bytes, &count);
    FUZZ_CHECK(status == SSD_OK || status == SSD_NOT_FINITE || status == SSD_OUT_OF_MEMORY);
    if (!status) {
        ssd_trainer *again;
        const ssd_status loaded = ssd_trainer_load(context, bytes, count, &again);
        if (loaded)
            (void)fprintf(stderr, "%s\n", ssd_context_error(context));
        FUZZ_CHECK(!loaded && !ssd_trainer_save(again, 1, &equal, &equal_count));
        FUZZ_CHECK(count == equal_count && memcmp(bytes, equal, count) == 0);
        ssd_trainer_destroy(again);
    }
    ssd_buffer_free(bytes);
    ssd_buffer_free(equal);
    ssd_trainer_destroy(trainer);
}

static void use_generator(ssd_generator *generator) {
    const size_t size = (size_t)ssd_generator_image_size(generator),
                 latent = (size_t)ssd_generator_latent_size(generator);
    float *z = calloc(latent, sizeof *z), *image = calloc(3 * size * size, sizeof *image);
    ssd_latent(1, (int)latent, z);
    FUZZ_CHECK(!ssd_generator_map(generator, z, 1, 1, z) && !ssd_generator_synthesise(generator, z, 1, image));
    free(z);
    free(image);
    ssd_generator_destroy(generator);
}

static void load(int call, int use, const uint8_t *file, size_t count) {
    ssd_trainer *trainer = NULL;
    ssd_generator *generator = NULL;
    ssd_verify *verify = NULL;
    const ssd_config config = base_config(0);
    const ssd_status status = call == 0   ? ssd_trainer_load(context, file, count, &trainer)
                              : call == 1 ? ssd_generator_load(context, file, count, &generator)
                              : call == 2 ? ssd_trainer_create_from(context, &config, file, count, &trainer)
                                          : ssd_verify_create(context, file, count, &verify);
    FUZZ_CHECK(!status == (trainer || generator || verify));
    if (status)
        fuzz_check_sentence(ssd_context_error(context));
    if (trainer && use)
        use_trainer(trainer);
    else
        ssd_trainer_destroy(trainer);
    if (generator && use)
        use_generator(generator);
    else
        ssd_generator_destroy(generator);
    ssd_verify_destroy(verify);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    static parts p;
    static uint8_t room[FILE_MOST];
    if (!context)
        begin();
    input in = {bytes, bytes + count};
    const int base = next(&in) % BASES, how = next(&in), call = how & 3;
    p = bases[base][call != 3 && how >> 2 & 1];
    if (call == 3)
        make_verify(&p, &in);
    while (in.at < in.end)
        (next(&in) & 1 ? edit_metadata : edit_tensor)(&p, &in);
    const size_t whole = put_together(room, &p, how >> 3 & 7), cut = how >> 6 == 3 ? (size_t)how * 16 % whole : 0;
    uint8_t *file = malloc(whole - cut); /* of its own, so that a read beyond its end is seen */
    memcpy(file, room, whole - cut);
    load(call, (how >> 3 & 3) == 3, file, whole - cut);
    free(file);
    return 0;
}
