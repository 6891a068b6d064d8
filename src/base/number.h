/* Numbers from text, and what a file's numbers must be. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stddef.h>

/* The decimal number at the start of `text` ([-]digits[.digits][e[+-]digits], inf or nan), and where it ends in *end
 * (NULL: not asked): at `text` where there is none, when it is 0. What "%.17g" wrote comes back bit for bit, and so do
 * up to 15 digits with a power up to 22; elsewhere, a text within 1e-17 of the middle of two neighbours may go to the
 * wrong one. (strtod computes in 128 bits, which are software in WebAssembly: 6 KB of the gzipped module.) */
double number_from_text(const char *text, const char **end);

/* The number that the text is, from its first character to its last; 0, and *value untouched, where it is none (NULL
 * and a NaN too) or lies outside least .. most. */
int number_in_range(const char *text, double least, double most, double *value);

/* Neither a NaN nor an infinity is among them. */
int numbers_are_finite(const float *numbers, size_t count);

#endif
