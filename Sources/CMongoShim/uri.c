#include "internal.h"

#ifdef MONGOC_ENABLE_SASL
const bool shim_has_gssapi = MONGOC_ENABLE_SASL == 1;
#else
const bool shim_has_gssapi = false;
#endif
#ifdef MONGOC_ENABLE_MONGODB_AWS_AUTH
const bool shim_has_aws = MONGOC_ENABLE_MONGODB_AWS_AUTH == 1;
#else
const bool shim_has_aws = false;
#endif

static mongoc_uri_t *uri_of(const shim_uri *uri) {
    return (mongoc_uri_t *) uri;
}

shim_uri *shim_uri_new(const char *text) {
    return (shim_uri *) mongoc_uri_new_with_error(text, &(bson_error_t){0});
}

void shim_uri_free(shim_uri *uri) {
    mongoc_uri_destroy(uri_of(uri));
}

bool shim_uri_has_tls(const shim_uri *uri) {
    return mongoc_uri_get_tls(uri_of(uri));
}

bool shim_uri_flag(const shim_uri *uri, const char *option) {
    return mongoc_uri_get_option_as_bool(uri_of(uri), option, false);
}

const char *shim_uri_text(const shim_uri *uri, const char *option) {
    return mongoc_uri_get_option_as_utf8(uri_of(uri), option, NULL);
}

const char *shim_uri_database(const shim_uri *uri) {
    return mongoc_uri_get_database(uri_of(uri));
}

const char *shim_uri_username(const shim_uri *uri) {
    return mongoc_uri_get_username(uri_of(uri));
}

const char *shim_uri_auth_source(const shim_uri *uri) {
    return mongoc_uri_get_auth_source(uri_of(uri));
}

const char *shim_uri_auth_mechanism(const shim_uri *uri) {
    return mongoc_uri_get_auth_mechanism(uri_of(uri));
}

const char *shim_uri_host(const shim_uri *uri, size_t index, uint16_t *port) {
    const mongoc_host_list_t *host = mongoc_uri_get_hosts(uri_of(uri));
    for (; host != NULL && index > 0; index--) host = host->next;
    if (host == NULL) return NULL;
    *port = host->port;
    return host->host;
}
