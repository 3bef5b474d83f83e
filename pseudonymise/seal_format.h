#pragma once
/*
 * Private to seal.c and seal_read.c: the sealed file, byte by byte.
 *
 *   8   "CINQSEAL"
 *   1   format version
 *   32  ephemeral X25519 public key
 *   then frames:
 *   1   kind: 0 line, 1 end
 *   4   n, big-endian
 *   n   AES-256-GCM ciphertext: of a line 8 bytes line number, big-endian, and the line; of the end 8 bytes
 * how many lines there were 16  tag
 *
 * key    HKDF-SHA-256(X25519(ephemeral, quarantine), salt: the header's 41 bytes and the quarantine public
 * key, info "cinque/seal/v1"), so one file's key is never another's nonce  4 zero bytes and the frame's
 * number, from 0, in 8 bytes big-endian: a frame cannot change place AAD    kind and n
 */
#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

#include "base/error.h"
#include "base/input.h"
#include "base/secret.h"
#include "pseudonymise/keyed.h"
#include "pseudonymise/pseudonymise.h"

enum {
    SEAL_MAGIC_BYTES = 8,
    SEAL_HEADER_BYTES = SEAL_MAGIC_BYTES + 1 + KEY_BYTES,
    SEAL_FRAME_HEAD_BYTES = 5,
    SEAL_NUMBER_BYTES = 8,
    SEAL_TAG_BYTES = 16,
    SEAL_NONCE_BYTES = 12,
    SEAL_LINE_BYTES_MAX = 16 * 1024 * 1024,
};

typedef enum SealKind { SEAL_LINE, SEAL_END } SealKind;

extern const uint8_t SEAL_START[SEAL_MAGIC_BYTES + 1];

/* As seal_create_archive, to another public key than the keyring's. */
Result seal_create_for(const uint8_t recipient[KEY_BYTES], const char *path, const char *of, Seal **seal,
                       Error *error) CHECKED;

/* own: a private key; peer: the other side's public key; of: what the file is of, or NULL, as in
 * seal_create_archive. Makes the file's key. */
Result seal_agree(EVP_PKEY *own, const uint8_t peer[KEY_BYTES], const uint8_t header[SEAL_HEADER_BYTES],
                  const uint8_t quarantine_public[KEY_BYTES], const char *of, Secret **key, Error *error)
    CHECKED;
/* Draws the ephemeral key: makes the header, which begins with start, and the key of what it stands in front
 * of.
 */
Result seal_begin(const uint8_t start[SEAL_MAGIC_BYTES + 1], const uint8_t recipient[KEY_BYTES],
                  const char *of, uint8_t header[SEAL_HEADER_BYTES], Secret **key, Error *error) CHECKED;
/* An AES-256-GCM context. */
Result seal_cipher(Secret *key, KeyedDirection direction, EVP_CIPHER_CTX **cipher, Error *error) CHECKED;

/* The key of the file with this header, wrapped: written to path (0600, synchronised), never over another;
 * and read again. */
Result seal_opening_write(const Keyring *keyring, const char *path, const uint8_t header[SEAL_HEADER_BYTES],
                          const char *of, Secret *key, Error *error) CHECKED;
Result seal_opening_read(const Keyring *keyring, const char *path, const uint8_t header[SEAL_HEADER_BYTES],
                         const char *of, Secret **key, Error *error) CHECKED;
/* Sets the nonce and authenticates the frame's head. */
Result seal_frame_start(EVP_CIPHER_CTX *cipher, uint64_t frame, const uint8_t head[SEAL_FRAME_HEAD_BYTES],
                        Error *error) CHECKED;
void seal_frame_head(SealKind kind, size_t length, uint8_t head[SEAL_FRAME_HEAD_BYTES]);
void seal_put_number(uint64_t number, uint8_t out[SEAL_NUMBER_BYTES]);
uint64_t seal_get_number(const uint8_t *bytes, size_t count); /* big-endian */
void seal_pair_close(EVP_PKEY **pair);

/* ---- seal.c, seal_read.c: files of the same frames for other readers than the quarantine's ---- */

enum { SEAL_BOUND_BYTES = SEAL_HEADER_BYTES + KEY_BYTES };

typedef struct SealTo {
    const char *path, *of;
    const uint8_t *start;     /* what the file begins with, as long as SEAL_START */
    const uint8_t *recipient; /* X25519 public key */
    const Keyring *keyring;   /* for opening_path alone, which may be NULL */
    const char *opening_path;
} SealTo;
Result seal_create_to(const SealTo *to, Seal **seal, Error *error) CHECKED;

typedef struct SealFrom {
    Input *input; /* stays the caller's; read to its end when the last frame is */
    const char *path, *of, *private_key_path;
    const uint8_t *start;
} SealFrom;
Result seal_open_from(const SealFrom *from, SealReader **reader, Error *error) CHECKED;

/* Header and recipient, SEAL_BOUND_BYTES: this file to this reader and no other. What is signed names it. */
const uint8_t *seal_bound(const Seal *seal);
const uint8_t *seal_reader_bound(const SealReader *reader);
