#include "batch.h"

#include "arguments.h"

#include <string.h>

batch *batch_new(void) {
    batch *some = bson_aligned_alloc0(_Alignof(batch), sizeof(batch));
    bson_init(&some->pairs);
    return some;
}

void batch_free(batch *some) {
    bson_destroy(&some->pairs);
    bson_free(some);
}

bool batch_add(batch *some, const bson_t *event) {
    bson_iter_t top, id, text;
    bool has_id = false, has_text = false;
    if (!bson_iter_init(&top, event)) fail("an event is no BSON");
    while (bson_iter_next(&top)) {
        const char *name = bson_iter_key(&top);
        bson_iter_t inside;
        if (strcmp(name, "fullDocument") == 0 && bson_iter_recurse(&top, &inside)) {
            while (!(has_id && has_text) && bson_iter_next(&inside)) {
                const char *field = bson_iter_key(&inside);
                if (strcmp(field, "_id") == 0) id = inside, has_id = true;
                if (strcmp(field, "text") == 0) text = inside, has_text = true;
            }
            break;
        } else if (strcmp(name, "documentKey") == 0 && bson_iter_recurse(&top, &inside)) {
            if (bson_iter_find(&inside, "_id")) id = inside, has_id = true;
        } else if (strcmp(name, "updateDescription") == 0 && bson_iter_recurse(&top, &inside) &&
                   bson_iter_find_descendant(&inside, "updatedFields.text", &text)) {
            has_text = true;
        }
    }
    if (!has_id || !has_text || !BSON_ITER_HOLDS_UTF8(&text)) return false;
    bson_append_iter(&some->pairs, "i", 1, &id);
    bson_append_iter(&some->pairs, "t", 1, &text);
    some->count++;
    return true;
}

static void append_updates(const batch *some, bson_t *command, vector *values) {
    bson_iter_t pair;
    bson_iter_init(&pair, &some->pairs);
    bson_t updates, operation, filter, condition, change, fields;
    BSON_APPEND_ARRAY_BEGIN(command, "updates", &updates);
    for (uint32_t i = 0; bson_iter_next(&pair); i++) {
        char buffer[16];
        const char *index;
        size_t length = bson_uint32_to_string(i, &index, buffer, sizeof buffer);
        bson_append_document_begin(&updates, index, (int) length, &operation);
        BSON_APPEND_DOCUMENT_BEGIN(&operation, "q", &filter);
        BSON_APPEND_DOCUMENT_BEGIN(&filter, "_id", &condition);
        bson_append_iter(&condition, "$eq", 3, &pair);
        bson_append_document_end(&filter, &condition);
        bson_append_document_end(&operation, &filter);

        bson_iter_next(&pair);
        uint32_t bytes;
        const char *text = bson_iter_utf8(&pair, &bytes);
        vector_compute(values, text, bytes);
        BSON_APPEND_DOCUMENT_BEGIN(&operation, "u", &change);
        BSON_APPEND_DOCUMENT_BEGIN(&change, "$set", &fields);
        vector_append(values, &fields, "_outputs.text.vector");
        bson_append_document_end(&change, &fields);
        bson_append_document_end(&operation, &change);
        bson_append_document_end(&updates, &operation);
    }
    bson_append_array_end(command, &updates);
}

// As a command of our own: libmongoc's bulk operations are as fast only without retryable writes, with them the server
// keeps a record of every statement, which costs it a third more.
void batch_write(const batch *some, mongoc_client_t *client, const connection *to, vector *values) {
    bson_t command = BSON_INITIALIZER;
    BSON_APPEND_UTF8(&command, "update", to->collection);
    BSON_APPEND_BOOL(&command, "ordered", false);
    append_updates(some, &command, values);
    BCON_APPEND(&command, "writeConcern", "{", "w", BCON_UTF8("majority"), "}");

    bson_t reply;
    bson_error_t error;
    if (!mongoc_client_write_command_with_opts(client, to->database, &command, NULL, &reply, &error)) {
        fail("update: %s", error.message);
    }
    bson_iter_t found;
    int64_t matched = bson_iter_init_find(&found, &reply, "n") ? bson_iter_as_int64(&found) : 0;
    if (matched != some->count) fail("%d vectors went to %lld documents", some->count, (long long) matched);
    bson_destroy(&reply);
    bson_destroy(&command);
}
