#include "internal.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

// The handles are libmongoc's own objects under other names, so that Swift sees distinct opaque types.
struct shim_reply {
    bson_t document;
};

const uint32_t shim_domain_client = MONGOC_ERROR_CLIENT;
const uint32_t shim_domain_stream = MONGOC_ERROR_STREAM;
const uint32_t shim_domain_server = MONGOC_ERROR_SERVER;
const uint32_t shim_domain_write_concern = MONGOC_ERROR_WRITE_CONCERN;
const uint32_t shim_domain_server_selection = MONGOC_ERROR_SERVER_SELECTION;

static mongoc_client_t *client_of(shim_client *client) {
    return (mongoc_client_t *) client;
}

static void copy_error(const bson_error_t *from, shim_error *to) {
    to->domain = from->domain;
    to->code = from->code;
    bson_strncpy(to->message, from->message, sizeof to->message);
}

static void forward_log(mongoc_log_level_t level, const char *domain, const char *message, void *context) {
    ((shim_log_function) context)((int) level, domain, message);
}

// libmongoc keeps counters for mongoc-stat in /dev/shm under the process's number as soon as it is loaded. A killed
// process leaves them there, and a later one with its number says so on stderr. The mapping lives on without the name.
__attribute__((constructor)) static void unlink_counters(void) {
    mongoc_init();
    char name[32];
    snprintf(name, sizeof name, "/mongoc-%ld", (long) getpid());
    shm_unlink(name);
}

void shim_initialize(shim_log_function log) {
    mongoc_log_set_handler(forward_log, (void *) log);
}

static void set_unless_said(mongoc_uri_t *uri, const char *option, int32_t milliseconds) {
    if (!mongoc_uri_has_option(uri, option)) mongoc_uri_set_option_as_int32(uri, option, milliseconds);
}

static bool declare_api(mongoc_client_pool_t *pool, bson_error_t *error) {
    mongoc_server_api_t *api = mongoc_server_api_new(MONGOC_SERVER_API_V1);
    bool done = mongoc_client_pool_set_server_api(pool, api, error);
    mongoc_server_api_destroy(api);
    return done;
}

shim_pool *shim_pool_new(const char *text, const char *application, uint32_t maximum, bool declares_api,
                         shim_error *error) {
    bson_error_t reported = {0};
    mongoc_uri_t *uri = mongoc_uri_new_with_error(text, &reported);
    if (uri == NULL) {
        copy_error(&reported, error);
        return NULL;
    }
    // libmongoc's own are 5 minutes and 10 seconds: too long to notice that a server stands still.
    set_unless_said(uri, MONGOC_URI_SOCKETTIMEOUTMS, 30000);
    set_unless_said(uri, MONGOC_URI_HEARTBEATFREQUENCYMS, 5000);
    // Set once more, libmongoc would complain of it.
    bool has_name = mongoc_uri_has_option(uri, MONGOC_URI_APPNAME);
    mongoc_client_pool_t *pool = mongoc_client_pool_new_with_error(uri, &reported);
    mongoc_uri_destroy(uri);
    if (pool == NULL || (declares_api && !declare_api(pool, &reported))) {
        if (pool != NULL) mongoc_client_pool_destroy(pool);
        copy_error(&reported, error);
        return NULL;
    }
    mongoc_client_pool_set_error_api(pool, MONGOC_ERROR_API_VERSION_2);
    if (!has_name) mongoc_client_pool_set_appname(pool, application);
    mongoc_client_pool_max_size(pool, maximum);
    return (shim_pool *) pool;
}

void shim_pool_free(shim_pool *pool) {
    mongoc_client_pool_destroy((mongoc_client_pool_t *) pool);
}

shim_client *shim_pool_pop(shim_pool *pool) {
    return (shim_client *) mongoc_client_pool_pop((mongoc_client_pool_t *) pool);
}

void shim_pool_push(shim_pool *pool, shim_client *client) {
    mongoc_client_pool_push((mongoc_client_pool_t *) pool, client_of(client));
}

shim_session *shim_session_new(shim_client *client, shim_error *error) {
    bson_error_t reported;
    mongoc_client_session_t *session = mongoc_client_start_session(client_of(client), NULL, &reported);
    if (session == NULL) copy_error(&reported, error);
    return (shim_session *) session;
}

void shim_session_free(shim_session *session) {
    mongoc_client_session_destroy((mongoc_client_session_t *) session);
}

uint32_t shim_select_server(shim_client *client, shim_error *error) {
    bson_error_t reported;
    mongoc_server_description_t *server = mongoc_client_select_server(client_of(client), true, NULL, &reported);
    if (server == NULL) {
        copy_error(&reported, error);
        return 0;
    }
    uint32_t id = mongoc_server_description_id(server);
    mongoc_server_description_destroy(server);
    return id;
}

bool shim_command(shim_client *client, const char *database, int kind, const uint8_t *command,
                  size_t command_length, const uint8_t *options, size_t options_length, uint32_t server,
                  shim_session *session, shim_reply **reply, shim_error *error) {
    bson_t body;
    bson_t all_options = BSON_INITIALIZER;
    bson_error_t reported = {0};
    shim_reply *answer = bson_aligned_alloc0(BSON_ALIGNOF(bson_t), sizeof(shim_reply));
    bool done = false;
    bool answered = false;

    if (!bson_init_static(&body, command, command_length)) {
        bson_set_error(&reported, MONGOC_ERROR_COMMAND, MONGOC_ERROR_COMMAND_INVALID_ARG, "the command is not BSON");
    } else {
        if (options != NULL) {
            bson_t given;
            if (bson_init_static(&given, options, options_length)) bson_concat(&all_options, &given);
        }
        if (server != 0) bson_append_int32(&all_options, "serverId", -1, (int32_t) server);
        if (session == NULL ||
            mongoc_client_session_append((mongoc_client_session_t *) session, &all_options, &reported)) {
            mongoc_client_t *with = client_of(client);
            answered = true;
            switch (kind) {
            case shim_command_read:
                done = mongoc_client_read_command_with_opts(with, database, &body, NULL, &all_options,
                                                            &answer->document, &reported);
                break;
            case shim_command_write:
                done = mongoc_client_write_command_with_opts(with, database, &body, &all_options,
                                                             &answer->document, &reported);
                break;
            default:
                done = mongoc_client_command_with_opts(with, database, &body, NULL, &all_options,
                                                       &answer->document, &reported);
            }
        }
    }
    bson_destroy(&all_options);
    if (!answered) bson_init(&answer->document);
    *reply = answer;
    if (!done) copy_error(&reported, error);
    return done;
}

const uint8_t *shim_reply_data(const shim_reply *reply, uint32_t *length) {
    *length = reply->document.len;
    return bson_get_data(&reply->document);
}

void shim_reply_free(shim_reply *reply) {
    bson_destroy(&reply->document);
    bson_free(reply);
}
