#ifndef LIMITS_ENCODER_H
#define LIMITS_ENCODER_H

#include "texts.h"

// OpenVINO with a tokenizer and an encoder, loaded as Lockstep loads them.
typedef struct encoder encoder;

// `openvino` is a folder pip installed into, or `openvino/libs` itself. As many batches as `requests` are under way,
// each with tensors of its own; `streams` of them are encoded at once, on as many threads as there are cores.
encoder *encoder_open(const char *openvino, const char *model, int requests, int streams);
void encoder_close(encoder *with);

int encoder_dimensions(const encoder *with);

// Which texts go together: so many, or as many as have so many bytes with the length of the first.
typedef struct {
    size_t count;
    size_t bytes;
} batching;

// One vector of norm 1 a text.
void encoder_run(encoder *with, const texts *all, batching by, float *vectors);

#endif
