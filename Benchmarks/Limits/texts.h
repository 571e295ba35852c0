#ifndef LIMITS_TEXTS_H
#define LIMITS_TEXTS_H

#include <stdbool.h>
#include <stddef.h>

// The lines of a file.
typedef struct {
    char *bytes;
    const char **lines;
    size_t count;
} texts;

// By length, the longest come first: texts of one length stand together, so little padding is computed, and the short
// ones fill the end. Else they come as in the file.
texts texts_read(const char *file, bool by_length);

// About `count` of them, evenly from the first to the last; the lines stay the first one's.
texts texts_sample(const texts *all, size_t count);

#endif
