#ifndef LIMITS_VECTOR_H
#define LIMITS_VECTOR_H

#include <bson/bson.h>

enum { vector_size = 384 };

// A BSON vector (BinData of subtype 9, float32), as Lockstep stores it; filled again for each text.
typedef struct {
    uint8_t binary[2 + vector_size * sizeof(float)];
} vector;

// Computes 384 floats of a text, the same as Lockstep's side of the benchmark: FNV-1a of the bytes, then Knuth's
// linear congruential generator, its upper 24 bits as a float in 0..<1.
void vector_compute(vector *values, const char *text, size_t length);

// Appends what was computed last.
void vector_append(const vector *values, bson_t *document, const char *key);

#endif
