#include "connection.h"

#include "arguments.h"

static void ping(mongoc_client_t *client) {
    bson_t command = BSON_INITIALIZER;
    BSON_APPEND_INT32(&command, "ping", 1);
    bson_error_t error;
    if (!mongoc_client_command_simple(client, "admin", &command, NULL, NULL, &error)) fail("ping: %s", error.message);
    bson_destroy(&command);
}

connection connection_open(const char *text, const char *database, const char *collection) {
    mongoc_init();
    bson_error_t error;
    mongoc_uri_t *uri = mongoc_uri_new_with_error(text, &error);
    if (!uri) fail("%s: %s", text, error.message);
    connection to = {mongoc_client_pool_new_with_error(uri, &error), database, collection};
    mongoc_uri_destroy(uri);
    if (!to.pool) fail("%s: %s", text, error.message);
    mongoc_client_pool_set_error_api(to.pool, MONGOC_ERROR_API_VERSION_2);

    // One for each thread of `write`, all connected before any clock starts.
    enum { most = 3 };
    mongoc_client_t *clients[most];
    for (int i = 0; i < most; i++) ping(clients[i] = mongoc_client_pool_pop(to.pool));
    for (int i = 0; i < most; i++) mongoc_client_pool_push(to.pool, clients[i]);
    return to;
}

mongoc_client_t *connection_borrow(const connection *to) {
    return mongoc_client_pool_pop(to->pool);
}

void connection_close(connection *to) {
    mongoc_client_pool_destroy(to->pool);
    mongoc_cleanup();
}
