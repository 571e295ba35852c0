#include "internal.h"

static void fill(const bson_iter_t *iter, shim_element *element) {
    element->key = bson_iter_key(iter);
    element->key_length = bson_iter_key_len(iter);
    element->type = iter->raw[iter->off];
    // The value stands between the end of the key and the next element.
    uint32_t start = (uint32_t) (iter->key + element->key_length + 1);
    element->value = iter->raw + start;
    element->value_length = iter->next_off - start;
}

int shim_bson_next(const uint8_t *data, size_t length, uint32_t *offset, shim_element *element) {
    bson_iter_t iter;
    if (*offset == 0) {
        if (!bson_iter_init_from_data(&iter, data, length)) return -1;
        if (!bson_iter_next(&iter)) return iter.err_off ? -1 : 0;
    } else {
        if (*offset + 1 >= length) return 0;
        size_t key_length = strnlen((const char *) data + *offset + 1, length - *offset - 1);
        if (!bson_iter_init_from_data_at_offset(&iter, data, length, *offset, (uint32_t) key_length)) return -1;
    }
    fill(&iter, element);
    *offset = iter.next_off;
    return 1;
}

int shim_bson_find(const uint8_t *data, size_t length, const char *key, size_t key_length,
                   shim_element *element) {
    bson_iter_t iter;
    if (!bson_iter_init_from_data(&iter, data, length)) return -1;
    if (!bson_iter_find_w_len(&iter, key, (int) key_length)) return iter.err_off ? -1 : 0;
    fill(&iter, element);
    return 1;
}

/// libbson writes no JSON below this and validates by recursion; MongoDB itself stores up to 180 levels.
enum { max_depth = 200 };

/// A document that is scanned.
typedef struct {
    bson_iter_t iter;
    uint32_t length;
    /// Where the next element begins.
    uint32_t end;
} level;

static bool open_level(level *level, const uint8_t *data, uint32_t length) {
    level->length = length;
    level->end = 4;
    return bson_iter_init_from_data(&level->iter, data, length);
}

/// What bson_validate leaves out: that the elements reach to the end of their document, and that it is not nested deeper
/// than `max_depth`. With a stack of its own: bytes from outside may be nested a million levels deep.
static bool is_whole(const uint8_t *data, size_t length) {
    level levels[max_depth + 1];
    int depth = 0;
    if (length > BSON_MAX_SIZE || !open_level(&levels[0], data, (uint32_t) length)) return false;
    while (depth >= 0) {
        level *here = &levels[depth];
        if (!bson_iter_next(&here->iter)) {
            if (here->end + 1 != here->length) return false;
            depth--;
            continue;
        }
        bson_iter_t *element = &here->iter;
        here->end = element->next_off;
        bson_type_t type = (bson_type_t) element->raw[element->off];
        uint32_t start = (uint32_t) (element->key + bson_iter_key_len(element) + 1);
        if (type == BSON_TYPE_CODEWSCOPE) {
            // Length, length of the code, code, then the scope.
            uint32_t code;
            memcpy(&code, element->raw + start + 4, 4);
            start += 8 + BSON_UINT32_FROM_LE(code);
        } else if (type != BSON_TYPE_DOCUMENT && type != BSON_TYPE_ARRAY) {
            continue;
        }
        if (depth == max_depth || start >= element->next_off ||
            !open_level(&levels[depth + 1], element->raw + start, element->next_off - start)) {
            return false;
        }
        depth++;
    }
    return true;
}

bool shim_bson_is_valid(const uint8_t *data, size_t length) {
    bson_t document;
    return bson_init_static(&document, data, length) && is_whole(data, length) &&
           bson_validate(&document, BSON_VALIDATE_NONE, NULL);
}

char *shim_bson_to_json(const uint8_t *data, size_t length, size_t *json_length) {
    bson_t document;
    if (!bson_init_static(&document, data, length)) return NULL;
    return bson_as_relaxed_extended_json(&document, json_length);
}

void shim_string_free(char *string) {
    bson_free(string);
}

void shim_decimal128_to_string(const uint8_t *bytes, char *string) {
    bson_decimal128_t decimal;
    memcpy(&decimal.low, bytes, 8);
    memcpy(&decimal.high, bytes + 8, 8);
    decimal.low = BSON_UINT64_FROM_LE(decimal.low);
    decimal.high = BSON_UINT64_FROM_LE(decimal.high);
    bson_decimal128_to_string(&decimal, string);
}
