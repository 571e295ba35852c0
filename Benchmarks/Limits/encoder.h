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

// One vector of norm 1 a text, `batch` texts at a time.
void encoder_run(encoder *with, const texts *all, size_t batch, float *vectors);

#endif
