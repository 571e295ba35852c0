#include "vector.h"

#include <string.h>

void vector_compute(vector *values, const char *text, size_t length) {
    // Element type float32, no padding bits, then the floats.
    values->binary[0] = 0x27;
    values->binary[1] = 0;
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < length; i++) hash = (hash ^ (uint8_t) text[i]) * 1099511628211u;
    // As stored on little-endian machines; MongoDB runs on no others.
    for (int i = 0; i < vector_size; i++) {
        hash = hash * 6364136223846793005u + 1442695040888963407u;
        float value = (float) (hash >> 40) / 16777216.0f;
        memcpy(values->binary + 2 + (size_t) i * sizeof value, &value, sizeof value);
    }
}

void vector_append(const vector *values, bson_t *document, const char *key) {
    BSON_APPEND_BINARY(document, key, (bson_subtype_t) 9, values->binary, sizeof values->binary);
}
