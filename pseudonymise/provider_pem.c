#include "pseudonymise/provider_pem.h"

#include <fcntl.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "pseudonymise/key_file.h"
#include "pseudonymise/seal_format.h"

static void bio_close(BIO **file)
{
    (void)BIO_free(*file);
}

static bool is_ours(const EVP_PKEY *key)
{
    return key != NULL && EVP_PKEY_is_a(key, "X25519") == 1;
}

Result provider_pem_public(const char *path, uint8_t key[KEY_BYTES], Error *error)
{
    SCOPED(bio_close) BIO *file = BIO_new_file(path, "rb");
    SCOPED(seal_pair_close) EVP_PKEY *read = NULL;
    size_t length = KEY_BYTES;

    if (file == NULL)
        return fail(error, ERROR_INPUT, "%s: cannot be opened", path);
    read = PEM_read_bio_PUBKEY(file, NULL, NULL, NULL);
    if (!is_ours(read) || EVP_PKEY_get_raw_public_key(read, key, &length) != 1 || length != KEY_BYTES)
        return fail(error, ERROR_INPUT, "%s: is no PEM file of an X25519 public key", path);
    return RESULT_OK;
}

/* OpenSSL would ask on the terminal. */
static int no_passphrase(char *buffer, int size, int is_written, void *context)
{
    (void)buffer;
    (void)size;
    (void)is_written;
    (void)context;
    return -1;
}

Result provider_pem_private(const char *path, EVP_PKEY **key, Error *error)
{
    int descriptor;

    TRY(key_file_open(&KEY_FOLDER_ANY, path, O_RDONLY, 0, &descriptor, error));
    SCOPED(bio_close) BIO *file = BIO_new_fd(descriptor, BIO_CLOSE);
    if (file == NULL) {
        (void)close(descriptor);
        return fail(error, ERROR_SYSTEM, "%s: OpenSSL refused", path);
    }
    SCOPED(seal_pair_close) EVP_PKEY *read = PEM_read_bio_PrivateKey(file, NULL, no_passphrase, NULL);
    if (!is_ours(read))
        return fail(error, ERROR_INPUT, "%s: is no PEM file of an X25519 private key without passphrase",
                    path);
    *key = read;
    read = NULL;
    return RESULT_OK;
}
