#include "base/number.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* m 2^e with the highest bit of m set: 11 bits more than a double. */
typedef struct wide {
    uint64_t m;
    int e;
} wide;

static wide multiply(wide a, wide b) {
    const unsigned __int128 product = (unsigned __int128)a.m * b.m;
    const uint64_t high = (uint64_t)(product >> 64);
    return high >> 63 ? (wide){high, a.e + b.e + 64} : (wide){(uint64_t)(product >> 63), a.e + b.e + 63};
}

static wide divide(wide a, wide b) {
    const int shift = a.m < b.m ? 64 : 63;
    return (wide){(uint64_t)(((unsigned __int128)a.m << shift) / b.m), a.e - b.e - shift};
}

/* 10^power by squaring: exact to 10^27, and 2^-58 too small at 10^400. A double with 17 digits needs 2^-57 to be read
 * as what it was; powers of a tenth, which is not exact, are off by 2^-55 there: 10 of 20 million doubles came back
 * wrong. */
static wide ten_to(int power) {
    wide result = {UINT64_C(1) << 63, -63}, ten = {0xa000000000000000u, -60};
    for (; power; power >>= 1) {
        if (power & 1)
            result = multiply(result, ten);
        ten = multiply(ten, ten);
    }
    return result;
}

/* value 10^power. */
static double scaled(uint64_t value, int power) {
    const int size = power < 0 ? -power : power;
    if (value < UINT64_C(1) << 53 && size <= 22) { /* both factors are exact: one rounding (Clinger 1990) */
        double ten = 1;
        for (int i = 0; i < size; i++)
            ten *= 10;
        return power < 0 ? (double)value / ten : (double)value * ten;
    }
    if (size >= 400 || !value)
        return value && power > 0 ? INFINITY : 0;
    wide x = {value, 0};
    for (; !(x.m >> 63); x.e--)
        x.m <<= 1;
    x = power < 0 ? divide(x, ten_to(size)) : multiply(x, ten_to(size));
    return ldexp((double)x.m, x.e);
}

static int is_digit(char c) { return c >= '0' && c <= '9'; }

/* Digits, of which the first 19 or 20 count: value 10^power. Returns the text behind them. */
static const char *take_digits(const char *text, uint64_t *value, int *power, int behind_point) {
    for (; is_digit(*text); text++) {
        const int counts = *value < UINT64_MAX / 10;
        *value = counts ? *value * 10 + (uint64_t)(*text - '0') : *value;
        *power += !counts - behind_point;
    }
    return text;
}

double number_from_text(const char *text, const char **end) {
    const int negative = *text == '-';
    const char *at = text + negative, *digits = at;
    uint64_t value = 0;
    int power = 0;
    double result = 0;
    if (at[0] == 'i' && at[1] == 'n' && at[2] == 'f') {
        at += 3;
        result = INFINITY;
    } else if (at[0] == 'n' && at[1] == 'a' && at[2] == 'n') {
        at += 3;
        result = NAN;
    } else {
        at = take_digits(at, &value, &power, 0);
        if (at != digits && *at == '.')
            at = take_digits(at + 1, &value, &power, 1);
        if (at == digits)
            at = text;
        const char *sign = at + (at != text && (*at == 'e' || *at == 'E'));
        const char *first = sign + (sign != at && (*sign == '-' || *sign == '+'));
        if (first != at && is_digit(*first)) {
            int exponent = 0;
            for (at = first; is_digit(*at); at++)
                exponent = exponent < 10000 ? exponent * 10 + (*at - '0') : exponent;
            power += *sign == '-' ? -exponent : exponent;
        }
    }
    if (end)
        *end = at;
    result = value ? scaled(value, power) : result;
    return negative && at != text ? -result : result;
}

int number_in_range(const char *text, double least, double most, double *value) {
    const char *end = text;
    const double number = text ? number_from_text(text, &end) : NAN;
    if (end == text || *end || !(number >= least && number <= most))
        return 0;
    *value = number;
    return 1;
}

/* NaNs and infinities alone have all bits of the exponent set. */
int numbers_are_finite(const float *numbers, size_t count) {
    uint32_t special = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, numbers + i, sizeof bits);
        special |= (bits & 0x7f800000U) == 0x7f800000U;
    }
    return !special;
}
