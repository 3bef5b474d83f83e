#include "pseudonymise/seal_format.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/secret.h"

const uint8_t SEAL_START[SEAL_MAGIC_BYTES + 1] = {'C', 'I', 'N', 'Q', 'S', 'E', 'A', 'L', 1};

enum { SEAL_INFO_BYTES = 96 };

static Result broken(Error *error)
{
    return fail(error, ERROR_SYSTEM, "seal: OpenSSL refused");
}

static void exchange_close(EVP_PKEY_CTX **exchange)
{
    EVP_PKEY_CTX_free(*exchange);
}

void seal_pair_close(EVP_PKEY **pair)
{
    EVP_PKEY_free(*pair);
    *pair = NULL;
}

/* OpenSSL refuses an all-zero result, which is what a public key of low order would give (RFC 7748,
 * section 6.1). */
static Result exchange(EVP_PKEY *own, const uint8_t peer_bytes[KEY_BYTES], uint8_t shared[KEY_BYTES],
                       Error *error)
{
    SCOPED(seal_pair_close)
    EVP_PKEY *peer = EVP_PKEY_new_raw_public_key_ex(NULL, "X25519", NULL, peer_bytes, KEY_BYTES);
    SCOPED(exchange_close) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
    size_t length = KEY_BYTES;

    if (peer == NULL || context == NULL || EVP_PKEY_derive_init(context) != 1 ||
        EVP_PKEY_derive_set_peer(context, peer) != 1 || EVP_PKEY_derive(context, shared, &length) != 1 ||
        length != KEY_BYTES)
        return fail(error, ERROR_INPUT, "seal: no key can be agreed with this public key");
    return RESULT_OK;
}

Result seal_cipher(Secret *key, KeyedDirection direction, EVP_CIPHER_CTX **cipher, Error *error)
{
    EVP_CIPHER *algorithm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    SCOPED(keyed_block_close) EVP_CIPHER_CTX *made = EVP_CIPHER_CTX_new();
    bool ready =
        algorithm != NULL && made != NULL &&
        EVP_CipherInit_ex2(made, algorithm, secret_bytes(key), NULL, direction == KEYED_LOCK, NULL) == 1;

    EVP_CIPHER_free(algorithm);
    if (!ready)
        return broken(error);
    *cipher = made;
    made = NULL;
    return RESULT_OK;
}

/* An archive's key depends on what it is of, so that one cannot be put in another's place. */
static Result info_of(const char *of, char info[SEAL_INFO_BYTES], Error *error)
{
    int length = of == NULL ? snprintf(info, SEAL_INFO_BYTES, "cinque/seal/v1")
                            : snprintf(info, SEAL_INFO_BYTES, "cinque/archive/v1 %s", of);

    if (length < 0 || length >= SEAL_INFO_BYTES)
        return fail(error, ERROR_CONFIG, "seal: the name of what is sealed is too long");
    return RESULT_OK;
}

Result seal_agree(EVP_PKEY *own, const uint8_t peer[KEY_BYTES], const uint8_t header[SEAL_HEADER_BYTES],
                  const uint8_t quarantine_public[KEY_BYTES], const char *of, Secret **key, Error *error)
{
    SCOPED(secret_close) Secret *shared = NULL;
    SCOPED(secret_close) Secret *made = NULL;
    uint8_t salt[SEAL_HEADER_BYTES + KEY_BYTES];
    char info[SEAL_INFO_BYTES];

    TRY(info_of(of, info, error));
    TRY(secret_create(KEY_BYTES, &shared, error));
    TRY(secret_create(KEY_BYTES, &made, error));
    memcpy(salt, header, SEAL_HEADER_BYTES);
    memcpy(salt + SEAL_HEADER_BYTES, quarantine_public, KEY_BYTES);
    const KeyedDerivation derivation = {.secret = secret_bytes(shared),
                                        .secret_length = KEY_BYTES,
                                        .salt = salt,
                                        .salt_length = sizeof salt,
                                        .info = info,
                                        .info_length = strlen(info)};
    TRY(exchange(own, peer, secret_bytes(shared), error));
    TRY(keyed_derive(&derivation, secret_bytes(made), KEY_BYTES, error));
    *key = made;
    made = NULL;
    return RESULT_OK;
}

Result seal_begin(const uint8_t start[SEAL_MAGIC_BYTES + 1], const uint8_t recipient[KEY_BYTES],
                  const char *of, uint8_t header[SEAL_HEADER_BYTES], Secret **key, Error *error)
{
    SCOPED(seal_pair_close) EVP_PKEY *ephemeral = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    size_t length = KEY_BYTES;

    memcpy(header, start, sizeof SEAL_START);
    if (ephemeral == NULL || EVP_PKEY_get_raw_public_key(ephemeral, header + sizeof SEAL_START, &length) != 1)
        return fail(error, ERROR_SYSTEM, "X25519: OpenSSL refused");
    return seal_agree(ephemeral, recipient, header, recipient, of, key, error);
}

Result seal_frame_start(EVP_CIPHER_CTX *cipher, uint64_t frame, const uint8_t head[SEAL_FRAME_HEAD_BYTES],
                        Error *error)
{
    uint8_t nonce[SEAL_NONCE_BYTES] = {0};
    int ignored;

    seal_put_number(frame, nonce + SEAL_NONCE_BYTES - SEAL_NUMBER_BYTES);
    if (EVP_CipherInit_ex2(cipher, NULL, NULL, nonce, -1, NULL) != 1 ||
        EVP_CipherUpdate(cipher, NULL, &ignored, head, SEAL_FRAME_HEAD_BYTES) != 1)
        return broken(error);
    return RESULT_OK;
}

void seal_frame_head(SealKind kind, size_t length, uint8_t head[SEAL_FRAME_HEAD_BYTES])
{
    head[0] = (uint8_t)kind;
    for (int i = 0; i < 4; i++)
        head[1 + i] = (uint8_t)(length >> (24 - 8 * i));
}

void seal_put_number(uint64_t number, uint8_t out[SEAL_NUMBER_BYTES])
{
    for (int i = 0; i < SEAL_NUMBER_BYTES; i++)
        out[i] = (uint8_t)(number >> (56 - 8 * i));
}

uint64_t seal_get_number(const uint8_t *bytes, size_t count)
{
    uint64_t number = 0;

    for (size_t i = 0; i < count; i++)
        number = number << 8 | bytes[i];
    return number;
}
