#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "internal.h"

// What libbson's JSON reader lets pass although something is lost: integers of more than 64 bits come out as other
// numbers, texts that are no numbers as 0 or NaN, what follows the document goes unread. Looked for before it reads;
// all else about the grammar is libbson's to judge.

/// libbson's reader keeps a stack of 100, the innermost value included.
enum { max_depth = 98 };

typedef struct {
    const char *text;
    size_t length;
} span;

typedef struct {
    bool is_object;
    bool expects_key;
    span key;
} level;

static bool is_text(span span, const char *text) {
    return span.length == strlen(text) && memcmp(span.text, text, span.length) == 0;
}

static bool refuse(char *message, size_t size, const char *reason, span what) {
    // A text from outside may be long, and is cut between characters by who decodes it.
    int shown = what.length > 40 ? 40 : (int) what.length;
    snprintf(message, size, what.text ? "%s: `%.*s`" : "%s", reason, shown, what.text);
    return false;
}

static bool is_double(span value) {
    if (is_text(value, "NaN") || is_text(value, "Infinity") || is_text(value, "-Infinity")) return true;
    if (value.length == 0 || value.length > 400 || strspn(value.text, "+-.0123456789eE") < value.length) return false;
    char copy[401];
    memcpy(copy, value.text, value.length);
    copy[value.length] = 0;
    char *end;
    strtod(copy, &end);
    return *end == 0;
}

static size_t digits(span value, size_t *place) {
    size_t start = *place;
    while (*place < value.length && value.text[*place] >= '0' && value.text[*place] <= '9') ++*place;
    return *place - start;
}

static bool is_decimal(span value) {
    size_t place = value.length > 0 && (value.text[0] == '-' || value.text[0] == '+');
    span rest = {value.text + place, value.length - place};
    static const char *const names[] = {"nan", "inf", "infinity"};
    for (size_t i = 0; i < 3; i++) {
        if (rest.length == strlen(names[i]) && strncasecmp(rest.text, names[i], rest.length) == 0) return true;
    }
    size_t count = digits(value, &place);
    if (place < value.length && value.text[place] == '.') {
        place++;
        count += digits(value, &place);
    }
    if (count == 0) return false;
    if (place < value.length && (value.text[place] == 'e' || value.text[place] == 'E')) {
        place++;
        if (place < value.length && (value.text[place] == '-' || value.text[place] == '+')) place++;
        if (digits(value, &place) == 0) return false;
    }
    return place == value.length;
}

static bool has_nul(span value) {
    for (size_t i = 0; i + 6 <= value.length; i++) {
        if (value.text[i] != '\\') continue;
        if (memcmp(value.text + i, "\\u0000", 6) == 0) return true;
        i++;
    }
    return false;
}

static bool check_string(span key, span value, char *message, size_t size) {
    if (is_text(key, "$numberDouble") && !is_double(value)) {
        return refuse(message, size, "`$numberDouble` is not a number", value);
    }
    if (is_text(key, "$numberDecimal") && !is_decimal(value)) {
        return refuse(message, size, "`$numberDecimal` is not a number", value);
    }
    if (is_text(key, "$code") && has_nul(value)) {
        return refuse(message, size, "a NUL character in `$code`", (span){0});
    }
    return true;
}

static bool check_number(span number, const level *here, const level *outer, char *message, size_t size) {
    for (size_t i = 0; i < number.length; i++) {
        if (strchr(".eE", number.text[i]) != NULL) return true;
    }
    if (number.length > 20) return refuse(message, size, "the number does not fit into 64 bits", number);
    char copy[21];
    memcpy(copy, number.text, number.length);
    copy[number.length] = 0;
    errno = 0;
    long long value = strtoll(copy, NULL, 10);
    if (errno == ERANGE) return refuse(message, size, "the number does not fit into 64 bits", number);
    bool in_timestamp = outer != NULL && outer->is_object && is_text(outer->key, "$timestamp") && here->is_object &&
                        (is_text(here->key, "t") || is_text(here->key, "i"));
    if (in_timestamp && (value < 0 || value > UINT32_MAX)) {
        return refuse(message, size, "a part of `$timestamp` does not fit into 32 bits", number);
    }
    return true;
}

bool shim_json_check(const char *json, size_t length, char *message, size_t size) {
    level levels[max_depth + 1] = {0};
    size_t depth = 0;
    bool is_done = false;
    for (size_t i = 0; i < length; i++) {
        char c = json[i];
        level *here = &levels[depth];
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') continue;
        if (is_done) return refuse(message, size, "something stands behind the document", (span){0});
        if (depth == 0 && c != '{') {
            return refuse(message, size, c == '[' ? "an array, where a document belongs" : "a document begins with `{`",
                          (span){0});
        }
        switch (c) {
        case 0:
            snprintf(message, size, "a NUL byte at position %zu", i);
            return false;
        case '{':
        case '[':
            if (depth == max_depth) {
                snprintf(message, size, "nested deeper than %d levels at position %zu", max_depth, i);
                return false;
            }
            levels[++depth] = (level){.is_object = c == '{', .expects_key = c == '{'};
            break;
        case '}':
        case ']':
            is_done = --depth == 0;
            break;
        case ',':
            here->expects_key = here->is_object;
            break;
        case '"': {
            size_t start = ++i;
            while (i < length && json[i] != '"') {
                if (json[i] == 0) {
                    snprintf(message, size, "a NUL byte at position %zu", i);
                    return false;
                }
                i += json[i] == '\\' ? 2 : 1;
            }
            // Cut short: libbson says so.
            if (i >= length) return true;
            span text = {json + start, i - start};
            if (here->expects_key) {
                here->key = text;
                here->expects_key = false;
            } else if (here->is_object && !check_string(here->key, text, message, size)) {
                return false;
            }
            break;
        }
        default:
            if (c != '-' && (c < '0' || c > '9')) break;
            size_t start = i;
            while (i + 1 < length && json[i + 1] != 0 && strchr("+-.0123456789eE", json[i + 1]) != NULL) i++;
            if (!check_number((span){json + start, i - start + 1}, here, depth > 1 ? here - 1 : NULL, message, size)) {
                return false;
            }
        }
    }
    return true;
}
