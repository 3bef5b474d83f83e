#include "base/fingerprint.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/arena.h"

enum { NONCE_BYTES = 12 };

struct FingerprintStream {
    EVP_MAC_CTX *mac;
    bool has_failed;
};

static Result broken(Error *error)
{
    return fail(error, ERROR_SYSTEM, "fingerprint: OpenSSL refused");
}

Result fingerprint_open(const uint8_t key[FINGERPRINT_KEY_BYTES], FingerprintStream **stream, Error *error)
{
    /* One nonce for all: two fingerprints under one key would help who saw them, and nobody does. */
    static char cipher[] = "AES-256-GCM";
    static uint8_t nonce[NONCE_BYTES];
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher, 0),
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_IV, nonce, sizeof nonce),
        OSSL_PARAM_construct_end(),
    };
    SCOPED(fingerprint_close) FingerprintStream *made = memory_alloc(sizeof *made);
    EVP_MAC *algorithm = EVP_MAC_fetch(NULL, "GMAC", NULL);

    made->mac = EVP_MAC_CTX_new(algorithm);
    EVP_MAC_free(algorithm);
    if (made->mac == NULL || EVP_MAC_init(made->mac, key, FINGERPRINT_KEY_BYTES, parameters) != 1)
        return broken(error);
    *stream = made;
    made = NULL;
    return RESULT_OK;
}

void fingerprint_add(FingerprintStream *stream, const void *data, size_t length)
{
    stream->has_failed |= length > 0 && EVP_MAC_update(stream->mac, data, length) != 1;
}

Result fingerprint_end(FingerprintStream *stream, Fingerprint *fingerprint, Error *error)
{
    size_t written = 0;

    if (stream->has_failed ||
        EVP_MAC_final(stream->mac, fingerprint->bytes, &written, FINGERPRINT_BYTES) != 1 ||
        written != FINGERPRINT_BYTES)
        return broken(error);
    return RESULT_OK;
}

void fingerprint_close(FingerprintStream **stream)
{
    if (*stream == NULL)
        return;
    EVP_MAC_CTX_free((*stream)->mac);
    memory_free(*stream);
    *stream = NULL;
}
