#include "internal.h"

// MongoDB itself refuses documents nested deeper than 180; one level more than libbson's own limit is enough.
enum { max_depth = 256 };

struct shim_builder {
    bson_t root;
    /// The open nested documents; `levels[depth - 1]` is the innermost one.
    bson_t *levels;
    bool *is_array;
    uint32_t depth;
};

shim_builder *shim_builder_new(void) {
    shim_builder *builder = bson_aligned_alloc0(BSON_ALIGNOF(bson_t), sizeof(shim_builder));
    bson_init(&builder->root);
    return builder;
}

static void close_levels(shim_builder *builder) {
    while (builder->depth > 0) shim_end(builder);
}

void shim_builder_free(shim_builder *builder) {
    close_levels(builder);
    bson_destroy(&builder->root);
    bson_free(builder->levels);
    bson_free(builder->is_array);
    bson_free(builder);
}

void shim_builder_reset(shim_builder *builder) {
    close_levels(builder);
    bson_reinit(&builder->root);
}

static bson_t *top(shim_builder *builder) {
    return builder->depth == 0 ? &builder->root : &builder->levels[builder->depth - 1];
}

static bool is_key(const char *key, int key_length) {
    return memchr(key, 0, (size_t) key_length) == NULL;
}

bool shim_append_double(shim_builder *builder, const char *key, int key_length, double value) {
    return is_key(key, key_length) && bson_append_double(top(builder), key, key_length, value);
}

bool shim_append_utf8(shim_builder *builder, const char *key, int key_length, const char *value, int length) {
    return is_key(key, key_length) && bson_append_utf8(top(builder), key, key_length, value, length);
}

bool shim_append_binary(shim_builder *builder, const char *key, int key_length, uint8_t subtype,
                        const uint8_t *value, uint32_t length) {
    return is_key(key, key_length) &&
           bson_append_binary(top(builder), key, key_length, (bson_subtype_t) subtype, value, length);
}

bool shim_append_bool(shim_builder *builder, const char *key, int key_length, bool value) {
    return is_key(key, key_length) && bson_append_bool(top(builder), key, key_length, value);
}

bool shim_append_date(shim_builder *builder, const char *key, int key_length, int64_t milliseconds) {
    return is_key(key, key_length) && bson_append_date_time(top(builder), key, key_length, milliseconds);
}

bool shim_append_int32(shim_builder *builder, const char *key, int key_length, int32_t value) {
    return is_key(key, key_length) && bson_append_int32(top(builder), key, key_length, value);
}

bool shim_append_int64(shim_builder *builder, const char *key, int key_length, int64_t value) {
    return is_key(key, key_length) && bson_append_int64(top(builder), key, key_length, value);
}

bool shim_append_timestamp(shim_builder *builder, const char *key, int key_length, uint32_t seconds,
                           uint32_t increment) {
    return is_key(key, key_length) && bson_append_timestamp(top(builder), key, key_length, seconds, increment);
}

bool shim_append_raw(shim_builder *builder, const char *key, int key_length, uint8_t type,
                     const uint8_t *value, uint32_t length) {
    if (!is_key(key, key_length)) return false;
    // A document of this one element, whose bytes libbson then takes over whole, whatever the type is.
    uint8_t small[256];
    size_t size = 4 + 1 + (size_t) key_length + 1 + length + 1;
    if (size > BSON_MAX_SIZE) return false;
    uint8_t *bytes = size <= sizeof small ? small : bson_malloc(size);
    uint32_t little_endian = BSON_UINT32_TO_LE((uint32_t) size);
    memcpy(bytes, &little_endian, 4);
    bytes[4] = type;
    memcpy(bytes + 5, key, (size_t) key_length);
    bytes[5 + key_length] = 0;
    if (length > 0) memcpy(bytes + 6 + key_length, value, length);
    bytes[size - 1] = 0;
    bool appended = shim_append_elements(builder, bytes, size);
    if (bytes != small) bson_free(bytes);
    return appended;
}

bool shim_append_elements(shim_builder *builder, const uint8_t *data, size_t length) {
    bson_t document;
    return bson_init_static(&document, data, length) && bson_concat(top(builder), &document);
}

static bool begin(shim_builder *builder, const char *key, int key_length, bool array) {
    if (builder->depth >= max_depth || !is_key(key, key_length)) return false;
    if (builder->levels == NULL) {
        builder->levels = bson_aligned_alloc0(BSON_ALIGNOF(bson_t), sizeof(bson_t) * max_depth);
        builder->is_array = bson_malloc0(sizeof(bool) * max_depth);
    }
    bson_t *child = &builder->levels[builder->depth];
    bool begun = array ? bson_append_array_begin(top(builder), key, key_length, child)
                       : bson_append_document_begin(top(builder), key, key_length, child);
    if (!begun) return false;
    builder->is_array[builder->depth++] = array;
    return true;
}

bool shim_begin_document(shim_builder *builder, const char *key, int key_length) {
    return begin(builder, key, key_length, false);
}

bool shim_begin_array(shim_builder *builder, const char *key, int key_length) {
    return begin(builder, key, key_length, true);
}

void shim_end(shim_builder *builder) {
    if (builder->depth == 0) return;
    bson_t *child = &builder->levels[--builder->depth];
    if (builder->is_array[builder->depth]) {
        bson_append_array_end(top(builder), child);
    } else {
        bson_append_document_end(top(builder), child);
    }
}

const uint8_t *shim_builder_data(const shim_builder *builder, uint32_t *length) {
    *length = builder->root.len;
    return bson_get_data(&builder->root);
}

bool shim_builder_parse_json(shim_builder *builder, const char *json, size_t length, char *message,
                             size_t message_size) {
    bson_error_t error;
    shim_builder_reset(builder);
    if (!shim_json_check(json, length, message, message_size)) return false;
    bson_destroy(&builder->root);
    // libbson leaves an initialised document behind on failure as well.
    bson_init(&builder->root);
    bson_json_reader_t *reader = bson_json_data_reader_new(false, 0);
    bson_json_data_reader_ingest(reader, (const uint8_t *) json, length);
    int read = bson_json_reader_read(reader, &builder->root, &error);
    if (read == 0) {
        bson_set_error(&error, BSON_ERROR_JSON, BSON_JSON_ERROR_READ_CORRUPT_JS, "Incomplete JSON");
    }
    bson_json_reader_destroy(reader);
    if (read == 1) return true;
    bson_reinit(&builder->root);
    bson_strncpy(message, error.message, message_size);
    return false;
}

void shim_oid_new(uint8_t *bytes) {
    bson_oid_t oid;
    bson_oid_init(&oid, NULL);
    memcpy(bytes, oid.bytes, sizeof oid.bytes);
}
