#include "base/signature.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* ---- making one ---- */

static void file_close(FILE **file)
{
    if (*file != NULL)
        (void)fclose(*file);
}

static Result open_private(const char *path, FILE **file, Error *error)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat status;

    *file = descriptor < 0 ? NULL : fdopen(descriptor, "r");
    if (*file == NULL) {
        Result failed = fail_errno(error, "%s: cannot be opened", path);
        if (descriptor >= 0)
            (void)close(descriptor);
        return failed;
    }
    (void)setvbuf(*file, NULL, _IONBF, 0); /* no buffer that keeps the key */
    if (fstat(descriptor, &status) != 0)
        return fail_errno(error, "%s", path);
    if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 077) != 0)
        return fail(error, ERROR_CONFIG, "%s: a private key is a file that its owner alone can read", path);
    return RESULT_OK;
}

/* One under a passphrase is refused: nobody is asked for it. */
static int no_passphrase(char *buffer, int size, int is_written, void *context)
{
    (void)buffer;
    (void)size;
    (void)is_written;
    (void)context;
    return -1;
}

Result signature_make(const char *key_path, Text message, unsigned char signature[SIGNATURE_BYTES],
                      Error *error)
{
    SCOPED(file_close) FILE *file = NULL;
    SCOPED(key_close) EVP_PKEY *key = NULL;
    SCOPED(context_close) EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t length = SIGNATURE_BYTES;

    TRY(open_private(key_path, &file, error));
    key = PEM_read_PrivateKey(file, NULL, no_passphrase, NULL);
    ERR_clear_error();
    if (key == NULL || !EVP_PKEY_is_a(key, "ED25519"))
        return fail(error, ERROR_CONFIG,
                    "%s: not the PEM file of an Ed25519 private key without a passphrase", key_path);
    if (context == NULL || EVP_DigestSignInit_ex(context, NULL, NULL, NULL, NULL, key, NULL) != 1 ||
        EVP_DigestSign(context, signature, &length, (const unsigned char *)message.data, message.length) != 1)
        return fail(error, ERROR_SYSTEM, "Ed25519: OpenSSL refused");
    return RESULT_OK;
}
