#include "texts.h"

#include "arguments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int longest_first(const void *left, const void *right) {
    const char *a = *(const char *const *) left, *b = *(const char *const *) right;
    size_t one = strlen(a), other = strlen(b);
    // Among equals in the order of the file, which is that of the addresses.
    return one != other ? (one < other) - (one > other) : (a > b) - (a < b);
}

static char *read_whole(const char *name, size_t *length) {
    FILE *file = fopen(name, "rb");
    if (!file) fail("cannot read %s", name);
    if (fseek(file, 0, SEEK_END) != 0) fail("cannot read %s", name);
    long size = ftell(file);
    rewind(file);
    char *bytes = size < 0 ? NULL : malloc((size_t) size + 1);
    if (!bytes || fread(bytes, 1, (size_t) size, file) != (size_t) size) fail("cannot read %s", name);
    fclose(file);
    bytes[size] = 0;
    *length = (size_t) size;
    return bytes;
}

texts texts_read(const char *name, bool by_length) {
    size_t length;
    texts all = {.bytes = read_whole(name, &length)};
    size_t most = 1;
    for (size_t i = 0; i < length; i++) most += all.bytes[i] == '\n';
    all.lines = malloc(most * sizeof *all.lines);
    if (!all.lines) fail("out of memory");
    for (char *line = all.bytes; line < all.bytes + length;) {
        char *end = memchr(line, '\n', (size_t) (all.bytes + length - line));
        if (!end) end = all.bytes + length;
        *end = 0;
        all.lines[all.count++] = line;
        line = end + 1;
    }
    if (all.count == 0) fail("%s has no texts", name);
    if (by_length) qsort(all.lines, all.count, sizeof *all.lines, longest_first);
    return all;
}

texts texts_sample(const texts *all, size_t count) {
    if (count > all->count) count = all->count;
    texts some = {.count = count, .lines = malloc(count * sizeof *some.lines)};
    if (!some.lines) fail("out of memory");
    for (size_t i = 0; i < count; i++) some.lines[i] = all->lines[i * all->count / count];
    return some;
}
