/*
 * Encodings as they are stored: sealed, so that who has the database has nothing to compare or count.
 *
 * - header: as of an archive, beginning with "CINQENCS" and 1; once a load
 * - sealed: 12 nonce, drawn at random since a count would tell the order of the file | ciphertext | 16 tag
 * - plain: 4 length, big-endian | head or filters | zeros up to what the longest of its layout has
 * - AAD: 1 part | 8 subject number, big-endian; the load is in the key (info "... encodings of load N")
 */
#include "pseudonymise/encoding_seal.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/arena.h"
#include "pseudonymise/keyring.h"

enum {
    FLAGS_AT = 1,
    BY_BLOCKS = 1,
    FIELDS_AT = 8,
    RULES_AT = 9,
    BLOCKS_AT = 12,
    SIZES_AT = 24,
    BLOCK_TOKEN_BYTES = 8
};
enum { SIZE_BITS = 0x7F, BLOCKS_BYTES = BLOCK_TOKEN_BYTES };

const uint8_t ENCODING_SEAL_START[SEAL_MAGIC_BYTES + 1] = {'C', 'I', 'N', 'Q', 'E', 'N', 'C', 'S', 1};

_Static_assert((int)STORED_HEADER_BYTES == (int)SEAL_HEADER_BYTES, "a stored header is a seal's");

enum { NONCES = 256 };

struct EncodingSealer {
    EVP_CIPHER_CTX *cipher;
    int key_version;
    uint8_t header[SEAL_HEADER_BYTES];
    uint8_t nonces[NONCES][SEAL_NONCE_BYTES]; /* drawn together: drawing costs more than sealing */
    size_t nonces_left;
    uint8_t plain[STORED_BYTES_MAX]; /* wiped */
    uint8_t head[STORED_BYTES_MAX], filters[STORED_BYTES_MAX];
};

const char *encoding_seal_of(int64_t load_id, char of[ENCODING_SEAL_OF_BYTES])
{
    snprintf(of, ENCODING_SEAL_OF_BYTES, "encodings of load %lld", (long long)load_id);
    return of;
}

void encoding_seal_place(StoredPart part, int64_t subject_id, uint8_t out[ENCODING_SEAL_PLACE_BYTES])
{
    out[0] = (uint8_t)part;
    seal_put_number((uint64_t)subject_id, out + 1);
}

Result encoding_sealer_create(const Keyring *keyring, int64_t load_id, EncodingSealer **sealer, Error *error)
{
    SCOPED(encoding_sealer_close) EncodingSealer *made = memory_alloc(sizeof *made);
    SCOPED(secret_close) Secret *key = NULL;
    char of[ENCODING_SEAL_OF_BYTES];

    made->key_version = keyring_encodings_version(keyring);
    if (made->key_version == 0)
        return fail(error, ERROR_CONFIG,
                    "keyring: no key that encodings are stored under; cinque key rotate encodings makes one");
    TRY(seal_begin(ENCODING_SEAL_START, keyring_encodings_public(keyring), encoding_seal_of(load_id, of),
                   made->header, &key, error));
    TRY(seal_cipher(key, KEYED_LOCK, &made->cipher, error));
    *sealer = made;
    made = NULL;
    return RESULT_OK;
}

void encoding_sealer_close(EncodingSealer **sealer)
{
    if (*sealer == NULL)
        return;
    keyed_block_close(&(*sealer)->cipher);
    secret_wipe((*sealer)->plain, STORED_BYTES_MAX);
    memory_free(*sealer);
    *sealer = NULL;
}

int encoding_sealer_version(const EncodingSealer *sealer)
{
    return sealer->key_version;
}

Text encoding_sealer_header(const EncodingSealer *sealer)
{
    return (Text){.data = (const char *)sealer->header, .length = SEAL_HEADER_BYTES};
}

/* ---- lengths ---- */

/* Bytes of an encoding's parts, and of the longest of its layout: how many fields and blocks somebody has is
 * theirs alone. */
typedef struct Layout {
    size_t head, head_longest, filters_longest;
} Layout;

static Result read_layout(Text encoding, Layout *layout, Error *error)
{
    const uint8_t *bytes = (const uint8_t *)encoding.data;
    size_t fields, views, tokens = 0, filters = 0;

    if (encoding.length < SIZES_AT || encoding.length < SIZES_AT + (size_t)bytes[FIELDS_AT])
        return fail(error, ERROR_INPUT, "encoding: shorter than its head");
    fields = bytes[FIELDS_AT];
    views = (bytes[FLAGS_AT] & BY_BLOCKS) != 0 ? bytes[RULES_AT] : 1;
    for (size_t i = 0; i < BLOCKS_BYTES; i++)
        tokens += (size_t)__builtin_popcount(bytes[BLOCKS_AT + i]);
    for (size_t i = 0; i < fields; i++)
        filters += bytes[SIZES_AT + i] & SIZE_BITS;
    *layout = (Layout){.head = SIZES_AT + fields + BLOCK_TOKEN_BYTES * tokens,
                       .head_longest = SIZES_AT + fields + BLOCK_TOKEN_BYTES * (size_t)bytes[RULES_AT],
                       .filters_longest = views * filters};
    if (layout->head > encoding.length || layout->head > layout->head_longest ||
        encoding.length - layout->head > layout->filters_longest ||
        layout->filters_longest + ENCODING_SEAL_EXTRA_BYTES > STORED_BYTES_MAX)
        return fail(error, ERROR_INPUT, "encoding: longer than its layout allows");
    return RESULT_OK;
}

/* ---- sealing ---- */

static Result draw_nonce(EncodingSealer *sealer, uint8_t out[SEAL_NONCE_BYTES], Error *error)
{
    if (sealer->nonces_left == 0) {
        TRY(secret_random(sealer->nonces, sizeof sealer->nonces, error));
        sealer->nonces_left = NONCES;
    }
    memcpy(out, sealer->nonces[--sealer->nonces_left], SEAL_NONCE_BYTES);
    return RESULT_OK;
}

static Result encrypt(EncodingSealer *sealer, const uint8_t place[ENCODING_SEAL_PLACE_BYTES], size_t length,
                      uint8_t *out, Error *error)
{
    uint8_t *text = out + SEAL_NONCE_BYTES, *tag = text + length;
    int written;

    TRY(draw_nonce(sealer, out, error));
    if (EVP_CipherInit_ex2(sealer->cipher, NULL, NULL, out, -1, NULL) != 1 ||
        EVP_CipherUpdate(sealer->cipher, NULL, &written, place, ENCODING_SEAL_PLACE_BYTES) != 1 ||
        EVP_CipherUpdate(sealer->cipher, text, &written, sealer->plain, (int)length) != 1 ||
        EVP_CipherFinal_ex(sealer->cipher, tag, &written) != 1 ||
        EVP_CIPHER_CTX_ctrl(sealer->cipher, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_BYTES, tag) != 1)
        return fail(error, ERROR_SYSTEM, "AES-256-GCM: OpenSSL refused");
    return RESULT_OK;
}

/* Behind its length, with zeros up to longest. */
static Result seal_part(EncodingSealer *sealer, const StoredPlace *place, Text text, size_t longest,
                        uint8_t *out, Text *sealed, Error *error)
{
    uint8_t bound[ENCODING_SEAL_PLACE_BYTES];
    size_t length = ENCODING_SEAL_LENGTH_BYTES + longest;

    encoding_seal_place(place->part, place->subject_id, bound);
    for (int i = 0; i < ENCODING_SEAL_LENGTH_BYTES; i++)
        sealer->plain[i] = (uint8_t)(text.length >> (24 - 8 * i));
    if (text.length > 0)
        memcpy(sealer->plain + ENCODING_SEAL_LENGTH_BYTES, text.data, text.length);
    memset(sealer->plain + ENCODING_SEAL_LENGTH_BYTES + text.length, 0, longest - text.length);
    TRY(encrypt(sealer, bound, length, out, error));
    *sealed = (Text){.data = (const char *)out, .length = SEAL_NONCE_BYTES + length + SEAL_TAG_BYTES};
    return RESULT_OK;
}

Result encoding_seal(EncodingSealer *sealer, int64_t subject_id, Text encoding, Text *head, Text *filters,
                     Error *error)
{
    Layout layout = {0};

    TRY(read_layout(encoding, &layout, error));
    TRY(seal_part(sealer, &(StoredPlace){.subject_id = subject_id, .part = STORED_HEAD},
                  text_slice(encoding, 0, layout.head), layout.head_longest, sealer->head, head, error));
    return seal_part(sealer, &(StoredPlace){.subject_id = subject_id, .part = STORED_FILTERS},
                     text_slice(encoding, layout.head, encoding.length), layout.filters_longest,
                     sealer->filters, filters, error);
}

Result encoding_seal_reference(EncodingSealer *sealer, Text encoding, Text *sealed, Error *error)
{
    if (encoding.length + ENCODING_SEAL_EXTRA_BYTES > STORED_BYTES_MAX)
        return fail(error, ERROR_INPUT, "encoding: longer than any");
    return seal_part(sealer, &(StoredPlace){.part = STORED_REFERENCE}, encoding, encoding.length,
                     sealer->head, sealed, error);
}
