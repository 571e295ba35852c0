#ifndef LIMITS_CONNECTION_H
#define LIMITS_CONNECTION_H

#include <mongoc/mongoc.h>

// The collection that is read or written, and the clients of its server.
typedef struct {
    mongoc_client_pool_t *pool;
    const char *database;
    const char *collection;
} connection;

// Connects and pings; fails when nobody answers.
connection connection_open(const char *uri, const char *database, const char *collection);

// A client that has its sockets already, to be given back.
mongoc_client_t *connection_borrow(const connection *to);

void connection_close(connection *to);

#endif
