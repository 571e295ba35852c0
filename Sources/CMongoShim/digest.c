#include <openssl/evp.h>

#include "internal.h"

struct shim_sha256 {
    EVP_MD_CTX *context;
    EVP_MD *algorithm;
};

shim_sha256 *shim_sha256_new(void) {
    // Fetched once: OpenSSL 3 looks the algorithm up anew for every digest otherwise.
    EVP_MD *algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (algorithm == NULL) return NULL;
    shim_sha256 *digest = bson_malloc0(sizeof(shim_sha256));
    digest->algorithm = algorithm;
    digest->context = EVP_MD_CTX_new();
    EVP_DigestInit_ex2(digest->context, algorithm, NULL);
    return digest;
}

void shim_sha256_free(shim_sha256 *digest) {
    EVP_MD_CTX_free(digest->context);
    EVP_MD_free(digest->algorithm);
    bson_free(digest);
}

void shim_sha256_update(shim_sha256 *digest, const uint8_t *data, size_t length) {
    if (length > 0) EVP_DigestUpdate(digest->context, data, length);
}

void shim_sha256_finish(shim_sha256 *digest, uint8_t *bytes) {
    EVP_DigestFinal_ex(digest->context, bytes, NULL);
    EVP_DigestInit_ex2(digest->context, digest->algorithm, NULL);
}
