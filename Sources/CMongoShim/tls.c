#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

// libmongoc tells little of why TLS fails, and hides the reason of some certificates. What is here looks for it,
// after a failure, with the same options.

// MARK: Certificates

static void print_name(const X509 *certificate, char *text, size_t size) {
    BIO *memory = BIO_new(BIO_s_mem());
    X509_NAME_print_ex(memory, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
    int length = BIO_read(memory, text, (int) size - 1);
    text[length > 0 ? length : 0] = 0;
    BIO_free(memory);
}

static void print_date(const ASN1_TIME *time, char *text, size_t size) {
    struct tm date;
    text[0] = 0;
    if (ASN1_TIME_to_tm(time, &date)) strftime(text, size, "%Y-%m-%d", &date);
}

static void describe(const X509 *certificate, shim_certificate *to) {
    print_name(certificate, to->subject, sizeof to->subject);
    print_date(X509_get0_notBefore(certificate), to->from, sizeof to->from);
    print_date(X509_get0_notAfter(certificate), to->until, sizeof to->until);
    to->is_early = X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0;
    to->is_expired = X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0;
    to->names[0] = 0;
    int place = X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1);
    if (place < 0) return;
    BIO *memory = BIO_new(BIO_s_mem());
    X509V3_EXT_print(memory, X509_get_ext(certificate, place), 0, 0);
    int length = BIO_read(memory, to->names, sizeof to->names - 1);
    to->names[length > 0 ? length : 0] = 0;
    BIO_free(memory);
}

// MARK: Files

struct passphrase {
    const char *text;
    bool asked;
};

/// Never asks at the terminal, as OpenSSL does when nobody answers for it.
static int give_passphrase(char *buffer, int size, int writing, void *context) {
    struct passphrase *passphrase = context;
    passphrase->asked = true;
    size_t length = passphrase->text == NULL ? 0 : strlen(passphrase->text);
    if (length > (size_t) size) return -1;
    memcpy(buffer, passphrase->text == NULL ? "" : passphrase->text, length);
    return passphrase->text == NULL ? -1 : (int) length;
}

static X509 *read_certificate(FILE *file) {
    return PEM_read_X509(file, NULL, give_passphrase, &(struct passphrase){0});
}

int shim_tls_key_file(const char *path, const char *password, shim_certificate *certificate, int *reason) {
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        *reason = errno;
        return shim_file_unreadable;
    }
    int state = shim_file_good;
    X509 *own = read_certificate(file);
    if (own != NULL) describe(own, certificate);
    rewind(file);
    struct passphrase passphrase = {password, false};
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, give_passphrase, &passphrase);
    if (own == NULL) {
        state = shim_file_has_no_certificate;
    } else if (key == NULL) {
        state = !passphrase.asked ? shim_file_has_no_key
                : password == NULL ? shim_file_needs_password
                                   : shim_file_wrong_password;
    } else if (!X509_check_private_key(own, key)) {
        state = shim_file_key_of_another;
    }
    EVP_PKEY_free(key);
    X509_free(own);
    fclose(file);
    ERR_clear_error();
    return state;
}

int shim_tls_ca_file(const char *path, int *reason) {
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        *reason = errno;
        return shim_file_unreadable;
    }
    X509 *first = read_certificate(file);
    int state = first == NULL ? shim_file_has_no_certificate : shim_file_good;
    X509_free(first);
    fclose(file);
    ERR_clear_error();
    return state;
}

// MARK: Asking a server

static int connect_to(const char *host, uint16_t port, int milliseconds) {
    char service[8];
    bson_snprintf(service, sizeof service, "%u", port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    if (getaddrinfo(host, service, &hints, &found) != 0) return -1;
    struct timeval limit = {milliseconds / 1000, milliseconds % 1000 * 1000};
    int connected = -1;
    for (struct addrinfo *next = found; next != NULL && connected < 0; next = next->ai_next) {
        int descriptor = socket(next->ai_family, next->ai_socktype | SOCK_CLOEXEC, next->ai_protocol);
        if (descriptor < 0) continue;
        // The limit of sending is that of connecting too.
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        if (connect(descriptor, next->ai_addr, next->ai_addrlen) == 0) {
            connected = descriptor;
        } else {
            close(descriptor);
        }
    }
    freeaddrinfo(found);
    return connected;
}

/// The command `hello` as a message of MongoDB's protocol: OP_MSG with one section.
static size_t hello(uint8_t *message, size_t size) {
    bson_t command = BSON_INITIALIZER;
    BSON_APPEND_INT32(&command, "hello", 1);
    BSON_APPEND_UTF8(&command, "$db", "admin");
    uint32_t length = 16 + 4 + 1 + command.len;
    if (length > size) length = 0;
    if (length > 0) {
        const uint32_t header[] = {BSON_UINT32_TO_LE(length), BSON_UINT32_TO_LE(1), 0, BSON_UINT32_TO_LE(2013), 0};
        memcpy(message, header, sizeof header);
        message[20] = 0;
        memcpy(message + 21, bson_get_data(&command), command.len);
    }
    bson_destroy(&command);
    return length;
}

int shim_probe_plain(const char *host, uint16_t port, int milliseconds) {
    int descriptor = connect_to(host, port, milliseconds);
    if (descriptor < 0) return shim_probe_unreachable;
    uint8_t message[128];
    size_t length = hello(message, sizeof message);
    int end = shim_probe_closed;
    if (send(descriptor, message, length, MSG_NOSIGNAL) == (ssize_t) length) {
        ssize_t count = recv(descriptor, message, 1, 0);
        if (count == 1) end = shim_probe_answered;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) end = shim_probe_unreachable;
    }
    close(descriptor);
    return end;
}

/// Keeps the first objection to a certificate.
static int note_objection(int good, X509_STORE_CTX *store) {
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    shim_tls_report *report = SSL_get_app_data(ssl);
    X509 *certificate = X509_STORE_CTX_get_current_cert(store);
    if (!good && report->code == 0) {
        report->code = X509_STORE_CTX_get_error(store);
        report->depth = X509_STORE_CTX_get_error_depth(store);
        bson_strncpy(report->text, X509_verify_cert_error_string(report->code), sizeof report->text);
        if (certificate != NULL) describe(certificate, &report->certificate);
    }
    return good;
}

static SSL_CTX *context(const shim_tls_options *options, struct passphrase *passphrase) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (context == NULL) return NULL;
    SSL_CTX_set_default_passwd_cb(context, give_passphrase);
    SSL_CTX_set_default_passwd_cb_userdata(context, passphrase);
    if (options->ca_file != NULL) {
        SSL_CTX_load_verify_locations(context, options->ca_file, NULL);
    } else {
        SSL_CTX_set_default_verify_paths(context);
    }
    if (options->key_file != NULL) {
        SSL_CTX_use_certificate_chain_file(context, options->key_file);
        SSL_CTX_use_PrivateKey_file(context, options->key_file, SSL_FILETYPE_PEM);
    }
    return context;
}

/// The host is to be the one of the certificate, by number or by name.
static void expect_host(SSL *ssl, const char *host, bool check) {
    uint8_t number[16];
    bool is_number = inet_pton(AF_INET, host, number) == 1 || inet_pton(AF_INET6, host, number) == 1;
    if (!is_number) SSL_set_tlsext_host_name(ssl, host);
    if (!check) return;
    X509_VERIFY_PARAM *parameters = SSL_get0_param(ssl);
    if (is_number) {
        X509_VERIFY_PARAM_set1_ip_asc(parameters, host);
    } else {
        X509_VERIFY_PARAM_set1_host(parameters, host, 0);
    }
}

static int probe_tls(const char *host, uint16_t port, const shim_tls_options *options, int milliseconds,
                     shim_tls_report *report) {
    int descriptor = connect_to(host, port, milliseconds);
    if (descriptor < 0) return shim_probe_unreachable;
    struct passphrase passphrase = {options->key_password, false};
    SSL_CTX *shared = context(options, &passphrase);
    SSL *ssl = shared == NULL ? NULL : SSL_new(shared);
    int end = shim_probe_unreachable;
    if (ssl != NULL) {
        SSL_set_fd(ssl, descriptor);
        SSL_set_app_data(ssl, report);
        if (options->check_certificate) {
            SSL_set_verify(ssl, SSL_VERIFY_PEER, note_objection);
        } else {
            SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
        }
        expect_host(ssl, host, options->check_host);
        ERR_clear_error();
        int result = SSL_connect(ssl);
        bool is_joined = result == 1;
        if (is_joined) {
            uint8_t message[128];
            size_t length = hello(message, sizeof message);
            // With TLS 1.3 the server looks at our certificate only now.
            result = SSL_write(ssl, message, (int) length);
            if (result > 0) result = SSL_read(ssl, message, 1);
        }
        int error = SSL_get_error(ssl, result);
        if (result == 1) {
            end = shim_probe_answered;
        } else if (!is_joined && report->code != 0) {
            end = shim_probe_objected;
        } else if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
            // Else the time was up, which says nothing.
            end = is_joined ? shim_probe_closed_later : shim_probe_closed;
        }
        const char *alert = ERR_reason_error_string(ERR_peek_error());
        if (report->code == 0 && alert != NULL) bson_strncpy(report->text, alert, sizeof report->text);
    }
    ERR_clear_error();
    SSL_free(ssl);
    SSL_CTX_free(shared);
    close(descriptor);
    return end;
}

/// OpenSSL writes without MSG_NOSIGNAL, and a process that uses Lockstep as a library need not ignore SIGPIPE: it is
/// blocked on this thread, and one that was raised is taken back.
int shim_probe_tls(const char *host, uint16_t port, const shim_tls_options *options, int milliseconds,
                   shim_tls_report *report) {
    sigset_t broken_pipe, before, pending;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    sigpending(&pending);
    bool was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &broken_pipe, &before);
    int end = probe_tls(host, port, options, milliseconds, report);
    const struct timespec at_once = {0, 0};
    while (!was_pending && sigtimedwait(&broken_pipe, NULL, &at_once) == -1 && errno == EINTR) {
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return end;
}
