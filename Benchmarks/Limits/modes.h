#ifndef LIMITS_MODES_H
#define LIMITS_MODES_H

#include "arguments.h"
#include "connection.h"

// Each prints one line of JSON when it is done.

// Reads `--count` events of the type `--op` and looks at nothing but the type.
void read_events(const connection *to, const arguments *all);

// Reads `--count` events of `--kind` and writes the vectors of their texts with two writers.
void write_vectors(const connection *to, const arguments *all);

// Reads events as they come, until SIGTERM; writes the vector of each at once, unless `--discard`.
void follow_events(const connection *to, const arguments *all);

// Reads the whole collection as Lockstep does when it reconciles.
void find_documents(const connection *to, const arguments *all);

#endif
