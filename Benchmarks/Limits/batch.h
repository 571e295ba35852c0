#ifndef LIMITS_BATCH_H
#define LIMITS_BATCH_H

#include "connection.h"
#include "vector.h"

// Keys and texts of events, taken out of a stream and written together.
typedef struct {
    bson_t pairs;  // an `_id` and a text in turn
    int count;
} batch;

batch *batch_new(void);
void batch_free(batch *some);

// Adds a document from `{fullDocument: {_id, text}}` of an insert, or `{documentKey: {_id}}` and
// `{updateDescription: {updatedFields: {text}}}` of an update. False when the event tells no text.
bool batch_add(batch *some, const bson_t *event);

// Writes the vectors with one command, acknowledged by a majority; fails unless every document was found.
void batch_write(const batch *some, mongoc_client_t *client, const connection *to, vector *values);

#endif
