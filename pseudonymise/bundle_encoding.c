#include "pseudonymise/bundle_encoding.h"

/* Part of every encoding and its keys; raised when the regional root, the fields or their normal form change.
 */
enum { KEY_VERSION = 1, BLOCKS_AT = 12, BLOCKS_BYTES = 8 };

#define PURPOSE "linkage"

static const IdentityField fields[] = {IDENTITY_GIVEN_NAME, IDENTITY_FAMILY_NAME, IDENTITY_BIRTH_DATE,
                                       IDENTITY_SEX,        IDENTITY_POSTCODE,    IDENTITY_ADDRESS};
static const EncodingKind kinds[] = {ENCODING_GIVEN_NAME, ENCODING_FAMILY_NAME, ENCODING_BIRTH_DATE,
                                     ENCODING_SEX,        ENCODING_POSTCODE,    ENCODING_ADDRESS};
enum { FIELD_COUNT = sizeof fields / sizeof *fields };
_Static_assert(FIELD_COUNT == sizeof kinds / sizeof *kinds, "a field has a kind");

Result bundle_encoder_create(const Keyring *keyring, Encoder **encoder, Error *error)
{
    const EncodingOptions options = {.purpose = PURPOSE,
                                     .key_version = KEY_VERSION,
                                     .kinds = kinds,
                                     .field_count = FIELD_COUNT,
                                     .by_blocks = true};

    return encoder_create(keyring, &options, encoder, error);
}

static bool has_block(const uint8_t *encoding)
{
    for (size_t i = 0; i < BLOCKS_BYTES; i++)
        if (encoding[BLOCKS_AT + i] != 0)
            return true;
    return false;
}

/* What breaks its rule is no evidence. */
static void take_texts(const Bundle *bundle, Text texts[FIELD_COUNT])
{
    for (size_t i = 0; i < FIELD_COUNT; i++)
        texts[i] =
            bundle->states[fields[i]] == IDENTIFIER_VALID ? bundle->fields[fields[i]] : (Text){.data = ""};
}

Result bundle_observe(const Bundle *bundle, Encoder *encoder, Error *error)
{
    Text texts[FIELD_COUNT];

    take_texts(bundle, texts);
    return encoder_observe(encoder, texts, error);
}

Result bundle_encode(const Bundle *bundle, Encoder *encoder, uint8_t encoding[ENCODING_BYTES_MAX],
                     size_t *length, Error *error)
{
    Text texts[FIELD_COUNT];

    take_texts(bundle, texts);
    TRY(encoder_encode(encoder, texts, encoding, length, error));
    if (!has_block(encoding))
        *length = 0;
    return RESULT_OK;
}
