#ifndef LIMITS_ARGUMENTS_H
#define LIMITS_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

// Prints to stderr and ends with 1: a limit that did not do all its work is no limit.
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

// `--name value` from `first` on; a flag has no value. Any option that is not among `known` fails;
// `known` ends with NULL, and flags begin with '!'.
typedef struct {
    int count;
    char **words;
    const char *const *known;
} arguments;

arguments arguments_parse(int argc, char **argv, int first, const char *const *known);

// The value, or `otherwise`.
const char *arguments_text(const arguments *all, const char *name, const char *otherwise);

// The value; fails without.
const char *arguments_need(const arguments *all, const char *name);

int64_t arguments_number(const arguments *all, const char *name, int64_t otherwise);

bool arguments_flag(const arguments *all, const char *name);

#endif
