#include "arguments.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fail(const char *format, ...) {
    va_list values;
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fputc('\n', stderr);
    // Other threads may still be at work: nothing is torn down under them.
    _Exit(1);
}

static bool is_option(const char *word, const char *name) {
    return strncmp(word, "--", 2) == 0 && strcmp(word + 2, name) == 0;
}

arguments arguments_parse(int argc, char **argv, int first, const char *const *known) {
    for (int i = first; i < argc; i++) {
        const char *const *name = known;
        while (*name && !is_option(argv[i], *name + (**name == '!'))) name++;
        if (!*name) fail("unknown option %s", argv[i]);
        if (**name != '!' && ++i == argc) fail("%s needs a value", argv[i - 1]);
    }
    return (arguments){argc - first, argv + first, known};
}

// Steps over values, so that a value that looks like an option is none.
static int place_of(const arguments *all, const char *wanted) {
    for (int i = 0; i < all->count; i++) {
        if (is_option(all->words[i], wanted)) return i;
        for (const char *const *name = all->known; *name; name++) {
            if (**name != '!' && is_option(all->words[i], *name)) {
                i++;
                break;
            }
        }
    }
    return -1;
}

const char *arguments_text(const arguments *all, const char *name, const char *otherwise) {
    int place = place_of(all, name);
    return place < 0 ? otherwise : all->words[place + 1];
}

const char *arguments_need(const arguments *all, const char *name) {
    const char *value = arguments_text(all, name, NULL);
    if (!value) fail("--%s is missing", name);
    return value;
}

int64_t arguments_number(const arguments *all, const char *name, int64_t otherwise) {
    const char *text = arguments_text(all, name, NULL);
    if (!text) return otherwise;
    char *end;
    long long number = strtoll(text, &end, 10);
    if (*text == 0 || *end || number < 0) fail("--%s is no number: %s", name, text);
    return number;
}

bool arguments_flag(const arguments *all, const char *name) {
    return place_of(all, name) >= 0;
}
