#include "base/signature.h"

#include <stdio.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

static void key_close(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static void context_close(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

static Result read_key(const char *path, EVP_PKEY **key, Error *error)
{
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return fail_errno(error, "%s: cannot be opened", path);
    *key = PEM_read_PUBKEY(file, NULL, NULL, NULL);
    (void)fclose(file);
    ERR_clear_error();
    if (*key == NULL || !EVP_PKEY_is_a(*key, "ED25519"))
        return fail(error, ERROR_CONFIG, "%s: not the PEM file of an Ed25519 public key", path);
    return RESULT_OK;
}

Result signature_verify(const char *key_path, Text message, Text signature, bool *is_good, Error *error)
{
    SCOPED(key_close) EVP_PKEY *key = NULL;
    SCOPED(context_close) EVP_MD_CTX *context = EVP_MD_CTX_new();

    *is_good = false;
    TRY(read_key(key_path, &key, error));
    if (context == NULL || EVP_DigestVerifyInit_ex(context, NULL, NULL, NULL, NULL, key, NULL) != 1)
        return fail(error, ERROR_SYSTEM, "Ed25519: OpenSSL refused");
    *is_good = signature.length == SIGNATURE_BYTES &&
               EVP_DigestVerify(context, (const unsigned char *)signature.data, signature.length,
                                (const unsigned char *)message.data, message.length) == 1;
    ERR_clear_error();
    return RESULT_OK;
}
