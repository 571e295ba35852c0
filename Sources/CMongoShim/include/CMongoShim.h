// The one door between Swift and libmongoc.
//
// Debian's libbson aligns bson_t and bson_iter_t to 128 bytes, which Swift does not know, so neither
// type appears here: documents cross as bytes with a length, and what must live longer is an opaque handle.

#ifndef CMONGOSHIM_H
#define CMONGOSHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

// MARK: Reading BSON

/// One element of a document. Pointers borrow from the document's bytes.
typedef struct {
    const char *key;
    uint32_t key_length;
    uint32_t value_length;
    const uint8_t *value;
    uint8_t type;
} shim_element;

/// Reads the element at `*offset` (0 starts) and moves the offset to the next one.
/// Returns 1 with an element, 0 at the end, -1 when the bytes are not BSON.
int shim_bson_next(const uint8_t *data, size_t length, uint32_t *offset, shim_element *element);

/// The same bytes. In the header, so that it costs no call.
static inline bool shim_same(const void *_Nullable left, size_t left_length, const void *_Nullable right,
                             size_t right_length) {
    return left_length == right_length && (left_length == 0 || memcmp(left, right, left_length) == 0);
}

/// Finds the first element named `key`. Returns 1, 0 when there is none, -1 when the bytes are not BSON.
int shim_bson_find(const uint8_t *data, size_t length, const char *key, size_t key_length,
                   shim_element *element);

/// True when the whole document, nested ones included, is well formed.
bool shim_bson_is_valid(const uint8_t *data, size_t length);

/// Relaxed Extended JSON v2, to be released with shim_string_free. Null when the bytes are not BSON.
char *_Nullable shim_bson_to_json(const uint8_t *data, size_t length, size_t *json_length);
void shim_string_free(char *string);

// MARK: Building BSON

typedef struct shim_builder shim_builder;

shim_builder *shim_builder_new(void);
void shim_builder_free(shim_builder *builder);
/// Empties the builder and keeps its memory.
void shim_builder_reset(shim_builder *builder);

// Each returns false when the document would pass 2 GB or `key` holds a NUL byte.
bool shim_append_double(shim_builder *builder, const char *key, int key_length, double value);
bool shim_append_utf8(shim_builder *builder, const char *key, int key_length, const char *value, int length);
bool shim_append_binary(shim_builder *builder, const char *key, int key_length, uint8_t subtype,
                        const uint8_t *_Nullable value, uint32_t length);
bool shim_append_bool(shim_builder *builder, const char *key, int key_length, bool value);
bool shim_append_date(shim_builder *builder, const char *key, int key_length, int64_t milliseconds);
bool shim_append_int32(shim_builder *builder, const char *key, int key_length, int32_t value);
bool shim_append_int64(shim_builder *builder, const char *key, int key_length, int64_t value);
bool shim_append_timestamp(shim_builder *builder, const char *key, int key_length, uint32_t seconds,
                           uint32_t increment);
/// Appends a value of any type from its bytes as they stand in a document.
bool shim_append_raw(shim_builder *builder, const char *key, int key_length, uint8_t type,
                     const uint8_t *_Nullable value, uint32_t length);
/// Appends every element of a document.
bool shim_append_elements(shim_builder *builder, const uint8_t *data, size_t length);
bool shim_begin_document(shim_builder *builder, const char *key, int key_length);
bool shim_begin_array(shim_builder *builder, const char *key, int key_length);
void shim_end(shim_builder *builder);
/// The finished document; valid until the builder changes. All nested documents must have been ended.
const uint8_t *shim_builder_data(const shim_builder *builder, uint32_t *length);

/// Parses one Extended JSON document into an empty builder. On false `message` says why.
bool shim_builder_parse_json(shim_builder *builder, const char *json, size_t length, char *message,
                             size_t message_size);

void shim_oid_new(uint8_t *twelve_bytes);
/// The decimal's text, as `1.0` or `NaN`, in at most 43 bytes.
void shim_decimal128_to_string(const uint8_t *sixteen_bytes, char *string);

// MARK: Digest

typedef struct shim_sha256 shim_sha256;

shim_sha256 *_Nullable shim_sha256_new(void);
void shim_sha256_free(shim_sha256 *digest);
void shim_sha256_update(shim_sha256 *digest, const uint8_t *_Nullable data, size_t length);
/// Writes 32 bytes and starts anew.
void shim_sha256_finish(shim_sha256 *digest, uint8_t *thirty_two_bytes);

// MARK: Talking to MongoDB

typedef struct shim_pool shim_pool;
typedef struct shim_client shim_client;
typedef struct shim_session shim_session;
typedef struct shim_reply shim_reply;

/// What libmongoc reports: its own domain and code, and a message.
typedef struct {
    uint32_t domain;
    uint32_t code;
    char message[512];
} shim_error;

/// libmongoc's error domains, by the names that matter to callers.
extern const uint32_t shim_domain_client;
extern const uint32_t shim_domain_stream;
extern const uint32_t shim_domain_server;
extern const uint32_t shim_domain_write_concern;
extern const uint32_t shim_domain_server_selection;

typedef void (*shim_log_function)(int level, const char *domain, const char *message);
void shim_initialize(shim_log_function log);

/// A pool of connections; null with an error when the URI is not one.
/// `application`: where the URI names none. `declares_api`: whether each command names version 1 of the Stable API.
shim_pool *_Nullable shim_pool_new(const char *uri, const char *application, uint32_t maximum, bool declares_api,
                                   shim_error *error);
void shim_pool_free(shim_pool *pool);
/// Blocks while `maximum` clients are out.
shim_client *shim_pool_pop(shim_pool *pool);
void shim_pool_push(shim_pool *pool, shim_client *client);

shim_session *_Nullable shim_session_new(shim_client *client, shim_error *error);
void shim_session_free(shim_session *session);

/// Chooses the primary, waiting for one as long as the URI says. 0 with an error when there is none.
uint32_t shim_select_server(shim_client *client, shim_error *error);

enum {
    shim_command_plain = 0,
    shim_command_read = 1,
    shim_command_write = 2,
};

/// Runs a command and hands out the server's reply, on failure too.
/// `options`: null, or a document of libmongoc's options such as writeConcern. `server` 0 chooses one.
bool shim_command(shim_client *client, const char *database, int kind, const uint8_t *command,
                  size_t command_length, const uint8_t *_Nullable options, size_t options_length,
                  uint32_t server, shim_session *_Nullable session, shim_reply *_Nonnull *_Nonnull reply,
                  shim_error *error);
const uint8_t *shim_reply_data(const shim_reply *reply, uint32_t *length);
void shim_reply_free(shim_reply *reply);

// MARK: Connection strings

/// Mechanisms of logging in that this libmongoc was built with.
extern const bool shim_has_gssapi;
extern const bool shim_has_aws;

typedef struct shim_uri shim_uri;

/// Null when libmongoc cannot read it. Texts borrow from the URI; null where it does not say.
shim_uri *_Nullable shim_uri_new(const char *text);
void shim_uri_free(shim_uri *uri);
bool shim_uri_has_tls(const shim_uri *uri);
/// False where it does not say.
bool shim_uri_flag(const shim_uri *uri, const char *option);
const char *_Nullable shim_uri_text(const shim_uri *uri, const char *option);
const char *_Nullable shim_uri_database(const shim_uri *uri);
const char *_Nullable shim_uri_username(const shim_uri *uri);
const char *_Nullable shim_uri_auth_source(const shim_uri *uri);
const char *_Nullable shim_uri_auth_mechanism(const shim_uri *uri);
/// The host of that index; null after the last one, and for `mongodb+srv`, whose hosts DNS knows.
const char *_Nullable shim_uri_host(const shim_uri *uri, size_t index, uint16_t *port);

// MARK: Why TLS fails

/// What a certificate says of itself. Dates are `2026-01-31`.
typedef struct {
    char subject[512];
    /// The hosts it is for, as `DNS:db.example, IP Address:10.0.0.1`; empty when it does not say.
    char names[512];
    char from[16];
    char until[16];
    bool is_early;
    bool is_expired;
} shim_certificate;

/// What is wrong with a file of certificates or keys.
enum {
    shim_file_good = 0,
    /// `reason` is errno.
    shim_file_unreadable = 1,
    shim_file_has_no_certificate = 2,
    shim_file_has_no_key = 3,
    shim_file_needs_password = 4,
    shim_file_wrong_password = 5,
    /// The key is not the one of the certificate.
    shim_file_key_of_another = 6,
};

/// Looks at a file with a certificate and its private key; `certificate` is filled when there is one.
int shim_tls_key_file(const char *path, const char *_Nullable password, shim_certificate *certificate, int *reason);
/// Looks at a file with certificates of authorities.
int shim_tls_ca_file(const char *path, int *reason);

/// How a server takes us.
enum {
    /// Or it says nothing in the time that it had.
    shim_probe_unreachable = 0,
    /// It answers to `hello`.
    shim_probe_answered = 1,
    /// It ends the connection.
    shim_probe_closed = 2,
    /// The same, but after the handshake.
    shim_probe_closed_later = 3,
    /// We object to its certificate.
    shim_probe_objected = 4,
};

typedef struct {
    const char *_Nullable ca_file;
    const char *_Nullable key_file;
    const char *_Nullable key_password;
    bool check_certificate;
    bool check_host;
} shim_tls_options;

typedef struct {
    /// OpenSSL's X509_V_ERR_…, 0 when nothing is wrong with the certificates.
    int code;
    /// 0 for the server's own certificate, more for those above it.
    int depth;
    /// OpenSSL's words for the code, or what else went wrong; may be empty.
    char text[256];
    shim_certificate certificate;
} shim_tls_report;

/// Asks a server `hello` in the clear; blocks, for `milliseconds` at each step.
int shim_probe_plain(const char *host, uint16_t port, int milliseconds);
/// The same by TLS. The process must ignore SIGPIPE.
int shim_probe_tls(const char *host, uint16_t port, const shim_tls_options *options, int milliseconds,
                   shim_tls_report *report);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
