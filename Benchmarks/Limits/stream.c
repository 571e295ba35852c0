#include "stream.h"

#include <stdio.h>

static void check(stream *events) {
    bson_error_t error;
    const bson_t *reply;
    if (mongoc_change_stream_error_document(events->handle, &error, &reply)) fail("change stream: %s", error.message);
}

stream stream_open(const connection *from, stream_options wanted) {
    stream events = {.from = from, .client = connection_borrow(from)};
    events.collection = mongoc_client_get_collection(events.client, from->database, from->collection);

    bson_t pipeline = BSON_INITIALIZER;
    if (wanted.operation) {
        BCON_APPEND(&pipeline, "pipeline", "[", "{", "$match", "{", "operationType", BCON_UTF8(wanted.operation), "}",
                    "}", "]");
    }
    bson_t options = BSON_INITIALIZER;
    if (wanted.at) {
        unsigned seconds, increment;
        if (sscanf(wanted.at, "%u,%u", &seconds, &increment) != 2) fail("--at is no SECONDS,INCREMENT: %s", wanted.at);
        BSON_APPEND_TIMESTAMP(&options, "startAtOperationTime", seconds, increment);
    }
    if (wanted.batch) BSON_APPEND_INT32(&options, "batchSize", wanted.batch);
    if (wanted.await) BSON_APPEND_INT64(&options, "maxAwaitTimeMS", wanted.await);

    events.handle = mongoc_collection_watch(events.collection, &pipeline, &options);
    bson_destroy(&pipeline);
    bson_destroy(&options);
    check(&events);
    return events;
}

const bson_t *stream_next(stream *events) {
    const bson_t *event;
    if (mongoc_change_stream_next(events->handle, &event)) return event;
    check(events);
    return NULL;
}

void stream_close(stream *events) {
    mongoc_change_stream_destroy(events->handle);
    mongoc_collection_destroy(events->collection);
    mongoc_client_pool_push(events->from->pool, events->client);
}
