#ifndef LIMITS_STREAM_H
#define LIMITS_STREAM_H

#include "arguments.h"
#include "connection.h"

// A change stream of the collection, with the client it runs on.
typedef struct {
    const connection *from;
    mongoc_client_t *client;
    mongoc_collection_t *collection;
    mongoc_change_stream_t *handle;
} stream;

typedef struct {
    const char *at;          // `seconds,increment` of the cluster's time; NULL: from now on
    const char *operation;   // the only operationType the server sends; NULL: all
    int32_t batch;           // events in a batch; 0: as many as the server likes
    int32_t await;           // milliseconds the server waits for an event; 0: its default
} stream_options;

// Unlimited, the server fills 16 MB a batch, which takes the client twice the CPU of batches that fit its cache.
enum { stream_batch = 1000 };

// Opens it on the server; fails when it cannot.
stream stream_open(const connection *from, stream_options options);

// The next event, lent until the next call; NULL when there is none yet. Fails when the stream has ended.
const bson_t *stream_next(stream *events);

void stream_close(stream *events);

#endif
