/*
 * The key of one sealed file beside it, wrapped under the keyring, so that who wrote the file can read it
 * once more. Whoever removes the opening leaves the file to the private key alone.
 *
 * magic 8, version 1 | nonce 12 | AES-256-GCM of the key 32 | tag 16
 * key  HKDF-SHA-256 of the regional root, info "cinque/opening/v1"
 * AAD  magic and version, the sealed file's header, and what it is of: an opening opens its own file alone
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/secret.h"
#include "base/text.h"
#include "pseudonymise/keyring.h"
#include "pseudonymise/seal_format.h"

enum { MAGIC_BYTES = 9, OPENING_BYTES = MAGIC_BYTES + SEAL_NONCE_BYTES + KEY_BYTES + SEAL_TAG_BYTES };

static const uint8_t start[MAGIC_BYTES] = {'C', 'I', 'N', 'Q', 'O', 'P', 'E', 'N', 1};

static Result prepare(const Keyring *keyring, KeyedDirection direction, const uint8_t *nonce,
                      const uint8_t header[SEAL_HEADER_BYTES], const char *of, EVP_CIPHER_CTX **cipher,
                      Error *error)
{
    SCOPED(secret_close) Secret *wrapping = NULL;
    int ignored;

    TRY(keyring_regional_key(keyring, "cinque/opening/v1", &wrapping, error));
    TRY(seal_cipher(wrapping, direction, cipher, error));
    if (EVP_CipherInit_ex2(*cipher, NULL, NULL, nonce, -1, NULL) != 1 ||
        EVP_CipherUpdate(*cipher, NULL, &ignored, start, sizeof start) != 1 ||
        EVP_CipherUpdate(*cipher, NULL, &ignored, header, SEAL_HEADER_BYTES) != 1 ||
        EVP_CipherUpdate(*cipher, NULL, &ignored, (const uint8_t *)of, (int)strlen(of)) != 1)
        return fail(error, ERROR_SYSTEM, "AES-256-GCM: OpenSSL refused");
    return RESULT_OK;
}

static Result wrap(const Keyring *keyring, const uint8_t header[SEAL_HEADER_BYTES], const char *of,
                   Secret *key, uint8_t opening[OPENING_BYTES], Error *error)
{
    SCOPED(keyed_block_close) EVP_CIPHER_CTX *cipher = NULL;
    uint8_t *nonce = opening + MAGIC_BYTES, *wrapped = nonce + SEAL_NONCE_BYTES;
    int written;

    memcpy(opening, start, sizeof start);
    TRY(secret_random(nonce, SEAL_NONCE_BYTES, error));
    TRY(prepare(keyring, KEYED_LOCK, nonce, header, of, &cipher, error));
    if (EVP_CipherUpdate(cipher, wrapped, &written, secret_bytes(key), KEY_BYTES) != 1 ||
        EVP_CipherFinal_ex(cipher, wrapped + KEY_BYTES, &written) != 1 ||
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_BYTES, wrapped + KEY_BYTES) != 1)
        return fail(error, ERROR_SYSTEM, "AES-256-GCM: OpenSSL refused");
    return RESULT_OK;
}

static void descriptor_close(int *descriptor)
{
    if (*descriptor >= 0)
        (void)close(*descriptor);
}

Result seal_opening_write(const Keyring *keyring, const char *path, const uint8_t header[SEAL_HEADER_BYTES],
                          const char *of, Secret *key, Error *error)
{
    uint8_t opening[OPENING_BYTES];

    TRY(wrap(keyring, header, of, key, opening, error));
    SCOPED(descriptor_close)
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0)
        return fail_errno(error, "%s: cannot be made", path);
    if (write(file, opening, sizeof opening) != (ssize_t)sizeof opening || fsync(file) != 0)
        return fail_errno(error, "%s: cannot be written", path);
    return RESULT_OK;
}

static Result unwrap(const Keyring *keyring, const uint8_t header[SEAL_HEADER_BYTES], const char *of,
                     uint8_t opening[OPENING_BYTES], Secret *key, bool *is_good, Error *error)
{
    SCOPED(keyed_block_close) EVP_CIPHER_CTX *cipher = NULL;
    uint8_t *nonce = opening + MAGIC_BYTES, *wrapped = nonce + SEAL_NONCE_BYTES;
    int written;

    TRY(prepare(keyring, KEYED_UNLOCK, nonce, header, of, &cipher, error));
    *is_good = EVP_CipherUpdate(cipher, secret_bytes(key), &written, wrapped, KEY_BYTES) == 1 &&
               EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_BYTES, wrapped + KEY_BYTES) == 1 &&
               EVP_CipherFinal_ex(cipher, secret_bytes(key) + KEY_BYTES - 1, &written) == 1;
    return RESULT_OK;
}

Result seal_opening_read(const Keyring *keyring, const char *path, const uint8_t header[SEAL_HEADER_BYTES],
                         const char *of, Secret **key, Error *error)
{
    SCOPED(secret_close) Secret *made = NULL;
    SCOPED(descriptor_close)
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    uint8_t opening[OPENING_BYTES];
    bool is_good = false;

    if (file < 0)
        return fail_errno(error, "%s: cannot be opened", path);
    if (read(file, opening, sizeof opening) != (ssize_t)sizeof opening ||
        memcmp(opening, start, sizeof start) != 0)
        return fail(error, ERROR_INPUT, "%s: no opening of a known version", path);
    TRY(secret_create(KEY_BYTES, &made, error));
    TRY(unwrap(keyring, header, of, opening, made, &is_good, error));
    if (!is_good)
        return fail(error, ERROR_INPUT, "%s: damaged, or of another archive or keyring", path);
    *key = made;
    made = NULL;
    return RESULT_OK;
}
