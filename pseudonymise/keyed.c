#include "pseudonymise/keyed.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

static char digest_name[] = "SHA256", cipher_name[] = "AES-256-CBC";

static Result broken(Error *error, const char *what)
{
    return fail(error, ERROR_SYSTEM, "%s: OpenSSL refused", what);
}

Result keyed_hash_create(KeyedAlgorithm algorithm, const uint8_t *key, size_t key_length, EVP_MAC_CTX **hash,
                         Error *error)
{
    const OSSL_PARAM parameters[] = {
        algorithm == KEYED_HMAC ? OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name, 0)
                                : OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher_name, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *mac = EVP_MAC_fetch(NULL, algorithm == KEYED_HMAC ? "HMAC" : "CMAC", NULL);
    SCOPED(keyed_hash_close) EVP_MAC_CTX *made = EVP_MAC_CTX_new(mac);

    EVP_MAC_free(mac);
    if (made == NULL || EVP_MAC_init(made, key, key_length, parameters) != 1)
        return broken(error, "keyed hash");
    *hash = made;
    made = NULL;
    return RESULT_OK;
}

Result keyed_hash_of(EVP_MAC_CTX *hash, const void *message, size_t length, uint8_t digest[KEYED_HASH_BYTES],
                     Error *error)
{
    size_t written = 0;

    /* A NULL key starts again under the key already set up. */
    if (EVP_MAC_init(hash, NULL, 0, NULL) != 1 || EVP_MAC_update(hash, message, length) != 1 ||
        EVP_MAC_final(hash, digest, &written, KEYED_HASH_BYTES) != 1 || written < KEYED_BLOCK_BYTES)
        return broken(error, "keyed hash");
    return RESULT_OK;
}

void keyed_hash_close(EVP_MAC_CTX **hash)
{
    EVP_MAC_CTX_free(*hash);
    *hash = NULL;
}

Result keyed_block_create(const uint8_t key[KEY_BYTES], KeyedDirection direction, EVP_CIPHER_CTX **cipher,
                          Error *error)
{
    EVP_CIPHER *algorithm = EVP_CIPHER_fetch(NULL, "AES-256-ECB", NULL);
    SCOPED(keyed_block_close) EVP_CIPHER_CTX *made = EVP_CIPHER_CTX_new();
    bool ready = algorithm != NULL && made != NULL &&
                 EVP_CipherInit_ex2(made, algorithm, key, NULL, direction == KEYED_LOCK, NULL) == 1 &&
                 EVP_CIPHER_CTX_set_padding(made, 0) == 1;

    EVP_CIPHER_free(algorithm);
    if (!ready)
        return broken(error, "AES-256");
    *cipher = made;
    made = NULL;
    return RESULT_OK;
}

Result keyed_blocks_apply(EVP_CIPHER_CTX *cipher, uint8_t *blocks, size_t count, Error *error)
{
    int length = (int)(count * KEYED_BLOCK_BYTES), written = 0;

    if (EVP_CipherUpdate(cipher, blocks, &written, blocks, length) != 1 || written != length)
        return broken(error, "AES-256");
    return RESULT_OK;
}

Result keyed_block_apply(EVP_CIPHER_CTX *cipher, const uint8_t from[KEYED_BLOCK_BYTES],
                         uint8_t to[KEYED_BLOCK_BYTES], Error *error)
{
    int written = 0;

    if (EVP_CipherUpdate(cipher, to, &written, from, KEYED_BLOCK_BYTES) != 1 || written != KEYED_BLOCK_BYTES)
        return broken(error, "AES-256");
    return RESULT_OK;
}

void keyed_block_close(EVP_CIPHER_CTX **cipher)
{
    EVP_CIPHER_CTX_free(*cipher);
    *cipher = NULL;
}

Result keyed_derive(const KeyedDerivation *derivation, uint8_t *key, size_t key_length, Error *error)
{
    OSSL_PARAM parameters[5], *next = parameters;
    *next++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest_name, 0);
    *next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)derivation->secret,
                                                derivation->secret_length);
    if (derivation->salt != NULL)
        *next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)derivation->salt,
                                                    derivation->salt_length);
    *next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)derivation->info,
                                                derivation->info_length);
    *next = OSSL_PARAM_construct_end();

    EVP_KDF *algorithm = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(algorithm);
    bool derived = context != NULL && EVP_KDF_derive(context, key, key_length, parameters) == 1;

    EVP_KDF_CTX_free(context);
    EVP_KDF_free(algorithm);
    return derived ? RESULT_OK : broken(error, "HKDF-SHA-256");
}
