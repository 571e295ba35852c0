#ifndef LIMITS_TEXTS_H
#define LIMITS_TEXTS_H

#include <stddef.h>

// The lines of a file, the longest first: texts of one length stand together, so little padding is computed, and
// the short ones fill the end.
typedef struct {
    char *bytes;
    const char **lines;
    size_t count;
} texts;

texts texts_read(const char *file);

// About `count` of them, evenly from the longest to the shortest; the lines stay the first one's.
texts texts_sample(const texts *all, size_t count);

#endif
