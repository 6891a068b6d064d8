/* A reader for the little JSON that safetensors headers hold. It works in place: strings are unescaped where they stand
 * and zero-terminated, so the text must be writable and outlive them. */
#ifndef FILE_JSON_H
#define FILE_JSON_H

typedef struct json {
    char *at;
    char *end; /* one past the last character; a writable zero stands there */
} json;

/* Skips white space and takes the character if it is next. */
int json_take(json *j, char wanted);

/* The next value as a string, or NULL if it is none. */
const char *json_string(json *j);

/* The next value as a number; 0 if it is none. */
int json_number(json *j, double *value);

/* Skips the next value, whatever it is, up to 32 levels deep; 0 if it is broken. */
int json_skip(json *j);

/* Only white space is left. */
int json_at_end(json *j);

#endif
