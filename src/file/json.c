#include "file/json.h"

#include <stddef.h>
#include <string.h>

#include "base/number.h"

enum { MAX_DEPTH = 32 };

static void skip_space(json *j) {
    while (j->at < j->end && (*j->at == ' ' || *j->at == '\n' || *j->at == '\r' || *j->at == '\t'))
        j->at++;
}

int json_take(json *j, char wanted) {
    skip_space(j);
    if (j->at >= j->end || *j->at != wanted)
        return 0;
    j->at++;
    return 1;
}

int json_at_end(json *j) {
    skip_space(j);
    return j->at >= j->end;
}

static int hex_value(const char *digits, const char *end) {
    int value = 0;
    for (int i = 0; i < 4; i++) {
        if (digits + i >= end)
            return -1;
        const char c = digits[i];
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* UTF-8 of a code below 65536; surrogates are kept as they are, for nothing here depends on them. */
static char *put_code(char *out, int code) {
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xc0 | code >> 6);
        *out++ = (char)(0x80 | (code & 63));
    } else {
        *out++ = (char)(0xe0 | code >> 12);
        *out++ = (char)(0x80 | (code >> 6 & 63));
        *out++ = (char)(0x80 | (code & 63));
    }
    return out;
}

const char *json_string(json *j) {
    if (!json_take(j, '"'))
        return NULL;
    char *start = j->at, *out = start;
    while (j->at < j->end && *j->at != '"') {
        if ((unsigned char)*j->at < 32)
            return NULL;
        if (*j->at != '\\') {
            *out++ = *j->at++;
            continue;
        }
        if (j->end - j->at < 2)
            return NULL;
        static const char escapes[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
        const char kind = j->at[1];
        const char *found = kind ? strchr(escapes, kind) : NULL;
        if (found) {
            *out++ = values[found - escapes];
            j->at += 2;
        } else {
            const int code = kind == 'u' ? hex_value(j->at + 2, j->end) : -1;
            if (code <= 0)
                return NULL;
            out = put_code(out, code); /* at most 3 bytes for 6 */
            j->at += 6;
        }
    }
    if (j->at >= j->end)
        return NULL;
    j->at++;
    *out = 0; /* on or before the closing quote */
    return start;
}

int json_number(json *j, double *value) {
    skip_space(j);
    if (j->at >= j->end || !strchr("-0123456789", *j->at) || !*j->at)
        return 0;
    const char *stop;
    *value = number_from_text(j->at, &stop); /* ends at the zero behind the text at the latest */
    if (stop == j->at || stop > j->end)
        return 0;
    j->at += stop - j->at;
    return 1;
}

/* Not recursive: a stack of the closing brackets that are awaited. */
int json_skip(json *j) {
    char closing[MAX_DEPTH];
    int depth = 0;
    do {
        double number;
        skip_space(j);
        if (j->at >= j->end)
            return 0;
        if (*j->at == '{' || *j->at == '[') {
            if (depth == MAX_DEPTH)
                return 0;
            closing[depth++] = *j->at++ == '{' ? '}' : ']';
        } else if (depth && *j->at == closing[depth - 1]) {
            depth--;
            j->at++;
        } else if (*j->at == '"') {
            if (!json_string(j))
                return 0;
        } else if (depth && (*j->at == ',' || *j->at == ':')) {
            j->at++;
        } else if (*j->at == 't' || *j->at == 'f' || *j->at == 'n') {
            while (j->at < j->end && *j->at >= 'a' && *j->at <= 'z')
                j->at++;
        } else if (!json_number(j, &number)) {
            return 0;
        }
    } while (depth);
    return 1;
}
