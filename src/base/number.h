/* Numbers from text. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

/* The decimal number at the start of `text` ([-]digits[.digits][e[+-]digits], inf or nan), and where it ends in *end
 * (NULL: not asked): at `text` where there is none, when it is 0. What "%.17g" wrote comes back bit for bit, and so do
 * up to 15 digits with a power up to 22; elsewhere, a text within 1e-17 of the middle of two neighbours may go to the
 * wrong one. (strtod computes in 128 bits, which are software in WebAssembly: 6 KB of the gzipped module.) */
double number_from_text(const char *text, const char **end);

#endif
