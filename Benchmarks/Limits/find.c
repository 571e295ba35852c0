#include "clock.h"
#include "modes.h"

#include <inttypes.h>
#include <stdio.h>

// What Lockstep's scan asks of a listener `vector` on the key `text`: the input, where it came from, and only
// whether there is an output.
static bson_t *projection(void) {
    return BCON_NEW("i0", BCON_UTF8("$text"), "p0", BCON_UTF8("$_lockstep.text.vector"), "o0", "{", "$type",
                    BCON_UTF8("$_outputs.text.vector"), "}");
}

void find_documents(const connection *to, const arguments *all) {
    int64_t batch = arguments_number(all, "batch", 0);
    mongoc_client_t *client = connection_borrow(to);
    mongoc_collection_t *collection = mongoc_client_get_collection(client, to->database, to->collection);
    bson_t filter = BSON_INITIALIZER;
    bson_t options = BSON_INITIALIZER;
    bson_t *fields = projection();
    BSON_APPEND_DOCUMENT(&options, "projection", fields);
    BCON_APPEND(&options, "hint", "{", "_id", BCON_INT32(1), "}");
    if (batch) BSON_APPEND_INT64(&options, "batchSize", batch);

    clock_reading start = clock_now();
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(collection, &filter, &options, NULL);
    int64_t count = 0;
    const bson_t *document;
    while (mongoc_cursor_next(cursor, &document)) count++;
    clock_reading used = clock_since(start);

    bson_error_t error;
    if (mongoc_cursor_error(cursor, &error)) fail("find: %s", error.message);
    printf("{\"seconds\": %.6f, \"count\": %" PRId64 ", \"cpu\": %.6f}\n", used.seconds, count, used.cpu);

    mongoc_cursor_destroy(cursor);
    bson_destroy(fields);
    bson_destroy(&options);
    bson_destroy(&filter);
    mongoc_collection_destroy(collection);
    mongoc_client_pool_push(to->pool, client);
}
